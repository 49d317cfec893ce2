"""raw.githubusercontent.com: single files of public repositories, ``/OWNER/REPOSITORY/REVISION/PATH``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from wizard.sandbox.git.github import HostedRepository

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TARGET = re.compile(r"/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+)/(?:refs/heads/)?([A-Za-z0-9][A-Za-z0-9._-]*)/([^\x00-\x1f:]+)")


class RawFiles:
    """A WSGI application. Keys of ``repositories`` are ``owner/name`` in lower case; private ones are not there for anybody."""

    def __init__(self, repositories: Mapping[str, HostedRepository]) -> None:
        self._repositories = repositories

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        content = self._content(str(environ.get("PATH_INFO", ""))) if environ["REQUEST_METHOD"] in {"GET", "HEAD"} else None
        status, body = ("404 Not Found", b"404: Not Found") if content is None else ("200 OK", content)
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _content(self, path: str) -> bytes | None:
        match = _TARGET.fullmatch(path)
        hosted = self._repositories.get(f"{match[1]}/{match[2]}".lower()) if match is not None else None
        if match is None or hosted is None or hosted.token is not None:
            return None
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        shown = subprocess.run(
            ["git", f"--git-dir={hosted.path}", "cat-file", "blob", f"{match[3]}:{match[4]}"],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        return shown.stdout if shown.returncode == 0 else None
