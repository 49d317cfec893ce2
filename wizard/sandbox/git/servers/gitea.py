"""Gitea and Forgejo: health, pages, and Git over HTTPS. The REST API is in ``gitea_api``.

Sources: docs.gitea.com "API Usage" (``Authorization: token``, Basic), "OAuth2 provider", scopes; ``routers/web/healthcheck``
(``/api/healthz``) and ``routers/web/repo/githttp.go`` of go-gitea/gitea (challenge, words, a moved repository is a redirect,
307). Forgejo has the same API under ``/api/v1`` with its own version and Gitea's in one string, and ``/api/forgejo/v1/version``
besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from wizard.sandbox.git.servers.gitea_access import GiteaAccess
from wizard.sandbox.git.servers.gitea_api import GiteaApi
from wizard.sandbox.git.servers.http import Answer, RefusedError, Request, as_html, as_json, as_text, redirect
from wizard.sandbox.git.servers.product import READ, WRITE, GitRequest, Granted, Product
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_TARGET = re.compile(r"([^/]+)/([^/]+?)(?:\.git)?")
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Gitea"')


class Gitea(Product):
    """A Gitea or a Forgejo. States: ``running``, and ``maintenance`` (its database does not answer)."""

    def __init__(self, section: ServerSection, store: Store, *, note: Callable[[str], None] = lambda _line: None) -> None:
        super().__init__(section, store, note=note)
        self._access = GiteaAccess(section, store)
        self._api = GiteaApi(section, self._access)

    def git(self, asked: GitRequest) -> Answer | Granted:
        """Git over HTTPS: ``/OWNER/NAME``, with ``.git`` or without, in whatever case."""
        if self.section.state != "running":
            return as_html(500, "Internal Server Error", "")
        match = _TARGET.fullmatch(asked.path)
        if match is None or self.store.group(match.group(1)) is None:
            return as_text(404, "Not Found\n")
        name = "/".join(match.groups())
        moved = self.store.moved(name)
        if moved is not None:
            query = f"?service=git-{'receive' if asked.push else 'upload'}-pack"
            return redirect(307, f"{self.section.web_url}/{moved.full_name}.git{asked.suffix}{query}")
        repository = self.store.repository(name)
        if repository is not None and not repository.private and not asked.push and not self.section.login_required:
            return Granted(repository)
        try:
            caller = self._access.caller(asked.request)
        except RefusedError:
            caller = None
        if caller is None:
            return as_text(401, "Unauthorized\n", _CHALLENGE)
        if caller.token is not None and not self._access.scoped(caller.token, "repository", write=asked.push):
            return as_text(403, "Forbidden\n")
        level = 0 if repository is None else self.store.level(caller.user, repository.group)
        if repository is not None and not repository.private:
            level = max(level, READ)
        if repository is None:
            return as_text(403, "Push to create is not enabled for users.\n") if asked.push else _no_repository()
        if level < (WRITE if asked.push else READ):
            return _no_repository() if level < READ else as_text(403, "User permission denied for writing.\n")
        return Granted(repository, caller.user.name)

    def web(self, request: Request) -> Answer:
        """Health, the REST API, and pages."""
        if request.path == "/api/healthz":
            return self._health()
        if self.section.state != "running":
            return as_html(500, "Internal Server Error", "")
        if request.path == "/api/forgejo/v1/version" and self.section.kind == "forgejo":
            return as_json(200, {"version": self.section.version})
        if request.path.startswith("/api/v1"):
            return self._api.answer(request)
        if request.path.startswith("/user/login"):
            return as_html(200, f"Sign In - {self._brand}")
        name = unquote(request.path).strip("/")
        repository = self.store.repository(name) if "/" in name else None
        if self.section.login_required:
            return redirect(303, f"{self.section.web_url}/user/login")
        if repository is not None and not repository.private:
            return as_html(200, f"{repository.full_name} - {self._brand}")
        return as_html(200 if request.path == "/" else 404, self._brand)

    @property
    def _brand(self) -> str:
        return "Forgejo: Beyond coding. We Forge." if self.section.kind == "forgejo" else "Gitea: Git with a cup of tea"

    def _health(self) -> Answer:
        well = self.section.state == "running"
        checked = {"status": "pass" if well else "fail", "time": f"{self.store.now():%Y-%m-%dT%H:%M:%SZ}"}
        told = {"status": checked["status"], "description": self._brand, "checks": {"database:ping": [checked]}}
        return as_json(200 if well else 424, told)


def _no_repository() -> Answer:
    return as_text(404, "Repository not found\n")
