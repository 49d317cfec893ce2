"""The command by which a repository, or a credential of it, is removed on its server by hand."""

from __future__ import annotations

import shlex

import pytest

from strategies.common.servers.by_hand import credential_removal, repository_removal

GITLAB, BITBUCKET, GITEA, GHES = (f"https://{name}.example.com" for name in ("gitlab", "bitbucket", "gitea", "github"))


@pytest.mark.parametrize(
    ("kind", "base", "path", "url"),
    [
        ("gitlab", f"{GITLAB}/scm", "platform/east/config", f"{GITLAB}/scm/api/v4/projects/platform%2Feast%2Fconfig"),
        ("bitbucket", BITBUCKET, "~casey/config", f"{BITBUCKET}/rest/api/latest/projects/~casey/repos/config"),
        ("gitea", GITEA, "platform/config", f"{GITEA}/api/v1/repos/platform/config"),
        ("forgejo", GITEA, "platform/config", f"{GITEA}/api/v1/repos/platform/config"),
        ("ghes", GHES, "platform/config", f"{GHES}/api/v3/repos/platform/config"),
    ],
)
def test_a_repository(kind: str, base: str, path: str, url: str) -> None:
    words = shlex.split(repository_removal(kind, base, path))
    assert words[:4] == ["curl", "-X", "DELETE", "-H"]
    assert "$TOKEN" in words[4]
    assert words[5:] == [url]


@pytest.mark.parametrize(
    ("kind", "credential", "url"),
    [
        ("gitlab", "deploy-token", "/api/v4/projects/a%2Fb/deploy_tokens/7"),
        ("gitlab", "deploy-key", "/api/v4/projects/a%2Fb/deploy_keys/7"),
        ("bitbucket", "access-token", "/rest/access-tokens/latest/projects/a/repos/b/7"),
        ("bitbucket", "deploy-key", "/rest/keys/latest/projects/a/repos/b/ssh/7"),
        ("gitea", "deploy-key", "/api/v1/repos/a/b/keys/7"),
        ("ghes", "deploy-key", "/api/v3/repos/a/b/keys/7"),
    ],
)
def test_a_credential(kind: str, credential: str, url: str) -> None:
    assert credential_removal(kind, "https://git.example.com/", "a/b", credential, "7").endswith(
        f" https://git.example.com{url}"
    )


def test_what_a_mark_says_is_quoted() -> None:
    told = credential_removal("gitlab", "https://git.example.com/$(id)", "a/b'; id", "deploy-token", "7; id")
    assert shlex.split(told)[-1] == "https://git.example.com/$(id)/api/v4/projects/a%2Fb%27%3B%20id/deploy_tokens/7%3B%20id"
    assert "'https://git.example.com/$(id)/" in told


def test_a_product_that_is_not_known_has_no_command() -> None:
    assert repository_removal("plain", "https://git.example.com", "a/b") == ""
    assert credential_removal("other", "https://git.example.com", "a/b", "token", "1") == ""
