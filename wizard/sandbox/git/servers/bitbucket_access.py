"""Who asks Bitbucket, and what the user's rights and the token's permissions leave of it.

"HTTP access tokens" (Bitbucket Data Center documentation): a token has a permission for projects and one for repositories, and
never more than its owner has. What one may not see is answered with 401 ``AuthorisationException``, what does not exist with
404 (REST API, "Repository", responses).
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.sandbox.git.servers.holdings import Group, Repository, Token, User
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_json
from wizard.sandbox.git.servers.product import ADMIN, READ
from wizard.sandbox.git.servers.store import Store

REPOSITORY_PERMISSIONS = {"REPO_READ": 1, "REPO_WRITE": 2, "REPO_ADMIN": 3}
PROJECT_PERMISSIONS = {"PROJECT_READ": 1, "PROJECT_WRITE": 2, "PROJECT_ADMIN": 3}
_PACKAGE = "com.atlassian.bitbucket"


@dataclass(frozen=True, slots=True)
class Caller:
    """A user who gave a password, a user's token, or the token of a project or repository (then there is no user)."""

    user: User | None
    token: Token | None = None


class BitbucketAccess:
    """The callers of one server."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def caller(self, request: Request) -> Caller | None:
        """Who asks; None without any credential. Raises RefusedError for one that is wrong, expired or in the wrong header."""
        bearer, basic = request.credential("bearer"), request.basic()
        if bearer is not None:
            token = self._token(bearer)
            if token is not None:
                return Caller(token.user, token)
        elif basic is not None:
            user = self.store.login(*basic)
            if user is not None:
                return Caller(user)
            token = self._token(basic[1])
            # The token of a project or repository has no user, so no user name goes with it.
            if token is not None and token.user is not None and token.user.name.lower() == basic[0].lower():
                return Caller(token.user, token)
        else:
            return None
        raise RefusedError(
            failure(
                401,
                "Authentication failed. Please check your credentials and try again.",
                "auth.IncorrectPasswordAuthenticationException",
            )
        )

    def level(self, caller: Caller | None, group: Group, repository: Repository | None = None) -> int:
        """What the caller may do with a project, or with one repository of it: 0 nothing, 1 read, 2 write, 3 administer."""
        if caller is None:
            return 0
        if caller.token is None:
            return self.store.level(caller.user, group)
        most = self._allows(caller.token, repository)
        if caller.token.user is not None:
            return min(most, self.store.level(caller.token.user, group))
        mine = caller.token.group is group or (repository is not None and caller.token.repository is repository)
        return most if mine else 0

    def project(self, request: Request, key: str, *, least: int = READ) -> Group:
        """The project with this key, when the caller may see and (``least``) change it. Raises RefusedError."""
        caller = self.caller(request)
        found = self.store.group(key)
        if found is None or key.isdigit():
            raise RefusedError(failure(404, f"Project {key} does not exist.", "project.NoSuchProjectException"))
        if self.level(caller, found) < least:
            raise RefusedError(unpermitted())
        return found

    def repository(self, request: Request, key: str, slug: str, *, least: int = READ) -> Repository:
        """The repository, when the caller may see and (``least``) change it. Raises RefusedError."""
        caller = self.caller(request)
        if self.store.group(key) is None:
            raise RefusedError(failure(404, f"Project {key} does not exist.", "project.NoSuchProjectException"))
        found = self.store.repository(f"{key}/{slug}") or self.store.moved(f"{key}/{slug}")
        if found is None:
            if caller is None:
                raise RefusedError(unpermitted())
            raise RefusedError(failure(404, f"Repository {key}/{slug} does not exist.", "repository.NoSuchRepositoryException"))
        level = self.level(caller, found.group, found)
        if max(level, 0 if found.private else READ) < least:
            raise RefusedError(unpermitted())
        return found

    def _token(self, value: str) -> Token | None:
        token = self.store.token(value)
        return None if token is None or token.revoked or token.expired(self.store.now()) else token

    def _allows(self, token: Token, repository: Repository | None) -> int:
        projects = max((PROJECT_PERMISSIONS.get(scope, 0) for scope in token.scopes), default=0)
        if repository is None:
            return projects
        repositories = max((REPOSITORY_PERMISSIONS.get(scope, 0) for scope in token.scopes), default=0)
        return ADMIN if projects == ADMIN else max(projects, repositories)


def failure(status: int, message: str, exception: str | None, context: str | None = None) -> Answer:
    """An error in Bitbucket's form."""
    name = None if exception is None else f"{_PACKAGE}.{exception}"
    error = {"context": context, "message": message, "exceptionName": name}
    challenge = [("WWW-Authenticate", 'OAuth realm="bitbucket"')] if status == 401 else []
    return as_json(status, {"errors": [error]}, *challenge, kind="application/json;charset=UTF-8")


def unpermitted() -> Answer:
    """What whoever may not is told."""
    return failure(401, "You are not permitted to access this resource", "AuthorisationException")


def paged(request: Request, entries: list[dict[str, object]]) -> Answer:
    """One page of a list ("REST API", paged APIs): 25 entries, at most 1000."""
    start, limit = request.number("start", 0), min(max(request.number("limit", 25), 1), 1000)
    values = entries[start : start + limit]
    last = start + limit >= len(entries)
    told = {"size": len(values), "limit": limit, "isLastPage": last, "values": values, "start": start}
    return as_json(200, told | ({} if last else {"nextPageStart": start + limit}), kind="application/json;charset=UTF-8")
