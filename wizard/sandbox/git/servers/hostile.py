"""Servers that do not mean well, or that are something else than they seem: each case as a WSGI application.

A client that bounds time, size, headers and redirects, and takes nothing for JSON that is not, comes to an end with each of
them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from wizard.sandbox.git.servers.scenario import HostileSection, Hostility

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
"""Where an EC2 instance is told its role's keys (EC2 user guide, "Instance metadata"): nobody may be sent there."""

_CHUNK = b"a" * 65536
_HEADER = "h" * (10 * 1024 * 1024)
_DRIP_SECONDS = 0.5
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Your session has ended.</body></html>\n"
_NAMES = {"name", "full_name", "path_with_namespace", "title", "slug", "login", "description", "version", "displayName"}
_CONTROL = "\x1b]0;owned\x07\x1b[2J\r\n\u202egnp.exe\x9b31m"
"""A window title, a cleared screen, a line of its own, a turn of direction, and an eight-bit escape (ECMA-48)."""

Answering = Callable[["StartResponse"], Iterable[bytes]]


class Hostile:
    """Answers requests below ``section.at`` as the section says, and passes the others on."""

    def __init__(self, section: HostileSection, application: WSGIApplication) -> None:
        self._section = section
        self._application = application
        self._stopped = threading.Event()
        self._kinds: dict[Hostility, Answering] = {
            "endless-body": self._endless,
            "huge-header": lambda start: _said(start, "200 OK", b"{}", ("X-Padding", _HEADER)),
            "many-headers": lambda start: _said(start, "200 OK", b"{}", *((f"X-Padding-{n}", "h") for n in range(5000))),
            "redirect-to-metadata": lambda start: _said(start, "302 Found", b"", ("Location", METADATA)),
            "wrong-content-type": lambda start: _said(start, "200 OK", b'{"version": "1.0"}', kind="image/png"),
            "html-for-json": lambda start: _said(start, "200 OK", _PAGE, kind="text/html; charset=utf-8"),
            "broken-json": lambda start: _said(start, "200 OK", b'{"version": "1.0", "a": [[[[' + b"[" * 100_000),
            "slow-drip": self._drip,
            "silence": self._silence,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", "/"))
        if not path.startswith(self._section.at):
            return self._application(environ, start_response)
        kind = self._section.kind
        if kind == "redirect-loop":
            other = f"{path.removesuffix('/again')}{'' if path.endswith('/again') else '/again'}"
            return _said(start_response, "302 Found", b"", ("Location", other))
        if kind == "redirect-to-plain-http":
            return _said(start_response, "301 Moved Permanently", b"", ("Location", f"http://{environ['HTTP_HOST']}{path}"))
        if kind == "control-characters":
            return _with_control_characters(self._application, environ, start_response)
        return self._kinds[kind](start_response)

    def stop(self) -> None:
        """Let every answer that is under way end."""
        self._stopped.set()

    def _endless(self, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        yield b'{"version": "'
        while not self._stopped.is_set():
            yield _CHUNK

    def _drip(self, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "1000000")])
        yield b'{"version": "'
        while not self._stopped.wait(_DRIP_SECONDS):
            yield b"a"

    def _silence(self, start_response: StartResponse) -> Iterable[bytes]:
        self._stopped.wait()
        return _said(start_response, "503 Service Unavailable", b"")


def _said(
    start_response: StartResponse, status: str, body: bytes, *headers: tuple[str, str], kind: str = "application/json"
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *headers])
    return [body]


def _with_control_characters(
    application: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """The application's answers, with names in its JSON that a terminal would act upon."""
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def started(status: str, headers: list[tuple[str, str]], _error: object = None, /) -> Callable[[bytes], object]:
        told.append((status, headers))
        return lambda _data: None

    body = application(environ, started)
    if not any(name.lower() == "content-type" and "json" in value for name, value in told[0][1]):
        start_response(*told[0])
        return body
    try:
        changed = json.dumps(_marked(json.loads(b"".join(body)))).encode()
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    status, headers = told[0]
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    start_response(status, [*kept, ("Content-Length", str(len(changed)))])
    return [changed]


def _marked(value: object) -> object:
    if isinstance(value, list):
        return [_marked(entry) for entry in value]
    if isinstance(value, dict):
        return {
            key: f"{_CONTROL}{entry}" if key in _NAMES and isinstance(entry, str) else _marked(entry)
            for key, entry in value.items()
        }
    return value
