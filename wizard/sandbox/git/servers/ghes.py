"""GitHub Enterprise Server: health, pages, and Git over HTTPS. The REST API is in ``ghes_api``.

Sources: docs.github.com/enterprise-server "Using GitHub Enterprise Server with a load balancer" (``/status`` is 200 when the
node serves, and 503 in maintenance mode), "Enabling private mode" (nobody sees anything without signing in), "About
authentication to GitHub" (a personal access token in place of the password for Git; a deploy key opens one repository over
SSH).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from wizard.sandbox.git.servers.ghes_access import GhesAccess
from wizard.sandbox.git.servers.ghes_api import GhesApi
from wizard.sandbox.git.servers.http import Answer, Request, as_html, as_text, redirect
from wizard.sandbox.git.servers.product import READ, WRITE, GitRequest, Granted, Product
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_TARGET = re.compile(r"([^/]+)/([^/]+?)(?:\.git)?")
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="GitHub"')


class Ghes(Product):
    """A GitHub Enterprise Server. States: ``running``, ``maintenance``."""

    def __init__(self, section: ServerSection, store: Store, *, note: Callable[[str], None] = lambda _line: None) -> None:
        super().__init__(section, store, note=note)
        self._access = GhesAccess(section, store)
        self._api = GhesApi(section, self._access)

    def git(self, asked: GitRequest) -> Answer | Granted:
        """Git over HTTPS: ``/OWNER/NAME``, with ``.git`` or without, in whatever case."""
        if self.section.state != "running":
            return _maintenance()
        match = _TARGET.fullmatch(asked.path)
        if match is None:
            return as_text(404, "Not Found\n")
        name = "/".join(match.groups())
        moved = self.store.moved(name)
        repository = moved or self.store.repository(name)
        public = repository is not None and not repository.private and not self.section.login_required
        login = asked.request.basic()
        if login is None:
            if repository is None or not public or asked.push:
                # A repository that is not there asks for a login as a private one does.
                return as_text(401, "Repository not found.\n", _CHALLENGE)
            return Granted(repository) if moved is None else self._moved(asked, repository.full_name)
        token = self._access.in_force(login[1]) or self._access.in_force(login[0])
        if token is None or token.user is None:
            return as_text(
                401, "Invalid username or token. Password authentication is not supported for Git operations.\n", _CHALLENGE
            )
        user = token.user
        level = 0 if repository is None else self.store.level(user, repository.group)
        if repository is None or (level < READ and not public) or (repository.private and "repo" not in token.scopes):
            return as_text(404, "Repository not found.\n")
        if moved is not None:
            return self._moved(asked, repository.full_name)
        if asked.push and (level < WRITE or not {"repo", "public_repo"} & set(token.scopes)):
            return as_text(403, f"Permission to {repository.full_name}.git denied to {user.name}.\n")
        return Granted(repository, user.name)

    def web(self, request: Request) -> Answer:
        """Health, the REST API, and pages."""
        if request.path == "/status":
            if self.section.state != "running":
                return _maintenance()
            return as_text(200, f"GitHub lives! ({self.store.now():%Y-%m-%d %H:%M:%S} +0000) (1)\n")
        if self.section.state != "running":
            return _maintenance()
        if request.path == "/api/v3" or request.path.startswith("/api/v3/"):
            return self._api.answer(request)
        if request.path == "/login":
            return as_html(200, "Sign in · GitHub Enterprise")
        if self.section.login_required:
            return redirect(302, f"{self.section.web_url}/login?return_to={request.path}")
        name = unquote(request.path).strip("/")
        repository = self.store.repository(name) if "/" in name else None
        if repository is not None and not repository.private:
            return as_html(200, f"{repository.full_name} · GitHub Enterprise")
        return as_html(200, "GitHub Enterprise") if request.path == "/" else as_html(404, "Page not found · GitHub Enterprise")

    def _moved(self, asked: GitRequest, name: str) -> Answer:
        query = f"?service=git-{'receive' if asked.push else 'upload'}-pack" if asked.suffix == "/info/refs" else ""
        return redirect(301, f"{self.section.web_url}/{name}.git{asked.suffix}{query}")


def _maintenance() -> Answer:
    return as_html(503, "GitHub Enterprise is currently down for maintenance", "Check back later.")
