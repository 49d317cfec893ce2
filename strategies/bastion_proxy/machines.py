"""Which machines could be the proxy, and where one could be made. Pure: the facts of the account say it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from strategies.base import Situation
from strategies.common import effective
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    Instance,
    SecurityGroup,
    Subnet,
    Vpc,
)

PORT = 3128
"""Squid's own port (squid.conf, ``http_port``)."""
_FIRST = 10
"""The first address of a subnet that is suggested: AWS keeps four at its beginning, people like the next ones."""
_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A machine that Systems Manager reaches, with the VPC and the subnet that it is in (None: not seen)."""

    machine: Instance
    vpc: Vpc | None
    subnet: Subnet | None

    @property
    def way_out(self) -> str | None:
        """The target of its subnet's default route; an internet gateway serves only a machine with a public address."""
        if self.subnet is None or self.subnet.way_out is None:
            return None
        if self.subnet.public and self.machine.public_address is None:
            return None
        return self.subnet.way_out


def candidates(situation: Situation) -> tuple[Candidate, ...]:
    """The machines that are no nodes and that Systems Manager reaches, those with a way out first. Ours are left out."""
    managed = situation.facts.get(AWS_MANAGED_INSTANCES)
    if managed is None:
        return ()
    found = [
        _candidate(situation, one)
        for one in situation.facts.get(AWS_INSTANCES) or ()
        if not one.clusters and one.id in managed.platforms and one.instance is None and one.state == "running"
    ]
    return tuple(sorted(found, key=lambda one: (one.way_out is None, one.machine.name, one.machine.id)))


def ours(situation: Situation) -> Instance | None:
    """The machine that was made for this instance, when there is one already."""
    name = effective.instance(situation)
    found = (one for one in situation.facts.get(AWS_INSTANCES) or () if one.instance is not None and one.instance == name)
    return next(found, None)


def chosen(situation: Situation) -> Candidate | None:
    """The machine answered (``instance``) or made (``new``), as it was read."""
    asked = situation.answers.bastion_proxy
    if asked.proxy.method == "new":
        made = ours(situation)
        return None if made is None else _candidate(situation, made)
    found = (one for one in situation.facts.get(AWS_INSTANCES) or () if one.id == asked.instance.id)
    machine = next(found, None) if asked.proxy.method == "instance" else None
    return None if machine is None else _candidate(situation, machine)


def suggested_method(situation: Situation) -> str | None:
    """What fits this account: a machine that is there, else one in a subnet with a way out, else a proxy of somebody else's."""
    if situation.facts.get(AWS_INSTANCES) is None or situation.facts.get(AWS_VPCS) is None:
        return None
    if ours(situation) is not None:
        return "new"
    if any(one.way_out for one in candidates(situation)):
        return "instance"
    return "new" if next(places(situation), None) is not None else "existing"


def places(situation: Situation) -> Iterator[tuple[Vpc, Subnet]]:
    """The subnets in which a machine would have a way out, those first to which a peering connection leads, private ones only.

    In a public subnet a machine needs a public address, which none that is made here gets.
    """
    home, routing = effective.vpc(situation), situation.facts.get(AWS_ROUTING)
    peers = {
        one
        for peering in (routing.peerings if routing is not None else ())
        if home is not None and home.id in peering.vpc_ids and peering.state == "active"
        for one in peering.vpc_ids
    }
    vpcs = situation.facts.get(AWS_VPCS) or ()
    for vpc in sorted(vpcs, key=lambda one: (one.id not in peers, one.name, one.id)):
        yield from ((vpc, subnet) for subnet in vpc.subnets if subnet.way_out is not None and not subnet.public)


def subnet(situation: Situation) -> tuple[Vpc, Subnet] | None:
    """The subnet answered for the machine that is made."""
    asked = situation.answers.bastion_proxy.instance.subnet_id
    found = ((vpc, one) for vpc in situation.facts.get(AWS_VPCS) or () for one in vpc.subnets if one.id == asked)
    return next(found, None)


def suggested_address(situation: Situation) -> str | None:
    """A free address of the subnet answered, or the one that our machine has already. None while none is known to be free."""
    made, place = ours(situation), subnet(situation)
    if made is not None and place is not None and made.subnet_id == place[1].id:
        return made.address
    taken = situation.facts.get(AWS_TAKEN_ADDRESSES)
    if place is None or taken is None:
        return None
    network = ipaddress.IPv4Network(place[1].cidr)
    for number in range(min(_FIRST, network.num_addresses - 2), network.num_addresses - 1):
        if str(network[number]) not in taken:
            return str(network[number])
    return None


def restricting_group(situation: Situation) -> str | None:
    """A security group that all nodes have, where none of theirs lets everything out; None where nothing has to be added.

    A rule of our own in it changes nothing here: what is asked is whether the group lets out *everything*.
    """
    shared = effective.node_groups(situation)
    known = {one.id: one for one in situation.facts.get(AWS_SECURITY_GROUPS) or ()}
    groups = [known[one] for one in sorted(shared) if one in known]
    if not groups or any(_lets_everything_out(group) for group in groups):
        return None
    return groups[0].id


def _lets_everything_out(group: SecurityGroup) -> bool:
    """A group whose rules are not told is taken for one of EC2's default: all out."""
    if group.egress is None:
        return True
    return any(rule.source == _ANYWHERE and rule.low <= 0 and rule.high >= 65535 for rule in group.egress)


def _candidate(situation: Situation, machine: Instance) -> Candidate:
    for vpc in situation.facts.get(AWS_VPCS) or ():
        if vpc.id == machine.vpc_id:
            return Candidate(machine, vpc, next((one for one in vpc.subnets if one.id == machine.subnet_id), None))
    return Candidate(machine, None, None)
