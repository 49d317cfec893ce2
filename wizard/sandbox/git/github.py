"""GitHub over HTTPS: public repositories for everybody to read, private ones and pushes for those who know a token.

The token of an App's installation comes as the password of ``x-access-token``, and lets read what the App is installed for
(GitHub Docs, "Authenticating as a GitHub App installation").
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.datastructures import Authorization

from wizard.sandbox.git import backend

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TARGET = re.compile(r"/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?(/info/refs|/git-upload-pack|/git-receive-pack)")


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A bare repository and who may read it. Without ``token`` it is public and cannot be pushed to."""

    path: Path
    token: str | None = None


class GitHub:
    """A WSGI application for ``https://github.com``. Keys of ``repositories`` are ``owner/name`` in lower case.

    ``installed`` says whether a password is a token that opens the repository of that key for reading.
    """

    def __init__(
        self,
        repositories: Mapping[str, HostedRepository],
        installed: Callable[[str, str], bool] = lambda _password, _repository: False,
    ) -> None:
        self._repositories = repositories
        self._installed = installed

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        match = _TARGET.fullmatch(str(environ.get("PATH_INFO", "")))
        service = backend.service_of(environ)
        if match is None or service is None:
            return _text(start_response, "404 Not Found", "Not Found")
        owner, name, suffix = match.groups()
        hosted = self._repositories.get(f"{owner}/{name}".lower())
        public = hosted is not None and hosted.token is None
        # An unknown repository asks for a login as a private one does: who may not read it cannot tell the two apart.
        if service == "git-receive-pack" or not public:
            authorization = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
            if authorization is None or authorization.type != "basic":
                return _text(
                    start_response,
                    "401 Unauthorized",
                    "No anonymous write access.",
                    ("WWW-Authenticate", 'Basic realm="GitHub"'),
                )
            if hosted is None:
                return _text(start_response, "404 Not Found", "Repository not found.")
            password = str(authorization.password or "")
            knows = hosted.token is not None and hmac.compare_digest(password.encode(), hosted.token.encode())
            if not knows and service == "git-receive-pack" and self._installed(password, f"{owner}/{name}".lower()):
                return _text(start_response, "403 Forbidden", "Write access to repository not granted.")
            if not knows and not self._installed(password, f"{owner}/{name}".lower()):
                return _text(
                    start_response,
                    "401 Unauthorized",
                    "Invalid username or token.",
                    ("WWW-Authenticate", 'Basic realm="GitHub"'),
                )
        if hosted is None:
            return _text(start_response, "404 Not Found", "Repository not found.")
        config = {
            "receive.hideRefs": "refs/pull",
            "http.receivepack": "true" if hosted.token else "false",
            "uploadpack.allowFilter": "true",
        }
        return backend.serve(hosted.path, environ, start_response, suffix=suffix, config=config)


def _text(start_response: StartResponse, status: str, text: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [f"{text}\n".encode()]
