"""HTTPS for the API: one thread for each connection, kept alive, answers recorded."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from wizard.sandbox.cluster.api import Api
from wizard.sandbox.cluster.errors import ApiError, qualified
from wizard.sandbox.cluster.objects import Call
from wizard.sandbox.cluster.requests import Request, Response, Target, target_of

_MUTATING = ("create", "update", "patch", "delete", "deletecollection")
_LARGEST_BODY = 3 * 1024 * 1024
"""kube-apiserver's own limit on request bodies."""


class Listener(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1. ``tls`` has the server's certificate; ``latency`` is in seconds."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, api: Api, tls: ssl.SSLContext, latency: float, record: Callable[[Call], None]) -> None:
        self.api = api
        self.latency = latency
        self.record = record
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection. The handshake is left to its own thread, lest one slow caller keep the others waiting."""
        plain, address = self.socket.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secure = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with self._guard:
            self._open.add(secure)
        return secure, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Forget a connection and close it."""
        if isinstance(request, socket.socket):
            with self._guard:
                self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Callers that hang up or distrust the certificate are nothing to report."""

    def hang_up(self) -> None:
        """Close every open connection."""
        with self._guard:
            connections = tuple(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body leave in one segment; a second one would wait for the first one's acknowledgement.
    wbufsize = -1
    timeout = None

    def setup(self) -> None:
        cast("ssl.SSLSocket", self.request).do_handshake()
        super().setup()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Quiet: what was asked is recorded as calls."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  # http.server looks methods up by these names

    def _serve(self) -> None:
        listener = cast("Listener", self.server)
        start = time.monotonic()
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        target: Target | None = None
        name = ""
        try:
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            request = Request(self.command, unquote(parts.path), query, headers, self._body(headers))
            if listener.latency:
                time.sleep(listener.latency)
            target = target_of(request)
            user = listener.api.user(request)
            name = user.name
            response = listener.api.answer(request, user, target)
        except ApiError as error:
            response = Response(error.code, error.status())
        # Recorded before the caller has the answer, so that whoever asks for the calls next finds it.
        if response.stream is None:
            listener.record(_call(target, start, response.code, name, self.path))
        self._send(response)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return body
        length = int(headers.get("content-length", "0"))
        if length > _LARGEST_BODY:
            self.close_connection = True
            raise ApiError(413, "RequestEntityTooLarge", f"Request entity too large: limit is {_LARGEST_BODY}", {})
        return self.rfile.read(length)

    def _send(self, response: Response) -> None:
        if response.stream is not None:
            self._send_stream(response)
            return
        body = (
            response.text.encode() if response.text is not None else json.dumps(response.body, separators=(",", ":")).encode()
        )
        self.send_response(response.code)
        self.send_header("Content-Type", "text/plain" if response.text is not None else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache, private")
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _send_stream(self, response: Response) -> None:
        self.send_response(response.code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for event in response.stream or ():
            line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


def _call(target: Target | None, start: float, code: int, user: str, path: str) -> Call:
    if target is None:
        return Call("get", urlsplit(path).path, "", "", start, time.monotonic(), False, code, user)
    resource = qualified(target.plural, target.group) + (f"/{target.subresource}" if target.subresource else "")
    # Reviews are created but change nothing; a dry run neither.
    asking = target.plural.endswith("reviews") or "dryRun=All" in path
    mutating = target.verb in _MUTATING and not asking
    return Call(target.verb, resource, target.namespace, target.name, start, time.monotonic(), mutating, code, user)
