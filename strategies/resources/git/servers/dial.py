"""Opens one connection to a server that is not trusted yet: through the environment's proxy, and never for longer than allowed.

The standard library's timeouts hold for one read or write; a server that sends a byte a second would hold a request for ever.
A ``Deadline`` ends the connection itself when the time is over, whatever is being waited for.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from strategies.common.proxies import exempt
from strategies.common.servers.address import forbidden
from strategies.common.shown import shown
from strategies.resources.parallel import started

CONNECT_TIMEOUT = 5.0
"""Seconds for a name to resolve, and for each address to take up the connection."""
_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""Names and order as ``strategies.resources.proxies`` reads them."""


class Trouble(StrEnum):
    """Why a server could not be talked to."""

    NAME = "name"
    CONNECT = "connect"
    PROXY = "proxy"
    TLS = "tls"
    TIMEOUT = "timeout"
    FORBIDDEN = "forbidden"
    """It resolves to a link-local or metadata address."""
    TOO_MUCH = "too-much"
    REDIRECT = "redirect"
    CONTENT = "content"
    """The answer is of another type than was asked for."""
    PROTOCOL = "protocol"


class TalkError(Exception):
    """A server could not be talked to. The message is in the operator's words and holds nothing secret."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        super().__init__(why)
        self.trouble = trouble
        self.why = why


SocketAddress: TypeAlias = tuple[int, int, int, tuple[str, int] | tuple[str, int, int, int]]
"""Family, type, protocol and address of one way to a host."""
Resolve: TypeAlias = Callable[[str, int], list[SocketAddress]]


def resolve(host: str, port: int) -> list[SocketAddress]:
    """The addresses of a host by the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [
        (family, kind, protocol, (str(address[0]), int(address[1])) if len(address) == 2 else address)
        for family, kind, protocol, _name, address in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]


class Deadline:
    """Ends the connections given to it after ``seconds``. Used as a context; on leaving it nothing is ended any more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._guarded: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            for one in self._guarded:
                one.close()
            self._guarded.clear()

    @property
    def remaining(self) -> float:
        """Seconds that are left, never below a hundredth: a timeout of zero would mean not to wait at all."""
        return max(0.01, self._until - time.monotonic())

    def guard(self, connection: socket.socket) -> None:
        """End this connection too when the time is over. A duplicate is kept: TLS takes the socket's own handle away."""
        with self._lock:
            self._guarded.append(connection.dup())
        if self.passed:
            self._end()

    def error(self) -> TalkError:
        """What to raise when the time is over."""
        return TalkError(Trouble.TIMEOUT, f"it gave no whole answer within {self._seconds:.0f} s")

    def _end(self) -> None:
        self.passed = True
        with self._lock:
            for one in self._guarded:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class _Proxy:
    host: str
    port: int
    login: str | None = None

    @property
    def told(self) -> str:
        return f"{self.host}:{self.port}"


class Dialer:
    """Opens connections as the environment given says. ``finder`` resolves names."""

    def __init__(self, environ: Mapping[str, str], finder: Resolve = resolve) -> None:
        self._environ = environ
        self._finder = finder

    def open(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """A connection to ``host``, through the proxy where one is set. Raises TalkError. The caller closes it."""
        if forbidden(host):
            raise TalkError(Trouble.FORBIDDEN, f"{shown(host)} is a link-local or metadata address: nothing is sent there")
        proxy = self._proxy(host)
        if proxy is None:
            return self._connect(host, port, deadline, Trouble.CONNECT)
        try:
            connection = self._connect(proxy.host, proxy.port, deadline, Trouble.PROXY)
        except TalkError as error:
            raise TalkError(Trouble.PROXY, f"the proxy {proxy.told} cannot be reached: {error.why}") from error
        try:
            _tunnel(connection, proxy, host, port)
        except TalkError:
            connection.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if deadline.passed or isinstance(error, TimeoutError):
                raise deadline.error() from error
            raise TalkError(Trouble.PROXY, f"the proxy {proxy.told} broke off: {said(error)}") from error
        return connection

    def direct(self, host: str) -> bool:
        """Whether ``host`` is reached without a proxy."""
        return self._proxy(host) is None

    def _proxy(self, host: str) -> _Proxy | None:
        value = next((self._environ[name] for name in _PROXIES if self._environ.get(name)), "")
        entries = (self._environ.get("no_proxy") or self._environ.get("NO_PROXY") or "").replace(",", " ").split()
        if not value or exempt(host, entries):
            return None
        try:
            url = urlsplit(value if "://" in value else f"http://{value}")
            port = url.port or 80
        except ValueError as error:
            raise TalkError(Trouble.PROXY, "HTTPS_PROXY is no URL") from error
        if url.scheme != "http" or url.hostname is None:
            scheme = shown(url.scheme)
            raise TalkError(Trouble.PROXY, f"HTTPS_PROXY names a proxy of the scheme {scheme}: only http:// is supported here")
        login = None
        if url.username is not None:
            pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
            login = "Basic " + base64.b64encode(pair.encode()).decode()
        return _Proxy(url.hostname, port, login)

    def _connect(self, host: str, port: int, deadline: Deadline, trouble: Trouble) -> socket.socket:
        """The first address that takes up the connection. A proxy may be anywhere but where secrets are given away."""
        try:
            found = started(lambda: self._finder(host, port)).result(timeout=min(CONNECT_TIMEOUT, deadline.remaining))
        except FutureTimeoutError as error:
            raise TalkError(Trouble.NAME, f"the name {shown(host)} was not resolved within {CONNECT_TIMEOUT:.0f} s") from error
        except (OSError, UnicodeError) as error:
            raise TalkError(Trouble.NAME, f"the name {shown(host)} does not resolve: {said(error)}") from error
        last: TalkError | None = None
        for family, kind, protocol, address in found:
            if forbidden(address[0]):
                why = f"{shown(host)} resolves to {address[0]}, a link-local or metadata address: nothing is sent there"
                raise TalkError(Trouble.FORBIDDEN, why)
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(min(CONNECT_TIMEOUT, deadline.remaining))
                connection.connect(address)
                connection.settimeout(deadline.remaining)
                deadline.guard(connection)
            except OSError as error:
                connection.close()
                last = TalkError(trouble, f"{address[0]} port {port}: {said(error)}")
                continue
            return connection
        raise last or TalkError(Trouble.NAME, f"the name {shown(host)} has no address")


def _tunnel(connection: socket.socket, proxy: _Proxy, host: str, port: int) -> None:
    """Ask the proxy for a tunnel (RFC 9110, section 9.3.6). Raises TalkError, OSError, HTTPException."""
    name = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
    if proxy.login is not None:
        lines.append(f"Proxy-Authorization: {proxy.login}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    answer = http.client.HTTPResponse(connection, method="CONNECT")
    answer.begin()
    status, reason = answer.status, shown(answer.reason or "")
    answer.close()
    if status != 200:
        wanted = ": it wants a login (HTTPS_PROXY=http://USER:PASSWORD@...)" if status == 407 else ""
        raise TalkError(Trouble.PROXY, f"the proxy {proxy.told} refuses {shown(host)}: {status} {reason}{wanted}")


def said(error: BaseException) -> str:
    """An error of the system in its own words, fit to be shown."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return shown(text, 300)
