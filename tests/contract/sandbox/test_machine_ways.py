"""From a pod to a machine: the VPC's proxy asks the account, and tells the listener whose connection it is."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.sandbox.network import names, routes
from wizard.sandbox.network.names import Resolver
from wizard.sandbox.network.proxy import Attempt, ConnectProxy, Decision, Pass, Refuse
from wizard.sandbox.network.routes import MachineWays
from wizard.sandbox.pods import vpc_python

NODE, PROXY, SHUT, FAR = "10.0.1.17", "10.1.1.10", "10.1.1.11", "10.1.1.12"
HEADER = f"PROXY TCP4 {NODE} {PROXY} 49152 3128\r\n".encode()


class Listener:
    """One connection: what it said first is kept, and answered in capitals."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.heard = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            while not self.heard.endswith(b"hello"):
                self.heard += connection.recv(1024)
            connection.sendall(b"HELLO")

    def stop(self) -> None:
        """Listen no more."""
        self._server.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """What stands for the proxy's port."""
    made = Listener()
    yield made
    made.stop()


def ways(port: int | None) -> MachineWays:
    """Three machines: one with a listener, one where nobody listens, one that is not reached."""
    return MachineWays(
        is_machine=lambda address: address in (PROXY, SHUT, FAR),
        obstacle=lambda source, target, _port: f"no route from {source} to {target}" if target == FAR else None,
        listener=lambda address, target: port if (address, target) == (PROXY, 3128) else None,
    )


def route(host: str, target: int, port: int | None = 4242) -> Decision:
    """Where the VPC's network leads."""
    resolve = names.vpc(domain="example.com", endpoint=lambda _name: None, elsewhere={"proxy.acme.example": (PROXY,)})
    made = routes.vpc(lambda: 1, names=resolve, endpoint_at=lambda _address: None, node_address=NODE, machines=ways(port))
    return made(host, target)


@pytest.mark.parametrize("host", [PROXY, "proxy.acme.example"])
def test_a_machines_listener_is_told_who_comes(host: str) -> None:
    assert route(host, 3128) == Pass(4242, HEADER)


def test_where_nobody_listens_the_connection_is_refused_and_elsewhere_dropped() -> None:
    assert route(PROXY, 22) == Refuse("10.1.1.10:22 cannot be reached: nothing listens there", closed=True)
    assert route(SHUT, 3128) == Refuse("10.1.1.11:3128 cannot be reached: nothing listens there", closed=True)
    assert route(FAR, 3128) == Refuse("10.1.1.12:3128 cannot be reached: no route from 10.0.1.17 to 10.1.1.12")
    assert route("10.1.1.13", 3128) == Refuse(
        "10.1.1.13 cannot be reached: the VPC has no way to the internet, and no endpoint there"
    )


CLIENT = """
import socket
for host in ("10.1.1.10", "proxy.acme.example", "10.1.1.11", "10.1.1.12"):
    try:
        with socket.create_connection((host, 3128), 10) as made:
            made.sendall(b"hello")
            print(made.recv(5).decode())
    except OSError as error:
        print(type(error).__name__, error)
"""


def test_a_program_of_a_pod_finds_each_as_it_is(listener: Listener) -> None:
    """Refused, or no answer at all: what a socket raises says which."""
    attempts: list[Attempt] = []
    proxy = ConnectProxy("VPC", lambda host, port: route(host, port, listener.port), on_attempt=attempts.append)
    resolver = Resolver(names.vpc(domain="example.com", endpoint=lambda _name: None, elsewhere={"proxy.acme.example": (SHUT,)}))
    proxy.start()
    resolver.start()
    try:
        stand_in, address = Path(vpc_python.__file__), proxy.url.removeprefix("http://")
        command = [sys.executable, "-I", "-B", str(stand_in), resolver.address, address, "-c", CLIENT]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    finally:
        resolver.stop()
        proxy.stop()
    refused = "ConnectionRefusedError [Errno 111] Connection refused"
    assert done.stdout.splitlines() == ["HELLO", refused, refused, "TimeoutError timed out"]
    assert listener.heard == HEADER + b"hello"
    assert [attempt.passed for attempt in attempts] == [True, False, False, False]


def test_a_listener_that_died_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    attempts: list[Attempt] = []
    proxy = ConnectProxy("VPC", lambda _host, _port: Pass(port), on_attempt=attempts.append)
    proxy.start()
    try:
        with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), 10) as asking:
            asking.sendall(b"CONNECT 10.1.1.10:3128 HTTP/1.1\r\n\r\n")
            assert asking.recv(1024).startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    finally:
        proxy.stop()
    assert attempts == [Attempt(PROXY, 3128, False, "10.1.1.10:3128 cannot be reached: nothing listens there any more")]
