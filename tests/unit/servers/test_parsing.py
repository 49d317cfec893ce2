"""The answers that the products' pages show, read into facts; and what a hostile server could put into them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from strategies.facts import CredentialKind
from strategies.resources.git.servers import bitbucket, fields, forge, gitlab
from strategies.resources.git.servers.ghes import expiry
from strategies.resources.git.servers.keys import fingerprint, generate_key, key_fingerprint
from strategies.resources.git.servers.rest import joined, parts
from strategies.resources.git.servers.ssh import parse_scan

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
OURS = "ezgitops-prod-20261001t000000z"
ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
"""GitHub's published host key, with its published fingerprint (docs.github.com, "GitHub's SSH key fingerprints")."""
ED25519_PRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"


def test_a_gitlab_project() -> None:
    found = gitlab.parse_project(
        {
            "id": 3, "path_with_namespace": "Platform/cluster-config", "default_branch": "main", "visibility": "private",
            "http_url_to_repo": "https://git.example.com/Platform/cluster-config.git", "empty_repo": False, "archived": False,
            "ssh_url_to_repo": "git@git.example.com:Platform/cluster-config.git",
            "description": "Made by ezgitops for instance prod.",
            "permissions": {"project_access": None, "group_access": {"access_level": 40, "notification_level": 3}},
        }
    )  # fmt: skip
    assert (found.path, found.id, found.empty, found.private) == ("Platform/cluster-config", "3", False, True)
    assert (found.administered, found.instance) == (True, "prod")


def test_a_gitlab_deploy_token() -> None:
    found = gitlab.parse_deploy_token(
        {
            "id": 1, "name": OURS, "username": "gitlab+deploy-token-1", "expires_at": "2027-02-14T00:00:00.000Z",
            "revoked": False, "expired": False, "scopes": ["read_repository"],
        }
    )  # fmt: skip
    assert (found.username, found.read_only, found.active, found.instance) == ("gitlab+deploy-token-1", True, True, "prod")
    assert found.expires_at == datetime(2027, 2, 14, tzinfo=UTC)


def test_a_bitbucket_repository_without_branches_is_empty() -> None:
    listed = {
        "id": 12, "slug": "cluster-config", "project": {"key": "PLAT"}, "public": False, "archived": False,
        "links": {"clone": [
            {"name": "ssh", "href": "ssh://git@git.example.com:7999/plat/cluster-config.git"},
            {"name": "http", "href": "https://git.example.com/scm/plat/cluster-config.git"},
        ]},
    }  # fmt: skip
    found = bitbucket.parse_repository(listed, [])
    assert (found.path, found.empty, found.private) == ("PLAT/cluster-config", True, True)
    assert found.https_url == "https://git.example.com/scm/plat/cluster-config.git"
    filled = bitbucket.parse_repository(listed, [{"displayId": "main", "isDefault": True}])
    assert (filled.default_branch, filled.empty) == ("main", False)


BITBUCKETS_ENDS = pytest.mark.parametrize(
    "ends",
    [
        {"createdDate": 1_760_000_000_000, "expiryDays": 90},
        {"createdDate": 1_760_000_000_000, "expiryDate": 1_760_000_000_000 + 90 * 86_400_000},
    ],
)


@BITBUCKETS_ENDS
def test_a_bitbucket_token(ends: dict[str, int]) -> None:
    found = bitbucket.parse_token({"id": "252973515069", "name": OURS, "permissions": ["REPO_READ"], **ends}, NOW)
    created = datetime.fromtimestamp(1_760_000_000, UTC)
    assert (found.kind, found.read_only, found.instance) == (CredentialKind.ACCESS_TOKEN, True, "prod")
    assert found.expires_at == created + timedelta(days=90)
    assert bitbucket.parse_token({"id": "1", "name": "x", "expiryDate": 1_000}, NOW).active is False


@BITBUCKETS_ENDS
def test_a_bitbucket_access_key(ends: dict[str, int]) -> None:
    key = {"id": 7, "text": f"ssh-ed25519 {ED25519} x", "label": OURS, **ends}
    found = bitbucket.parse_key({"key": key, "permission": "REPO_WRITE"})
    assert (found.id, found.read_only, found.fingerprint) == ("7", False, ED25519_PRINT)
    assert found.expires_at == datetime.fromtimestamp(1_760_000_000, UTC) + timedelta(days=90)


def test_a_repository_and_a_key_of_gitea_and_github() -> None:
    found = forge.parse_repository(
        {
            "id": 1296269, "full_name": "octocat/Hello-World", "private": True, "default_branch": "main", "empty": True,
            "clone_url": "https://git.example.com/octocat/Hello-World.git",
            "ssh_url": "git@git.example.com:octocat/Hello-World.git",
            "permissions": {"admin": False, "push": False, "pull": True}, "description": None,
        }
    )  # fmt: skip
    assert (found.path, found.empty, found.administered, found.instance) == ("octocat/Hello-World", True, False, None)
    key = forge.parse_key(
        {"id": 1, "key": f"ssh-ed25519 {ED25519}", "title": "ci", "read_only": True, "created_at": "2014-12-10T15:53:42Z"}
    )
    assert (key.read_only, key.instance, key.fingerprint) == (True, None, ED25519_PRINT)


def test_what_a_terminal_would_act_on_is_gone() -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\r\n\u202egnp.exe\x9b31m" + "a" * 10_000
    for parse in (gitlab.parse_project, forge.parse_repository):
        found = parse({"path_with_namespace": hostile, "full_name": hostile, "description": hostile, "default_branch": hostile})
        assert found.path.isprintable()
        assert len(found.path) <= 300
        assert (found.default_branch or "").isprintable()


@pytest.mark.parametrize("odd", [None, [], 5, "x", {"a": []}, True])
def test_values_of_another_type_are_no_values(odd: None) -> None:
    given = {"key": odd}
    assert fields.exact(given, "key") in ("", "x")
    assert fields.moment({"key": odd if not isinstance(odd, int) else 10**30}, "key") is None
    assert fields.documents(odd) == []
    assert fields.texts(given, "key") == ()
    for parse in (
        gitlab.parse_project,
        gitlab.parse_deploy_token,
        gitlab.parse_deploy_key,
        forge.parse_repository,
        forge.parse_key,
    ):
        parse(dict.fromkeys(("id", "name", "title", "key", "scopes", "permissions", "path_with_namespace", "expires_at"), odd))


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("2026-12-31 23:59:59 UTC", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-31 23:59:59 +0000", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("never", None),
    ],
)
def test_github_says_when_a_token_ends(header: str, found: datetime | None) -> None:
    assert expiry(header) == found


def test_a_new_key_is_one_that_openssh_reads_and_shows_no_secret() -> None:
    pair = generate_key(OURS)
    assert pair.public.startswith("ssh-ed25519 ")
    assert pair.public.endswith(f" {OURS}")
    assert pair.private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert pair.fingerprint == key_fingerprint(pair.public)
    assert "PRIVATE" not in repr(pair)
    assert generate_key(OURS).public != pair.public


def test_host_keys_as_keyscan_prints_them() -> None:
    output = (
        f"git.example.com ssh-ed25519 {ED25519}\ngit.example.com ssh-rsa {ED25519}\ngit.example.com ssh-dss AAAA\nnonsense\n"
    )
    found = parse_scan("git.example.com", 22, output, "# git.example.com:22 SSH-2.0-babeld-8f3f\n")
    assert [(one.type, one.fingerprint) for one in found.keys] == [("ssh-ed25519", ED25519_PRINT)]
    assert (found.banner, found.known_hosts) == ("SSH-2.0-babeld-8f3f", f"git.example.com ssh-ed25519 {ED25519}\n")
    other = parse_scan("git.example.com", 7999, output, "")
    assert other.known_hosts.startswith("[git.example.com]:7999 ssh-ed25519 ")
    assert fingerprint(ED25519) == ED25519_PRINT


def test_names_stay_names_in_a_path() -> None:
    assert joined("repos", "a/../b", "c d?x#") == "/repos/a%2F%2E%2E%2Fb/c%20d%3Fx%23"
    assert parts("/PLAT/cluster-config.git") == ("PLAT", "cluster-config")
