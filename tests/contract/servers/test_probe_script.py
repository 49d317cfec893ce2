"""The script of the look from inside against the sandbox's servers: OpenSSH's keys, TLS by a CA of one's own, bearer tokens."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from strategies.common.probe_script import Door, Target, list_references, look_at, look_at_keys, probe
from strategies.common.probe_ssh_script import KEYS, host_key
from strategies.common.probe_tls_script import disbelief
from tests.contract.estate import Estate, estate
from tests.contract.servers.conftest import Offered
from wizard.sandbox.git.servers.ssh import known_host, unavailable


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Every server of the healthy sandbox."""
    with estate(tmp_path_factory.mktemp("estate")) as made:
        yield made


def dial(world: Estate, name: str, port: int) -> Callable[[], socket.socket]:
    """Opens a connection to a port of a server, where it listens."""
    return partial(socket.create_connection, ("127.0.0.1", world.servers.running[name].ports[port]), 5.0)


@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
def test_openssh_shows_the_key_that_it_has(world: Estate) -> None:
    section = world.section("gitea")
    assert section.ssh_port is not None
    way = dial(world, "gitea", section.ssh_port)
    shown = host_key(way, KEYS[0])
    blob = base64.b64decode(known_host(section.host, section.ssh_port).split()[-1])
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    assert shown.fingerprint == f"SHA256:{digest}"
    assert shown.banner.startswith("SSH-2.0-")
    seen = look_at_keys(Door(way))
    assert seen["host_keys"] == [shown.fingerprint]
    assert "ssh_error" not in seen, "a type that it has not is no fault"


def answering(said: bytes) -> Iterator[Callable[[], socket.socket]]:
    """A server that says this to everybody and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    taken, _ = listening.accept()
                except OSError:
                    return
                with taken:
                    taken.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield partial(socket.create_connection, listening.getsockname(), 5.0)
        # Wakes the thread on every system, where closing alone does not.
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff",
        b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14\x00",
        b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x01" + b"\0" * 10,
        b"x" * 5000,
        b"a\n" * 100,
    ],
)
def test_what_is_no_ssh_server_ends_in_words(said: bytes) -> None:
    for way in answering(said):
        seen = look_at_keys(Door(way))
        assert seen["ssh_error"]
        assert "host_keys" not in seen


def test_the_ca_of_the_answers_is_believed_and_no_other(world: Estate) -> None:
    host, way = world.section("gitlab").host, dial(world, "gitlab", 443)
    own = world.servers.ca_file.read_text()
    assert disbelief(host, 443, way, own) == {}
    strange = disbelief(host, 443, way, world.system_bundle.read_text())
    assert strange["tls_error"]
    assert strange["issuer"]
    assert disbelief("other.example.com", 443, way, own)["tls_error"]


@pytest.mark.parametrize("kind", ["bitbucket", "gitlab"])
def test_the_secret_lists_as_argo_cd_would(started: Callable[..., Offered], kind: str, tmp_path: Path) -> None:
    server = started(kind, repositories=({"owner": "Platform", "name": "config", "files": {"README.md": "x"}},))
    path = "/bb/scm/Platform/config.git" if kind == "bitbucket" else "/Platform/config.git"
    host = f"{kind}.example.com"
    url = f"https://{host}{path}"
    login = {"bearerToken": server.token} if kind == "bitbucket" else {"username": "root", "password": server.token}
    for key, value in {"url": url, **login}.items():
        (tmp_path / key).write_text(value)
    way = partial(socket.create_connection, ("127.0.0.1", server.ports[443]), 5.0)
    target = Target(url, host, path, "main", str(tmp_path))
    found = list_references(target, Door(way, server.ca))
    assert (found["state"], found["status"]) == ("answered", 200)
    assert server.token not in repr(found)


def test_a_server_that_nobody_knows_by_name() -> None:
    seen = probe({}, None, None, {"host": "nobody.invalid", "port": 443})["server"]
    assert isinstance(seen, dict)
    assert seen["name_error"]
    closed = look_at("127.0.0.1", 1).report
    assert closed["unreached"]
