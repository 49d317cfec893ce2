"""The checks of token, repository and credential."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strategies.base import Status
from strategies.facts import (
    CLUSTER_GITOPS,
    SERVER,
    SERVER_CALLER,
    SERVER_CREDENTIALS,
    SERVER_REPOSITORY,
    Caller,
    CloneAnswer,
    CredentialKind,
    FactError,
    ReadCredential,
    ServerRepository,
)
from tests.fakes import SERVER_URL, START
from tests.unit.private_server.judging import GONE, advice, changed, complete, edits, judged, over_ssh

CREATED = complete(private_server__repository__mode="create")
ABSENT = {SERVER_REPOSITORY.id: ServerRepository("platform/cluster-config", exists=False)}
OURS = ReadCredential(
    CredentialKind.DEPLOY_TOKEN,
    "1",
    "ezgitops-prod-east-20261101t000000z",
    created_at=START,
    expires_at=START + timedelta(days=60),
    read_only=True,
    instance="prod-east",
)


def test_the_token_is_told_without_its_value() -> None:
    found = judged("server.token")
    assert found.status is Status.PASS
    assert "of root with the scopes api" in found.evidence


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (Caller("", refused=FactError("401: expired", "Make a new token.")), "expired"),
        (Caller("root", ("api",), START - timedelta(days=1)), "ended on"),
        (Caller("root", ("read_api",)), "api is missing"),
        (Caller("root", ()), "api is missing"),
    ],
)
def test_a_token_that_does_not_do(caller: Caller, said: str) -> None:
    found = judged("server.token", {SERVER_CALLER.id: caller})
    assert found.status is Status.FAIL
    assert said in found.evidence


def test_a_token_that_nobody_asks_for() -> None:
    by_reference = complete(private_server__credentials={"method": "token", "secret": "env:T"})
    assert judged("server.token", answers=by_reference).status is Status.SKIPPED
    assert judged("server.token", {SERVER_CALLER.id: GONE}).status is Status.UNKNOWN
    missing = complete(private_server__server={"kind": "gitlab", "base_url": "https://gitlab.acme.example"})
    assert judged("server.token", answers=missing).status is Status.FAIL


def test_scopes_that_are_not_told_pass_with_a_word() -> None:
    assert "does not say" in judged("server.token", {SERVER_CALLER.id: Caller("root")}).evidence


def test_the_repository_is_there_or_free() -> None:
    assert judged("server.repository").status is Status.PASS
    assert judged("server.repository", ABSENT, CREATED).status is Status.PASS
    found = judged("server.repository", ABSENT)
    assert found.status is Status.FAIL
    assert edits(found) == {"privateServer.repository.mode": "create"}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"archived": True}, Status.FAIL, "archived"),
        ({"administered": False}, Status.FAIL, "no credential"),
        ({"instance": "staging"}, Status.WARN, "staging"),
        ({"default_branch": None, "empty": True}, Status.WARN, "empty"),
        ({"private": False}, Status.PASS, "anybody"),
    ],
)
def test_what_a_repository_is_like(changes: dict[str, object], status: Status, said: str) -> None:
    found = judged("server.repository", changed(SERVER_REPOSITORY, **changes))
    assert found.status is status
    assert said in found.evidence


def test_somebody_elses_is_not_filled() -> None:
    found = judged("server.repository", answers=CREATED)
    assert found.status is Status.WARN
    assert edits(found) == {"privateServer.repository.mode": "existing"}
    mirrored = complete(private_server__repository__mode="create", private_server__repository__fill="mirror")
    assert judged("server.repository", answers=mirrored).status is Status.FAIL
    ours = changed(SERVER_REPOSITORY, instance="prod-east")
    assert judged("server.repository", ours, mirrored).status is Status.PASS


@pytest.mark.parametrize(
    ("status", "git", "expected"),
    [(200, True, Status.PASS), (401, True, Status.PASS), (404, False, Status.UNKNOWN), (None, False, Status.SKIPPED)],
)
def test_without_a_token_the_git_protocol_tells(status: int | None, git: bool, expected: Status) -> None:
    facts = {SERVER_REPOSITORY.id: None, **changed(SERVER, clone=CloneAnswer(SERVER_URL, status, git))}
    assert judged("server.repository", facts).status is expected


def test_what_is_made_is_said() -> None:
    found = judged("server.credential")
    assert found.status is Status.PASS
    assert "read_repository" in found.evidence
    assert "ssh://" in advice(judged("server.credential", answers=complete(private_server__server__kind="gitea")))
    assert judged("server.credential", answers=over_ssh()).status is Status.PASS


def test_a_bearer_token_needs_a_newer_argo_cd() -> None:
    old = changed(CLUSTER_GITOPS, version="1.16.2")
    for answers in (
        complete(private_server__credentials={"method": "bearer", "secret": "env:T"}),
        complete(private_server__server__kind="bitbucket"),
    ):
        assert judged("server.credential", answers=answers).status is Status.PASS
        found = judged("server.credential", old, answers)
        assert found.status is Status.FAIL
        assert "3.0" in found.evidence


def test_one_that_ends_soon_warns() -> None:
    assert judged("server.credential", {SERVER_CREDENTIALS.id: (OURS,)}).status is Status.PASS
    soon = ReadCredential(
        OURS.kind, "2", OURS.name, created_at=START, expires_at=START + timedelta(days=3), instance="prod-east"
    )
    found = judged("server.credential", {SERVER_CREDENTIALS.id: (soon,)})
    assert found.status is Status.WARN
    assert found.remedy is not None
    assert found.remedy.command == "ezgitops renew"


def test_a_key_that_the_server_does_not_let_in_fails_and_one_that_lists_it_is_enough() -> None:
    login = {"method": "ssh-key", "secret": "env:KEY"}
    answers = over_ssh(private_server__credentials=login, private_server__server__admin_token=None)
    refused = ServerRepository("platform/prod-east-config", refused=FactError("the key of env:KEY is not let in", "Add it."))
    found = judged("server.repository", {SERVER_REPOSITORY.id: refused}, answers)
    assert (found.status, found.evidence, advice(found)) == (Status.FAIL, "the key of env:KEY is not let in", "Add it.")
    listed = ServerRepository("platform/prod-east-config", default_branch="main", empty=False)
    assert judged("server.repository", {SERVER_REPOSITORY.id: listed}, answers).status is Status.PASS
    unseen = judged("server.repository", {SERVER_REPOSITORY.id: None}, answers)
    assert unseen.status is Status.SKIPPED
    assert "look from inside" not in unseen.evidence, "a pod is given no private key"


def test_a_deploy_key_of_github_goes_with_the_token_that_made_it() -> None:
    assert "do not delete it" in judged("server.credential", answers=over_ssh(private_server__server__kind="ghes")).evidence
    assert "do not delete it" not in judged("server.credential", answers=over_ssh()).evidence
