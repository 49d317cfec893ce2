"""Bitbucket Data Center, and Bitbucket Server 7 before it: states, pages, and Git over HTTPS. The REST API: ``bitbucket_api``.

Sources: Atlassian knowledge base 975014635 "How to monitor if Bitbucket Server is up and running" (the states and their HTTP
codes: STARTING is 503, MAINTENANCE is 200), "HTTP access tokens" (a user's token goes as a password or as Bearer; those of a
project or a repository as Bearer only), "Moving Bitbucket to a different context path". Clone URLs: ``/scm/KEY/SLUG.git``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wizard.sandbox.git.servers.bitbucket_access import BitbucketAccess, Caller
from wizard.sandbox.git.servers.bitbucket_api import BitbucketApi
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_html, as_json, as_text, redirect
from wizard.sandbox.git.servers.product import READ, WRITE, GitRequest, Granted, Product
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_STATES = {"RUNNING": 200, "FIRST_RUN": 200, "MAINTENANCE": 200, "STARTING": 503, "STOPPING": 503, "ERROR": 500}
_TARGET = re.compile(r"scm/([^/]+/[^/]+?)(?:\.git)?")
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Atlassian Bitbucket"')
_GONE = "Repository not found\nThe requested repository does not exist, or you do not have permission to access it.\n"


class Bitbucket(Product):
    """One Bitbucket. Its ``state`` is Bitbucket's own word; ``running`` counts as RUNNING."""

    def __init__(self, section: ServerSection, store: Store, *, note: Callable[[str], None] = lambda _line: None) -> None:
        super().__init__(section, store, note=note)
        self._state = section.state.upper()
        self._access = BitbucketAccess(store)
        self._api = BitbucketApi(section, self._access)

    def git(self, asked: GitRequest) -> Answer | Granted:
        """Git over HTTPS, for whoever the Authorization header proves."""
        if self._state != "RUNNING":
            return self._unavailable()
        match = _TARGET.fullmatch(asked.path)
        if match is None:
            return as_text(404, _GONE)
        try:
            caller = self._access.caller(asked.request)
        except RefusedError:
            return as_text(401, "Authentication failed. Please check your credentials and try again.\n", _CHALLENGE)
        repository = self.store.repository(match.group(1)) or self.store.moved(match.group(1))
        level = 0 if repository is None else self._access.level(caller, repository.group, repository)
        if repository is not None and not repository.private:
            level = max(level, READ)
        if repository is None or level < READ:
            return as_text(404, _GONE) if caller is not None else as_text(401, "Authentication required\n", _CHALLENGE)
        if asked.push and level < WRITE:
            if caller is None:
                return as_text(401, "Authentication required\n", _CHALLENGE)
            return as_text(403, f"Repository is read only\nYou do not have permission to push to {repository.full_name}.\n")
        return Granted(repository, _name(caller))

    def web(self, request: Request) -> Answer:
        """The status, the REST API, and pages."""
        identity = ("X-AREQUESTID", "@1SANDBOX1x1x0")
        if request.path == "/status":
            return as_json(_STATES.get(self._state, 500), {"state": self._state}, identity)
        if self._state != "RUNNING":
            return self._unavailable()
        if request.path.startswith("/rest/"):
            return self._api.answer(request).plus(identity)
        if request.path == "/login":
            return as_html(200, "Log in - Bitbucket", "", identity)
        if request.path in {"/", "/dashboard", "/projects"} or request.path.startswith(("/projects/", "/users/")):
            return redirect(302, f"{self.section.web_url}/login?next={request.path}").plus(identity)
        return as_html(404, "Page not found - Bitbucket", "", identity)

    def _unavailable(self) -> Answer:
        if self._state == "FIRST_RUN":
            return redirect(302, f"{self.section.web_url}/setup")
        words = {"STARTING": "Starting Bitbucket", "MAINTENANCE": "Bitbucket is undergoing maintenance"}
        return as_html(503, words.get(self._state, "Bitbucket is not available"), "Please try again later.")


def _name(caller: Caller | None) -> str:
    if caller is None:
        return ""
    return caller.user.name if caller.user is not None else f"access-token-user/{caller.token.id if caller.token else 0}"
