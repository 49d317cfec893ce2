"""The checks of the server itself: what answers, its state, its support, its URL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strategies.base import Status
from strategies.facts import (
    SERVER,
    SERVER_CHAIN,
    SERVER_CREDENTIALS,
    SERVER_REPOSITORY,
    SERVER_SIGNED_IN,
    CloneAnswer,
    CredentialKind,
    ReadCredential,
    ServerKind,
    ServerRepository,
    TrustChain,
    Trusted,
    TrustFault,
)
from tests.fakes import SERVER_URL, START
from tests.unit.private_server.judging import GONE, advice, changed, complete, edits, healthy, judged, over_ssh

BY_REFERENCE = complete(private_server__credentials={"method": "token", "secret": "env:T", "username": "argocd"})
NO_TOKEN = {SERVER_SIGNED_IN.id: None}


def test_what_answers_is_told_with_what_it_tells_the_token() -> None:
    found = judged("server.reachable")
    assert found.status is Status.PASS
    assert found.evidence.startswith("GitLab Enterprise 18.5.1 at https://gitlab.acme.example")


def test_unseen_from_here_is_unknown_where_nothing_is_made_here() -> None:
    facts = {SERVER.id: GONE, SERVER_SIGNED_IN.id: GONE, SERVER_CHAIN.id: GONE}
    found = judged("server.reachable", facts, BY_REFERENCE)
    assert found.status is Status.UNKNOWN
    assert "the cluster may reach it all the same" in found.evidence


def test_unseen_from_here_fails_where_the_api_is_needed() -> None:
    found = judged("server.reachable", {SERVER.id: GONE, SERVER_SIGNED_IN.id: GONE, SERVER_CHAIN.id: GONE})
    assert found.status is Status.FAIL
    assert "credentials.method" in advice(found)


def test_an_unbelieved_certificate_is_not_told_twice() -> None:
    facts = {SERVER.id: GONE, SERVER_SIGNED_IN.id: GONE, **changed(SERVER_CHAIN, trusted=Trusted.NOT)}
    assert judged("server.reachable", facts).status is Status.UNKNOWN


def test_another_product_than_answered_fails() -> None:
    found = judged("server.reachable", answers=complete(private_server__server__kind="ghes"))
    assert found.status is Status.FAIL
    assert "kind with gitlab" in advice(found)


@pytest.mark.parametrize("sure", [False, True], ids=["a-web-page", "plain-git"])
def test_something_else_than_the_product_fails_where_its_api_is_needed(sure: bool) -> None:
    else_ = {SERVER_SIGNED_IN.id: GONE, **changed(SERVER, kind=ServerKind.PLAIN, sure=sure, signs=("no known API",))}
    found = judged("server.reachable", else_, complete(private_server__server__kind="gitlab"))
    assert found.status is Status.FAIL
    assert "is not known as GitLab (no known API)" in found.evidence
    by_reference = complete(private_server__credentials={"method": "token", "secret": "env:T", "username": "argocd"})
    assert judged("server.reachable", else_, by_reference).status is not Status.FAIL


def test_the_api_at_another_address_than_git_is_not_missed_there() -> None:
    else_ = {SERVER_SIGNED_IN.id: GONE, **changed(SERVER, kind=ServerKind.PLAIN, sure=False, signs=("no known API",))}
    answers = complete(
        private_server__server={"kind": "gitlab", "base_url": "https://api.acme.example", "admin_token": "env:T"}
    )
    assert judged("server.reachable", else_, answers).status is Status.PASS


def test_gitea_and_forgejo_are_asked_alike() -> None:
    facts = changed(SERVER_SIGNED_IN, kind=ServerKind.FORGEJO)
    assert judged("server.reachable", facts, complete(private_server__server__kind="gitea")).status is Status.WARN


def test_a_server_that_is_to_be_made_is_not_looked_at() -> None:
    own = complete(private_server__own__make=True)
    assert judged("server.reachable", {SERVER.id: GONE, SERVER_SIGNED_IN.id: GONE}, own).status is Status.SKIPPED


def test_plain_http_is_refused() -> None:
    plain = TrustChain("git.acme.example", 443, (), Trusted.NOT, TrustFault.NO_TLS, "what answers is no TLS")
    found = judged("server.https-only", {SERVER_CHAIN.id: plain})
    assert found.status is Status.FAIL
    assert "does not speak TLS" in found.evidence
    assert judged("server.https-only").status is Status.PASS
    assert judged("server.https-only", answers=over_ssh()).status is Status.PASS


@pytest.mark.parametrize(
    ("state", "ready", "writable", "status"),
    [
        ("RUNNING", True, None, Status.PASS),
        ("STARTING", False, None, Status.FAIL),
        ("Maintenance Mode", True, False, Status.FAIL),
        ("", None, None, Status.PASS),
    ],
)
def test_the_state_in_the_products_own_word(state: str, ready: bool | None, writable: bool | None, status: Status) -> None:
    found = judged("server.state", changed(SERVER_SIGNED_IN, state=state, ready=ready, writable=writable))
    assert found.status is status
    assert state in found.evidence


def test_maintenance_only_warns_where_nothing_is_made() -> None:
    facts = changed(SERVER_SIGNED_IN, state="Maintenance Mode", ready=True, writable=False)
    assert judged("server.state", facts, BY_REFERENCE).status is Status.WARN


def test_the_end_of_support_warns() -> None:
    ended = changed(SERVER_SIGNED_IN, support_ends=START.date() - timedelta(days=1), support_source="calendar")
    found = judged("server.support", ended)
    assert found.status is Status.WARN
    assert "(calendar)" in found.evidence
    assert judged("server.support").status is Status.PASS
    assert (
        judged("server.support", {SERVER_SIGNED_IN.id: replace(healthy(SERVER), kind=ServerKind.PLAIN)}).status
        is Status.SKIPPED
    )


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        (SERVER_URL.removesuffix(".git"), SERVER_URL),
        (SERVER_URL.replace("platform", "Platform"), SERVER_URL),
    ],
)
def test_a_redirect_is_mended_by_the_right_url(asked: str, right: str) -> None:
    facts = changed(SERVER, clone=CloneAnswer(asked, 301, redirect=right))
    found = judged("server.redirect", facts, complete(private_server__repository__url=asked))
    assert found.status is Status.FAIL
    assert edits(found) == {"privateServer.repository.url": right}


def test_a_repository_that_the_server_says_has_moved_on_it_is_taken_at_a_key() -> None:
    right = SERVER_URL.replace("platform", "infrastructure")
    found = judged("server.redirect", changed(SERVER, clone=CloneAnswer(SERVER_URL, 301, redirect=right, renamed=True)))
    assert found.status is Status.FAIL
    assert edits(found) == {"privateServer.repository.url": right}


@pytest.mark.parametrize(
    "elsewhere",
    [
        SERVER_URL.replace("gitlab.", "git."),
        SERVER_URL.replace(".example/", ".example:8443/"),
        SERVER_URL.replace("https:", "http:"),
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/platform/prod-east-config.git",
    ],
)
def test_to_another_place_nobody_goes_by_one_key(elsewhere: str) -> None:
    clone = CloneAnswer(SERVER_URL, 301, redirect=elsewhere, renamed=True)
    found = judged("server.redirect", changed(SERVER, clone=clone))
    assert found.status is Status.FAIL
    assert found.remedy is not None
    assert found.remedy.mend is None
    assert elsewhere in found.remedy.text


@pytest.mark.parametrize(
    "elsewhere", ["https://gitlab.acme.example/users/sign_in", "http://gitlab.acme.example/platform/x.git"]
)
def test_a_page_to_log_in_is_no_url_to_take(elsewhere: str) -> None:
    found = judged("server.redirect", changed(SERVER, clone=CloneAnswer(SERVER_URL, 302, redirect=elsewhere)))
    assert found.status is Status.FAIL
    assert found.remedy is not None
    assert found.remedy.mend is None


def test_gitlab_wants_git_at_the_end() -> None:
    bare = SERVER_URL.removesuffix(".git")
    found = judged("server.redirect", answers=complete(private_server__repository__url=bare))
    assert edits(found) == {"privateServer.repository.url": SERVER_URL}


def test_other_letters_are_mended_from_what_the_server_spells() -> None:
    asked = SERVER_URL.replace("platform", "Platform")
    found = judged("server.redirect", answers=complete(private_server__repository__url=asked))
    assert found.status is Status.FAIL
    assert edits(found) == {"privateServer.repository.url": SERVER_URL}
    assert judged("server.redirect").status is Status.PASS
    assert judged("server.redirect", {SERVER_REPOSITORY.id: None}).status is Status.PASS


def test_the_url_that_the_server_gives_out_is_right() -> None:
    url = SERVER_URL.replace("platform", "scm/platform")
    found = ServerRepository("PLATFORM/cluster-config", id="7", https_url=url)
    verdict = judged("server.redirect", {SERVER_REPOSITORY.id: found}, complete(private_server__repository__url=url))
    assert verdict.status is Status.PASS


def test_in_maintenance_nothing_stands_in_the_way_where_everything_is_made() -> None:
    closed = changed(SERVER_SIGNED_IN, state="Maintenance Mode", ready=True, writable=False)
    there = ServerRepository("platform/prod-east-config", default_branch="main", instance="prod-east")
    made = ReadCredential(CredentialKind.DEPLOY_TOKEN, "7", "ezgitops prod-east", instance="prod-east")
    facts = {**closed, SERVER_REPOSITORY.id: there}
    assert judged("server.state", {**facts, SERVER_CREDENTIALS.id: (made,)}).status is Status.WARN
    assert judged("server.state", {**facts, SERVER_CREDENTIALS.id: ()}).status is Status.FAIL
    ended = replace(made, active=False)
    assert judged("server.state", {**facts, SERVER_CREDENTIALS.id: (ended,)}).status is Status.FAIL
