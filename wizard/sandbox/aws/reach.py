"""Whether a TCP connection from one address of the account's networks to another comes through, and what stops it if not.

Each step follows its page of the VPC user guide: the subnet's route table and the most specific of its routes ("Subnet route
tables", "Route priority"), the way back, the network ACLs of both subnets ("Network ACL basics", "Ephemeral ports") and the
security groups at both ends ("Security group rules"). A peering connection carries only what is addressed to the VPC at its
other end, and only while it is active (VPC peering guide, "VPC peering basics", "VPC peering connection lifecycle").
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclEntry
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.security_groups import SecurityGroupRule

if TYPE_CHECKING:
    from wizard.sandbox.aws.services.ec2 import SandboxEc2

_RUNNING, _TERMINATED = "running", "terminated"
_EPHEMERAL = (32768, 60999)
"""Where a client's own port lies: ``net.ipv4.ip_local_port_range`` of Linux (kernel.org, "IP Sysctl")."""


class Reach:
    """The ways between the machines of one account, as its network is now."""

    def __init__(self, ec2: SandboxEc2) -> None:
        ec2.settle()
        self._ec2 = ec2

    def is_machine(self, address: str) -> bool:
        """True when an instance has this address, whether it runs or not."""
        return any(one.instance is not None for one in self._interfaces(address))

    def obstacle(self, source: str, target: str, port: int) -> str | None:
        """What stops a TCP connection from ``source`` to ``port`` of the machine at ``target``, in words; None: nothing."""
        start = next(iter(self._interfaces(source)), None)
        if start is None:
            return f"nothing has the address {source}"
        if start.private_ip_address == target:
            return None
        end, lost = self._led(start, target)
        if end is None:
            return lost
        back, lost = self._led(end, source)
        if back is not start:
            return f"no way leads back: {lost or f'{source} is another one there'}"
        if end.instance is None or end.instance.state != _RUNNING:
            return f"no machine runs at {target}"
        return self._stopped_by_acls(start, end, port) or _stopped_by_groups(start, end, port)

    def obstacle_outside(self, source: str, target: str, port: int) -> str | None:
        """What stops a TCP connection to an address of the company's own network, which a transit gateway leads to.

        What stands in the way over there - its routes back, its firewalls - is not AWS's.
        """
        start = next(iter(self._interfaces(source)), None)
        if start is None:
            return f"nothing has the address {source}"
        table = self._table(start)
        route = _most_specific(table, target)
        if route is None:
            return f"route table {table.id} of {start.subnet.id} has no route to {target}"
        gateway = route.transit_gateway
        if gateway is None:
            through = "this VPC alone" if route.local else self._other_vpc(start.subnet.vpc_id, route, target)[1]
            return f"route {route.destination_cidr_block} of {table.id} leads to {through}"
        if start.subnet.vpc_id not in self._attached(gateway.id):
            return f"{gateway.id} is not attached to {start.subnet.vpc_id}"
        if not any(_within(target, cidr) for cidr in self._ec2.beyond.get(gateway.id, ())):
            return f"{gateway.id} knows no way to {target}"
        acl = self._acl(start)
        for outbound, ports in ((True, (port, port)), (False, _EPHEMERAL)):
            if acl is not None and not _lets_through(acl, outbound, target, ports):
                return f"network ACL {acl.id} of {start.subnet.id} does not let TCP {port} to {target} and back"
        if not any(_fits_outside(rule, target, port) for group in start.group_set for rule in group.egress_rules):
            return f"no security group of {source} lets TCP {port} out to {target}"
        return None

    def obstacle_inward(self, source: str, target: str, port: int) -> str | None:
        """What stops one from the company's own network to a machine: the way there is that of the answers, back."""
        end = next((one for one in self._interfaces(target) if one.instance is not None), None)
        if end is None or end.instance is None or end.instance.state != _RUNNING:
            return f"no machine runs at {target}"
        table = self._table(end)
        route = _most_specific(table, source)
        gateway = route.transit_gateway if route is not None else None
        if gateway is None or end.subnet.vpc_id not in self._attached(gateway.id):
            return f"no way leads back: route table {table.id} of {end.subnet.id} has no transit gateway to {source}"
        if not any(_within(source, cidr) for cidr in self._ec2.beyond.get(gateway.id, ())):
            return f"no way leads back: {gateway.id} knows no way to {source}"
        acl = self._acl(end)
        for outbound, ports in ((False, (port, port)), (True, _EPHEMERAL)):
            if acl is not None and not _lets_through(acl, outbound, source, ports):
                return f"network ACL {acl.id} of {end.subnet.id} does not let TCP {port} in from {source} and back"
        if not any(_fits_outside(rule, source, port) for group in end.group_set for rule in group.ingress_rules):
            return f"no security group of {target} lets TCP {port} from {source} in"
        return None

    def _attached(self, gateway_id: str) -> list[str]:
        """The VPCs that a transit gateway carries for."""
        return [
            one.vpc_id
            for one in self._ec2.transit_gateway_attachments.values()
            if one.transit_gateway_id == gateway_id and one.resource_type == "vpc" and one.state == "available"
        ]

    def _led(self, start: NetworkInterface, target: str) -> tuple[NetworkInterface | None, str]:
        """The interface that a packet from ``start`` to ``target`` arrives at, or None and why at none."""
        table = self._table(start)
        route = _most_specific(table, target)
        if route is None:
            return None, f"route table {table.id} of {start.subnet.id} has no route to {target}"
        vpc_id, through = start.subnet.vpc_id, "local"
        if not route.local:
            led, through = self._other_vpc(vpc_id, route, target)
            if led is None:
                return None, f"route {route.destination_cidr_block} of {table.id} leads to {through}"
            vpc_id = led
        end = next((one for one in self._interfaces(target) if one.subnet.vpc_id == vpc_id), None)
        if end is None:
            return None, f"nothing in {vpc_id} has the address {target} (through {through})"
        return end, ""

    def _other_vpc(self, vpc_id: str, route: Route, target: str) -> tuple[str | None, str]:
        """The VPC to which a route leads and through what; None and why nothing comes through there."""
        peering = route.vpc_pcx
        if peering is not None:
            there = peering.peer_vpc if peering.vpc.id == vpc_id else peering.vpc
            if peering.status["Code"] != "active":
                return None, f"{peering.id}, which is {peering.status['Code']} (blackhole)"
            if ip_address(target) not in ip_network(there.cidr_block):
                return None, f"{peering.id}, whose other end {there.id} ({there.cidr_block}) does not have {target}"
            return there.id, peering.id
        gateway = route.transit_gateway
        if gateway is not None:
            return self._across(gateway.id, vpc_id, target)
        # Neither carries a private address on to another VPC (VPC user guide, "NAT gateways", "Internet gateways").
        out = route.nat_gateway_id or route.gateway_id or route.network_interface_id or route.instance_id
        return None, out or "a target that is not there (blackhole)"

    def _across(self, gateway_id: str, vpc_id: str, target: str) -> tuple[str | None, str]:
        """Transit gateways guide, "How transit gateways work": by default every attachment's routes are known to all."""
        attached = [self._ec2.get_vpc(one) for one in self._attached(gateway_id)]
        if vpc_id not in [vpc.id for vpc in attached]:
            return None, f"{gateway_id}, to which {vpc_id} is not attached"
        there = next((vpc for vpc in attached if vpc.id != vpc_id and _within(target, vpc.cidr_block)), None)
        return (None, f"{gateway_id}, which knows no way to {target}") if there is None else (there.id, gateway_id)

    def _stopped_by_acls(self, start: NetworkInterface, end: NetworkInterface, port: int) -> str | None:
        """Network ACLs hold at the edge of a subnet, and see the answer as traffic of its own."""
        if start.subnet.id == end.subnet.id:
            return None
        source, target = start.private_ip_address, end.private_ip_address
        steps = (
            (start, True, target, (port, port)),
            (end, False, source, (port, port)),
            (end, True, source, _EPHEMERAL),
            (start, False, target, _EPHEMERAL),
        )
        for at, outbound, peer, ports in steps:
            acl = self._acl(at)
            if acl is not None and not _lets_through(acl, outbound, peer, ports):
                way = f"out to {peer}" if outbound else f"in from {peer}"
                what = f"TCP {ports[0]}" if ports[0] == ports[1] else f"TCP {ports[0]}-{ports[1]}, where the answers go,"
                return f"network ACL {acl.id} of {at.subnet.id} does not let {what} {way}"
        return None

    def _interfaces(self, address: str) -> list[NetworkInterface]:
        """Every interface with the address; that of a terminated machine is gone (moto keeps it)."""
        there = (one for one in list(self._ec2.enis.values()) if one.private_ip_address == address)
        return [one for one in there if one.instance is None or one.instance.state != _TERMINATED]

    def _table(self, interface: NetworkInterface) -> RouteTable:
        """The subnet's own route table, else the main one of its VPC."""
        subnet = interface.subnet
        tables = [one for one in self._ec2.route_tables.values() if one.vpc_id == subnet.vpc_id]
        own = next((one for one in tables if subnet.id in one._associations.values()), None)
        return own or next(one for one in tables if one.main_association_id is not None)

    def _acl(self, interface: NetworkInterface) -> NetworkAcl | None:
        subnet_id = interface.subnet.id
        acls = self._ec2.network_acls.values()
        return next((acl for acl in acls if subnet_id in [one.subnet_id for one in acl.associations]), None)


def _most_specific(table: RouteTable, target: str) -> Route | None:
    fitting = [one for one in table.routes if one.destination_cidr_block and _within(target, one.destination_cidr_block)]
    return max(fitting, key=lambda one: ip_network(one.destination_cidr_block).prefixlen, default=None)


def _lets_through(acl: NetworkAcl, outbound: bool, peer: str, ports: tuple[int, int]) -> bool:
    """True when every port of the range passes: entries count from the lowest number, and the first that matches decides."""
    entries = sorted((e for e in acl.entries if _bool(e.egress) is outbound), key=lambda e: int(e.rule_number))
    edges = {edge for entry in entries for port in _ports(entry) for edge in (port - 1, port, port + 1)}
    return all(_verdict(entries, peer, port) for port in {*ports, *(e for e in edges if ports[0] <= e <= ports[1])})


def _verdict(entries: Iterable[NetworkAclEntry], peer: str, port: int) -> bool:
    for entry in entries:
        low, high = _ports(entry)
        if str(entry.protocol) in ("-1", "6") and low <= port <= high and _within(peer, entry.cidr_block):
            return str(entry.rule_action).lower() == "allow"
    return False


def _ports(entry: NetworkAclEntry) -> tuple[int, int]:
    if str(entry.protocol) == "-1" or entry.port_range_from is None:
        return 0, 65535
    return int(entry.port_range_from), int(entry.port_range_to)


def _stopped_by_groups(start: NetworkInterface, end: NetworkInterface, port: int) -> str | None:
    """What a group lets through it also lets answer: groups keep track of connections."""
    if not any(_fits(rule, end, port) for group in start.group_set for rule in group.egress_rules):
        return f"no security group of {start.private_ip_address} lets TCP {port} out to {end.private_ip_address}"
    if not any(_fits(rule, start, port) for group in end.group_set for rule in group.ingress_rules):
        return f"no security group of {end.private_ip_address} lets TCP {port} from {start.private_ip_address} in"
    return None


def _fits(rule: SecurityGroupRule, peer: NetworkInterface, port: int) -> bool:
    """True when a rule is for this port and this peer: its address in the range, or one of its groups."""
    if rule.ip_protocol != "-1" and not (rule.ip_protocol == "tcp" and int(rule.from_port) <= port <= int(rule.to_port)):
        return False
    named = (rule.source_group or {}).get("GroupId")
    return named in [group.id for group in peer.group_set] if named else _within(peer.private_ip_address, rule.cidr_ipv4)


def _fits_outside(rule: SecurityGroupRule, target: str, port: int) -> bool:
    """The same for an address that is no interface of the account."""
    if rule.ip_protocol != "-1" and not (rule.ip_protocol == "tcp" and int(rule.from_port) <= port <= int(rule.to_port)):
        return False
    return _within(target, rule.cidr_ipv4)


def _within(address: str, cidr: str | None) -> bool:
    return cidr is not None and ip_address(address) in ip_network(cidr, strict=False)


def _bool(value: object) -> bool:
    return value is True or str(value).lower() == "true"
