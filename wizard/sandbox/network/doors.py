"""Loopback doors to addresses of the VPC, for programs that connect to an address and cannot be told how to get there.

What comes in at a door is carried where the VPC's routing says: the listener that stands for a machine is told the client's
address in the VPC by the preface that the routing gives.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from functools import partial

from wizard.sandbox.network.proxy import Refuse, Route

_CHUNK = 64 * 1024
_LOOPBACK = "127.0.0.1"


class Doors:
    """Connections of one client in the VPC. ``note`` is told, in one line, of each that does not come about."""

    def __init__(self, route: Route, note: Callable[[str], None] = lambda _line: None) -> None:
        self._route = route
        self._note = note
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], _Door] = {}

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A connection to a host of the VPC; ``timeout`` in seconds holds for what is said on it.

        Raises TimeoutError where packets are dropped on the way - at once, as nothing would come of waiting -, and
        ConnectionRefusedError where nothing listens.
        """
        decision = self._route(host.lower(), port)
        if isinstance(decision, Refuse):
            self._note(decision.why)
            raise ConnectionRefusedError(decision.why) if decision.closed else TimeoutError(decision.why)
        connection = socket.create_connection((_LOOPBACK, decision.port), timeout)
        try:
            connection.sendall(decision.preface)
        except OSError:
            connection.close()
            raise
        return connection

    def dropped(self, host: str, port: int) -> bool:
        """True when packets to there are dropped, so that whoever tries would wait."""
        decision = self._route(host.lower(), port)
        return isinstance(decision, Refuse) and not decision.closed

    def port(self, host: str, port: int) -> int:
        """The loopback port whose connections are carried to a host of the VPC; opened when it is first asked for."""
        with self._lock:
            place = (host.lower(), port)
            if place not in self._open:
                self._open[place] = _Door(partial(self.connect, *place, timeout=60.0))
            return self._open[place].port

    def close(self) -> None:
        """Close every door. Connections in flight end with their threads."""
        with self._lock:
            doors, self._open = list(self._open.values()), {}
        for door in doors:
            door.close()


class _Door:
    """One listener."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        class Carry(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    beyond = connect()
                except OSError:
                    return  # the client sees its connection closed
                with beyond:
                    _carry(self.request, beyond)

        self._server = socketserver.ThreadingTCPServer((_LOOPBACK, 0), Carry)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _carry(near: socket.socket, far: socket.socket) -> None:
    """Both ways at once, until both ends have said everything."""
    back = threading.Thread(target=_pump, args=(far, near), name="door-back", daemon=True)
    back.start()
    _pump(near, far)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # either end may go away at any time; the other is told by the shutdown
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
