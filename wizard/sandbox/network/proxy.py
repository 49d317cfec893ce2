"""A CONNECT proxy (RFC 9110, section 9.3.6) that asks a routing function where a name leads, or why it leads nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import TypeAlias

_HEAD_LIMIT = 16 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Pass:
    """The connection goes through to this port of the loopback interface; ``preface`` is sent there before anything else."""

    port: int
    preface: bytes = b""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The connection does not come about; ``why`` is one line for whoever reads the error.

    ``closed``: the host is reached, and nothing listens there (502); otherwise no packet arrives (403).
    """

    why: str
    closed: bool = False


Decision: TypeAlias = Pass | Refuse
Route: TypeAlias = Callable[[str, int], Decision]
"""From host name (lower case) and port to a decision. Called in the proxy's own thread pool; may block briefly."""
_Streams: TypeAlias = "tuple[asyncio.StreamReader, asyncio.StreamWriter]"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One CONNECT that reached the proxy."""

    host: str
    port: int
    passed: bool
    why: str


class ConnectProxy:
    """A proxy on 127.0.0.1 in a thread of its own.

    ``login`` is the user name and password that it asks for (RFC 9110, section 11.7). ``announced``: each connection begins
    with a PROXY protocol header, as it does to a machine of the VPC.
    """

    def __init__(
        self,
        name: str,
        route: Route,
        *,
        on_attempt: Callable[[Attempt], None] = lambda _attempt: None,
        login: tuple[str, str] | None = None,
        announced: bool = False,
    ) -> None:
        self._name = name
        self._route = route
        self._on_attempt = on_attempt
        self._announced = announced
        self._login = None if login is None else b64encode(":".join(login).encode()).decode()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{name}", daemon=True)
        self._ready = threading.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """What belongs into HTTPS_PROXY."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Stop listening and close every tunnel."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._begin, "127.0.0.1", 0, limit=_HEAD_LIMIT))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(_end(server))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task that asyncio makes itself is told as an error when it is cancelled (github.com/python/cpython/issues/113538).
        task = self._loop.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._announced:
                await reader.readuntil(b"\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            if self._login is not None and not _logs_in(head, self._login):
                challenge = f'Proxy-Authenticate: Basic realm="{self._name}"\r\n'
                await _answer(writer, 407, "Proxy Authentication Required", f"{self._name} asks for a login", challenge)
                return
            target = _connect_target(head)
            if target is None:
                await _answer(writer, 405, "Method Not Allowed", f"the {self._name} proxy passes CONNECT only")
                return
            decision = await self._loop.run_in_executor(None, self._route, *target)
            if isinstance(decision, Refuse):
                await self._refused(writer, target, decision)
                return
            try:
                inner = await asyncio.open_connection("127.0.0.1", decision.port)
            except OSError:
                nobody = Refuse(f"{target[0]}:{target[1]} cannot be reached: nothing listens there any more", closed=True)
                await self._refused(writer, target, nobody)
                return
            self._on_attempt(Attempt(*target, passed=True, why=""))
            await _tunnel((reader, writer), inner, decision.preface)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away or sent no HTTP: there is nobody to answer
        finally:
            writer.close()

    async def _refused(self, writer: asyncio.StreamWriter, target: tuple[str, int], refusal: Refuse) -> None:
        self._on_attempt(Attempt(*target, passed=False, why=refusal.why))
        status, phrase = (502, "Bad Gateway") if refusal.closed else (403, "Forbidden")
        await _answer(writer, status, phrase, refusal.why)


async def _end(server: asyncio.Server) -> None:
    """Stop listening and cancel what goes on, with what was accepted just before; every transport gets its turn to close."""
    await asyncio.sleep(0)
    server.close()
    own = asyncio.current_task()
    while tasks := [task for task in asyncio.all_tasks() if task is not own]:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def _connect_target(head: bytes) -> tuple[str, int] | None:
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3 or words[0] != "CONNECT":
        return None
    host, _, port = words[1].rpartition(":")
    if not host or not port.isdigit():
        return None
    return host.strip("[]").lower(), int(port)


def _logs_in(head: bytes, login: str) -> bool:
    """Whether one of the head's fields is the login, in base64 (RFC 7617)."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.decode("latin-1").partition(":")
        scheme, _, given = value.strip().partition(" ")
        if name.strip().lower() == "proxy-authorization" and scheme.lower() == "basic":
            return compare_digest(given.strip().encode(), login.encode())
    return False


async def _answer(writer: asyncio.StreamWriter, status: int, phrase: str, why: str, fields: str = "") -> None:
    body = f"{why}\n".encode()
    writer.write(
        f"HTTP/1.1 {status} {phrase}\r\n{fields}Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )
    await writer.drain()


async def _tunnel(outer: _Streams, inner: _Streams, preface: bytes) -> None:
    (reader, writer), (inner_reader, inner_writer) = outer, inner
    try:
        inner_writer.write(preface)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
    finally:
        inner_writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    finally:
        with contextlib.suppress(OSError):
            if sink.can_write_eof():
                sink.write_eof()
