"""GitLab as it is seen from outside: its web pages, and Git over HTTPS. The REST API is in ``gitlab_api``.

Sources: docs.gitlab.com "Health check" (``/-/health`` and its siblings answer 404 to whoever is not on the allow list), "GitLab
Maintenance Mode" (reads work, writes are answered with 503), "Deploy tokens", "Personal access tokens", "Clone with HTTPS"; for
what no page says, gitlab-org/gitlab ``config/routes/git_http.rb`` (without ``.git`` a redirect, 301, whatever the project),
``app/controllers/repositories/git_http_client_controller.rb`` (the challenge, the words of a refusal),
``lib/gitlab/repo_path.rb`` (paths are found in whatever case) and ``app/controllers/concerns/routable_actions.rb`` (pages
redirect to the canonical path).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from wizard.sandbox.git.servers.gitlab_api import GitLabApi
from wizard.sandbox.git.servers.holdings import Repository, Token
from wizard.sandbox.git.servers.http import Answer, Request, as_html, as_json, as_text, redirect
from wizard.sandbox.git.servers.product import READ, WRITE, GitRequest, Granted, Product
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

_DENIED = (
    "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're "
    "required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly "
    "scoped."
)
_NOT_FOUND = "The project you were looking for could not be found or you don't have permission to view it."
_MAINTENANCE = "GitLab Maintenance: system is in maintenance mode"
_NO_PUSH = "Git push is not allowed because this GitLab instance is currently in (read-only) maintenance mode."
_READ_SCOPES = {"api", "read_repository", "write_repository"}
"""docs.gitlab.com "Personal access tokens", scopes: these are for Git over HTTPS."""
_WRITE_SCOPES = {"api", "write_repository"}
_PROBES = {"/-/health", "/-/readiness", "/-/liveness", "/-/metrics"}


class GitLab(Product):
    """A GitLab Self-Managed.

    States: ``running``, ``maintenance`` (Maintenance Mode), ``starting`` (the proxy in front of it has nothing behind it yet).
    """

    def __init__(self, section: ServerSection, store: Store, *, note: Callable[[str], None] = lambda _line: None) -> None:
        super().__init__(section, store, note=note)
        self._api = GitLabApi(section, store)

    def git(self, asked: GitRequest) -> Answer | Granted:
        """Git over HTTPS: ``/GROUP/NAME.git``."""
        if self.section.state == "starting":
            return _whoops()
        if not asked.path.endswith(".git"):
            if asked.suffix != "/info/refs":
                return as_html(404, "Not Found", "The page could not be found or you don't have permission to view it.")
            query = f"?service=git-{'receive' if asked.push else 'upload'}-pack"
            return redirect(301, f"{self.section.web_url}/{asked.path}.git{asked.suffix}{query}")
        name = asked.path.removesuffix(".git")
        repository = self.store.repository(name) if "/" in name else None
        repository = repository or self.store.moved(name)
        login = asked.request.basic()
        if login is None:
            if repository is not None and not repository.private and not asked.push:
                return Granted(repository)
            return as_text(401, _DENIED, ("WWW-Authenticate", 'Basic realm="GitLab"'))
        return self._with_login(*login, repository, push=asked.push)

    def web(self, request: Request) -> Answer:
        """Everything but Git: the API, pages, and a login for who asks for anything else."""
        if self.section.state == "starting":
            return _whoops()
        if request.path.startswith("/api/v4"):
            if self.section.state == "maintenance" and request.method not in {"GET", "HEAD", "OPTIONS"}:
                return as_json(503, {"message": _MAINTENANCE})
            return self._api.answer(request)
        if request.path == "/users/sign_in":
            return as_html(200, "Sign in · GitLab", "", ("Set-Cookie", "_gitlab_session=0; path=/; secure; HttpOnly"))
        if request.path in _PROBES or request.path.startswith("/api/"):
            return as_html(404, "Not Found", "The page could not be found or you don't have permission to view it.")
        return self._page(request)

    def _page(self, request: Request) -> Answer:
        name = unquote(request.path).strip("/")
        repository = self.store.repository(name) if "/" in name else None
        repository = repository or self.store.moved(name)
        if repository is not None and not repository.private:
            if repository.full_name != name:
                return redirect(301, f"{self.section.web_url}/{repository.full_name}")
            return as_html(200, f"{repository.full_name} · GitLab")
        return redirect(302, f"{self.section.web_url}/users/sign_in")

    def _with_login(self, name: str, password: str, repository: Repository | None, *, push: bool) -> Answer | Granted:
        token = self.store.token(password)
        user = None
        if token is None:
            user = self.store.login(name, password)
        elif not self._usable(token, name):
            token = None
        else:
            user = token.user
        if token is None and user is None:
            return as_text(401, _DENIED, ("WWW-Authenticate", 'Basic realm="GitLab"'))
        reads = repository is not None and (
            not repository.private
            or (self.store.level(user, repository.group) >= READ if user is not None else _covers(token, repository))
        )
        if repository is None or not reads:
            return as_text(404, _NOT_FOUND)
        if token is not None and not _READ_SCOPES & set(token.scopes):
            return as_text(403, "You are not allowed to download code from this project.")
        if push:
            if self.section.state == "maintenance":
                return as_text(403, _NO_PUSH)
            scoped = token is None or bool(_WRITE_SCOPES & set(token.scopes))
            if user is None or not scoped or self.store.level(user, repository.group) < WRITE:
                return as_text(403, "You are not allowed to push code to this project.")
        return Granted(repository, user.name if user is not None else token.username if token is not None else name)

    def _usable(self, token: Token, name: str) -> bool:
        """A deploy token goes with its own user name, a personal one with any."""
        return not token.revoked and not token.expired(self.store.now()) and (token.user is not None or token.username == name)


def _covers(token: Token | None, repository: Repository) -> bool:
    if token is None:
        return False
    return token.repository is repository or (
        token.group is not None and f"{repository.group.name}/".lower().startswith(f"{token.group.name}/".lower())
    )


def _whoops() -> Answer:
    """The page of the web server in front of a GitLab that is not up yet (gitlab-org/gitlab ``public/502.html``)."""
    return as_html(502, "GitLab is not responding (502)", "Whoops, GitLab is taking too much time to respond.")
