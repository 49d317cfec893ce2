"""Where names and addresses lead: on the workstation, and inside a VPC that has no way out but its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address

from wizard.sandbox.aws.views import EndpointView
from wizard.sandbox.network.names import Names
from wizard.sandbox.network.proxy import Decision, Pass, Refuse, Route


def workstation(port: Callable[[], int], *, domain: str) -> Route:
    """The operator's network: github.com and the region's AWS names are there, nothing else is in this world."""

    def route(host: str, target: int) -> Decision:
        if target != 443:
            return Refuse(f"{host}:{target} is not in this sandbox: only port 443 is")
        if host == "github.com" or host.endswith(f".{domain}"):
            return Pass(port())
        return Refuse(f"{host} is not in this sandbox: only github.com and the AWS names of its region are")

    return route


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What stands between the nodes and an endpoint besides its security groups; short names of services (``sts``).

    ``dropped``: a network ACL or a network policy drops the packets; ``intercepted``: a middlebox ends TLS with its own CA.
    """

    dropped: Collection[str] = ()
    intercepted: Collection[str] = ()


def vpc(
    port: Callable[[], int],
    *,
    names: Names,
    endpoint_at: Callable[[str], EndpointView | None],
    node_address: str,
    obstacles: Obstacles = Obstacles(),
    middlebox: Callable[[], int] | None = None,
) -> Route:
    """The cluster's network: an address is an interface of an available endpoint that lets the nodes in, or is not reached.

    A name (of a CONNECT request) is resolved as the VPC does. ``middlebox`` is the port where intercepted connections end.
    """

    def route(host: str, target: int) -> Decision:
        addresses = (host,) if _is_address(host) else names(host)
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
