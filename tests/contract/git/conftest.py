"""A smart HTTP server with passwords, and repositories to mirror."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from strategies.resources.git.program import GitProgram
from wizard.sandbox.git import backend

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


@dataclass
class GitServer:
    """``repositories``: URL path -> folders (one is taken in turn) and, where it has one, the login that it asks for."""

    repositories: dict[str, list[Path]] = field(default_factory=dict)
    logins: dict[str, tuple[str, str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Statuses that the next pushes get instead of an answer."""
    served: list[str] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ["PATH_INFO"])
        self.served.append(f"{environ['REQUEST_METHOD']} {path}")
        name = next((n for n in self.repositories if path.startswith(f"{n}/")), None)
        if name is None:
            start_response("404 Not Found", [])
            return []
        if name in self.logins:
            wanted = "Basic " + base64.b64encode(":".join(self.logins[name]).encode()).decode()
            if environ.get("HTTP_AUTHORIZATION") != wanted:
                start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="test"')])
                return []
        if self.failures and path.endswith("/git-receive-pack"):
            start_response(self.failures.pop(0), [])
            return []
        folders = self.repositories[name]
        if len(folders) > 1 and path.endswith("/info/refs"):
            folders.append(folders.pop(0))
        config = {"http.receivepack": "true", "receive.denyDeleteCurrent": "refuse"}
        return backend.serve(folders[0], environ, start_response, suffix=path.removeprefix(name), config=config)


@pytest.fixture
def server() -> Iterator[GitServer]:
    """A started server without repositories."""
    app = GitServer()
    http = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    app.url = f"http://127.0.0.1:{http.server_port}"
    yield app
    http.shutdown()
    thread.join()
    http.server_close()


def git(*arguments: str, folder: Path) -> str:
    """Run git in a folder; returns what it printed."""
    env = {**os.environ, **IDENTITY}
    return subprocess.run(["git", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, text: str) -> str:
    """One more commit on the branch that is checked out."""
    (folder / "file").write_text(text)
    git("add", "file", folder=folder)
    git("commit", "-q", "-m", text, folder=folder)
    return git("rev-parse", "HEAD", folder=folder)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository with branches, a plain and an annotated tag, and a pull request's reference."""
    folder = tmp_path / "source"
    folder.mkdir()
    git("init", "-q", "-b", "main", folder=folder)
    commit(folder, "one")
    git("tag", "v1", folder=folder)
    git("branch", "staging", folder=folder)
    git("branch", "feature/a", folder=folder)
    commit(folder, "two")
    git("tag", "-a", "v2", "-m", "two", folder=folder)
    git("update-ref", "refs/pull/1/head", "HEAD", folder=folder)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Callable[[str], Path]:
    """Makes empty bare repositories."""

    def make(name: str) -> Path:
        folder = tmp_path / f"{name}.git"
        folder.mkdir()
        git("init", "-q", "--bare", "-b", "main", folder=folder)
        return folder

    return make


@pytest.fixture
def program() -> GitProgram:
    """The git of this machine, in the test's own environment."""
    return GitProgram(dict(os.environ))
