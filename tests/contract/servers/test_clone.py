"""A credential that was made lets git read the one repository, write nothing, and nothing at all once it is removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from strategies.common.servers.address import clone_url
from strategies.facts import CredentialKind
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.servers.dial import Dialer
from strategies.resources.git.servers.recognise import recognise
from strategies.resources.git.servers.tls import read_chain
from tests.contract.servers.conftest import Offered

REPOSITORIES = ({"name": "app", "owner": "Platform"}, {"name": "other", "owner": "Platform"})


@pytest.mark.parametrize(
    ("kind", "credential"), [("gitlab", CredentialKind.DEPLOY_TOKEN), ("bitbucket", CredentialKind.ACCESS_TOKEN)]
)
def test_a_token_reads_one_repository(
    started: Callable[..., Offered], tmp_path: Path, kind: str, credential: CredentialKind
) -> None:
    offered = started(kind, repositories=REPOSITORIES)
    api, found = offered.api(), offered.recognised()
    issued = api.create_credential("Platform/app", credential, "ezgitops-prod-20261124t170000z")
    bundle = tmp_path / "ca.pem"
    bundle.write_text(offered.ca or "")
    environ = dict(offered.environ) | {"HTTPS_PROXY": offered.proxy, "GIT_SSL_CAINFO": str(bundle)}
    url, other = clone_url(found, "Platform/app"), clone_url(found, "Platform/other")
    login = GitLogin(url, issued.username, issued.password) if issued.password else None
    if issued.bearer_token:
        # As Argo CD sends it (argo-cd util/git/creds.go, HTTPSCreds with a bearer token).
        header = f"Authorization: Bearer {issued.bearer_token}"
        environ |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": header}
    git = GitProgram(environ)
    listed = list_remote(git, url, login)
    assert listed.default_branch == "main"
    elsewhere = GitLogin(other, issued.username, issued.password) if issued.password else None
    with pytest.raises(GitError):
        list_remote(git, other, elsewhere)
    git.run(["clone", "--quiet", "--bare", "--", url, str(tmp_path / "app.git")], login=login)
    with pytest.raises(GitError):
        git.run(["push", "--quiet", "--", url, "main:refs/heads/stolen"], folder=tmp_path / "app.git", login=login)
    api.remove_credential("Platform/app", credential, issued.credential.id)
    with pytest.raises(GitError):
        list_remote(git, url, login)


def test_the_clone_url_in_another_spelling_is_told(started: Callable[..., Offered]) -> None:
    offered = started("gitlab", repositories=REPOSITORIES)
    look = lambda path: recognise(offered.environ, f"{offered.url}/{path}", ca=offered.ca, dialer=offered.dialer)  # noqa: E731
    clone = look("Platform/app.git").clone
    assert clone is not None
    assert (clone.status, clone.git, clone.schemes) == (401, True, ("Basic",))
    without = look("Platform/app").clone
    assert without is not None
    assert without.redirect == "https://gitlab.example.com/Platform/app.git"
    assert offered.api().repository("platform/APP").path == "Platform/app"


def test_plain_git_is_recognised_by_its_first_answer(started: Callable[..., Offered]) -> None:
    offered = started("plain", repositories=({"name": "app", "owner": "Platform"},))
    found = recognise(offered.environ, f"{offered.url}/Platform/app.git", ca=offered.ca, dialer=offered.dialer)
    assert (found.kind, found.sure) == ("plain", True)


def test_everything_goes_through_the_proxy_of_the_environment(started: Callable[..., Offered]) -> None:
    offered = started("bitbucket")
    environ = dict(offered.environ) | {"HTTPS_PROXY": offered.proxy}
    dialer = Dialer(environ)
    assert recognise(environ, f"{offered.url}/scm/platform/app.git", ca=offered.ca).context_path == "/bb"
    assert read_chain(dialer, environ, "bitbucket.example.com", 443, offered.ca).trusted == "given"
