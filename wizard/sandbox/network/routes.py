"""Where names lead: on the workstation, and inside a VPC that has no way out but its endpoints."""

from __future__ import annotations

from collections.abc import Callable

from wizard.sandbox.aws.views import EndpointView
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


def vpc(port: Callable[[], int], *, domain: str, node_address: str, endpoint: Callable[[str], EndpointView | None]) -> Route:
    """The cluster's network: a name is reached through an interface endpoint that owns it, or not at all."""

    def route(host: str, target: int) -> Decision:
        short_name = host.removesuffix(f".{domain}")
        if short_name == host:
            return Refuse(f"{host} cannot be reached: the VPC has no way to the internet")
        found = endpoint(short_name)
        if found is None:
            return Refuse(
                f"{host} cannot be reached: the VPC has no available interface endpoint with private DNS for {short_name}"
            )
        if not found.admits(node_address, target):
            return Refuse(
                f"{host} cannot be reached: no security group of {found.endpoint_id} lets TCP {target} from {node_address} in"
            )
        return Pass(port())

    return route
