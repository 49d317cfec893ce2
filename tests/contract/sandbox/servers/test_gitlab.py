"""GitLab: what its documentation says of health, tokens, projects, deploy tokens and clone URLs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.estate import SSH_KEY, Estate, basic, estate
from wizard.sandbox.git.servers.releases import newest

ADMIN = {"PRIVATE_TOKEN": "sandbox-gitlab-casey-api"}
READER = {"PRIVATE_TOKEN": "sandbox-gitlab-casey-read"}
OTHER = {"PRIVATE_TOKEN": "sandbox-gitlab-robin-api"}
PROJECT = "/api/v4/projects/platform%2Fcluster-config"
CLONE = "https://gitlab.acme.example/platform/cluster-config.git"


@pytest.mark.parametrize("path", ["/-/health", "/-/readiness", "/-/liveness"])
def test_health_is_not_told_to_strangers(servers: Estate, path: str) -> None:
    assert servers.call("gitlab", "GET", path).status == 404


def test_a_browser_is_led_to_the_login(servers: Estate) -> None:
    reply = servers.call("gitlab", "GET", "/platform/cluster-config")
    assert (reply.status, reply.headers["location"]) == (302, "https://gitlab.acme.example/users/sign_in")
    assert "text/html" in servers.call("gitlab", "GET", "/users/sign_in").headers["content-type"]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2025-05-14", "17.11.0"),
        ("2025-05-15", "18.0.0"),
        ("2026-11-18", "19.5.0"),
        ("2026-11-19", "19.6.0"),
        ("2027-01-01", "19.7.0"),
    ],
)
def test_the_newest_version_follows_the_calendar(day: str, version: str) -> None:
    assert newest(date.fromisoformat(day)) == version


@pytest.mark.parametrize("path", ["version", "metadata"])
def test_the_version_is_told_to_those_who_are_somebody(servers: Estate, path: str) -> None:
    nobody = servers.call("gitlab", "GET", f"/api/v4/{path}")
    assert (nobody.status, nobody.json) == (401, {"message": "401 Unauthorized"})
    assert servers.call("gitlab", "GET", f"/api/v4/{path}", **READER).json["version"] == f"{newest(servers.clock().date())}-ee"


def test_a_token_says_what_it_is(servers: Estate) -> None:
    told = servers.call("gitlab", "GET", "/api/v4/personal_access_tokens/self", **ADMIN).json
    assert (told["name"], told["scopes"], told["active"]) == ("laptop", ["api"], True)


def test_a_token_that_only_reads_does_not_write(servers: Estate) -> None:
    reply = servers.call("gitlab", "POST", "/api/v4/projects", {"name": "x"}, **READER)
    assert (reply.status, reply.json["error"], reply.json["scope"]) == (403, "insufficient_scope", "api read_api")


def test_what_one_may_not_see_does_not_exist(servers: Estate) -> None:
    for path, headers in ((PROJECT, {}), ("/api/v4/projects/payments%2Fledger", ADMIN), ("/api/v4/projects/9999", ADMIN)):
        reply = servers.call("gitlab", "GET", path, **headers)
        assert (reply.status, reply.json) == (404, {"message": "404 Project Not Found"})


def test_a_project_is_found_in_whatever_case_and_told_in_its_own(servers: Estate) -> None:
    told = servers.call("gitlab", "GET", "/api/v4/projects/Platform%2FCLUSTER-config", **READER).json
    assert told["path_with_namespace"] == "platform/cluster-config"
    assert told["http_url_to_repo"] == CLONE
    assert told["ssh_url_to_repo"] == "git@gitlab.acme.example:platform/cluster-config.git"
    assert (told["default_branch"], told["empty_repo"], told["visibility"]) == ("main", False, "private")


def test_members_of_a_group_see_what_is_below_it(servers: Estate) -> None:
    seen = [entry["path_with_namespace"] for entry in servers.call("gitlab", "GET", "/api/v4/projects", **ADMIN).json]
    assert "platform/archive/cluster-config-2024" in seen
    assert "payments/ledger" not in seen


def test_a_list_comes_in_pages(servers: Estate) -> None:
    reply = servers.call("gitlab", "GET", "/api/v4/projects?per_page=1", **ADMIN)
    assert len(reply.json) == 1
    assert 'rel="next"' in reply.headers["link"]
    assert int(reply.headers["x-total"]) >= 3


def test_a_project_is_made_once_where_one_is_maintainer(servers: Estate) -> None:
    group = servers.call("gitlab", "GET", "/api/v4/groups/platform", **ADMIN).json["id"]
    wanted = {"name": "fresh", "namespace_id": group, "visibility": "private"}
    made = servers.call("gitlab", "POST", "/api/v4/projects", wanted, **ADMIN)
    assert (made.status, made.json["empty_repo"], made.json["default_branch"]) == (201, True, None)
    again = servers.call("gitlab", "POST", "/api/v4/projects", wanted, **ADMIN)
    assert again.status == 400
    assert again.json["message"]["path"] == ["has already been taken"]
    elsewhere = servers.call("gitlab", "POST", "/api/v4/projects", wanted, **OTHER)
    assert (elsewhere.status, elsewhere.json["message"]) == (400, {"namespace": ["is not valid"]})


def test_a_deploy_token_reads_its_project_until_it_is_gone(servers: Estate) -> None:
    wanted = {"name": "argocd", "scopes": ["read_repository"], "expires_at": "2099-01-01"}
    made = servers.call("gitlab", "POST", f"{PROJECT}/deploy_tokens", wanted, **ADMIN)
    assert made.status == 201
    told = made.json
    assert told["username"] == f"gitlab+deploy-token-{told['id']}"
    assert told["expires_at"] == "2099-01-01T00:00:00.000Z"
    listed = servers.call("gitlab", "GET", f"{PROJECT}/deploy_tokens", **ADMIN).json
    assert "token" not in next(entry for entry in listed if entry["id"] == told["id"])
    login = basic(told["username"], told["token"])
    assert servers.reads(CLONE, login) == ""
    assert servers.reads(CLONE, basic("casey", told["token"])) == "401"
    assert "not found" in servers.reads("https://gitlab.acme.example/platform/sandbox.git", login)
    assert "403" in servers.pushes(CLONE, login)
    assert servers.call("gitlab", "GET", "/api/v4/version", PRIVATE_TOKEN=told["token"]).status == 401
    assert servers.call("gitlab", "DELETE", f"{PROJECT}/deploy_tokens/{told['id']}", **ADMIN).status == 204
    assert servers.reads(CLONE, login) != ""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "x"}, {"error": "scopes is missing"}),
        ({"name": "x", "scopes": ["write_repository"]}, {"error": "scopes does not have a valid value"}),
        ({"name": "x", "scopes": ["read_repository"], "expires_at": "soon"}, {"error": "expires_at is invalid"}),
    ],
)
def test_a_deploy_token_that_makes_no_sense_is_not_made(servers: Estate, body: dict[str, object], told: object) -> None:
    reply = servers.call("gitlab", "POST", f"{PROJECT}/deploy_tokens", body, **ADMIN)
    assert (reply.status, reply.json) == (400, told)


def test_only_maintainers_make_deploy_tokens(servers: Estate) -> None:
    body = {"name": "x", "scopes": ["read_repository"]}
    reply = servers.call("gitlab", "POST", f"{PROJECT}/deploy_tokens", body, **OTHER)
    assert (reply.status, reply.json) == (403, {"message": "403 Forbidden"})


def test_a_deploy_key_is_made_once(servers: Estate) -> None:
    wanted = {"title": "argocd", "key": f"{SSH_KEY} comment", "can_push": False}
    made = servers.call("gitlab", "POST", f"{PROJECT}/deploy_keys", wanted, **ADMIN)
    assert (made.status, made.json["can_push"], made.json["key"]) == (201, False, SSH_KEY)
    assert servers.call("gitlab", "POST", f"{PROJECT}/deploy_keys", wanted, **ADMIN).status == 400
    assert servers.call("gitlab", "DELETE", f"{PROJECT}/deploy_keys/{made.json['id']}", **ADMIN).status == 204


def test_a_clone_url_without_git_at_its_end_is_redirected(servers: Estate) -> None:
    reply = servers.call("gitlab", "GET", "/platform/cluster-config/info/refs?service=git-upload-pack")
    assert reply.status == 301
    assert reply.headers["location"] == f"{CLONE}/info/refs?service=git-upload-pack"


@pytest.mark.parametrize(
    ("user", "password", "refused"),
    [
        ("casey", "sandbox-gitlab-casey-api", ""),
        ("anybody", "sandbox-gitlab-casey-api", ""),
        ("casey", "sandbox-gitlab-casey-read", "403"),
        ("casey", "wrong", "401"),
    ],
)
def test_a_personal_token_is_a_password_for_git_when_its_scope_says_so(
    servers: Estate, user: str, password: str, refused: str
) -> None:
    told = servers.reads(CLONE, basic(user, password))
    assert (refused in told) if refused else (told == "")


def test_git_finds_a_project_in_whatever_case(servers: Estate) -> None:
    assert servers.reads(CLONE.replace("platform", "PLATFORM"), basic("casey", "sandbox-gitlab-casey-api")) == ""


def test_a_token_that_has_expired_is_told_so(tmp_path: Path) -> None:
    with estate(tmp_path / "e", "gitlab") as servers:
        servers.clock.advance(91 * 86400)
        reply = servers.call("gitlab", "GET", PROJECT, **ADMIN)
        assert (reply.status, reply.json["error"]) == (401, "invalid_token")
        assert "expired" in reply.json["error_description"]
        assert reply.headers["www-authenticate"].startswith("Bearer")


def test_a_deploy_token_ends_when_it_says(tmp_path: Path) -> None:
    with estate(tmp_path / "e", "gitlab") as servers:
        end = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        wanted = {"name": "argocd", "scopes": ["read_repository"], "expires_at": end}
        made = servers.call("gitlab", "POST", f"{PROJECT}/deploy_tokens", wanted, **ADMIN).json
        login = basic(made["username"], made["token"])
        assert servers.reads(CLONE, login) == ""
        servers.clock.advance(31 * 86400)
        assert servers.reads(CLONE, login) != ""
        listed = servers.call("gitlab", "GET", f"{PROJECT}/deploy_tokens", **ADMIN).json
        assert [entry["expired"] for entry in listed] == [True]
        assert servers.call("gitlab", "GET", f"{PROJECT}/deploy_tokens?active=true", **ADMIN).json == []


def test_maintenance_lets_read_and_not_write(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"state": "maintenance"}) as servers:
        assert servers.call("gitlab", "GET", PROJECT, **ADMIN).status == 200
        reply = servers.call("gitlab", "POST", f"{PROJECT}/deploy_tokens", {}, **ADMIN)
        assert (reply.status, reply.json["message"]) == (503, "GitLab Maintenance: system is in maintenance mode")
        login = basic("casey", "sandbox-gitlab-casey-api")
        assert servers.reads(CLONE, login) == ""
        assert "403" in servers.pushes(CLONE, login)


def test_administrators_are_told_of_maintenance(tmp_path: Path) -> None:
    root = {"name": "root", "value": "sandbox-gitlab-root", "user": "root", "scopes": ["read_api"]}
    with estate(tmp_path / "e", gitlab={"state": "maintenance", "tokens": [root]}) as servers:
        told = servers.call("gitlab", "GET", "/api/v4/application/settings", PRIVATE_TOKEN="sandbox-gitlab-root").json
        assert told["maintenance_mode"] is True


def test_nobody_else_is_told_of_the_settings(servers: Estate) -> None:
    assert servers.call("gitlab", "GET", "/api/v4/application/settings", **ADMIN).status == 403


def test_a_gitlab_that_starts_answers_with_a_page(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"state": "starting"}) as servers:
        reply = servers.call("gitlab", "GET", "/api/v4/version")
        assert reply.status == 502
        assert "text/html" in reply.headers["content-type"]


def test_a_context_path_stands_before_everything(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"context_path": "/gitlab", "port": 8443}) as servers:
        told = servers.call("gitlab", "GET", PROJECT, **ADMIN).json
        assert told["http_url_to_repo"] == "https://gitlab.acme.example:8443/gitlab/platform/cluster-config.git"
        assert servers.reads(told["http_url_to_repo"], basic("casey", "sandbox-gitlab-casey-api")) == ""
