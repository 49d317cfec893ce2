"""Who asks Gitea's REST API, with which scopes, and how they are refused.

docs.gitea.com "API Usage" and "Scopes" (``read:repository`` and the like; ``write`` holds ``read``; ``all``);
``routers/api/v1/api.go`` of go-gitea/gitea: the scopes' names and levels, the words of a refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wizard.sandbox.git.servers.holdings import Group, Repository, Token, User
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_json, pages
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_SEEING = {"GET", "HEAD"}
_REFUSES_SINCE = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """A user, and the token that proves it; without one it was a password."""

    user: User
    token: Token | None


class GiteaAccess:
    """The callers of one server. Every method raises RefusedError with the answer that Gitea gives."""

    def __init__(self, section: ServerSection, store: Store) -> None:
        self.store = store
        self.section = section

    def caller(self, request: Request) -> Caller | None:
        """Who asks; None without any credential."""
        value = request.credential("token", "bearer") or request.first("token") or request.first("access_token")
        basic = request.basic()
        if value:
            token = self._token(value)
        elif basic is not None:
            # A token stands as the password, or as the user name.
            token = self._token(basic[1]) or self._token(basic[0])
            user = self.store.login(*basic)
            if token is None and user is not None:
                return Caller(user, None)
        else:
            return None
        if token is None and value and self._takes_for_stranger():
            return None
        if token is None or token.user is None:
            raise RefusedError(self.failure(401, "invalid username, password or token"))
        return Caller(token.user, token)

    def _takes_for_stranger(self) -> bool:
        """Before 1.20 Gitea took a token that it does not know for none at all (``services/auth/oauth2.go``)."""
        found = re.match(r"1\.(\d+)\.", self.section.version)
        return self.section.kind == "gitea" and found is not None and int(found[1]) < _REFUSES_SINCE

    def anybody(self, request: Request, *categories: str) -> User | None:
        """The user who asks, or nobody. A token needs the scopes of all these categories, for reading or for writing."""
        caller = self.caller(request)
        if caller is None:
            if self.section.login_required:
                raise RefusedError(as_json(403, {"message": "Only signed in user is allowed to call APIs."}))
            return None
        write = request.method not in _SEEING
        if caller.token is not None and not all(self.scoped(caller.token, name, write=write) for name in categories):
            wanted = " ".join(f"{'write' if write else 'read'}:{name}" for name in categories)
            raise RefusedError(self.failure(403, f"token does not have at least one of required scope(s): [{wanted}]"))
        return caller.user

    def somebody(self, request: Request, *categories: str) -> User:
        """The user who asks."""
        user = self.anybody(request, *categories)
        if user is None:
            raise RefusedError(self.failure(401, "token is required"))
        return user

    def repository(self, user: User | None, owner: str, name: str) -> Repository:
        """The repository, when the user may see it."""
        found = self.store.repository(f"{owner}/{name}")
        if found is None or (found.private and self.store.level(user, found.group) < READ):
            raise RefusedError(self.gone())
        return found

    def own_repository(self, request: Request, owner: str, name: str) -> Repository:
        """The repository, when the user administers it."""
        user = self.somebody(request, "repository")
        found = self.repository(user, owner, name)
        if self.store.level(user, found.group) < ADMIN:
            told = "user should be an owner or a collaborator with admin write of a repository"
            raise RefusedError(self.failure(403, told))
        return found

    def organisation(self, name: str) -> Group:
        """The organisation of that name."""
        found = self.store.group(name)
        if found is None or found.personal or name.isdigit():
            raise RefusedError(self.gone())
        return found

    def scoped(self, token: Token, category: str, *, write: bool) -> bool:
        """Whether the token may read or write what belongs to the category."""
        enough = {"all", f"write:{category}"} | (set() if write else {f"read:{category}"})
        return bool(enough & set(token.scopes))

    def failure(self, status: int, message: str) -> Answer:
        """An error in Gitea's form."""
        return as_json(status, {"message": message, "url": f"{self.section.web_url}/api/swagger"})

    def gone(self) -> Answer:
        """What is not there, or not for this user."""
        told = {"errors": [], "message": "The target couldn't be found.", "url": f"{self.section.web_url}/api/swagger"}
        return as_json(404, told)

    def paged(self, request: Request, path: str, entries: list[dict[str, object]], *, wrapped: bool = False) -> Answer:
        """One page of a list ("API Usage", pagination): 30 entries, at most 50. Searches are ``wrapped`` in ``{ok, data}``."""
        page, size = max(request.number("page", 1), 1), min(max(request.number("limit", 30), 1), 50)
        link = pages(f"{self.section.web_url}/api/v1{path}", page, size, len(entries)).replace("per_page=", "limit=")
        shown = entries[(page - 1) * size : page * size]
        told: object = {"ok": True, "data": shown} if wrapped else shown
        return as_json(200, told, ("Link", link), ("X-Total-Count", str(len(entries))))

    def _token(self, value: str) -> Token | None:
        token = self.store.token(value)
        return None if token is None or token.revoked or token.expired(self.store.now()) else token
