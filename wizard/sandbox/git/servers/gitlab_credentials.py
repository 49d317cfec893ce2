"""GitLab's deploy tokens and deploy keys (docs.gitlab.com "Deploy tokens API", "Deploy keys API")."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from wizard.sandbox.git.servers.gitlab_access import GitLabAccess, message, moment, paged
from wizard.sandbox.git.servers.holdings import DeployKey, Group, Repository, Token
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, Routes, as_json
from wizard.sandbox.git.servers.store import NameTakenError

_SCOPES = (
    "read_repository", "read_registry", "write_registry", "read_package_registry", "write_package_registry",
    "read_virtual_registry", "write_virtual_registry",
)  # fmt: skip
_T = TypeVar("_T", Token, DeployKey)


class GitLabCredentials:
    """What opens a project or a group, and belongs to no user. Each call wants a Maintainer, for groups an Owner."""

    def __init__(self, access: GitLabAccess, web_url: str) -> None:
        self._access = access
        self._store = access.store
        self._web_url = web_url
        self.routes = Routes(
            ("GET", "/projects/{project}/deploy_tokens", self._list),
            ("POST", "/projects/{project}/deploy_tokens", self._create),
            ("GET", "/projects/{project}/deploy_tokens/{number}", self._get),
            ("DELETE", "/projects/{project}/deploy_tokens/{number}", self._delete),
            ("GET", "/groups/{group}/deploy_tokens", self._list),
            ("POST", "/groups/{group}/deploy_tokens", self._create),
            ("GET", "/groups/{group}/deploy_tokens/{number}", self._get),
            ("DELETE", "/groups/{group}/deploy_tokens/{number}", self._delete),
            ("GET", "/projects/{project}/deploy_keys", self._keys),
            ("POST", "/projects/{project}/deploy_keys", self._create_key),
            ("DELETE", "/projects/{project}/deploy_keys/{number}", self._delete_key),
        )

    def _list(self, request: Request, project: str = "", group: str = "") -> Answer:
        tokens = self._tokens(*self._place(request, project, group))
        if request.first("active") == "true":
            tokens = [token for token in tokens if not token.expired(self._store.now())]
        return paged(request, f"{self._web_url}/api/v4{request.path}", [self._told(token) for token in tokens])

    def _create(self, request: Request, project: str = "", group: str = "") -> Answer:
        place = self._place(request, project, group)
        said = request.json()
        scopes = said.get("scopes", [])
        wrong = [name for name in ("name", "scopes") if not said.get(name)]
        if wrong:
            return as_json(400, {"error": ", ".join(f"{name} is missing" for name in wrong)})
        if not isinstance(scopes, list) or not set(scopes) <= set(_SCOPES):
            return as_json(400, {"error": "scopes does not have a valid value"})
        try:
            expires = _when(said.get("expires_at"))
        except ValueError:
            return as_json(400, {"error": "expires_at is invalid"})
        if expires is not None and expires <= self._store.now():
            return message(400, {"expires_at": ["can't be in the past"]})
        made = self._store.add_token(
            str(said["name"]),
            f"gldt-{secrets.token_urlsafe(15)}",
            [str(scope) for scope in scopes],
            repository=place[0],
            group=place[1],
            expires=expires,
            username=str(said.get("username") or "gitlab+deploy-token-{n}"),
        )
        return as_json(201, self._told(made) | {"token": made.value})

    def _get(self, request: Request, number: str, project: str = "", group: str = "") -> Answer:
        return as_json(200, self._told(_numbered(self._tokens(*self._place(request, project, group)), number, "Deploy Token")))

    def _delete(self, request: Request, number: str, project: str = "", group: str = "") -> Answer:
        self._store.remove_token(_numbered(self._tokens(*self._place(request, project, group)), number, "Deploy Token"))
        return Answer(204)

    def _keys(self, request: Request, project: str) -> Answer:
        keys = self._store.deploy_keys(self._access.own_project(request, project))
        return paged(request, f"{self._web_url}/api/v4{request.path}", [_told_key(key) for key in keys])

    def _create_key(self, request: Request, project: str) -> Answer:
        repository = self._access.own_project(request, project)
        said = request.json()
        wrong = [name for name in ("key", "title") if not said.get(name)]
        if wrong:
            return as_json(400, {"error": ", ".join(f"{name} is missing" for name in wrong)})
        read_only = said.get("can_push") not in (True, "true")
        try:
            made = self._store.add_key(repository, str(said["title"]), str(said["key"]), read_only=read_only)
        except ValueError:
            return message(400, {"deploy_key.key": ["is invalid"], "deploy_key.fingerprint_sha256": ["cannot be generated"]})
        except NameTakenError:
            return message(400, {"deploy_key.fingerprint_sha256": ["has already been taken"]})
        return as_json(201, _told_key(made))

    def _delete_key(self, request: Request, project: str, number: str) -> Answer:
        self._store.remove_key(
            _numbered(self._store.deploy_keys(self._access.own_project(request, project)), number, "Deploy Key")
        )
        return Answer(204)

    def _place(self, request: Request, project: str, group: str) -> tuple[Repository | None, Group | None]:
        if project:
            return self._access.own_project(request, project), None
        return None, self._access.own_group(request, group)

    def _tokens(self, repository: Repository | None, group: Group | None) -> list[Token]:
        return self._store.tokens(repository=repository, group=group)

    def _told(self, token: Token) -> dict[str, object]:
        return {
            "id": token.id,
            "name": token.name,
            "username": token.username,
            "expires_at": None if token.expires is None else moment(token.expires),
            "revoked": token.revoked,
            "expired": token.expired(self._store.now()),
            "scopes": list(token.scopes),
        }


def _told_key(key: DeployKey) -> dict[str, object]:
    return {
        "id": key.id,
        "title": key.title,
        "key": key.key,
        "fingerprint_sha256": key.fingerprint,
        "created_at": moment(key.created),
        "expires_at": None,
        "can_push": not key.read_only,
    }


def _numbered(entries: Sequence[_T], number: str, noun: str) -> _T:
    found = next((entry for entry in entries if str(entry.id) == number), None)
    if found is None:
        raise RefusedError(message(404, f"404 {noun} Not Found"))
    return found


def _when(value: object) -> datetime | None:
    """ISO 8601, a day or a moment; without a zone it is UTC. Raises ValueError."""
    if value in (None, ""):
        return None
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
