"""Gitea and Forgejo: health, version, scopes, repositories and deploy keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.estate import SSH_KEY, Estate, basic, estate

ADMIN = {"Authorization": "token sandbox-gitea-casey-write"}
READER = {"Authorization": "token sandbox-gitea-casey-read"}
REPOSITORY = "/api/v1/repos/platform/cluster-config"
CLONE = "https://gitea.acme.example/platform/cluster-config.git"


@pytest.mark.parametrize(("name", "word"), [("gitea", "Gitea"), ("forgejo", "Forgejo")])
def test_health_is_told_to_anybody(servers: Estate, name: str, word: str) -> None:
    told = servers.call(name, "GET", "/api/healthz").json
    assert told["status"] == "pass"
    assert told["description"].startswith(word)


def test_the_version_is_told_to_anybody(servers: Estate) -> None:
    assert servers.call("gitea", "GET", "/api/v1/version").json == {"version": "1.25.2"}
    assert servers.call("gitea", "GET", "/api/forgejo/v1/version").status == 404
    for path in ("/api/v1/version", "/api/forgejo/v1/version"):
        assert servers.call("forgejo", "GET", path).json == {"version": "15.0.3+gitea-1.22.0"}


@pytest.mark.parametrize(
    ("path", "headers", "status", "message"),
    [
        (REPOSITORY, {}, 404, "The target couldn't be found."),
        (REPOSITORY, {"Authorization": "token nothing"}, 401, "invalid username, password or token"),
        ("/api/v1/user", {}, 401, "token is required"),
        ("/api/v1/user", READER, 403, "token does not have at least one of required scope(s): [read:user]"),
        (
            "/api/v1/user/repos",
            READER,
            403,
            "token does not have at least one of required scope(s): [read:user read:repository]",
        ),
        (f"{REPOSITORY}x", ADMIN, 404, "The target couldn't be found."),
    ],
)
def test_errors_say_why(servers: Estate, path: str, headers: dict[str, str], status: int, message: str) -> None:
    reply = servers.call("gitea", "GET", path, **headers)
    assert (reply.status, reply.json["message"]) == (status, message)


@pytest.mark.parametrize(
    "authorization",
    [
        "token sandbox-gitea-casey-read",
        "Bearer sandbox-gitea-casey-read",
        basic("casey", "sandbox-gitea-casey-read"),
        basic("sandbox-gitea-casey-read", "x-oauth-basic"),
    ],
)
def test_a_token_is_brought_in_several_ways(servers: Estate, authorization: str) -> None:
    told = servers.call("gitea", "GET", REPOSITORY.replace("platform", "Platform"), Authorization=authorization).json
    assert (told["full_name"], told["clone_url"], told["default_branch"]) == ("platform/cluster-config", CLONE, "main")
    assert told["ssh_url"] == "git@gitea.acme.example:platform/cluster-config.git"


def test_repositories_are_found(servers: Estate) -> None:
    told = servers.call("gitea", "GET", "/api/v1/repos/search?q=config", **READER).json
    assert (told["ok"], [entry["full_name"] for entry in told["data"]]) == (True, ["platform/cluster-config"])
    reply = servers.call("gitea", "GET", "/api/v1/orgs/platform/repos?limit=1", **ADMIN)
    assert len(reply.json) == 1
    assert int(reply.headers["x-total-count"]) >= 2
    assert 'rel="next"' in reply.headers["link"]


def test_a_repository_is_made_once_in_ones_own_organisation(servers: Estate) -> None:
    wanted = {"name": "fresh", "private": True, "default_branch": "trunk"}
    assert servers.call("gitea", "POST", "/api/v1/orgs/platform/repos", wanted, **READER).status == 403
    made = servers.call("gitea", "POST", "/api/v1/orgs/platform/repos", wanted, **ADMIN)
    assert (made.status, made.json["empty"], made.json["private"]) == (201, True, True)
    again = servers.call("gitea", "POST", "/api/v1/orgs/platform/repos", wanted, **ADMIN)
    assert (again.status, again.json["message"]) == (409, "The repository with the same name already exists.")
    assert servers.call("gitea", "POST", "/api/v1/orgs/nowhere/repos", wanted, **ADMIN).status == 404
    # Repositories of one's own want a scope for the user besides.
    assert servers.call("gitea", "POST", "/api/v1/user/repos", wanted, **ADMIN).status == 403


def test_a_deploy_key_reads_only_when_that_is_said(servers: Estate) -> None:
    wanted = {"title": "argocd", "key": f"{SSH_KEY} x", "read_only": True}
    assert servers.call("gitea", "POST", f"{REPOSITORY}/keys", wanted, **READER).status == 403
    made = servers.call("gitea", "POST", f"{REPOSITORY}/keys", wanted, **ADMIN)
    assert (made.status, made.json["read_only"]) == (201, True)
    assert made.json["fingerprint"].startswith("SHA256:")
    again = servers.call("gitea", "POST", f"{REPOSITORY}/keys", {**wanted, "title": "again"}, **ADMIN)
    assert (again.status, again.json["message"]) == (422, "This key has already been added to this repository")
    broken = servers.call("gitea", "POST", f"{REPOSITORY}/keys", {"title": "b", "key": "ssh-rsa AAAA"}, **ADMIN)
    assert broken.status == 422
    path = f"{REPOSITORY}/keys/{made.json['id']}"
    assert servers.call("gitea", "GET", path, **ADMIN).json["title"] == "argocd"
    assert servers.call("gitea", "DELETE", path, **ADMIN).status == 204
    assert servers.call("gitea", "GET", path, **ADMIN).status == 404
    unsaid = servers.call("gitea", "POST", f"{REPOSITORY}/keys", {"title": "c", "key": SSH_KEY}, **ADMIN)
    assert unsaid.json["read_only"] is False
    assert servers.call("gitea", "DELETE", f"{REPOSITORY}/keys/{unsaid.json['id']}", **ADMIN).status == 204


@pytest.mark.parametrize("url", [CLONE, CLONE.removesuffix(".git"), CLONE.replace("platform", "PLATFORM")])
def test_git_finds_a_repository_with_and_without_git_at_its_end(servers: Estate, url: str) -> None:
    assert servers.reads(url, basic("casey", "sandbox-gitea-casey-read")) == ""


def test_git_wants_a_login_and_a_scope(servers: Estate) -> None:
    assert servers.reads(CLONE) == "401"
    assert servers.reads(CLONE, basic("casey", "nothing")) == "401"
    assert "403" in servers.pushes(CLONE, basic("casey", "sandbox-gitea-casey-read"))
    assert servers.pushes(CLONE, basic("casey", "sandbox-gitea-casey-write")) == ""


def test_a_server_for_those_who_are_signed_in(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitea={"login_required": True}) as servers:
        reply = servers.call("gitea", "GET", "/api/v1/version")
        assert (reply.status, reply.json["message"]) == (403, "Only signed in user is allowed to call APIs.")
        assert servers.call("gitea", "GET", "/api/v1/version", **READER).status == 200


def test_a_repository_that_was_moved_is_a_redirect(tmp_path: Path) -> None:
    moved = {"owner": "platform", "name": "config", "former_names": ["platform/old"]}
    with estate(tmp_path / "e", gitea={"repositories": [moved]}) as servers:
        reply = servers.call("gitea", "GET", "/platform/old/info/refs?service=git-upload-pack")
        assert (reply.status, reply.headers["location"]) == (
            307,
            "https://gitea.acme.example/platform/config.git/info/refs?service=git-upload-pack",
        )
        assert servers.call("gitea", "GET", "/api/v1/repos/platform/old", **ADMIN).status == 307
