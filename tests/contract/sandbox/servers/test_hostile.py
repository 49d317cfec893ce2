"""The servers that do not mean well do what they are said to do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.estate import Estate, estate


@contextlib.contextmanager
def asked(folder: Path, kind: str) -> Iterator[tuple[Estate, ssl.SSLSocket]]:
    """A server of this kind of hostility, and a connection to it on which its version was asked for."""
    with estate(folder, gitlab={"hostile": {"kind": kind, "at": "/api/"}}) as servers:
        context = ssl.create_default_context(cafile=str(servers.servers.ca_file))
        port = servers.servers.running["gitlab"].ports[443]
        with (
            socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="gitlab.acme.example") as talk,
        ):
            talk.sendall(b"GET /api/v4/version HTTP/1.1\r\nHost: gitlab.acme.example\r\n\r\n")
            yield servers, talk


def read(talk: ssl.SSLSocket, size: int) -> bytes:
    """So many bytes, or fewer when it ends before."""
    found = b""
    while len(found) < size and (chunk := talk.recv(65536)):
        found += chunk
    return found


@pytest.mark.parametrize(
    ("kind", "size"), [("endless-body", 20_000_000), ("huge-header", 10_000_000), ("many-headers", 60_000)]
)
def test_it_sends_more_than_anybody_wants(tmp_path: Path, kind: str, size: int) -> None:
    with asked(tmp_path / "e", kind) as (_servers, talk):
        assert len(read(talk, size)) >= size


def test_it_takes_its_time(tmp_path: Path) -> None:
    with asked(tmp_path / "e", "slow-drip") as (_servers, talk):
        head = read(talk, 1)
        assert head.startswith(b"HTTP/1.1 200 OK"[: len(head)])


def test_it_says_nothing(tmp_path: Path) -> None:
    with asked(tmp_path / "e", "silence") as (_servers, talk):
        talk.settimeout(0.2)
        with pytest.raises(TimeoutError):
            talk.recv(1)


def test_it_leads_in_circles_and_to_the_metadata(tmp_path: Path) -> None:
    with estate(tmp_path / "loop", gitlab={"hostile": {"kind": "redirect-loop"}}) as servers:
        path = "/api/v4/version"
        for _ in range(4):
            reply = servers.call("gitlab", "GET", path)
            assert reply.status == 302
            path = reply.headers["location"]
        assert path == "/api/v4/version"
    with estate(tmp_path / "metadata", gitlab={"hostile": {"kind": "redirect-to-metadata"}}) as servers:
        assert servers.call("gitlab", "GET", "/").headers["location"].startswith("http://169.254.169.254/")


@pytest.mark.parametrize(
    ("kind", "media", "start"),
    [
        ("wrong-content-type", "image/png", b"{"),
        ("html-for-json", "text/html", b"<!"),
        ("broken-json", "application/json", b"{"),
    ],
)
def test_it_says_something_else(tmp_path: Path, kind: str, media: str, start: bytes) -> None:
    with estate(tmp_path / "e", gitlab={"hostile": {"kind": kind, "at": "/api/"}}) as servers:
        reply = servers.call("gitlab", "GET", "/api/v4/version")
        assert reply.status == 200
        assert reply.headers["content-type"].startswith(media)
        assert reply.body.startswith(start)
        assert servers.call("gitlab", "GET", "/users/sign_in").status == 200


def test_it_writes_to_the_terminal(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitlab={"hostile": {"kind": "control-characters"}}) as servers:
        token = {"PRIVATE_TOKEN": "sandbox-gitlab-casey-api"}
        told = servers.call("gitlab", "GET", "/api/v4/projects", **token).json
        assert all("\x1b[2J" in entry["name"] for entry in told)
        assert servers.call("gitlab", "GET", "/api/v4/version", **token).json["version"].endswith("-ee")
