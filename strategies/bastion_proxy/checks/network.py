"""The ways of the proxy: out to the internet, from every node to it and back; for a machine that is made, its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from strategies.base import Check, Situation, Verdict
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.checks.places import (
    address_and_port,
    method,
    others,
    proxy_place,
    proxy_subnet,
    somebody_elses,
    take_another,
    title,
)
from strategies.common.places import Source, sources, way_in
from strategies.common.verdicts import aws, failed, more, passed, skipped, unknown, unseen
from strategies.common.ways import Leads, Place, Way, holds, way, way_out
from strategies.facts import AWS_INSTANCES, AWS_MANAGED_INSTANCES, AWS_ROUTING, AWS_TAKEN_ADDRESSES, AWS_VPCS, Instance, Routing

_MOST_SHOWN = 3
_KEPT_AT_THE_START, _KEPT_AT_THE_END = 4, 1
"""Addresses of a subnet that AWS keeps for itself (VPC user guide, "Subnet CIDR blocks")."""


def out(situation: Situation) -> Verdict:
    """The machine's subnet leads to the internet. In a VPC without a way out there can be no proxy."""
    elses = somebody_elses(situation)
    if elses is not None:
        return elses
    blind = unseen(situation, AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id)
    routing, subnet, place = situation.facts.get(AWS_ROUTING), proxy_subnet(situation), proxy_place(situation)
    if blind is not None or routing is None:
        return blind or unknown("not read yet")
    if subnet is None or place is None:
        return unknown("the machine's subnet is not known")
    machine = _machine(situation)
    found = way_out(routing, subnet, machine.public_address if machine is not None else None)
    if found.leads is Leads.UNSEEN:
        return unknown(found.says, "Ask for ec2:DescribeRouteTables; the routes of a shared VPC are its owner's to show.")
    if found.leads is Leads.BEYOND:
        return passed(f"{found.says}: whether the internet lies behind it, the machine itself will say")
    if found.leads is Leads.OPEN:
        return passed(f"{found.says} ({subnet.id})")
    command = aws(situation, "ec2", "describe-route-tables", "--filters", f"Name=vpc-id,Values={place.vpc_id}")
    what = f"{title(machine)} in {subnet.id} cannot be a proxy" if machine is not None else f"no proxy can be in {subnet.id}"
    return failed(f"{what}: {found.says}", _instead(situation), command, mend=take_another(situation))


def _machine(situation: Situation) -> Instance | None:
    found = machines.chosen(situation)
    return None if found is None else found.machine


def _instead(situation: Situation) -> str:
    """What could be the proxy where this machine cannot."""
    names = [title(one.machine) for one in others(situation)]
    if names:
        return f"Use a machine that has a way out: {', '.join(names[:_MOST_SHOWN])}{more(len(names) - _MOST_SHOWN)}."
    place = next(machines.places(situation), None)
    general = (
        "another VPC with a way out, tied to this one by peering or a transit gateway, "
        "or a corporate proxy (bastionProxy.proxy.method: existing)"
    )
    if place is not None:
        vpc, subnet = place
        made = "Take another subnet" if method(situation) == "new" else "Let one be made (bastionProxy.proxy.method: new)"
        return f"{made}: {subnet.id} of {vpc.name or vpc.id} has a way out. Or else {general}."
    return f"What can be one: a machine in {general}."


def route(situation: Situation) -> Verdict:
    """What every node sends to the proxy is led there, and what the proxy answers is led back."""
    elses = somebody_elses(situation)
    if elses is not None:
        return elses
    routing, target, nodes = situation.facts.get(AWS_ROUTING), proxy_place(situation), sources(situation)
    blind = unseen(situation, AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id)
    if blind is not None or routing is None:
        return blind or unknown("not read yet")
    if target is None or not nodes:
        return unknown("the place of the proxy is not known" if target is None else "where the nodes are is not known")
    there = [(one, way(routing, one.place, target)) for one in nodes]
    back = [(one, way(routing, target, one.place)) for one in nodes]
    for ways, what in ((there, "to the proxy"), (back, "back from the proxy")):
        stuck = [(one, found) for one, found in ways if found.bad]
        if stuck:
            return _no_route(situation, routing, target, stuck, what, backwards=ways is back)
    blind_ways = [found for _one, found in (*there, *back) if found.leads is Leads.UNSEEN]
    if blind_ways:
        return unknown(f"{blind_ways[0].says}", "Only the cluster can tell whether it leads there.")
    if all(one.place.vpc_id == target.vpc_id for one in nodes):
        return passed(f"the proxy is in the nodes' own VPC, {target.vpc_id}")
    says = [*dict.fromkeys(found.says for _one, found in there), *dict.fromkeys(f"back, {found.says}" for _one, found in back)]
    beyond = any(found.leads is Leads.BEYOND for _one, found in (*there, *back))
    after = ". The other end of that is not seen here: the cluster itself will say" if beyond else ""
    return passed(f"{'; '.join(says)}{after}")


def _no_route(
    situation: Situation, routing: Routing, target: Place, stuck: Sequence[tuple[Source, Way]], what: str, *, backwards: bool
) -> Verdict:
    reasons = list(dict.fromkeys(found.says for _one, found in stuck))
    node = stuck[0][0].place
    subnets = sorted({one.place.subnet_id for one, _found in stuck})
    where = f" (nodes in {', '.join(subnets[:_MOST_SHOWN])}{more(len(subnets) - _MOST_SHOWN)})"
    evidence = f"no way {what}: {'; '.join(reasons[:_MOST_SHOWN])}{where}"
    start, end = (target, node) if backwards else (node, target)
    remedy, command = way_in(situation, routing, start, end)
    return failed(evidence, remedy, command, mend=take_another(situation))


def place(situation: Situation) -> Verdict:
    """For a machine that is made: its subnet is there, and the address in the proxy's URL lies in it and is free."""
    if method(situation) != "new":
        return skipped("no machine is made")
    found, blind = machines.subnet(situation), unseen(situation, AWS_VPCS.id)
    if blind is not None:
        return blind
    asked = situation.answers.bastion_proxy.instance
    listing = aws(situation, "ec2", "describe-subnets")
    if found is None:
        evidence = f"there is no subnet {asked.subnet_id}" if asked.subnet_id else "no subnet is chosen for it"
        return failed(evidence, "Answer bastionProxy.instance.subnetId with one that has a way out.", listing)
    vpc, subnet = found
    if asked.vpc_id is not None and asked.vpc_id != vpc.id:
        return failed(f"{subnet.id} is in {vpc.id}, not in {asked.vpc_id}", "Correct bastionProxy.instance.vpcId.", listing)
    wrong = next(_wrong_address(situation, subnet.cidr), None)
    if wrong is not None:
        interfaces = aws(situation, "ec2", "describe-network-interfaces", "--filters", f"Name=subnet-id,Values={subnet.id}")
        free = machines.suggested_address(situation)
        hint = f" {free} is free." if free is not None else ""
        return failed(wrong, f"Answer bastionProxy.proxy.url with another address of {subnet.cidr}.{hint}", interfaces)
    address, _port = address_and_port(situation)
    return unseen(situation, AWS_TAKEN_ADDRESSES.id) or passed(
        f"{address} of {subnet.cidr} is free in {subnet.id} ({subnet.az})"
    )


def _wrong_address(situation: Situation, cidr: str) -> Iterator[str]:
    """Why the address that is asked for cannot be had."""
    address, _port = address_and_port(situation)
    network, made = IPv4Network(cidr), machines.ours(situation)
    if not holds(cidr, address):
        yield f"{address or 'no address'} does not lie in {cidr}"
        return
    number = int(IPv4Address(address)) - int(network.network_address)
    if number < _KEPT_AT_THE_START or number >= network.num_addresses - _KEPT_AT_THE_END:
        yield f"AWS keeps {address} of {cidr} for itself"
    if made is not None and made.address == address:
        return
    if address in (situation.facts.get(AWS_TAKEN_ADDRESSES) or frozenset()):
        holder = (one for one in situation.facts.get(AWS_INSTANCES) or () if one.address == address)
        taken_by = next((f" by {title(one)}" for one in holder if holds(cidr, one.address)), "")
        yield f"{address} is taken{taken_by}"


CHECKS: tuple[Check, ...] = (
    Check(
        id="proxy.way-out",
        title="Way from the machine to the internet",
        why="A machine in a VPC with no way out cannot be a proxy, whatever runs on it.",
        judge=out,
        needs=(AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id, AWS_MANAGED_INSTANCES.id),
        depends_on=("proxy.instance",),
        handles_errors=True,
    ),
    Check(
        id="proxy.subnet",
        title="Place of the machine that is made",
        why="AWS makes no machine at an address that is taken, or that its subnet does not have.",
        judge=place,
        needs=(AWS_VPCS.id, AWS_TAKEN_ADDRESSES.id, AWS_INSTANCES.id),
        depends_on=("proxy.way-out",),
        handles_errors=True,
    ),
    Check(
        id="proxy.route",
        title="Way from the nodes to the proxy and back",
        why="Without a route both ways, what Argo CD asks of the proxy is never answered.",
        judge=route,
        needs=(AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id, AWS_MANAGED_INSTANCES.id),
        depends_on=("cluster.home", "proxy.instance"),
        handles_errors=True,
    ),
)
