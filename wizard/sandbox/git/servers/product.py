"""What every product's application does alike: it tells Git's requests from the others, and serves those that it grants."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.sandbox.git import backend
from wizard.sandbox.git.servers.holdings import Repository
from wizard.sandbox.git.servers.http import Answer, Request, as_html
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_GIT = re.compile(r"/(.+?)(/info/refs|/git-upload-pack|/git-receive-pack)")
READ, WRITE, ADMIN = 1, 2, 3
"""The levels of ``Store.level``."""


@dataclass(frozen=True, slots=True)
class GitRequest:
    """A request of the Git protocol over HTTP (gitprotocol-http(5)). ``path`` is what stands for the repository, decoded."""

    path: str
    suffix: str
    push: bool
    request: Request


@dataclass(frozen=True, slots=True)
class Granted:
    """The repository may be read, or written when that was asked; ``user`` is who is noted for it."""

    repository: Repository
    user: str = ""


class Product(ABC):
    """One server's application. ``note`` receives a line for each request of Git's that is refused."""

    def __init__(self, section: ServerSection, store: Store, *, note: Callable[[str], None] = lambda _line: None) -> None:
        self.section = section
        self.store = store
        self.note = note

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. Outside the context path is nothing of the product's: the servlet container answers there."""
        context, path = self.section.context_path, str(environ.get("PATH_INFO", "/"))
        if context and path != context and not path.startswith(f"{context}/"):
            return as_html(404, "HTTP Status 404 - Not Found").send(start_response)
        asked = self._git_request(environ)
        if asked is None:
            return self.web(Request.of(environ, self.section.context_path)).send(start_response)
        found = self.git(asked)
        if isinstance(found, Answer):
            if found.status >= 400:
                self.note(f"{asked.request.method} {asked.path}{asked.suffix}: {found.status}")
            return found.send(start_response)
        config = {"http.receivepack": "true", "uploadpack.allowFilter": "true"}
        return backend.serve(
            found.repository.path, environ, start_response, suffix=asked.suffix, user=found.user, config=config
        )

    @abstractmethod
    def git(self, asked: GitRequest) -> Answer | Granted:
        """What becomes of a request of Git's protocol."""

    @abstractmethod
    def web(self, request: Request) -> Answer:
        """What becomes of any other request."""

    def _git_request(self, environ: WSGIEnvironment) -> GitRequest | None:
        service = backend.service_of(environ)
        path = str(environ.get("PATH_INFO", "")).removeprefix(self.section.context_path)
        match = _GIT.fullmatch(path)
        if service is None or match is None:
            return None
        # The body is Git's own: it is streamed, and not read here.
        head = Request.of({**environ, "wsgi.input": None, "CONTENT_LENGTH": "0"}, self.section.context_path)
        return GitRequest(match.group(1), match.group(2), service == "git-receive-pack", head)
