"""Doors to addresses of the VPC: carried where the routing says, with its preface, refused and dropped as it says."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from wizard.sandbox.network.doors import Doors
from wizard.sandbox.network.proxy import Decision, Pass, Refuse

HOST = "10.1.1.10"
PREFACE = b"PROXY TCP4 10.0.1.17 10.1.1.10 49152 3128\r\n"


class Echo(socketserver.StreamRequestHandler):
    """Says what it was told until the other side has ended."""

    def handle(self) -> None:
        while chunk := self.rfile.read1(1024):  # type: ignore[attr-defined]  # a buffered reader
            self.wfile.write(chunk)


@pytest.fixture
def doors() -> Iterator[tuple[Doors, list[str]]]:
    """Doors of a network with one machine that listens on one port; and what is noted."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

        def route(host: str, port: int) -> Decision:
            if host != HOST:
                return Refuse("no way", closed=False)
            return Pass(server.server_address[1], PREFACE) if port == 3128 else Refuse("nothing listens", closed=True)

        noted: list[str] = []
        made = Doors(route, noted.append)
        yield made, noted
        made.close()
        server.shutdown()


def said(connection: socket.socket, text: bytes) -> bytes:
    """Everything that is answered."""
    with connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(1024):
            answer += chunk
        return answer


def test_what_comes_in_is_carried_with_the_preface_before_it(doors: tuple[Doors, list[str]]) -> None:
    made, noted = doors
    port = made.port(HOST, 3128)
    assert made.port(HOST.upper(), 3128) == port
    large = b"x" * 300_000
    for connection in (socket.create_connection(("127.0.0.1", port)), made.connect(HOST, 3128, 10.0)):
        assert said(connection, b"hello") == PREFACE + b"hello"
    assert said(socket.create_connection(("127.0.0.1", port)), large) == PREFACE + large
    assert noted == []


def test_what_is_refused_and_what_is_dropped(doors: tuple[Doors, list[str]]) -> None:
    made, noted = doors
    with pytest.raises(ConnectionRefusedError):
        made.connect(HOST, 22, 10.0)
    with pytest.raises(TimeoutError):
        made.connect("10.9.9.9", 3128, 10.0)
    assert noted == ["nothing listens", "no way"]
    assert (made.dropped("10.9.9.9", 3128), made.dropped(HOST, 22), made.dropped(HOST, 3128)) == (True, False, False)
    with socket.create_connection(("127.0.0.1", made.port("10.9.9.9", 3128))) as connection:
        assert connection.recv(1) == b""


def test_closed_doors_are_no_doors(doors: tuple[Doors, list[str]]) -> None:
    made, _ = doors
    port = made.port(HOST, 3128)
    made.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
