"""Where names and addresses lead: on the workstation, and inside a VPC that has no way out but its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address

from wizard.sandbox.aws.views import EndpointView
from wizard.sandbox.network.names import Names
from wizard.sandbox.network.proxy import Decision, Pass, Refuse, Route

_HTTPS = 443
_SOURCE_PORT = 49152
"""What a listener is told of the client's own port, which nothing depends on: the first of the dynamic ones (RFC 6335)."""


def workstation(port: Callable[[], int], *, domain: str, internet: Collection[str] = ("github.com",)) -> Route:
    """The operator's network: the ``internet`` of this world and the region's AWS names are there, and nothing else."""

    def route(host: str, target: int) -> Decision:
        if target != 443:
            return Refuse(f"{host}:{target} is not in this sandbox: only port 443 is")
        if host in internet or host.endswith(f".{domain}"):
            return Pass(port())
        return Refuse(f"{host} is not in this sandbox: only {', '.join(internet)} and the AWS names of its region are")

    return route


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What stands between the nodes and an endpoint besides its security groups; short names of services (``sts``).

    ``dropped``: a network ACL or a network policy drops the packets; ``intercepted``: a middlebox ends TLS with its own CA.
    """

    dropped: Collection[str] = ()
    intercepted: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class MachineWays:
    """The machines of the account, as connections find them.

    ``is_machine`` says whether an address is one's; ``obstacle`` what stops a connection from an address to an address and port
    (None: nothing); ``listener`` is the loopback port that stands for a machine's address and port (None: nobody listens), and
    ``web`` that of a server at its port 443 to which no header is sent first.
    """

    is_machine: Callable[[str], bool]
    obstacle: Callable[[str, str, int], str | None]
    listener: Callable[[str, int], int | None]
    web: Callable[[str], int | None] = lambda _address: None

    def decide(self, source: str, target: str, port: int) -> Decision:
        """Where a connection from ``source`` ends. The listener is told the VPC's addresses by a PROXY protocol header."""
        where = f"{target}:{port} cannot be reached"
        obstacle = self.obstacle(source, target, port)
        if obstacle is not None:
            return Refuse(f"{where}: {obstacle}")
        plain = self.web(target) if port == _HTTPS else None
        if plain is not None:
            return Pass(plain)
        found = self.listener(target, port)
        if found is None:
            return Refuse(f"{where}: nothing listens there", closed=True)
        return Pass(found, proxy_header(source, target, port))


def proxy_header(source: str, target: str, port: int) -> bytes:
    """The header of the PROXY protocol, version 1 (haproxy.org, "The PROXY protocol", section 2.1)."""
    return f"PROXY TCP4 {source} {target} {_SOURCE_PORT} {port}\r\n".encode("ascii")


def vpc(
    port: Callable[[], int],
    *,
    names: Names,
    endpoint_at: Callable[[str], EndpointView | None],
    node_address: str,
    obstacles: Obstacles = Obstacles(),
    middlebox: Callable[[], int] | None = None,
    machines: MachineWays | None = None,
) -> Route:
    """The cluster's network: an address is a machine's or an endpoint's that lets the nodes in, or is not reached.

    A name (of a CONNECT request) is resolved as the VPC does. ``middlebox`` is the port where intercepted connections end.
    """

    def route(host: str, target: int) -> Decision:
        addresses = (host,) if _is_address(host) else names(host)
        if machines is not None:
            for machine in filter(machines.is_machine, addresses):
                return machines.decide(node_address, machine, target)
        found = next((view for address in addresses if (view := endpoint_at(address)) is not None), None)
        where = host if host in addresses or not addresses else f"{host} ({', '.join(addresses)})"
        if found is None:
            why = "the VPC has no way to the internet, and no endpoint there" if addresses else "there is no such name"
            return Refuse(f"{where} cannot be reached: {why}")
        if not found.admits(node_address, target):
            return Refuse(
                f"{where} cannot be reached: no security group of {found.endpoint_id} lets TCP {target} from {node_address} in"
            )
        if found.service in obstacles.dropped:
            return Refuse(f"{where} cannot be reached: packets to {found.endpoint_id} are dropped on the way")
        return Pass(middlebox() if middlebox is not None and found.service in obstacles.intercepted else port())

    return route


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
