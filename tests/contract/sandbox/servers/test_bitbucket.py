"""Bitbucket: its states, its errors, HTTP access tokens and who may use them how."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.estate import SSH_KEY, Estate, basic, estate

BEARER = "Bearer sandbox-bitbucket-casey-admin"
ADMIN = {"Authorization": BEARER}
READER = {"Authorization": "Bearer sandbox-bitbucket-casey-read"}
PASSWORD = {"Authorization": basic("casey", "sandbox-bitbucket-casey-password")}
REPOSITORY = "/rest/api/1.0/projects/PLATFORM/repos/cluster-config"
TOKENS = "/rest/access-tokens/latest/projects/PLATFORM/repos/cluster-config"
CLONE = "https://bitbucket.acme.example/scm/platform/cluster-config.git"
WANTED = {"name": "argocd", "permissions": ["REPO_READ"], "expiryDays": 90}


@pytest.mark.parametrize(
    ("state", "status"), [("RUNNING", 200), ("FIRST_RUN", 200), ("MAINTENANCE", 200), ("STARTING", 503), ("ERROR", 500)]
)
def test_its_state_is_told_to_anybody(tmp_path: Path, state: str, status: int) -> None:
    with estate(tmp_path / "e", bitbucket={"state": state}) as servers:
        reply = servers.call("bitbucket", "GET", "/status")
        assert (reply.status, reply.json) == (status, {"state": state})
        other = servers.call("bitbucket", "GET", "/rest/api/1.0/application-properties")
        assert other.status == {"RUNNING": 200, "FIRST_RUN": 302}.get(state, 503)


def test_its_version_is_told_to_anybody(servers: Estate) -> None:
    told = servers.call("bitbucket", "GET", "/rest/api/1.0/application-properties").json
    assert (told["version"], told["buildNumber"], told["displayName"]) == ("9.4.12", "9004012", "Bitbucket")


@pytest.mark.parametrize(
    ("path", "headers", "status", "exception"),
    [
        (REPOSITORY, {}, 401, "AuthorisationException"),
        (REPOSITORY, {"Authorization": "Bearer nothing"}, 401, "IncorrectPasswordAuthenticationException"),
        ("/rest/api/1.0/projects/PAY/repos/ledger", ADMIN, 401, "AuthorisationException"),
        ("/rest/api/latest/projects/PLATFORM/repos/missing", ADMIN, 404, "NoSuchRepositoryException"),
        ("/rest/api/1.0/projects/NONE/repos/missing", ADMIN, 404, "NoSuchProjectException"),
    ],
)
def test_errors_are_named(servers: Estate, path: str, headers: dict[str, str], status: int, exception: str) -> None:
    reply = servers.call("bitbucket", "GET", path, **headers)
    assert reply.status == status
    assert reply.json["errors"][0]["exceptionName"].endswith(exception)


def test_a_repository_tells_how_it_is_cloned(servers: Estate) -> None:
    told = servers.call("bitbucket", "GET", REPOSITORY, **READER).json
    assert told["links"]["clone"] == [
        {"href": CLONE, "name": "http"},
        {"href": "ssh://git@bitbucket.acme.example:7999/platform/cluster-config.git", "name": "ssh"},
    ]
    branch = servers.call("bitbucket", "GET", f"{REPOSITORY}/default-branch", **READER).json
    assert branch["displayId"] == "main"
    empty = servers.call("bitbucket", "GET", REPOSITORY.replace("cluster-config", "sandbox") + "/default-branch", **READER)
    assert (empty.status, empty.json["errors"][0]["exceptionName"].rpartition(".")[2]) == (404, "NoDefaultBranchException")


def test_lists_have_a_start_and_a_limit(servers: Estate) -> None:
    first = servers.call("bitbucket", "GET", "/rest/api/1.0/projects/PLATFORM/repos?limit=1", **READER).json
    assert (first["size"], first["isLastPage"], first["nextPageStart"]) == (1, False, 1)
    second = servers.call("bitbucket", "GET", "/rest/api/1.0/projects/PLATFORM/repos?limit=50&start=1", **READER).json
    assert second["isLastPage"]
    assert "nextPageStart" not in second


def test_a_repository_is_made_once_by_who_administers_the_project(servers: Estate) -> None:
    path, wanted = "/rest/api/1.0/projects/PLATFORM/repos", {"name": "Fresh Config", "scmId": "git", "defaultBranch": "main"}
    assert servers.call("bitbucket", "POST", path, wanted, **READER).status == 401
    made = servers.call("bitbucket", "POST", path, wanted, **ADMIN)
    assert (made.status, made.json["slug"], made.json["name"]) == (201, "fresh-config", "Fresh Config")
    assert servers.call("bitbucket", "POST", path, wanted, **ADMIN).status == 409


@pytest.mark.parametrize("who", [ADMIN, PASSWORD], ids=["token", "password"])
def test_a_repositorys_token_is_bearer_only(servers: Estate, who: dict[str, str]) -> None:
    made = servers.call("bitbucket", "PUT", TOKENS, WANTED, **who)
    assert made.status == 200
    told = made.json
    assert (told["permissions"], told["expiryDays"]) == (["REPO_READ"], 90)
    assert servers.reads(CLONE, f"Bearer {told['token']}") == ""
    for user in ("casey", "x-token-auth", "argocd"):
        assert servers.reads(CLONE, basic(user, told["token"])) == "401"
    assert "not found" in servers.reads(CLONE.replace("cluster-config", "sandbox"), f"Bearer {told['token']}")
    assert "403" in servers.pushes(CLONE, f"Bearer {told['token']}")
    listed = servers.call("bitbucket", "GET", TOKENS, **who).json["values"]
    assert all("token" not in entry for entry in listed)
    assert servers.call("bitbucket", "DELETE", f"{TOKENS}/{told['id']}", **who).status == 204
    assert servers.reads(CLONE, f"Bearer {told['token']}") == "401"


def test_a_projects_token_reads_all_of_its_repositories(servers: Estate) -> None:
    path = "/rest/access-tokens/latest/projects/PLATFORM"
    made = servers.call("bitbucket", "PUT", path, {"name": "all", "permissions": ["PROJECT_READ", "REPO_READ"]}, **ADMIN).json
    for name in ("cluster-config", "sandbox"):
        assert servers.reads(f"https://bitbucket.acme.example/scm/PLATFORM/{name}.git", f"Bearer {made['token']}") == ""
    assert servers.call("bitbucket", "DELETE", f"{path}/{made['id']}", **ADMIN).status == 204


def test_a_users_token_is_also_a_password(servers: Estate) -> None:
    assert servers.reads(CLONE, basic("casey", "sandbox-bitbucket-casey-read")) == ""
    assert servers.reads(CLONE, basic("robin", "sandbox-bitbucket-casey-read")) == "401"
    assert servers.reads(CLONE, "Bearer sandbox-bitbucket-casey-read") == ""
    assert "403" in servers.pushes(CLONE, "Bearer sandbox-bitbucket-casey-read")
    assert servers.pushes(CLONE, BEARER) == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"permissions": ["REPO_READ"]}, "name"),
        ({"name": "x", "permissions": ["PROJECT_READ"]}, "permissions"),
        ({"name": "x", "permissions": []}, "permissions"),
        ({"name": "x", "permissions": ["REPO_READ"], "expiryDays": 0}, "expiryDays"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(servers: Estate, body: dict[str, object], field: str) -> None:
    reply = servers.call("bitbucket", "PUT", TOKENS, body, **ADMIN)
    assert (reply.status, reply.json["errors"][0]["context"]) == (400, field)


def test_who_only_reads_makes_no_tokens(servers: Estate) -> None:
    assert servers.call("bitbucket", "PUT", TOKENS, WANTED, **READER).status == 401


def test_a_token_ends_with_its_days(tmp_path: Path) -> None:
    with estate(tmp_path / "e", "bitbucket") as servers:
        token = servers.call("bitbucket", "PUT", TOKENS, WANTED, **ADMIN).json["token"]
        servers.clock.advance(89 * 86400)
        assert servers.reads(CLONE, f"Bearer {token}") == ""
        servers.clock.advance(2 * 86400)
        assert servers.reads(CLONE, f"Bearer {token}") == "401"


def test_tokens_may_be_for_those_with_a_password_only(tmp_path: Path) -> None:
    with estate(tmp_path / "e", bitbucket={"tokens_by_token": False}) as servers:
        assert servers.call("bitbucket", "PUT", TOKENS, WANTED, **ADMIN).status == 401
        assert servers.call("bitbucket", "PUT", TOKENS, WANTED, **PASSWORD).status == 200


def test_an_old_server_has_no_tokens_of_repositories(tmp_path: Path) -> None:
    with estate(tmp_path / "e", bitbucket={"version": "7.17.21", "context_path": "/git"}) as servers:
        assert servers.call("bitbucket", "GET", "/rest/api/1.0/application-properties").json["version"] == "7.17.21"
        assert servers.call("bitbucket", "PUT", TOKENS, WANTED, **PASSWORD).status == 404
        told = servers.call("bitbucket", "GET", REPOSITORY, **PASSWORD).json
        clone = "https://bitbucket.acme.example/git/scm/platform/cluster-config.git"
        assert told["links"]["clone"][0]["href"] == clone
        assert servers.reads(clone, PASSWORD["Authorization"]) == ""


def test_an_access_key_is_made_once(servers: Estate) -> None:
    path = "/rest/keys/latest/projects/PLATFORM/repos/cluster-config/ssh"
    wanted = {"key": {"text": f"{SSH_KEY} argocd"}, "permission": "REPO_READ"}
    made = servers.call("bitbucket", "POST", path, wanted, **ADMIN)
    assert (made.status, made.json["key"]["label"], made.json["permission"]) == (201, "argocd", "REPO_READ")
    assert servers.call("bitbucket", "POST", path, wanted, **ADMIN).status == 409
    assert servers.call("bitbucket", "GET", path, **ADMIN).json["size"] == 1
    assert servers.call("bitbucket", "DELETE", f"{path}/{made.json['key']['id']}", **ADMIN).status == 204
