"""The programs of a machine as far as the product's scripts use them; each answers as the real one does.

What they say: dnf(8), rpm(8), systemctl(1), squid(8) and curl(1) of Amazon Linux 2023.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography import x509

_CONF = "etc/squid/squid.conf"
_ARCH = "aarch64"
_NONE = "000"
"""What curl writes in the place of a status where there was no answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended: its exit status, standard output and standard error."""

    status: int = 0
    output: str = ""
    errors: str = ""


class Box(Protocol):
    """The machine, as its programs know it."""

    folder: Path
    offered: str
    packaged: str
    bundle: Path

    @property
    def repositories(self) -> bool:
        """True when the package repositories answer."""

    @property
    def installed(self) -> str | None:
        """The version of Squid that is installed."""

    def install(self) -> None:
        """Put the package there."""

    @property
    def running(self) -> bool:
        """True while Squid runs."""

    enabled: bool

    def start(self) -> str | None:
        """Start Squid; why it did not start, or None."""

    def stop(self) -> None:
        """Stop Squid."""

    def reload(self) -> str | None:
        """Let it read its configuration again; what went wrong, or None."""

    def parse(self, path: str) -> tuple[int, str]:
        """Squid's own judgement on a configuration file: exit status and what it says."""

    def own_door(self, port: int) -> int | None:
        """The loopback port behind a port of this machine, if anything listens there."""

    def way_out(self) -> int | None:
        """The loopback port of the CONNECT proxy that leads out; None: no answer comes from there."""


def call(box: Box, arguments: Sequence[str]) -> Said:
    """Run a program with its arguments."""
    name, *rest = arguments
    known: Mapping[str, Callable[[Box, Sequence[str]], Said]] = {
        "curl": curl,
        "dnf": dnf,
        "rpm": rpm,
        "squid": squid,
        "systemctl": systemctl,
    }
    return known[name](box, rest)


def dnf(box: Box, arguments: Sequence[str]) -> Said:
    """``dnf install -y squid`` and ``dnf list --available squid``."""
    words = [word for word in arguments if not word.startswith("-")]
    if not box.repositories:
        return Said(
            1,
            errors="Errors during downloading metadata for repository 'amazonlinux':\n"
            "  - Curl error (28): Timeout was reached for https://al2023-repos-us-east-2-de612dc2.s3.dualstack.us-east-2"
            ".amazonaws.com/core/mirrors/latest/aarch64/mirror.list [Connection timed out after 10001 milliseconds]\n"
            "Error: Failed to download metadata for repo 'amazonlinux': Cannot prepare internal mirrorlist\n",
        )
    if words == ["list", "squid"]:
        if box.installed is not None:
            return Said(1, errors="Error: No matching Packages to list\n")
        return Said(output=f"Available Packages\nsquid.{_ARCH}    7:{box.offered}    amazonlinux\n")
    if words == ["install", "squid"]:
        box.install()
        return Said(output=f"Installed:\n  squid-7:{box.offered}.{_ARCH}\n\nComplete!\n")
    return Said(1, errors=f"No such command: {' '.join(arguments)}\n")


def rpm(box: Box, arguments: Sequence[str]) -> Said:
    """``rpm -q``, ``-V`` and ``-qf``."""
    flag, *rest = arguments
    if flag == "-qf":
        return Said(1, f"file {rest[0]} is not owned by any package\n")
    if box.installed is None:
        return Said(1, "package squid is not installed\n")
    if flag == "-V":
        conf = box.folder / _CONF
        if not conf.exists():
            return Said(1, "missing   c /etc/squid/squid.conf\n")
        changed = conf.read_text(errors="replace") != box.packaged
        return Said(1, "S.5....T.  c /etc/squid/squid.conf\n") if changed else Said()
    if "--qf" in rest:
        return Said(output=box.installed)
    return Said(output=f"squid-{box.installed}.{_ARCH}\n")


def systemctl(box: Box, arguments: Sequence[str]) -> Said:
    """The verbs of a service's life; the unit is always squid."""
    verb = arguments[0]
    if box.installed is None:
        if verb in ("is-active", "is-enabled"):
            return Said(4, "inactive\n" if verb == "is-active" else "not-found\n")
        return Said(5, errors=f"Failed to {verb} squid.service: Unit squid.service not found.\n")
    if verb == "is-active":
        return Said(0, "active\n") if box.running else Said(3, "inactive\n")
    if verb == "is-enabled":
        return Said(0, "enabled\n") if box.enabled else Said(1, "disabled\n")
    if verb in ("enable", "disable"):
        box.enabled = verb == "enable"
        return Said()
    if verb == "stop":
        box.stop()
        return Said()
    if verb == "reload":
        if not box.running:
            return Said(1, errors="squid.service is not active, cannot reload.\n")
        return _ended(box.reload())
    if verb in ("start", "restart"):
        if verb == "restart":
            box.stop()
        return _ended(None if box.running else box.start())
    if verb == "status":
        return Said(
            0 if box.running else 3, f"squid.service - Squid caching proxy\n     Active: {'' if box.running else 'in'}active\n"
        )
    return Said(1, errors=f"Unknown command verb {verb}.\n")


def _ended(why: str | None) -> Said:
    if why is None:
        return Said()
    return Said(1, errors=f"Job for squid.service failed because the control process exited with error code.\n{why}\n")


def squid(box: Box, arguments: Sequence[str]) -> Said:
    """``squid -k parse -f FILE``."""
    if box.installed is None:
        return Said(127, errors="sh: squid: command not found\n")
    if list(arguments[:3]) != ["-k", "parse", "-f"]:
        return Said(1, errors="the sandbox's machines know squid -k parse -f FILE\n")
    status, said = box.parse(arguments[3])
    return Said(status, errors=said)


def curl(box: Box, arguments: Sequence[str]) -> Said:
    """A GET or HEAD of one URL, ``-w``, ``-x http://127.0.0.1:PORT``, ``-k`` and ``-v`` (only the line with the issuer)."""
    url = arguments[-1]
    scheme, _, rest = url.partition("://")
    place = rest.partition("/")[0]
    if "-x" in arguments:
        return _by_proxy(box, arguments[arguments.index("-x") + 1], url, arguments)
    if scheme == "http":
        host, _, port = place.partition(":")
        connection = _own(box, host, int(port or 80))
        if connection is None:
            return _without(
                arguments, 7, f"Failed to connect to {host} port {port or 80} after 0 ms: Could not connect to server"
            )
        with connection:
            return _answer(connection, "/", host, arguments)
    way = box.way_out()
    if way is None:
        return _without(arguments, 28, f"Failed to connect to {place} port 443 after 5001 ms: Timeout was reached")
    return _through(box, way, place, arguments)


def _own(box: Box, host: str, port: int) -> socket.socket | None:
    """A connection to a port of the machine itself; None where nothing listens there."""
    door = box.own_door(port) if host == "127.0.0.1" else None
    if door is None:
        return None
    connection = socket.create_connection(("127.0.0.1", door), 10.0)
    connection.sendall(f"PROXY TCP4 127.0.0.1 127.0.0.1 49152 {port}\r\n".encode())
    return connection


def _by_proxy(box: Box, proxy: str, url: str, arguments: Sequence[str]) -> Said:
    """Through the machine's own proxy: HTTPS by CONNECT, HTTP by asking it for the whole URL."""
    address, _, port = proxy.removeprefix("http://").partition(":")
    connection = _own(box, address, int(port))
    if connection is None:
        return _without(arguments, 7, f"Failed to connect to {address} port {port} after 0 ms: Could not connect to server")
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    with connection:
        if scheme == "http":
            return _answer(connection, url, host, arguments)
        status = _connect(connection, host)
        if status != "200":
            return _without(arguments, 56, f"CONNECT tunnel failed, response {status}", connect=status)
        return _secured(box, connection, host, arguments, connect=status)


def _connect(connection: socket.socket, host: str) -> str:
    """The status of the answer to CONNECT; 000 where there is none."""
    connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    words = _head(connection).split(b" ", 2)
    return words[1].decode("latin-1") if len(words) > 1 and words[1].isdigit() else _NONE


def _written(arguments: Sequence[str], code: str, connect: str) -> str:
    """What ``-w`` asks for."""
    form = arguments[arguments.index("-w") + 1] if "-w" in arguments else ""
    return form.replace("%{http_code}", code).replace("%{http_connect}", connect)


def _without(arguments: Sequence[str], status: int, why: str, *, connect: str = _NONE) -> Said:
    return Said(status, _written(arguments, _NONE, connect), f"curl: ({status}) {why}\n")


def _through(box: Box, way: int, host: str, arguments: Sequence[str]) -> Said:
    with socket.create_connection(("127.0.0.1", way), 10.0) as tunnel:
        if _connect(tunnel, host) != "200":
            return _without(arguments, 28, f"Failed to connect to {host} port 443 after 5001 ms: Timeout was reached")
        return _secured(box, tunnel, host, arguments)


def _secured(box: Box, tunnel: socket.socket, host: str, arguments: Sequence[str], *, connect: str = _NONE) -> Said:
    """TLS at the end of a tunnel, and the request in it."""
    context = ssl.create_default_context(cafile=str(box.bundle))
    if "-k" in arguments:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(tunnel, server_hostname=host) as secured:
            told = ""
            if "-v" in arguments:
                issuer = x509.load_der_x509_certificate(secured.getpeercert(True) or b"").issuer
                told = f"*  issuer: {'; '.join(part.rfc4514_string() for part in issuer.rdns)}\n"
            said = _answer(secured, "/", host, arguments, connect=connect)
            return Said(said.status, said.output, told + said.errors)
    except ssl.SSLCertVerificationError as error:
        return _without(arguments, 60, f"SSL certificate problem: {error.verify_message}", connect=connect)
    except OSError as error:
        return _without(arguments, 35, f"TLS connect error: {error}", connect=connect)


def _answer(connection: socket.socket, target: str, host: str, arguments: Sequence[str], *, connect: str = _NONE) -> Said:
    line = f"{'HEAD' if '-I' in arguments else 'GET'} {target} HTTP/1.1"
    connection.sendall(f"{line}\r\nHost: {host}\r\nUser-Agent: curl/8.5.0\r\nConnection: close\r\n\r\n".encode())
    words = _head(connection).split(b" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        return _without(arguments, 52, "Empty reply from server", connect=connect)
    return Said(0, _written(arguments, words[1].decode(), connect))


def _head(connection: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found and (more := connection.recv(4096)):
        found += more
    return found
