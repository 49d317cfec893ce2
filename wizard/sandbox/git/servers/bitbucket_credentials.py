"""Bitbucket's HTTP access tokens and SSH access keys of projects and repositories.

developer.atlassian.com/server/bitbucket/rest, "Authentication": ``PUT
/rest/access-tokens/latest/projects/{key}[/repos/{slug}]`` makes a token and tells it once; "Repository", SSH access keys:
``/rest/keys/latest/projects/{key}/repos/{slug}/ssh``. "HTTP access tokens": a repository's token has permissions for
repositories only; such tokens came with 7.18 and want a Data Center licence.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar

from wizard.sandbox.git.servers.bitbucket_access import (
    PROJECT_PERMISSIONS,
    REPOSITORY_PERMISSIONS,
    BitbucketAccess,
    failure,
    paged,
    unpermitted,
)
from wizard.sandbox.git.servers.holdings import DeployKey, Group, Repository, Token
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, Routes, as_json
from wizard.sandbox.git.servers.product import ADMIN
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import NameTakenError

_SINCE = (7, 18)
_T = TypeVar("_T", Token, DeployKey)


class _Place(NamedTuple):
    repository: Repository | None
    group: Group | None


class BitbucketCredentials:
    """What opens a project or a repository of one server, and belongs to no user. Only its administrators see and change it."""

    def __init__(self, section: ServerSection, access: BitbucketAccess) -> None:
        self._by_token = section.tokens_by_token
        self._offered = tuple(int(part) for part in re.findall(r"\d+", section.version)[:2]) >= _SINCE
        self._access = access
        self._store = access.store
        tokens, keys = "/access-tokens/projects/{key}", "/keys/projects/{key}/repos/{slug}/ssh"
        self.routes = Routes(
            ("GET", tokens, self._tokens),
            ("PUT", tokens, self._create_token),
            ("GET", f"{tokens}/repos/{{slug}}", self._tokens),
            ("PUT", f"{tokens}/repos/{{slug}}", self._create_token),
            ("GET", f"{tokens}/repos/{{slug}}/{{number}}", self._token),
            ("DELETE", f"{tokens}/repos/{{slug}}/{{number}}", self._delete_token),
            ("GET", f"{tokens}/{{number}}", self._token),
            ("DELETE", f"{tokens}/{{number}}", self._delete_token),
            ("GET", keys, self._keys),
            ("POST", keys, self._create_key),
            ("DELETE", f"{keys}/{{number}}", self._delete_key),
        )

    def _tokens(self, request: Request, key: str, slug: str = "") -> Answer:
        return paged(request, [_told(token) for token in self._of(self._place(request, key, slug))])

    def _token(self, request: Request, key: str, number: str, slug: str = "") -> Answer:
        return as_json(200, _told(_numbered(self._of(self._place(request, key, slug)), number)))

    def _create_token(self, request: Request, key: str, slug: str = "") -> Answer:
        place = self._place(request, key, slug)
        caller = self._access.caller(request)
        if caller is not None and caller.token is not None and not self._by_token:
            return unpermitted()
        said = request.json()
        permissions, name, days = said.get("permissions"), str(said.get("name") or ""), said.get("expiryDays")
        allowed = set(REPOSITORY_PERMISSIONS) | (set() if slug else set(PROJECT_PERMISSIONS))
        if not name:
            return failure(400, "Please enter a name for the access token.", None, "name")
        if not isinstance(permissions, list) or not permissions or not set(permissions) <= allowed:
            return failure(400, "The permissions are not valid for this kind of access token.", None, "permissions")
        if days is not None and (not isinstance(days, int) or isinstance(days, bool) or days < 1):
            return failure(400, "The expiry must be a number of days, at least 1.", None, "expiryDays")
        made = self._store.add_token(
            name,
            f"BBDC-{secrets.token_urlsafe(33)}",
            [str(permission) for permission in permissions],
            repository=place.repository,
            group=place.group,
            expires=None if days is None else self._store.now() + timedelta(days=days),
        )
        return as_json(200, _told(made) | {"token": made.value})

    def _delete_token(self, request: Request, key: str, number: str, slug: str = "") -> Answer:
        self._store.remove_token(_numbered(self._of(self._place(request, key, slug)), number))
        return Answer(204)

    def _keys(self, request: Request, key: str, slug: str) -> Answer:
        repository = self._access.repository(request, key, slug, least=ADMIN)
        return paged(request, [_told_key(entry) for entry in self._store.deploy_keys(repository)])

    def _create_key(self, request: Request, key: str, slug: str) -> Answer:
        repository = self._access.repository(request, key, slug, least=ADMIN)
        said = request.json()
        told, permission = said.get("key"), said.get("permission")
        text = str(told.get("text") or "") if isinstance(told, dict) else ""
        label = str(told.get("label") or "") if isinstance(told, dict) else ""
        if permission not in {"REPO_READ", "REPO_WRITE"}:
            return failure(400, "A valid permission is required.", None, "permission")
        try:
            # Without a label it is called what its comment says.
            title = label or " ".join(text.split()[2:])
            made = self._store.add_key(repository, title, text, read_only=permission == "REPO_READ")
        except ValueError:
            return failure(400, "The SSH key is not valid.", "ssh.InvalidSshKeyException", "text")
        except NameTakenError:
            return failure(409, "This SSH key has already been added.", "ssh.DuplicateSshKeyException", "text")
        return as_json(201, _told_key(made))

    def _delete_key(self, request: Request, key: str, slug: str, number: str) -> Answer:
        repository = self._access.repository(request, key, slug, least=ADMIN)
        self._store.remove_key(_numbered(self._store.deploy_keys(repository), number))
        return Answer(204)

    def _place(self, request: Request, key: str, slug: str) -> _Place:
        if not self._offered:
            raise RefusedError(failure(404, "null for uri: /rest/access-tokens", None))
        if slug:
            return _Place(self._access.repository(request, key, slug, least=ADMIN), None)
        return _Place(None, self._access.project(request, key, least=ADMIN))

    def _of(self, place: _Place) -> list[Token]:
        return self._store.tokens(repository=place.repository, group=place.group)


def _told(token: Token) -> dict[str, object]:
    """Times in milliseconds since 1970, as everywhere in this API."""
    told: dict[str, object] = {
        "id": str(token.id),
        "name": token.name,
        "permissions": list(token.scopes),
        "createdDate": int(token.created.timestamp() * 1000),
    }
    if token.expires is not None:
        told["expiryDate"] = int(token.expires.timestamp() * 1000)
        told["expiryDays"] = round((token.expires - token.created) / timedelta(days=1))
    return told


def _told_key(key: DeployKey) -> dict[str, object]:
    return {
        "key": {"id": key.id, "text": key.key, "label": key.title},
        "permission": "REPO_READ" if key.read_only else "REPO_WRITE",
        "repository": {"slug": key.repository.name, "id": key.repository.id},
    }


def _numbered(entries: Sequence[_T], number: str) -> _T:
    found = next((entry for entry in entries if str(entry.id) == number), None)
    if found is None:
        raise RefusedError(failure(404, "The requested resource does not exist.", "NoSuchEntityException"))
    return found
