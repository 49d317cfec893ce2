"""Whether security groups and network ACLs let the nodes reach the proxy's port, with what the plan adds."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Check, Mend, Situation, Verdict
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.checks.places import (
    address_and_port,
    method,
    proxy_place,
    somebody_elses,
    take_another,
    title,
)
from strategies.common.places import Source, sources
from strategies.common.verdicts import aws, failed, more, passed, unknown, unseen
from strategies.common.ways import Leads, acl_refusal, group_lets, holds
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    SecurityGroup,
)

_MOST_SHOWN = 3


def ports(situation: Situation) -> Verdict:
    """The nodes' groups let them out to the proxy's port, the machine's groups let them in, and no network ACL is in the way.

    What the plan adds counts as there, and is said. An ACL is nobody's to change but its owner's.
    """
    elses = somebody_elses(situation)
    if elses is not None:
        return elses
    blind = unseen(situation, AWS_SECURITY_GROUPS.id, AWS_INSTANCES.id, AWS_VPCS.id)
    if blind is not None:
        return blind
    address, port = address_and_port(situation)
    nodes = sources(situation)
    if proxy_place(situation) is None or not port or not nodes:
        return unknown("where the proxy is, is not known" if nodes else "where the nodes are is not known")
    judged = (_nodes_out(situation, nodes, address, port), _nodes_in(situation, nodes, port), _acls(situation, nodes, port))
    for one in judged:
        if isinstance(one, Verdict):
            return one
    return passed("; ".join(one for one in judged if isinstance(one, str)))


def _known(situation: Situation, ids: Sequence[str]) -> list[SecurityGroup]:
    return [one for one in situation.facts.get(AWS_SECURITY_GROUPS) or () if one.id in ids]


def _nodes_out(situation: Situation, nodes: Sequence[Source], address: str, port: int) -> Verdict | str:
    """The nodes' own groups: what is seen when it is well, else the verdict."""
    asked, peers = situation.answers.bastion_proxy.network, _machine_groups(situation)
    if any(one.groups is None for one in nodes):
        return "what the nodes' groups let out is not known, since none was found"
    found = [(one, group_lets(_known(situation, one.groups or ()), address, peers, port, outbound=True)) for one in nodes]
    shut = [one for one, leads in found if leads is Leads.SHUT]
    if not shut:
        if any(leads is Leads.UNSEEN for _one, leads in found):
            return unknown("what the nodes' security groups let out is not told", "Only the cluster can tell whether it does.")
        return f"the nodes' groups let port {port} out"
    groups = sorted({group for one in shut for group in one.groups or ()})
    added = asked.worker_group_id if asked.worker_rule == "add" else None
    if added is not None and all(added in (one.groups or ()) for one in shut):
        return f"the plan lets the nodes out to {address} on port {port} by a rule in {added}"
    evidence = f"{', '.join(groups[:_MOST_SHOWN])}{more(len(groups) - _MOST_SHOWN)} of the nodes does not let port {port} out"
    shared = sorted(set.intersection(*(set(one.groups or ()) for one in shut)))
    command = aws(
        situation, "ec2", "authorize-security-group-egress", "--group-id", shared[0] if shared else groups[0],
        "--protocol", "tcp", "--port", str(port), "--cidr", f"{address}/32",
    )  # fmt: skip
    if not shared:
        return failed(f"{evidence}, and no group is theirs together", "Have each of them let it out.", command)
    mend = Mend(
        "Let the plan open it",
        f"Answers bastionProxy.network.workerRule with add and workerGroupId with {shared[0]}: one rule there, tagged as ours.",
        edits={"bastionProxy.network.workerRule": "add", "bastionProxy.network.workerGroupId": shared[0]},
    )
    remedy = f"Answer bastionProxy.network.workerRule: add and workerGroupId: {shared[0]}, or have its owner open it."
    return failed(evidence, remedy, command, mend=mend)


def _machine_groups(situation: Situation) -> tuple[str, ...]:
    found = machines.chosen(situation)
    return found.machine.security_group_ids if found is not None and method(situation) == "instance" else ()


def _nodes_in(situation: Situation, nodes: Sequence[Source], port: int) -> Verdict | str:
    """The machine's groups: what is seen when it is well, else the verdict."""
    asked, ranges = situation.answers.bastion_proxy.network, situation.answers.cluster.machine_cidrs or ()
    outside = [one.place.address for one in nodes if not any(holds(cidr, one.place.address) for cidr in ranges)]
    if method(situation) == "new":
        if outside:
            return _not_covered(situation, outside)
        return f"the group that the plan makes lets {', '.join(ranges)} in on port {port}"
    mine, found = _machine_groups(situation), machines.chosen(situation)
    leads = [group_lets(_known(situation, mine), one.place.address, one.groups or (), port, outbound=False) for one in nodes]
    if all(one is Leads.OPEN for one in leads):
        return f"{', '.join(mine)} lets them in"
    if asked.proxy_rule == "add" and asked.proxy_group_id in mine:
        if outside:
            return _not_covered(situation, outside)
        return f"the plan lets {', '.join(ranges)} in on port {port} by a rule in {asked.proxy_group_id}"
    if Leads.SHUT not in leads:
        return unknown(f"{', '.join(mine)} names a prefix list: whether the nodes are in it is not told")
    name = title(found.machine) if found is not None else "the machine"
    shut = nodes[leads.index(Leads.SHUT)].place.address
    evidence = f"{', '.join(mine) or 'no group'} of {name} does not let {shut} in on port {port}"
    if asked.proxy_rule == "add" and asked.proxy_group_id is not None:
        evidence += f", and {asked.proxy_group_id}, which the plan would open, is none of its groups"
    if not mine:
        return failed(evidence, "Give the machine a security group.", mend=take_another(situation))
    command = aws(
        situation, "ec2", "authorize-security-group-ingress", "--group-id", mine[0],
        "--protocol", "tcp", "--port", str(port), "--cidr", ranges[0] if ranges else f"{nodes[0].place.address}/32",
    )  # fmt: skip
    mend = Mend(
        "Let the plan open it",
        f"Answers bastionProxy.network.proxyRule with add and proxyGroupId with {mine[0]}: rules there, tagged as ours.",
        edits={"bastionProxy.network.proxyRule": "add", "bastionProxy.network.proxyGroupId": mine[0]},
    )
    remedy = f"Answer bastionProxy.network.proxyRule: add and proxyGroupId: {mine[0]}, or have its owner open it."
    return failed(evidence, remedy, command, mend=mend)


def _not_covered(situation: Situation, outside: Sequence[str]) -> Verdict:
    ranges = ", ".join(situation.answers.cluster.machine_cidrs or ()) or "nothing"
    evidence = f"the plan lets {ranges} in, and nodes have other addresses: {', '.join(outside[:_MOST_SHOWN])}"
    return failed(f"{evidence}{more(len(outside) - _MOST_SHOWN)}", "Correct cluster.machineCidrs.")


def _acls(situation: Situation, nodes: Sequence[Source], port: int) -> Verdict | str:
    """The network ACLs between them, there and back."""
    target = proxy_place(situation)
    blind = unseen(situation, AWS_NETWORK_ACLS.id)
    if target is None or blind is not None:
        return blind or unknown("where the proxy is, is not known")
    acls = situation.facts.get(AWS_NETWORK_ACLS) or ()
    for one in nodes:
        refusal = acl_refusal(acls, one.place, target, port)
        if refusal is not None:
            name = refusal.partition(" ")[0]
            command = aws(situation, "ec2", "describe-network-acls", "--network-acl-ids", name)
            remedy = "Have its owner let that through, with the answers to ephemeral ports: an ACL does not know what is one."
            return failed(f"network ACL {refusal}", remedy, command)
    return "no network ACL is in the way"


CHECKS: tuple[Check, ...] = (
    Check(
        id="proxy.ports",
        title="Security groups and network ACLs",
        why="What a group or an ACL drops is never answered: Argo CD would wait until its time is over.",
        judge=ports,
        needs=(AWS_SECURITY_GROUPS.id, AWS_NETWORK_ACLS.id, AWS_INSTANCES.id, AWS_VPCS.id, AWS_MANAGED_INSTANCES.id),
        depends_on=("cluster.home", "proxy.instance", "proxy.route"),
        handles_errors=True,
    ),
)
