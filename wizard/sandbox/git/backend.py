"""Runs ``git http-backend`` (git-http-backend(1)) for one request and streams both ways."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_CHUNK = 64 * 1024
_SERVICES = ("git-upload-pack", "git-receive-pack")


def service_of(environ: WSGIEnvironment) -> str | None:
    """The Git service a smart HTTP request is for (gitprotocol-http(5)), or None when it is not one (the dumb protocol too)."""
    path = str(environ.get("PATH_INFO", ""))
    if environ["REQUEST_METHOD"] == "GET" and path.endswith("/info/refs"):
        query = str(environ.get("QUERY_STRING", ""))
        return next((name for name in _SERVICES if query == f"service={name}"), None)
    if environ["REQUEST_METHOD"] == "POST":
        return next((name for name in _SERVICES if path.endswith(f"/{name}")), None)
    return None


def serve(
    repository: Path,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    *,
    suffix: str,
    user: str = "",
    config: Mapping[str, str] | None = None,
) -> Iterable[bytes]:
    """Answer one smart HTTP request from a bare repository.

    ``suffix`` is what follows the repository in the URL (``/info/refs``), ``config`` is Git
    configuration for this request alone.
    """
    process = subprocess.Popen(
        ["git", "http-backend"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_cgi_environment(repository, environ, suffix, user, config or {}),
    )
    assert process.stdin is not None  # noqa: S101 - PIPE was asked for
    assert isinstance(process.stdout, io.BufferedReader)  # noqa: S101 - PIPE was asked for
    # Fed from a thread of its own: the backend may answer before it has read everything, and neither may wait for the other.
    feeder = threading.Thread(target=_feed, args=(get_input_stream(environ, safe_fallback=True), process.stdin), daemon=True)
    feeder.start()
    status, headers = _cgi_head(process.stdout)
    start_response(status, headers)
    return _body(process, process.stdout, feeder)


def _cgi_environment(
    repository: Path, environ: WSGIEnvironment, suffix: str, user: str, config: Mapping[str, str]
) -> dict[str, str]:
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROJECT_ROOT": str(repository.parent),
        "PATH_INFO": f"/{repository.name}{suffix}",
        "REQUEST_METHOD": str(environ["REQUEST_METHOD"]),
        "QUERY_STRING": str(environ.get("QUERY_STRING", "")),
        "CONTENT_TYPE": str(environ.get("CONTENT_TYPE", "")),
        "REMOTE_ADDR": str(environ.get("REMOTE_ADDR", "127.0.0.1")),
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    if user:
        variables["REMOTE_USER"] = user
    optional = {
        "CONTENT_LENGTH": "CONTENT_LENGTH",
        "HTTP_CONTENT_ENCODING": "HTTP_CONTENT_ENCODING",
        "GIT_PROTOCOL": "HTTP_GIT_PROTOCOL",
    }
    variables |= {name: str(environ[source]) for name, source in optional.items() if environ.get(source)}
    for index, (key, value) in enumerate(config.items()):
        variables[f"GIT_CONFIG_KEY_{index}"] = key
        variables[f"GIT_CONFIG_VALUE_{index}"] = value
    return variables


def _feed(source: IO[bytes], sink: IO[bytes]) -> None:
    try:
        while chunk := source.read(_CHUNK):
            sink.write(chunk)
    except OSError:
        pass  # one of the two ends went away; the other end notices by itself
    finally:
        with contextlib.suppress(OSError):
            sink.close()


def _cgi_head(stdout: IO[bytes]) -> tuple[str, list[tuple[str, str]]]:
    status = "200 OK"
    headers: list[tuple[str, str]] = []
    for raw in iter(stdout.readline, b""):
        line = raw.decode("latin-1").rstrip("\r\n")
        if not line:
            return status, headers
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = value.strip()
        else:
            headers.append((name, value.strip()))
    return "500 Internal Server Error", headers


def _body(process: subprocess.Popen[bytes], stdout: io.BufferedReader, feeder: threading.Thread) -> Iterator[bytes]:
    try:
        while chunk := stdout.read1(_CHUNK):
            yield chunk
    finally:
        # Closed first: a backend whose client is gone then ends by SIGPIPE instead of waiting for a reader.
        stdout.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        feeder.join(timeout=10)
