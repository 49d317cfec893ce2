"""What the world offers as answers of the bastion-proxy strategy, suggests, and says of an answer given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Choice, Json, Situation, Verdict
from strategies.bastion_proxy import hosts, machines, no_proxy
from strategies.common.verdicts import counted, failed, passed, unknown, warned
from strategies.facts import AWS_INSTANCES, CLUSTER_INFO, SOURCE_CONTENT, SOURCE_TREE


def suggested_machine(situation: Situation) -> Json:
    """The only machine that has a way out."""
    found = [one for one in machines.candidates(situation) if one.way_out is not None]
    return found[0].machine.id if len(found) == 1 else None


def offered_machines(situation: Situation) -> Sequence[Choice]:
    """The machines that Systems Manager reaches, each with its way out."""
    return [
        Choice(
            one.machine.id,
            f"{one.machine.name or one.machine.id} {one.machine.address}",
            f"{one.vpc.name or one.vpc.id if one.vpc is not None else one.machine.vpc_id}, "
            + (f"way out by {one.way_out}" if one.way_out is not None else "no way out"),
        )
        for one in machines.candidates(situation)
    ]


def judge_machine(situation: Situation) -> Verdict | None:
    """Whether it is there and has a way out."""
    if situation.facts.get(AWS_INSTANCES) is None or situation.answers.bastion_proxy.instance.id is None:
        return None
    found = machines.chosen(situation)
    if found is None:
        return failed("there is no such machine in this account and region", "Choose one of the list.")
    if found.way_out is None:
        return warned(f"{found.machine.name or found.machine.id} has no way out of its subnet", "Choose another machine.")
    return passed(f"{found.machine.state}, way out by {found.way_out}")


def suggested_url(situation: Situation) -> Json:
    """The proxy's URL by the address of the machine."""
    asked = situation.answers.bastion_proxy
    if asked.proxy.method == "new":
        address = machines.suggested_address(situation)
        return None if address is None else f"http://{address}:{machines.PORT}"
    found = machines.chosen(situation) if asked.proxy.method == "instance" else None
    return None if found is None else f"http://{found.machine.address}:{machines.PORT}"


def suggested_group(situation: Situation) -> Json:
    """The first security group of the machine."""
    found = machines.chosen(situation)
    return found.machine.security_group_ids[0] if found is not None and found.machine.security_group_ids else None


def suggested_subnet(situation: Situation) -> Json:
    """The first subnet with a way out."""
    place = next(machines.places(situation), None)
    return None if place is None else place[1].id


def suggested_vpc(situation: Situation) -> Json:
    """The VPC of the subnet answered."""
    place = machines.subnet(situation)
    return None if place is None else place[0].id


def offered_subnets(situation: Situation) -> Sequence[Choice]:
    """The subnets in which a machine has a way out."""
    return [
        Choice(one.id, f"{vpc.name or vpc.id} {one.az} {one.cidr}", f"way out by {one.way_out}")
        for vpc, one in machines.places(situation)
    ]


def suggested_hosts(situation: Situation) -> Json:
    """What is needed; the list waits for the content of the source, so that it is not asked about before it is whole."""
    if situation.answers.source.url is None:
        return None
    if not situation.facts.known(SOURCE_CONTENT.id) and not situation.facts.known(SOURCE_TREE.id):
        return None
    return [one.host for one in hosts.needed_hosts(situation)] or None


def offered_hosts(situation: Situation) -> Sequence[Choice]:
    """What is needed, each with the reason."""
    return [Choice(one.host, one.host, one.reason) for one in hosts.needed_hosts(situation)]


def judge_hosts(situation: Situation) -> Verdict | None:
    """Whether everything that is needed is on the list."""
    asked = situation.answers.bastion_proxy.allow.hosts
    if asked is None:
        return None
    missing = [one for one in hosts.needed_hosts(situation) if one.host not in asked]
    if missing:
        return warned(f"{missing[0].host} is not on it: {missing[0].reason}", "Argo CD would be refused there.")
    return passed(
        f"{counted(len(asked), 'host')}. A list of hosts is no inspection: what may reach {asked[0]} may send anything there"
        if asked
        else "nothing is let through"
    )


def suggested_helm(situation: Situation) -> Json:
    """What the path names."""
    return list(hosts.helm_repositories(situation)) or None


def suggested_no_proxy(situation: Situation) -> Json:
    """The cluster's own names and networks."""
    found = no_proxy.suggested(situation)
    return None if found is None else list(found)


def suggested_image(situation: Situation) -> Json:
    """The cluster's own ``tools`` image."""
    info = situation.facts.get(CLUSTER_INFO)
    return info.tools_image if info is not None else None


def judge_url(situation: Situation) -> Verdict | None:
    """Who can tell whether it is reached."""
    if situation.answers.bastion_proxy.proxy.method != "existing" or situation.answers.bastion_proxy.proxy.url is None:
        return None
    return unknown("only the cluster can tell whether it is reached: the checks look from there")
