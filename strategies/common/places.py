"""Where the nodes are, and how a way from one place of the account to another is made: what several checks start from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from strategies.base import Situation
from strategies.common import effective
from strategies.common.verdicts import aws
from strategies.common.ways import Place, holds
from strategies.facts import AWS_VPCS, Routing, Vpc

_FIRST = 4
"""The first address of a subnet that a machine can have (VPC user guide, "Subnet CIDR blocks": AWS keeps the four before)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a node opens a connection from, and its security groups (None: no node was found, this is a subnet of theirs)."""

    place: Place
    groups: tuple[str, ...] | None


def vpc_named(situation: Situation, vpc_id: str) -> Vpc | None:
    """A VPC as it was read."""
    return next((one for one in situation.facts.get(AWS_VPCS) or () if one.id == vpc_id), None)


def sources(situation: Situation) -> tuple[Source, ...]:
    """Every node; while none was found, the first address of each of the cluster's subnets."""
    found = tuple(
        Source(Place(one.address, one.subnet_id, one.vpc_id), one.security_group_ids) for one in effective.nodes(situation)
    )
    home = effective.vpc(situation)
    if found or home is None:
        return found
    return tuple(
        Source(Place(str(IPv4Network(one.cidr)[_FIRST]), one.id, home.id), None) for one in effective.cluster_subnets(situation)
    )


def way_in(situation: Situation, routing: Routing, start: Place, end: Place) -> tuple[str, str]:
    """How the way from ``start`` to ``end`` is made: a peering connection, or a route over the one that is there."""
    shared = [one for one in routing.peerings if set(one.vpc_ids) == {start.vpc_id, end.vpc_id}]
    usable = next((one for one in shared if one.state == "active"), None)
    table, vpc = routing.table_of(start.subnet_id), vpc_named(situation, end.vpc_id)
    if usable is not None and table is not None and vpc is not None:
        cidr = next((one for one in vpc.cidrs if holds(one, end.address)), f"{end.address}/32")
        verb = "replace-route" if any(one.cidr == cidr for one in (*table.routes, *table.blackholes)) else "create-route"
        command = aws(
            situation, "ec2", verb, "--route-table-id", table.id,
            "--destination-cidr-block", cidr, "--vpc-peering-connection-id", usable.id,
        )  # fmt: skip
        return f"Give {table.id} a route to {cidr} over {usable.id}, which ties the two VPCs.", command
    waiting = next((one for one in shared if one.state == "pending-acceptance"), None)
    if waiting is not None:
        command = aws(situation, "ec2", "accept-vpc-peering-connection", "--vpc-peering-connection-id", waiting.id)
        return f"Have the owner of the other VPC accept {waiting.id}; routes over it are needed in both.", command
    command = aws(
        situation, "ec2", "create-vpc-peering-connection", "--vpc-id", start.vpc_id, "--peer-vpc-id", end.vpc_id
    )  # fmt: skip
    return "Tie the two VPCs by a peering connection or a transit gateway, with routes in the tables of both.", command
