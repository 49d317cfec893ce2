"""Where the proxy and the nodes are, and what could be the proxy instead: what several checks start from."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from strategies.base import Json, Mend, Situation, Verdict
from strategies.bastion_proxy import machines
from strategies.common.places import sources
from strategies.common.verdicts import skipped
from strategies.common.ways import Leads, Place, way, way_out
from strategies.facts import AWS_ROUTING, AWS_VPCS, Instance, Subnet


def method(situation: Situation) -> str:
    """``instance``, ``new`` or ``existing``."""
    return situation.answers.bastion_proxy.proxy.method


def somebody_elses(situation: Situation) -> Verdict | None:
    """For a proxy that is used as it is there is nothing to be looked at in AWS."""
    if method(situation) != "existing":
        return None
    return skipped("the proxy is somebody else's: what the nodes reach of it, only the cluster can tell")


def address_and_port(situation: Situation) -> tuple[str, int]:
    """What the proxy's URL names; empty and 0 while it is not answered."""
    parts = urlsplit(situation.answers.bastion_proxy.proxy.url or "")
    return parts.hostname or "", parts.port or 0


def title(machine: Instance) -> str:
    """``egress-proxy (i-0c1b2c3d4e5f60010)``."""
    return f"{machine.name} ({machine.id})" if machine.name else machine.id


def proxy_place(situation: Situation) -> Place | None:
    """Where the machine is, or will be; None while that is not known."""
    if method(situation) == "new":
        found, (address, _port) = machines.subnet(situation), address_and_port(situation)
        return None if found is None or not address else Place(address, found[1].id, found[0].id)
    chosen = machines.chosen(situation)
    if chosen is None:
        return None
    return Place(chosen.machine.address, chosen.machine.subnet_id, chosen.machine.vpc_id)


def proxy_subnet(situation: Situation) -> Subnet | None:
    """The subnet of that place, as it was read."""
    place = proxy_place(situation)
    found = (one for vpc in situation.facts.get(AWS_VPCS) or () for one in vpc.subnets)
    return None if place is None else next((one for one in found if one.id == place.subnet_id), None)


def others(situation: Situation) -> Iterator[machines.Candidate]:
    """The other machines that Systems Manager reaches, with a way out, to which every node has a way."""
    routing, nodes = situation.facts.get(AWS_ROUTING), sources(situation)
    if routing is None or not nodes:
        return
    for one in machines.candidates(situation):
        if one.subnet is None or one.machine.id == situation.answers.bastion_proxy.instance.id:
            continue
        place = Place(one.machine.address, one.subnet.id, one.machine.vpc_id)
        out = way_out(routing, one.subnet, one.machine.public_address)
        if out.leads is Leads.OPEN and not any(way(routing, node.place, place).bad for node in nodes):
            yield one


def take_another(situation: Situation) -> Mend | None:
    """Answers with the one other machine that can be the proxy; None where there is none, or a choice."""
    found = list(others(situation))
    if len(found) != 1:
        return None
    machine, (_address, port) = found[0].machine, address_and_port(situation)
    url = f"http://{machine.address}:{port or machines.PORT}"
    edits: dict[str, Json] = {"bastionProxy.proxy.method": "instance", "bastionProxy.instance.id": machine.id}
    edits["bastionProxy.proxy.url"] = url
    edits["bastionProxy.network.proxyGroupId"] = next(iter(machine.security_group_ids), None)
    says = f"Answers bastionProxy.instance.id with {machine.id}, and bastionProxy.proxy.url with {url}."
    return Mend(f"Use {machine.name or machine.id}", says, edits=edits)
