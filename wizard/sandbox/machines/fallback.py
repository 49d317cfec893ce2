"""Stands in for Squid where that is not installed: a CONNECT proxy that obeys the same configuration, as far as that is needed.

``acl`` of the types src, dst, dstdomain, port and method, ``http_access`` in order, and an access log of the same form. CI and
the tests have the real one; this one is for a newcomer's laptop.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

from wizard.sandbox.machines.daemon import DaemonError, Surroundings
from wizard.sandbox.network.names import public

_HEAD = 16 * 1024
_CHUNK = 64 * 1024
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for: from where, how, and which place. ``address`` is what the place's name means."""

    source: str
    method: str
    host: str
    port: int
    address: str


class Rules:
    """The ``acl`` and ``http_access`` lines of a configuration. Raises DaemonError for an acl that is not defined."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._acls: dict[str, list[tuple[str, tuple[str, ...]]]] = {
            "all": [("all", ())],
            "CONNECT": [("method", ("CONNECT",))],
            "localhost": [("src", ("127.0.0.1/32",))],
            "manager": [],
        }
        self._access: list[tuple[bool, tuple[str, ...]]] = []
        for words in (line.split() for line in lines):
            if words[:1] == ["acl"] and len(words) > 2:
                values = tuple(word for word in words[3:] if not word.startswith("-"))
                self._acls.setdefault(words[1], []).append((words[2], values))
            elif words[:1] == ["http_access"] and len(words) > 1:
                self._access.append((words[1] == "allow", tuple(words[2:])))
        unknown = {name.lstrip("!") for _, names in self._access for name in names} - set(self._acls)
        if unknown:
            raise DaemonError(f"FATAL: ACL not found: {', '.join(sorted(unknown))}")

    def allow(self, request: Request) -> bool:
        """The first line whose acls all fit decides; without one, the opposite of the last (squid.conf, ``http_access``)."""
        for allowed, names in self._access:
            if all(self._fits(name.lstrip("!"), request) is not name.startswith("!") for name in names):
                return allowed
        return bool(self._access) and not self._access[-1][0]

    def _fits(self, name: str, request: Request) -> bool:
        return any(_match(kind, values, request) for kind, values in self._acls[name])


def _match(kind: str, values: Sequence[str], request: Request) -> bool:
    if kind in ("src", "dst"):
        address = ip_address(request.source if kind == "src" else request.address)
        networks = (ip_network(value, strict=False) for value in values)
        return any(address.version == network.version and address in network for network in networks)
    asked = {"dstdomain": request.host, "port": str(request.port), "method": request.method}
    if kind == "dstdomain" and any(value.startswith(".") and f".{request.host}".endswith(value) for value in values):
        return True
    return kind == "all" or asked.get(kind) in values


class StandInSquid:
    """``daemon.Daemon`` without Squid. ``folder`` is where the access log goes."""

    def __init__(self, folder: Path, surroundings: Surroundings) -> None:
        self._folder = folder
        self._surroundings = surroundings
        self._rules = Rules(())
        self._server: socketserver.ThreadingTCPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    @property
    def alive(self) -> bool:
        """True while it serves."""
        return self._server is not None

    def parse(self, lines: Sequence[str]) -> tuple[int, str]:
        """Whether every acl is defined that decides."""
        try:
            Rules(lines)
        except DaemonError as error:
            return 1, f"{error}\n"
        return 0, ""

    def start(self, text: str) -> None:
        """Serve in threads, at the same port as before if there was one."""
        self.stop()
        self._rules = Rules(text.splitlines())
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    outer._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="stand-in-squid", daemon=True)
        self._thread.start()

    def reload(self, text: str) -> None:
        """Go on with other rules."""
        if self._server is None:
            self.start(text)
        self._rules = Rules(text.splitlines())

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(_SECONDS)
        announced = _until(client, b"\r\n").decode("latin-1").split()
        if len(announced) != 6 or announced[0] != "PROXY":
            return
        line = _until(client, b"\r\n\r\n").split(b"\r\n", 1)[0].decode("latin-1")
        method, _, rest = line.partition(" ")
        place = rest.partition(" ")[0]
        host, _, port = (place if method == "CONNECT" else _place(place)).rpartition(":")
        host = host.strip("[]").rstrip(".").lower()
        request = Request(announced[2], method, host, int(port), self._address(host))
        if not self._rules.allow(request):
            self._log(request, 403, "TCP_DENIED")
            _say(client, "403 Forbidden")
        elif method != "CONNECT":
            self._log(request, 503, "NONE_NONE")
            _say(client, "503 Service Unavailable")
        else:
            self._tunnel(client, request, self._surroundings.internet())

    def _tunnel(self, client: socket.socket, request: Request, way: int) -> None:
        with socket.create_connection(("127.0.0.1", way), _SECONDS) as out:
            out.sendall(f"CONNECT {request.host}:{request.port} HTTP/1.1\r\nHost: {request.host}\r\n\r\n".encode())
            status = _until(out, b"\r\n\r\n").split(b"\r\n", 1)[0].decode("latin-1").partition(" ")[2]
            self._log(request, int(status[:3]), "TCP_TUNNEL")
            if not status.startswith("200"):
                _say(client, status)
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            client.settimeout(None)
            out.settimeout(None)
            back = threading.Thread(target=_pump, args=(out, client), daemon=True)
            back.start()
            _pump(client, out)
            back.join()

    def _address(self, host: str) -> str:
        try:
            return str(ip_address(host))
        except ValueError:
            return "127.0.0.1" if host == "localhost" else self._surroundings.resolve(host) or public(host)

    def _log(self, request: Request, status: int, what: str) -> None:
        with (self._folder / "access.log").open("a") as log:
            when = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            log.write(f"{when} {request.source} {request.method} {request.host}:{request.port} {status} {what} 0 0\n")


def _place(target: str) -> str:
    host = target.partition("://")[2].partition("/")[0]
    return host if ":" in host else f"{host}:80"


def _say(client: socket.socket, status: str) -> None:
    client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


def _until(connection: socket.socket, end: bytes) -> bytes:
    """What comes up to and with ``end``, and not a byte more. Raises OSError when it does not come."""
    found = b""
    while not found.endswith(end):
        more = connection.recv(1)
        if not more or len(found) > _HEAD:
            raise OSError("no whole head")
        found += more
    return found


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
