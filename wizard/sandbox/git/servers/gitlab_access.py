"""Who asks GitLab's REST API, what they may see, and how they are refused.

docs.gitlab.com "REST API" (status codes), "Personal access tokens" (scopes ``api``, ``read_api``, ``read_user``); the words are
those of ``lib/api/helpers.rb`` and ``lib/api/api_guard.rb`` of gitlab-org/gitlab. What one may not see does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime

from wizard.sandbox.git.servers.holdings import Group, Repository, Token, User
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_json, pages
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.store import Store

_SEEING = {"GET", "HEAD"}


class GitLabAccess:
    """The callers of one server. Every method raises RefusedError with the answer that GitLab gives."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def token(self, request: Request) -> Token | None:
        """The personal access token that came along, if any did; it is one that is in force."""
        value = request.headers.get("private-token") or request.credential("bearer") or request.first("private_token")
        if not value:
            return None
        token = self.store.token(value)
        if token is None or token.user is None:
            raise RefusedError(message(401, "401 Unauthorized"))
        if token.revoked:
            raise RefusedError(_invalid("Token was revoked. You have to re-authorize from the user."))
        if token.expired(self.store.now()):
            raise RefusedError(_invalid("Token is expired. You can either do re-authorization or token refresh."))
        return token

    def anybody(self, request: Request, *scopes: str) -> User | None:
        """The user who asks, or nobody. ``scopes`` are enough besides ``api``, and ``read_api`` for what only reads."""
        token = self.token(request)
        if token is None:
            return None
        enough = {"api", *scopes} | ({"read_api"} if request.method in _SEEING else set())
        if not enough & set(token.scopes):
            told = {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": " ".join(["api", "read_api", *scopes]),
            }
            raise RefusedError(as_json(403, told))
        return token.user

    def somebody(self, request: Request, *scopes: str) -> User:
        """The user who asks."""
        user = self.anybody(request, *scopes)
        if user is None:
            raise RefusedError(message(401, "401 Unauthorized"))
        return user

    def project(self, name: str, user: User | None) -> Repository:
        """The project with this path or number, when the user may see it."""
        found = self.store.repository(name)
        if found is None or (found.private and self.store.level(user, found.group) < READ):
            raise RefusedError(message(404, "404 Project Not Found"))
        return found

    def group(self, name: str, user: User | None) -> Group:
        """The group with this path or number, when the user may see it."""
        found = self.store.group(name)
        if found is None or found.personal or self.store.level(user, found) < READ:
            raise RefusedError(message(404, "404 Group Not Found"))
        return found

    def own_project(self, request: Request, name: str) -> Repository:
        """A project of which the user is at least Maintainer."""
        user = self.somebody(request)
        found = self.project(name, user)
        if self.store.level(user, found.group) < ADMIN:
            raise RefusedError(message(403, "403 Forbidden"))
        return found

    def own_group(self, request: Request, name: str) -> Group:
        """A group of which the user is Owner."""
        user = self.somebody(request)
        found = self.group(name, user)
        if self.store.level(user, found) < ADMIN:
            raise RefusedError(message(403, "403 Forbidden"))
        return found


def message(status: int, text: object) -> Answer:
    """An error in GitLab's form."""
    return as_json(status, {"message": text})


def paged(request: Request, url: str, entries: list[dict[str, object]]) -> Answer:
    """One page of a list ("REST API", offset-based pagination: 20 entries, at most 100)."""
    page, size = max(request.number("page", 1), 1), min(max(request.number("per_page", 20), 1), 100)
    total = len(entries)
    headers = (
        ("Link", pages(url, page, size, total)),
        ("X-Page", str(page)),
        ("X-Per-Page", str(size)),
        ("X-Total", str(total)),
        ("X-Total-Pages", str(max((total + size - 1) // size, 1))),
        ("X-Next-Page", str(page + 1) if page * size < total else ""),
        ("X-Prev-Page", str(page - 1) if page > 1 else ""),
    )
    return as_json(200, entries[(page - 1) * size : page * size], *headers)


def moment(when: datetime) -> str:
    """A time as GitLab writes it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z"


def _invalid(why: str) -> Answer:
    challenge = f'Bearer realm="The API", error="invalid_token", error_description="{why}"'
    return as_json(401, {"error": "invalid_token", "error_description": why}, ("WWW-Authenticate", challenge))
