"""GitHub Enterprise Server: private mode, headers, scopes that hide, repositories, deploy keys, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.estate import SSH_KEY, Estate, basic, estate

ADMIN = {"Authorization": "Bearer sandbox-ghes-casey-repo"}
PUBLIC = {"Authorization": "token sandbox-ghes-casey-public"}
REPOSITORY = "/api/v3/repos/platform/cluster-config"
CLONE = "https://github.acme.example/platform/cluster-config.git"


def test_its_status_is_told_to_load_balancers(servers: Estate) -> None:
    reply = servers.call("ghes", "GET", "/status")
    assert reply.status == 200
    assert reply.body.startswith(b"GitHub lives!")


def test_private_mode_hides_everything(servers: Estate) -> None:
    reply = servers.call("ghes", "GET", "/api/v3/meta")
    assert (reply.status, reply.json["message"]) == (401, "Must authenticate to access this API.")
    assert reply.headers["x-github-enterprise-version"] == "3.22.0"
    page = servers.call("ghes", "GET", "/platform/cluster-config")
    assert (page.status, page.headers["location"]) == (
        302,
        "https://github.acme.example/login?return_to=/platform/cluster-config",
    )


def test_the_version_is_told_to_those_who_are_somebody(servers: Estate) -> None:
    reply = servers.call("ghes", "GET", "/api/v3/meta", **ADMIN)
    assert reply.json["installed_version"] == "3.22.0"
    assert reply.headers["x-oauth-scopes"] == "repo, read:org"
    assert reply.headers["github-authentication-token-expiration"].endswith(" UTC")
    assert "x-ratelimit-limit" not in reply.headers


@pytest.mark.parametrize(
    ("path", "headers", "status", "message"),
    [
        (REPOSITORY, {"Authorization": "Bearer nothing"}, 401, "Bad credentials"),
        (REPOSITORY, PUBLIC, 404, "Not Found"),
        (f"{REPOSITORY}/", ADMIN, 404, "Not Found"),
        (
            "/api/v3/user/orgs",
            PUBLIC,
            403,
            "You need at least read:org scope or user scope to list your organizations.",
        ),
        (REPOSITORY, {**ADMIN, "X_GitHub_Api_Version": "1999-01-01"}, 400, "Api version '1999-01-01' is not supported"),
    ],
)
def test_errors_say_little(servers: Estate, path: str, headers: dict[str, str], status: int, message: str) -> None:
    reply = servers.call("ghes", "GET", path, **headers)
    assert (reply.status, reply.json["message"]) == (status, message)
    assert "documentation_url" in reply.json


def test_a_client_says_who_it_is(servers: Estate) -> None:
    assert servers.call("ghes", "GET", "/api/v3/meta", **ADMIN, User_Agent="").status == 403


def test_a_repository_tells_how_it_is_cloned(servers: Estate) -> None:
    told = servers.call("ghes", "GET", REPOSITORY.replace("platform", "PLATFORM"), **ADMIN).json
    assert (told["clone_url"], told["ssh_url"]) == (CLONE, "git@github.acme.example:platform/cluster-config.git")
    assert (told["default_branch"], told["private"], told["permissions"]["admin"]) == ("main", True, True)


def test_repositories_are_listed_in_pages(servers: Estate) -> None:
    reply = servers.call("ghes", "GET", "/api/v3/orgs/platform/repos?per_page=1", **ADMIN)
    assert len(reply.json) == 1
    assert 'rel="next"' in reply.headers["link"]


def test_a_private_repository_wants_the_scope_for_it(servers: Estate) -> None:
    wanted = {"name": "fresh", "private": True}
    assert servers.call("ghes", "POST", "/api/v3/orgs/platform/repos", wanted, **PUBLIC).status == 404
    made = servers.call("ghes", "POST", "/api/v3/orgs/platform/repos", wanted, **ADMIN)
    assert (made.status, made.json["visibility"]) == (201, "private")
    again = servers.call("ghes", "POST", "/api/v3/orgs/platform/repos", wanted, **ADMIN)
    assert again.status == 422
    assert again.json["errors"][0]["message"] == "name already exists on this account"


def test_a_deploy_key_is_made_once(servers: Estate) -> None:
    wanted = {"title": "argocd", "key": SSH_KEY, "read_only": True}
    assert servers.call("ghes", "POST", f"{REPOSITORY}/keys", wanted, **PUBLIC).status == 404
    made = servers.call("ghes", "POST", f"{REPOSITORY}/keys", wanted, **ADMIN)
    assert (made.status, made.json["read_only"], made.json["verified"]) == (201, True, True)
    again = servers.call("ghes", "POST", f"{REPOSITORY}/keys", wanted, **ADMIN)
    assert (again.status, again.json["errors"][0]["message"]) == (422, "key is already in use")
    path = f"{REPOSITORY}/keys/{made.json['id']}"
    assert servers.call("ghes", "DELETE", path, **ADMIN).status == 204
    assert servers.call("ghes", "GET", path, **ADMIN).status == 404


def test_git_takes_a_token_for_a_password(servers: Estate) -> None:
    for url in (CLONE, CLONE.removesuffix(".git")):
        assert servers.reads(url, basic("x-access-token", "sandbox-ghes-casey-repo")) == ""
    assert servers.reads(CLONE) == "401"
    assert servers.reads(CLONE, basic("casey", "nothing")) == "401"
    assert "not found" in servers.reads(CLONE, basic("casey", "sandbox-ghes-casey-public"))
    assert servers.pushes(CLONE, basic("casey", "sandbox-ghes-casey-repo")) == ""


def test_requests_are_counted_where_an_administrator_wants_it(tmp_path: Path) -> None:
    with estate(tmp_path / "e", ghes={"rate_limit": 2}) as servers:
        left = [servers.call("ghes", "GET", "/api/v3/user", **ADMIN).headers["x-ratelimit-remaining"] for _ in range(2)]
        assert left == ["1", "0"]
        over = servers.call("ghes", "GET", "/api/v3/user", **ADMIN)
        assert over.status == 403
        assert "rate limit exceeded" in over.json["message"]
        assert servers.call("ghes", "GET", "/api/v3/rate_limit", **ADMIN).json["rate"]["remaining"] == 0
        servers.clock.advance(3600)
        assert servers.call("ghes", "GET", "/api/v3/user", **ADMIN).status == 200


def test_maintenance_is_a_page_for_everybody(tmp_path: Path) -> None:
    with estate(tmp_path / "e", ghes={"state": "maintenance"}) as servers:
        for path in ("/status", "/api/v3/meta", "/platform/cluster-config.git/info/refs?service=git-upload-pack"):
            reply = servers.call("ghes", "GET", path, **ADMIN)
            assert reply.status == 503
            assert "text/html" in reply.headers["content-type"]


def test_a_token_ends(tmp_path: Path) -> None:
    with estate(tmp_path / "e", "ghes") as servers:
        servers.clock.advance(61 * 86400)
        assert servers.call("ghes", "GET", REPOSITORY, **ADMIN).json["message"] == "Bad credentials"


def test_a_repository_that_was_moved_is_a_redirect(tmp_path: Path) -> None:
    moved = {"owner": "platform", "name": "config", "former_names": ["platform/old"], "private": False}
    with estate(tmp_path / "e", ghes={"repositories": [moved], "login_required": False}) as servers:
        reply = servers.call("ghes", "GET", "/api/v3/repos/platform/old")
        assert reply.status == 301
        assert servers.call("ghes", "GET", reply.headers["location"].removeprefix(servers.url("ghes"))).status == 200
        assert servers.reads("https://github.acme.example/platform/old.git") == ""
