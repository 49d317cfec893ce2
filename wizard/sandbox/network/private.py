"""The way from the company's own network into the VPC: names of private hosted zones, and machines that have them.

As in life, the operator's resolver asks that of the VPC about them (Route 53 guide, "Forwarding inbound DNS queries to your
VPCs"), and the connections come through the transit gateway.
"""

from __future__ import annotations

from collections.abc import Callable

from wizard.sandbox.network.proxy import Decision, Pass, Refuse, Route

_HTTPS = 443


def into(
    otherwise: Route,
    *,
    name: Callable[[str], str | None],
    is_machine: Callable[[str], bool],
    obstacle: Callable[[str, int], str | None],
    web: Callable[[str], int | None],
) -> Route:
    """The route to machines by their private names, and ``otherwise`` to everything else.

    ``name`` gives the address of a private name; ``obstacle`` what stops a connection to an address and port (None: nothing);
    ``web`` the loopback port that stands for port 443 of a machine (None: nobody listens there).
    """

    def route(host: str, port: int) -> Decision:
        address = name(host)
        if address is None or not is_machine(address):
            return otherwise(host, port)
        where = f"{host} ({address}) cannot be reached"
        stopped = obstacle(address, port)
        if stopped is not None:
            return Refuse(f"{where}: {stopped}")
        local = web(address) if port == _HTTPS else None
        return Refuse(f"{where}: nothing listens there", closed=True) if local is None else Pass(local)

    return route
