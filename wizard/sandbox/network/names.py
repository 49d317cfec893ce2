"""What host names mean inside the VPC, and a resolver that processes of pods can ask.

An AWS name resolves to the interfaces of the endpoint that owns it, else to the service's public address: the resolver of a VPC
knows public names also where no way leads to them (VPC user guide, "Understand Amazon DNS").
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias, cast
from zlib import crc32

from wizard.sandbox.aws.views import EndpointView

Names: TypeAlias = Callable[[str], tuple[str, ...]]
"""From host name (lower case) to its addresses; none: there is no such name."""


def vpc(
    *,
    domain: str,
    endpoint: Callable[[str], EndpointView | None],
    elsewhere: Mapping[str, tuple[str, ...]],
    internet: Collection[str] = ("github.com",),
) -> Names:
    """The VPC's view. ``elsewhere`` are names that a private hosted zone or a DNS server of the company's own answers.

    ``internet`` are the names outside of AWS that there are in this world.
    """

    def resolve(host: str) -> tuple[str, ...]:
        if host in elsewhere:
            return elsewhere[host]
        short_name = host.removesuffix(f".{domain}")
        if short_name == host:
            return (public(host),) if host in internet else ()
        found = endpoint(short_name)
        return found.addresses if found is not None else (public(host),)

    return resolve


def public(host: str) -> str:
    """An address of the documentation range (RFC 5737), the same for a name each time: what it is on the internet."""
    return f"203.0.113.{crc32(host.encode()) % 254 + 1}"


def before(private: Callable[[str], str | None], otherwise: Names) -> Names:
    """What a private hosted zone says of a name, and ``otherwise`` of every other (Route 53 guide, "Private zones")."""

    def resolve(host: str) -> tuple[str, ...]:
        found = private(host)
        return otherwise(host) if found is None else (found,)

    return resolve


class Resolver:
    """Answers a datagram that holds a host name with its addresses, separated by spaces; empty when there is none."""

    def __init__(self, names: Names) -> None:
        class Answer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                asked, socket = self.request
                host = cast("bytes", asked).decode("ascii", errors="replace").lower().rstrip(".")
                socket.sendto(" ".join(names(host)).encode(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="resolver", daemon=True)

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT``."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def start(self) -> None:
        """Answer in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
