"""The CONNECT proxy on which the sandbox's networks are built."""

from __future__ import annotations

import gc
import socket
from urllib.parse import urlsplit

import pytest

from wizard.sandbox.network.proxy import ConnectProxy, Pass


def test_it_stops_without_a_word_while_tunnels_are_open(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as end:
        port: int = end.getsockname()[1]
        proxy = ConnectProxy("test", lambda _host, _port: Pass(port))
        proxy.start()
        clients = [socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0), 20) for _ in range(4)]
        for client in clients[:3]:
            client.sendall(b"CONNECT github.com:443 HTTP/1.1\r\n\r\n")
        for client in clients[:2]:  # the third may be anywhere on its way, the fourth has asked for nothing
            assert b" 200 " in client.recv(1000)
        proxy.stop()
        for client in clients[:2]:
            assert client.recv(1000) == b"", "a tunnel ends with its proxy"
        for client in clients:
            client.close()
    del proxy
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
