"""What the strategy asks of a Git server, asked of each product. Which calls these are, says ``CALLS`` in ``test_calls``."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from strategies.common.servers.credentials import LEAST, credential_name, repository_description
from strategies.facts import CredentialKind, ServerKind
from strategies.resources.git.servers.api import Token
from strategies.resources.git.servers.connect import completed, server_api
from strategies.resources.git.servers.errors import Reason, ServerError
from tests.contract.servers.conftest import EXPIRED, KINDS, NARROW, Offered
from tests.programs import needs


@pytest.fixture
def repository(offered: Offered) -> Iterator[str]:
    """The path of a repository that is made for one test."""
    path = f"{offered.owner}/ezgitops-{uuid4().hex[:10]}"
    api = offered.api()
    made = api.create_repository(path, repository_description("contract"), "main")
    assert made.path.lower() == path.lower()
    yield made.path
    api.delete_repository(path)


def test_the_address_alone_tells_the_product(offered: Offered) -> None:
    found = offered.recognised()
    assert found.kind == offered.kind or (offered.kind == "gitea" and found.kind is ServerKind.FORGEJO)
    assert found.sure


def test_a_token_completes_what_is_known(offered: Offered) -> None:
    api = offered.api()
    found = completed(offered.recognised(), api.about())
    assert found.version
    assert "version" not in {one.what for one in found.unlearnt}


def test_whose_the_token_is(offered: Offered) -> None:
    # Bitbucket says it in a header that is not documented, if at all.
    assert offered.api().caller().name or offered.kind == "bitbucket"


def test_a_repository_is_made_found_and_deleted(offered: Offered) -> None:
    api = offered.api()
    path = f"{offered.owner}/ezgitops-{uuid4().hex[:10]}"
    assert not api.repository(path).exists
    made = api.create_repository(path, repository_description("contract"), "main")
    try:
        found = api.repository(made.path)
        assert (found.exists, found.empty, found.private is not False, found.instance) == (True, True, True, "contract")
        assert found.https_url.endswith(f"{made.path.partition('/')[2]}.git")
        with pytest.raises(ServerError) as raised:
            api.create_repository(path, repository_description("contract"), "main")
        assert raised.value.reason is Reason.EXISTS
        assert made.path in {one.path for one in api.repositories(made.path.partition("/")[2])}
    finally:
        api.delete_repository(path)
    api.delete_repository(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_branch_that_was_pushed_becomes_the_default_one(started: Callable[..., Offered], kind: str) -> None:
    app = {"name": "app", "owner": "Platform", "branches": ("staging",)}
    offered = started(kind, repositories=(app,))
    api = offered.api()
    assert (api.repository("Platform/app").default_branch, api.repository("Platform/app").empty) == ("main", False)
    api.set_default_branch("Platform/app", "staging")
    assert api.repository("Platform/app").default_branch == "staging"


@pytest.mark.parametrize("second", [False, True], ids=["least", "other"])
def test_a_credential_is_made_found_and_removed(offered: Offered, repository: str, second: bool) -> None:
    api = offered.api()
    kinds = LEAST[api.kind]
    if second and len(kinds) < 2:
        pytest.skip(f"{api.kind.product} makes one kind only")
    kind = kinds[second]
    name = credential_name("contract", datetime.now(UTC))
    ends = datetime.now(UTC) + timedelta(days=90)
    issued = api.create_credential(repository, kind, name, ends)
    secret = next(value for key, value in issued.argocd.items() if key != "username")
    assert secret not in repr(issued)
    found = {one.id: one for one in api.credentials(repository)}[issued.credential.id]
    assert (found.kind, found.name, found.instance, found.active) == (kind, name, "contract", True)
    assert found.read_only is True
    if kind is not CredentialKind.DEPLOY_KEY:
        assert found.expires_at is not None
        assert abs(found.expires_at - ends) <= timedelta(days=1)
    api.remove_credential(repository, kind, found.id)
    api.remove_credential(repository, kind, found.id)
    assert found.id not in {one.id for one in api.credentials(repository) if one.active}


@needs("ssh-keygen")
def test_the_private_key_is_that_of_the_public_one(offered: Offered, repository: str, tmp_path: Path) -> None:
    api = offered.api()
    name = credential_name("contract", datetime.now(UTC))
    issued = api.create_credential(repository, CredentialKind.DEPLOY_KEY, name)
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(issued.ssh_private_key)
    printed = subprocess.run(["ssh-keygen", "-l", "-f", str(file)], check=True, capture_output=True, text=True).stdout
    assert issued.credential.fingerprint in printed
    api.remove_credential(repository, CredentialKind.DEPLOY_KEY, issued.credential.id)


def test_an_invented_token_is_refused_and_not_repeated(offered: Offered) -> None:
    invented = "invented-token-9876543210"
    with pytest.raises(ServerError) as raised:
        offered.api(invented).caller()
    error = raised.value
    assert error.reason is Reason.TOKEN_REFUSED
    assert invented not in f"{error} {error.what} {error.why} {error.remedy} {error.__cause__!r}"


@pytest.mark.parametrize("version", ["1.19.4", "1.24.6"])
@pytest.mark.parametrize("closed", [False, True])
def test_a_gitea_that_does_not_know_the_token_is_not_taken_for_one_without_the_repository(
    started: Callable[..., Offered], version: str, closed: bool
) -> None:
    app = {"name": "app", "owner": "Platform", "private": True}
    offered = started("gitea", version=version, login_required=closed, repositories=(app,))
    assert offered.api().repository("Platform/app").exists
    with pytest.raises(ServerError) as raised:
        offered.api("unknown-token-0123456789").repository("Platform/app")
    assert raised.value.reason is Reason.TOKEN_REFUSED


def test_the_token_is_in_no_log_and_no_repr(offered: Offered, repository: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = offered.api()
    name = credential_name("contract", datetime.now(UTC))
    issued = api.create_credential(repository, LEAST[api.kind][0], name, datetime.now(UTC) + timedelta(days=2))
    api.credentials(repository)
    api.remove_credential(repository, issued.credential.kind, issued.credential.id)
    left = f"{caplog.text} {api!r} {issued!r} {Token(offered.token)!r}"
    assert offered.token not in left
    assert not [key for key, value in issued.argocd.items() if key != "username" and value in left]


def test_an_expired_token_is_refused(offered: Offered) -> None:
    if not offered.sandbox:
        pytest.skip("only the sandbox has a token that has expired")
    with pytest.raises(ServerError) as raised:
        offered.api(EXPIRED).caller()
    assert raised.value.reason is Reason.TOKEN_REFUSED


def test_a_token_without_the_scope_is_told_which_one_it_takes(offered: Offered) -> None:
    if not offered.sandbox:
        pytest.skip("only the sandbox has a token with a scope too few")
    with pytest.raises(ServerError) as raised:
        offered.api(NARROW).create_repository(f"{offered.owner}/too-much", repository_description("contract"), "main")
    # GitHub answers 404 to a token that may not create there (REST reference, "Create an organization repository").
    assert raised.value.reason in (Reason.RIGHT_MISSING, Reason.NOT_FOUND)
    assert "It takes " in raised.value.remedy


def test_where_there_is_no_owner_there_is_no_repository(offered: Offered) -> None:
    with pytest.raises(ServerError) as raised:
        offered.api().create_repository("nobody-has-this/app", repository_description("contract"), "main")
    assert raised.value.reason in (Reason.NOT_FOUND, Reason.RIGHT_MISSING)


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("gitlab", "maintenance", Reason.UNAVAILABLE),
        ("gitlab", "starting", Reason.UNAVAILABLE),
        ("bitbucket", "STARTING", Reason.UNAVAILABLE),
        ("bitbucket", "MAINTENANCE", Reason.UNAVAILABLE),
        ("ghes", "maintenance", Reason.UNAVAILABLE),
    ],
)
def test_a_server_that_takes_no_changes_says_so(started: Callable[..., Offered], kind: str, state: str, reason: Reason) -> None:
    offered = started(kind, state=state)
    assert offered.recognised().kind == kind
    with pytest.raises(ServerError) as raised:
        offered.api().create_repository(f"{offered.owner}/app", repository_description("contract"), "main")
    assert (raised.value.reason, raised.value.retryable) == (reason, True)


@pytest.mark.parametrize(("kind", "title"), [("gitlab", "Enterprise"), ("bitbucket", "")])
def test_the_edition(started: Callable[..., Offered], kind: str, title: str) -> None:
    assert started(kind).api().about().edition in (title, "")


def test_bitbucket_takes_a_password_where_it_lets_no_token_make_tokens(started: Callable[..., Offered]) -> None:
    offered = started("bitbucket", tokens_by_token=False)
    path = f"{offered.owner}/app"
    api = offered.api()
    api.create_repository(path, repository_description("contract"), "main")
    with pytest.raises(ServerError, match="401") as raised:
        api.create_credential(path, CredentialKind.ACCESS_TOKEN, "ezgitops-x-20261124t170000z")
    assert raised.value.reason is Reason.RIGHT_MISSING
    assert "user name and password" in raised.value.remedy
    login = Token("secret-of-root", "root")
    by_password = server_api(offered.recognised(), offered.http, login, lambda: datetime.now(UTC))
    issued = by_password.create_credential(path, CredentialKind.ACCESS_TOKEN, "ezgitops-x-20261124t170000z")
    assert set(issued.argocd) == {"bearerToken"}
