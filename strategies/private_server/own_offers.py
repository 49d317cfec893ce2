"""What the world offers for a GitLab of one's own, suggests, and says of an answer given. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from strategies.base import Choice, Json, Situation, Verdict
from strategies.common import effective
from strategies.common.shown import shown
from strategies.common.verdicts import failed, passed, warned
from strategies.facts import (
    AWS_INSTANCES,
    AWS_PRIVATE_ZONES,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    OWN_CERTIFICATE,
    SERVER_CALLER,
    SERVER_CHAIN,
    Subnet,
)
from strategies.private_server import offers, own_names, place
from strategies.private_server.own_cost import cost, monthly

_FIRST = 20
"""The first address of a subnet that is suggested: those at its beginning are AWS's own, and popular."""
_LEAST_GIB = 20


def kind(situation: Situation) -> Json:
    """GitLab, where it is made; else what was recognised."""
    return "gitlab" if _made(situation) else offers.suggested_kind(situation)


def base(situation: Situation) -> Json:
    """Where the API of what is made will begin; else of what was recognised."""
    where = place.address(situation.answers)
    return where.origin if _made(situation) and where is not None else offers.suggested_base(situation)


def mode(situation: Situation) -> Json:
    """A new server holds nothing: the repository is made too."""
    return "create" if _made(situation) else offers.suggested_mode(situation)


def fill(situation: Situation) -> Json:
    """What is new and empty has nothing that Argo CD could sync: it is filled from the source."""
    return "mirror" if situation.answers.private_server.repository.mode == "create" else None


def judge_token(situation: Situation) -> Verdict | None:
    """Whose the token is; one that the server itself makes is there when it is needed."""
    asked, found = situation.answers.private_server.server.admin_token, situation.facts.get(SERVER_CALLER)
    if _made(situation) and asked == own_names.suggested_token(situation) and (found is None or found.refused is not None):
        return passed("made with the server, and anew when a change needs it: it ends in a day")
    return offers.judge_token(situation)


def authorities(situation: Situation) -> Sequence[Choice]:
    """The certificates that may be confirmed as the CA: those that come with the server's own, before it shows any."""
    found = situation.facts.get(OWN_CERTIFICATE)
    if not _made(situation) or situation.facts.get(SERVER_CHAIN) is not None or found is None:
        return offers.authorities(situation)
    return [Choice(one.sha256, shown(one.subject), offers.compared(one)) for one in reversed(found.above)]


def _made(situation: Situation) -> bool:
    return situation.answers.private_server.own.make


def told_cost(situation: Situation) -> Verdict | None:
    """What it costs a month, before it is made."""
    if not _made(situation):
        return None
    told = cost(situation.answers)
    if monthly(situation.answers) is None:
        return warned(told, "See its price: https://aws.amazon.com/ec2/pricing/on-demand/")
    return passed(told)


def subnets(situation: Situation) -> Sequence[Choice]:
    """The private subnets of the cluster."""
    return [
        Choice(one.id, f"{one.name or one.id} {one.az} {one.cidr}", f"{one.free_addresses} addresses free")
        for one in effective.cluster_subnets(situation)
    ]


def suggested_subnet(situation: Situation) -> Json:
    """That of our machine where there is one, else the first private subnet with an address to spare."""
    known = {one.id for one in effective.cluster_subnets(situation)}
    instance = effective.instance(situation)
    for machine in situation.facts.get(AWS_INSTANCES) or ():
        if machine.instance == instance and machine.subnet_id in known:
            return machine.subnet_id
    return next((one.id for one in effective.cluster_subnets(situation) if one.free_addresses > 0), None)


def chosen_subnet(situation: Situation) -> Subnet | None:
    """The subnet answered, as it was read."""
    asked = situation.answers.private_server.own.subnet_id
    return next((one for vpc in situation.facts.get(AWS_VPCS) or () for one in vpc.subnets if one.id == asked), None)


def suggested_address(situation: Situation) -> Json:
    """A free address of the subnet answered, or the one that our machine has already. None while none is known to be free."""
    subnet, instance = chosen_subnet(situation), effective.instance(situation)
    if subnet is None:
        return None
    for machine in situation.facts.get(AWS_INSTANCES) or ():
        if machine.instance == instance and machine.subnet_id == subnet.id:
            return machine.address
    taken = situation.facts.get(AWS_TAKEN_ADDRESSES)
    if taken is None:
        return None
    network = ipaddress.IPv4Network(subnet.cidr)
    for number in range(min(_FIRST, network.num_addresses - 2), network.num_addresses - 1):
        if str(network[number]) not in taken:
            return str(network[number])
    return None


def judge_address(situation: Situation) -> Verdict | None:
    """Whether it is in the subnet, and free."""
    subnet, asked = chosen_subnet(situation), situation.answers.private_server.own.address
    if subnet is None or asked is None:
        return None
    network, instance = ipaddress.IPv4Network(subnet.cidr), effective.instance(situation)
    try:
        address = ipaddress.IPv4Address(asked)
    except ValueError:
        return failed(f"{asked} is no IPv4 address", f"Answer an address of {subnet.cidr}.")
    # AWS keeps the first four and the last (VPC user guide, "Subnet sizing").
    if address not in network or not 4 <= int(address) - int(network.network_address) < network.num_addresses - 1:
        return failed(f"{asked} is no address that AWS gives in {subnet.cidr}", "Answer another one of that subnet.")
    for machine in situation.facts.get(AWS_INSTANCES) or ():
        if machine.address == asked and machine.subnet_id == subnet.id:
            if machine.instance == instance:
                return passed("our machine has it")
            return failed(f"{machine.name or machine.id} has it", "Answer an address that is free.")
    if asked in (situation.facts.get(AWS_TAKEN_ADDRESSES) or ()):
        return failed(f"{asked} is taken", "Answer an address that is free.")
    return passed(f"free in {subnet.name or subnet.id}")


def suggested_zone(situation: Situation) -> Json:
    """The name in the repository's URL."""
    where = place.address(situation.answers)
    return None if where is None else where.host.lower()


def judge_zone(situation: Situation) -> Verdict | None:
    """Whether it is the server's name, and who answers for it now."""
    asked, where = situation.answers.private_server.own.zone, place.address(situation.answers)
    if asked is None or where is None:
        return None
    if asked != where.host.lower():
        return failed(f"the repository's URL names {where.host}", f"Answer {where.host.lower()}: no other name is made.")
    zones = situation.facts.get(AWS_PRIVATE_ZONES)
    if zones is not None and any(zone.name == asked for zone in zones) and not _machine_is_there(situation):
        return warned("a private zone of this name is there", "It is used when the name leads to the address answered.")
    above = [zone.name for zone in zones or () if asked.endswith(f".{zone.name}")]
    return passed(f"answers for this one name before {above[0]} does" if above else "hides no other name")


def _machine_is_there(situation: Situation) -> bool:
    """Whether our machine has the address answered: the zone that leads there was made with it."""
    asked, instance = situation.answers.private_server.own.address, effective.instance(situation)
    return any(one.instance == instance and one.address == asked for one in situation.facts.get(AWS_INSTANCES) or ())


def suggested_role(situation: Situation) -> Json:
    """The role's name, from the instance's."""
    return own_names.suggested_role(situation)


def judge_size(situation: Situation) -> Verdict | None:
    """Whether GitLab has room."""
    asked = situation.answers.private_server.own.data_gib
    if int(asked) < _LEAST_GIB:
        return warned(f"{asked} GiB hold GitLab's own data and little else", f"Answer at least '{_LEAST_GIB}'.")
    return None
