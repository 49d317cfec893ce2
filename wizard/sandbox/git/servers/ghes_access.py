"""Who asks the REST API of GitHub Enterprise Server, with which scopes and how often, and how they are refused.

docs.github.com/enterprise-server "Authenticating to the REST API", "Scopes for OAuth apps" (``X-OAuth-Scopes``,
``X-Accepted-OAuth-Scopes``), "Rate limits for the REST API" (off unless an administrator turns them on), "Troubleshooting the
REST API" (404 for what the token may not see, 403 without a User-Agent, 400 for an API version that does not exist), "Token
expiration".
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from wizard.sandbox.git.servers.holdings import Repository, Token, User
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_json, pages
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_HOLDS = {"repo": {"public_repo"}, "admin:org": {"write:org", "read:org"}, "write:org": {"read:org"}, "user": {"read:user"}}
_ANONYMOUS = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """A user with the token that proves it."""

    user: User
    token: Token

    def scopes(self) -> set[str]:
        """The token's scopes, and those that they hold."""
        found = set(self.token.scopes)
        for scope in self.token.scopes:
            found |= _HOLDS.get(scope, set())
        return found


class GhesAccess:
    """The callers of one server. Methods that judge raise RefusedError with the answer that the server gives."""

    def __init__(self, section: ServerSection, store: Store) -> None:
        self.store = store
        self.section = section
        self._used: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def in_force(self, value: str) -> Token | None:
        """The token with this value, when it opens anything."""
        token = self.store.token(value) if value else None
        return None if token is None or token.revoked or token.expired(self.store.now()) else token

    def caller(self, request: Request) -> Caller | None:
        """Who asks; None without any credential."""
        basic = request.basic()
        value = request.credential("bearer", "token") or (basic[1] if basic is not None else None)
        if value is None:
            if self.section.login_required:
                raise RefusedError(self.failure(401, "Must authenticate to access this API."))
            return None
        token = self.in_force(value)
        if token is None or token.user is None:
            raise RefusedError(self.failure(401, "Bad credentials"))
        return Caller(token.user, token)

    def somebody(self, request: Request) -> Caller:
        """Who asks, when it is somebody."""
        found = self.caller(request)
        if found is None:
            raise RefusedError(self.failure(401, "Requires authentication"))
        return found

    def repository(self, caller: Caller | None, owner: str, name: str, *, administer: bool = False) -> Repository:
        """The repository, when the caller may see it, or administer it; otherwise it is not there."""
        found = self.store.moved(f"{owner}/{name}") or self.store.repository(f"{owner}/{name}")
        if found is None:
            raise RefusedError(self.failure(404, "Not Found"))
        level = 0 if caller is None else self.store.level(caller.user, found.group)
        scopes: set[str] = set() if caller is None else caller.scopes()
        if found.private and (level < READ or "repo" not in scopes):
            raise RefusedError(self.failure(404, "Not Found"))
        if administer and (level < ADMIN or not {"repo", "public_repo"} & scopes):
            raise RefusedError(self.failure(404, "Not Found"))
        return found

    def failure(self, status: int, message: str, errors: Sequence[dict[str, str]] = ()) -> Answer:
        """An error in GitHub's form."""
        version = ".".join(self.section.version.split(".")[:2])
        told: dict[str, object] = {"message": message}
        if errors:
            told["errors"] = list(errors)
        told |= {"documentation_url": f"https://docs.github.com/enterprise-server@{version}/rest", "status": str(status)}
        return as_json(status, told)

    def headers(self, request: Request, accepted: str) -> list[tuple[str, str]]:
        """What stands in the head of each answer."""
        found = [
            ("X-GitHub-Enterprise-Version", self.section.version),
            ("X-GitHub-Media-Type", "github.v3; format=json"),
            ("X-GitHub-Request-Id", "5a1db0e0-0000-4000-8000-000000000001"),
        ]
        basic = request.basic()
        token = self.in_force(request.credential("bearer", "token") or (basic[1] if basic is not None else ""))
        if token is not None:
            found += [("X-OAuth-Scopes", ", ".join(token.scopes)), ("X-Accepted-OAuth-Scopes", accepted)]
            if token.expires is not None:
                until = f"{token.expires.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
                found.append(("GitHub-Authentication-Token-Expiration", until))
        return found + self._rate(token)

    def exhausted(self, request: Request) -> Answer | None:
        """Count the request; the answer when it is one too many in this hour."""
        limit = self._limit(self._asking(request))
        if limit is None:
            return None
        name, hour = self._asking(request), int(self.store.now().timestamp()) // 3600
        with self._lock:
            self._used[name, hour] = used = self._used.get((name, hour), 0) + 1
        return None if used <= limit else self.failure(403, f"API rate limit exceeded for {name or 'this address'}.")

    def paged(self, request: Request, path: str, entries: list[dict[str, object]]) -> Answer:
        """One page of a list ("Using pagination in the REST API": 30 entries, at most 100)."""
        page, size = max(request.number("page", 1), 1), min(max(request.number("per_page", 30), 1), 100)
        headers = []
        if len(entries) > size:
            headers.append(("Link", pages(f"{self.section.web_url}/api/v3{path}", page, size, len(entries))))
        return as_json(200, entries[(page - 1) * size : page * size], *headers)

    def _asking(self, request: Request) -> str:
        basic = request.basic()
        token = self.in_force(request.credential("bearer", "token") or (basic[1] if basic is not None else ""))
        return "" if token is None or token.user is None else f"user ID {token.user.id}"

    def _limit(self, name: str) -> int | None:
        return None if self.section.rate_limit is None else self.section.rate_limit if name else _ANONYMOUS

    def _rate(self, token: Token | None) -> list[tuple[str, str]]:
        name = "" if token is None or token.user is None else f"user ID {token.user.id}"
        limit, now = self._limit(name), self.store.now()
        if limit is None:
            return []
        with self._lock:
            used = self._used.get((name, int(now.timestamp()) // 3600), 0)
        reset = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return [
            ("X-RateLimit-Limit", str(limit)),
            ("X-RateLimit-Remaining", str(max(limit - used, 0))),
            ("X-RateLimit-Used", str(min(used, limit))),
            ("X-RateLimit-Reset", str(int(reset.timestamp()))),
            ("X-RateLimit-Resource", "core"),
        ]
