"""Proxies that somebody else runs: whom they let in, where they lead, and whose certificates one sees behind them."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from wizard.sandbox.machines.corporate import CorporateProxies
from wizard.sandbox.machines.spec import Host, MachineSpec, ProxySpec
from wizard.sandbox.network.proxy import Decision, Pass, Refuse
from wizard.sandbox.network.routes import proxy_header

LOGIN = {"user": "argocd", "password": "let:me out"}


@contextmanager
def listening(word: bytes) -> Iterator[int]:
    """A port that says one word to who connects, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.sendall(word)

        Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(**spec: object) -> Iterator[int]:
    """The loopback port of such a proxy: behind it, github.com says ``open``, a middlebox ``inspected``, all else ``any``."""
    host = Host("i-1", "corporate-proxy", "10.1.1.30", True, True, MachineSpec(proxy=ProxySpec.model_validate(spec)))
    with listening(b"open") as there, listening(b"inspected") as middlebox, listening(b"any") as anything:

        def beyond(name: str, port: int) -> Decision:
            return Pass(there) if (name, port) == ("github.com", 443) else Refuse(f"{name}:{port} is not there")

        proxies = CorporateProxies(beyond, inspected=lambda: middlebox, anything=lambda: anything)
        try:
            assert proxies.listener(host, 8080) is None
            port = proxies.listener(host, 3128)
            assert port is not None
            assert proxies.listener(host, 3128) == port
            yield port
        finally:
            proxies.stop()


def ask(port: int, target: str = "github.com:443", *fields: str) -> tuple[str, str]:
    """The status line of a CONNECT, and what comes after the head."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(proxy_header("10.0.1.17", "10.1.1.30", 3128))
        lines = (f"CONNECT {target} HTTP/1.1", f"Host: {target}", *fields)
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        answer = b""
        while more := connection.recv(4096):
            answer += more
    head, _, rest = answer.partition(b"\r\n\r\n")
    return head.decode(), rest.decode()


def test_it_leads_to_what_there_is() -> None:
    with proxy() as port:
        assert ask(port) == ("HTTP/1.1 200 Connection established", "open")
        assert ask(port, "example.com:443")[0].startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, "407"),
        ("Basic " + b64encode(b"argocd:guessed").decode(), "407"),
        ("Bearer " + b64encode(b"argocd:let:me out").decode(), "407"),
        ("basic " + b64encode(b"argocd:let:me out").decode(), "200"),
    ],
)
def test_a_login_is_really_asked_for(given: str | None, status: str) -> None:
    fields = () if given is None else (f"proxy-authorization: {given}",)
    with proxy(auth=LOGIN) as port:
        head, _ = ask(port, "github.com:443", *fields)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert ('Proxy-Authenticate: Basic realm="corporate-proxy"' in head) is (status == "407")


def test_hosts_that_are_not_on_its_list_are_refused() -> None:
    with proxy(refuses=["github.com"]) as port:
        assert ask(port)[0].startswith("HTTP/1.1 403 ")


def test_one_that_leads_everywhere() -> None:
    with proxy(everything=True) as port:
        assert ask(port)[1] == "open"
        assert ask(port, "169.254.169.254:80")[1] == "any"


def test_one_that_ends_tls_answers_in_the_name_of_hosts_that_there_are() -> None:
    with proxy(intercepts=True) as port:
        assert ask(port)[1] == "inspected"
        assert ask(port, "example.com:443")[0].startswith("HTTP/1.1 403 ")
