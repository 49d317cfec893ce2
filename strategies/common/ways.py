"""Whether a connection gets from one place of the account to another, and out: routes, network ACLs, security groups. Pure.

VPC user guide, "Route priority", "Network ACL rules", "Security group rules"; VPC peering guide, "VPC peering limitations".
What AWS's tables name and do not show the other end of - a transit gateway, a VPN - is said, and neither passed nor failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from strategies.facts import Ingress, NetworkAcl, Route, RouteTable, Routing, SecurityGroup, Subnet

EPHEMERAL = (32768, 60999)
"""The ports from which Linux opens connections, those of nodes and of Amazon Linux (kernel, ``ip-sysctl``:
``ip_local_port_range``): what answers goes back to them, and a network ACL does not know what is an answer."""

_EVERYWHERE = "0.0.0.0/0"
_BEYOND = {
    "tgw-": "a transit gateway",
    "vgw-": "a virtual private gateway",
    "eni-": "a network interface",
    "i-": "a machine",
    "lgw-": "a local gateway",
    "vpce-": "an endpoint of a firewall or load balancer",
    "arn:": "a core network",
    "nat-": "a NAT gateway, whose own routes decide",
}


class Leads(Enum):
    """Where a way leads."""

    OPEN = "open"
    """There, as far as AWS's tables tell."""
    BEYOND = "beyond"
    """To something whose other side the tables do not show."""
    SHUT = "shut"
    UNSEEN = "unseen"
    """What would tell may not be read."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where it leads, and by what: ``says`` is a part of a sentence."""

    leads: Leads
    says: str

    @property
    def bad(self) -> bool:
        """True when it is known not to lead there."""
        return self.leads is Leads.SHUT


@dataclass(frozen=True, slots=True)
class Place:
    """Something with an address in a subnet of a VPC."""

    address: str
    subnet_id: str
    vpc_id: str


def way(routing: Routing, source: Place, target: Place) -> Way:
    """Whether what ``source`` sends to ``target`` is led there by the table of its subnet."""
    table = routing.table_of(source.subnet_id)
    if table is None:
        return Way(Leads.UNSEEN, f"the route table of {source.subnet_id} is not to be seen")
    found, gone = _best(table, target.address)
    if found is None:
        by_list = next((one for one in table.routes if one.cidr.startswith("pl-") and not one.target.startswith("vpce-")), None)
        if by_list is not None:
            return Way(Leads.UNSEEN, f"{table.id} has no range for {target.address}, but a prefix list, {by_list.cidr}")
        return Way(Leads.SHUT, f"{table.id} has no route to {target.address}")
    if gone:
        return Way(Leads.SHUT, f"{table.id} sends {found.cidr} to {found.target}, which is gone")
    return _led(routing, table, found, source, target)


def _led(routing: Routing, table: RouteTable, route: Route, source: Place, target: Place) -> Way:
    says = f"{table.id} sends {route.cidr} to {route.target}"
    if route.target == "local":
        inside = source.vpc_id == target.vpc_id
        return Way(Leads.OPEN if inside else Leads.SHUT, says if inside else f"{says}: {source.vpc_id} has that range itself")
    if route.target.startswith("pcx-"):
        return _by_peering(routing, route.target, says, source, target)
    if route.target.startswith("igw-"):
        return Way(Leads.SHUT, f"{says}, and an internet gateway carries no private addresses")
    return Way(Leads.BEYOND, f"{says}, {_kind(route.target)}")


def _by_peering(routing: Routing, peering: str, says: str, source: Place, target: Place) -> Way:
    found = next((one for one in routing.peerings if one.id == peering), None)
    if found is None:
        return Way(Leads.UNSEEN, f"{says}, which may not be looked at")
    if found.state != "active":
        return Way(Leads.SHUT, f"{says}, which is {found.state}")
    if {source.vpc_id, target.vpc_id} - set(found.vpc_ids):
        other = next((one for one in found.vpc_ids if one != source.vpc_id), "nothing")
        return Way(Leads.SHUT, f"{says}, which leads to {other} and no further")
    return Way(Leads.OPEN, says)


def way_out(routing: Routing, subnet: Subnet, public_address: str | None) -> Way:
    """Whether a machine in the subnet reaches the internet by its default route.

    An internet gateway serves only who has a public address (VPC user guide, "Internet gateways"); a peering connection leads
    to the other VPC and not through it (VPC peering guide, "Edge to edge routing through a gateway").
    """
    table = routing.table_of(subnet.id)
    if table is None:
        return Way(Leads.UNSEEN, f"the route table of {subnet.id} is not to be seen")
    if any(one.cidr == _EVERYWHERE for one in table.blackholes):
        target = next(one.target for one in table.blackholes if one.cidr == _EVERYWHERE)
        return Way(Leads.SHUT, f"the default route of {table.id} leads to {target}, which is gone")
    found = next((one for one in table.routes if one.cidr == _EVERYWHERE), None)
    if found is None:
        return Way(Leads.SHUT, f"{table.id} has no default route")
    says = f"the default route of {table.id} leads to {found.target}"
    if found.target.startswith("igw-") and public_address is None:
        return Way(Leads.SHUT, f"{says}, and the machine has no public address")
    if found.target.startswith("pcx-"):
        return Way(Leads.SHUT, f"{says}: a peering connection carries nothing to the internet")
    if found.target.startswith(("igw-", "nat-")):
        return Way(Leads.OPEN, says)
    return Way(Leads.BEYOND, f"{says}, {_kind(found.target)}")


def _best(table: RouteTable, address: str) -> tuple[Route | None, bool]:
    """The route of the longest prefix that holds the address, and whether its target is gone."""
    live = [(one, False) for one in table.routes] + [(one, True) for one in table.blackholes]
    fitting = [(one, gone) for one, gone in live if holds(one.cidr, address)]
    longest = max(fitting, key=lambda pair: (IPv4Network(pair[0].cidr, strict=False).prefixlen, not pair[1]), default=None)
    return longest if longest is not None else (None, False)


def _kind(target: str) -> str:
    return next((kind for prefix, kind in _BEYOND.items() if target.startswith(prefix)), "which is not known here")


def holds(cidr: str, address: str) -> bool:
    """Whether the address lies in the range. False for what is no range of IPv4 addresses."""
    try:
        return IPv4Address(address) in IPv4Network(cidr, strict=False)
    except (AddressValueError, NetmaskValueError):
        return False


def acl_refusal(acls: Sequence[NetworkAcl], source: Place, target: Place, port: int) -> str | None:
    """What network ACL stands in the way of TCP from ``source`` to ``port`` of ``target`` and back. None: none does.

    Inside of one subnet none is asked. A subnet whose ACL is not to be seen (another account shares it) is taken for open.
    """
    if source.subnet_id == target.subnet_id:
        return None
    steps = (
        (source, True, target.address, (port, port), f"out to {target.address} on port {port}"),
        (target, False, source.address, (port, port), f"in from {source.address} on port {port}"),
        (target, True, source.address, EPHEMERAL, f"the answers out to {source.address} on ports {_span(EPHEMERAL)}"),
        (source, False, target.address, EPHEMERAL, f"the answers in from {target.address} on ports {_span(EPHEMERAL)}"),
    )  # fmt: skip
    for place, outbound, peer, ports, what in steps:
        acl = next((one for one in acls if place.subnet_id in one.subnet_ids), None)
        if acl is not None and not _acl_lets(acl, peer, ports, outbound=outbound):
            return f"{acl.id} before {place.subnet_id} does not let {what}"
    return None


def _span(ports: tuple[int, int]) -> str:
    return f"{ports[0]}-{ports[1]}"


def _acl_lets(acl: NetworkAcl, peer: str, ports: tuple[int, int], *, outbound: bool) -> bool:
    """Whether every one of the ports is let through: for each, the lowest number that fits decides, and none lets nothing."""
    low, high = ports
    rules = [one for one in acl.rules if one.outbound == outbound and holds(one.cidr, peer)]
    rules = sorted((one for one in rules if one.low <= high and one.high >= low), key=lambda one: one.number)
    edges = {low, *(edge for one in rules for edge in (one.low, one.high + 1) if low <= edge <= high)}
    return all(next((one.allow for one in rules if one.low <= edge <= one.high), False) for edge in edges)


def group_lets(
    groups: Iterable[SecurityGroup],
    peer: str,
    peer_groups: Collection[str],
    port: int,
    *,
    outbound: bool,
) -> Leads:
    """Whether any of the groups lets TCP ``port`` through from or to ``peer``, by its address or by one of its groups.

    Answers always pass. A rule that names a prefix list is ``UNSEEN`` where no other lets it through: its ranges are not told.
    """
    verdict = Leads.SHUT
    for group in groups:
        rules = group.egress if outbound else group.ingress
        if rules is None:
            verdict = Leads.UNSEEN
            continue
        for rule in rules:
            if not rule.admits(port):
                continue
            if _names(rule, peer, peer_groups):
                return Leads.OPEN
            if rule.source.startswith("pl-"):
                verdict = Leads.UNSEEN
    return verdict


def _names(rule: Ingress, peer: str, peer_groups: Collection[str]) -> bool:
    return rule.source in peer_groups if rule.source.startswith("sg-") else holds(rule.source, peer)
