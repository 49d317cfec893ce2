"""The way from the nodes to the server: a private address, and routes and security groups where AWS shows them."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from strategies.base import Check, Situation, Vantage, Verdict
from strategies.common import effective
from strategies.common.places import Source, sources, way_in
from strategies.common.verdicts import aws, failed, more, passed, skipped, unknown, unseen, warned
from strategies.common.ways import Leads, Place, Way, acl_refusal, group_lets, holds, way
from strategies.facts import (
    AWS_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_PROBE,
    SERVER_ADDRESSES,
    Instance,
    Routing,
    SecurityGroup,
    Subnet,
    Vpc,
)
from strategies.private_server import place
from strategies.private_server.checks.looks import NO_URL, address

_MOST_SHOWN = 3
_UNKNOWN_PLACE = "which address the server has is not known from here"
_PUBLIC = "not looked at: the name leads to an address of the internet"
_TIES = ("tgw-", "vgw-")


def private(text: str) -> bool:
    """Whether an address is none of the internet's: private, or shared address space (RFC 1918, 6598, 4193)."""
    try:
        return not ip_address(text.partition("%")[0]).is_global
    except ValueError:
        return False


def seen_addresses(situation: Situation) -> tuple[tuple[str, ...], bool]:
    """The server's addresses, those that the cluster sees before those that this machine sees; True: the cluster's."""
    found, here = situation.facts.get(CLUSTER_PROBE), situation.facts.get(SERVER_ADDRESSES)
    if found is not None and found.server is not None and found.server.addresses:
        return found.server.addresses, True
    return (here.addresses if here is not None else ()), False


def resolved(situation: Situation) -> Verdict:
    """The name leads to something private: a cluster without a way out reaches nothing else."""
    where = address(situation)
    if where is None:
        return skipped(NO_URL)
    found, inside = seen_addresses(situation)
    here = situation.facts.get(SERVER_ADDRESSES)
    if not found:
        own = situation.answers.private_server.own
        if own.make:
            return passed(f"apply makes the name: {own.zone or where.host} is {own.address or 'the machine'}")
        why = here.why if here is not None else "not read yet"
        return unknown(f"{where.host} has no address from here: {why}", "The look from inside the cluster tells.")
    public = [one for one in found if not private(one)]
    whence = "inside the cluster" if inside else "on this machine"
    seen = f"{where.host} is {', '.join(found[:_MOST_SHOWN])}{more(len(found) - _MOST_SHOWN)} {whence}"
    if not public:
        return passed(seen)
    remedy = (
        "Let the name lead to the server's private address inside the VPC: a private hosted zone that is exactly this name, or "
        "a resolver rule to the DNS servers that know it."
    )
    home = effective.vpc(situation)
    command = None
    if home is not None:
        place_of = ("--vpc-id", home.id, "--vpc-region", effective.region(situation) or "REGION")
        command = aws(situation, "route53", "list-hosted-zones-by-vpc", *place_of)
    evidence = f"{seen}: {', '.join(public[:_MOST_SHOWN])} is an address of the internet"
    if inside:
        return failed(evidence, remedy, command)
    return warned(f"{evidence}. What the cluster sees may be another", remedy, command)


def target(situation: Situation) -> tuple[str, tuple[Vpc, Subnet] | None, Instance | None] | None:
    """An IPv4 address of the server, its VPC and subnet where AWS shows one that holds it, and the machine that has it.

    None: no address is known.
    """
    found, _inside = seen_addresses(situation)
    own = situation.answers.private_server.own
    known = own.address if own.make and own.address is not None else next((one for one in found if ":" not in one), None)
    if known is None:
        return None
    home = next(
        ((vpc, subnet) for vpc in situation.facts.get(AWS_VPCS) or () for subnet in vpc.subnets if holds(subnet.cidr, known)),
        None,
    )
    machines = (one for one in situation.facts.get(AWS_INSTANCES) or () if one.address == known)
    return known, home, next((one for one in machines if home is not None and one.vpc_id == home[0].id), None)


def route(situation: Situation) -> Verdict:
    """What every node sends to the server is led there, and back, as far as AWS's tables tell."""
    blind = unseen(situation, AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id)
    routing = situation.facts.get(AWS_ROUTING)
    if blind is not None or routing is None:
        return blind or unknown("not read yet")
    found, nodes = target(situation), sources(situation)
    if found is None or not nodes:
        return unknown(_UNKNOWN_PLACE if found is None else "where the nodes are is not known")
    known, home, _machine = found
    if not private(known):
        return skipped(_PUBLIC)
    there = Place(known, home[1].id if home is not None else "", home[0].id if home is not None else "")
    ways = [(one, way(routing, one.place, there)) for one in nodes]
    back = [(one, way(routing, there, one.place)) for one in nodes] if home is not None else []
    for tried, what in ((ways, "to the server"), (back, "back from the server")):
        stuck = [(one, led) for one, led in tried if led.bad]
        if stuck:
            return _stuck(situation, routing, there, stuck, what, known=home is not None, backwards=tried is back)
    hidden = next((led for _one, led in (*ways, *back) if led.leads is Leads.UNSEEN), None)
    if hidden is not None:
        return unknown(hidden.says, "Only the cluster can tell whether it leads there.")
    if home is not None and all(one.place.vpc_id == there.vpc_id for one in nodes):
        return passed(f"{known} is in the nodes' own VPC, {there.vpc_id}")
    says = [*dict.fromkeys(led.says for _one, led in ways), *dict.fromkeys(f"back, {led.says}" for _one, led in back)]
    beyond = any(led.leads is Leads.BEYOND for _one, led in (*ways, *back))
    after = ". What lies behind it is not seen here: the look from inside tells" if beyond else ""
    return passed(f"{'; '.join(says)}{after}")


def _stuck(
    situation: Situation,
    routing: Routing,
    there: Place,
    stuck: Sequence[tuple[Source, Way]],
    what: str,
    *,
    known: bool,
    backwards: bool,
) -> Verdict:
    node = stuck[0][0].place
    reasons = "; ".join(list(dict.fromkeys(led.says for _one, led in stuck))[:_MOST_SHOWN])
    evidence = f"no way {what} at {there.address}: {reasons}"
    if known:
        start, end = (there, node) if backwards else (node, there)
        remedy, command = way_in(situation, routing, start, end)
        return failed(evidence, remedy, command)
    remedy = (
        "The server is in no VPC that these credentials see: a transit gateway, a VPN or a peering connection has to lead to "
        "it, and the tables of the nodes' subnets need a route over that."
    )
    ties = sorted({one.target for table in routing.tables for one in table.routes if one.target.startswith(_TIES)})
    hint = f" This account has {', '.join(ties[:_MOST_SHOWN])}." if ties else ""
    command = aws(situation, "ec2", "describe-route-tables", "--filters", f"Name=vpc-id,Values={node.vpc_id}")
    return failed(evidence, remedy + hint, command)


def ports(situation: Situation) -> Verdict:
    """The nodes' groups let them out, the server's machine lets them in where it is an instance, and no ACL is in the way."""
    blind = unseen(situation, AWS_SECURITY_GROUPS.id, AWS_INSTANCES.id, AWS_VPCS.id)
    if blind is not None:
        return blind
    found, nodes, where = target(situation), sources(situation), place.address(situation.answers)
    if found is None or not nodes or where is None:
        return unknown(_UNKNOWN_PLACE if nodes else "where the nodes are is not known")
    known, home, machine = found
    told = []
    out = [
        (one, group_lets(_groups(situation, one.groups), known, _its_groups(machine), where.port, outbound=True))
        for one in nodes
        if one.groups is not None
    ]
    shut = [one for one, leads in out if leads is Leads.SHUT]
    if shut:
        names = sorted({group for one in shut for group in one.groups or ()})
        evidence = f"{', '.join(names[:_MOST_SHOWN])} of the nodes does not let port {where.port} out to {known}"
        command = aws(
            situation, "ec2", "authorize-security-group-egress", "--group-id", names[0] if names else "GROUP",
            "--protocol", "tcp", "--port", str(where.port), "--cidr", f"{known}/32",
        )  # fmt: skip
        return failed(evidence, "Have its owner open it.", command)
    if out:
        told.append(f"the nodes' groups let port {where.port} out")
    if machine is not None and not situation.answers.private_server.own.make:
        closed = _closed(situation, machine, nodes, where.port)
        if isinstance(closed, Verdict):
            return closed
        told.append(closed)
    if home is not None:
        refusal = _refusal(situation, nodes, Place(known, home[1].id, home[0].id), where.port)
        if refusal is not None:
            return refusal
        told.append("no network ACL is in the way")
    if home is None:
        told.append("the server is in no VPC that is seen here: what protects it there, the look from inside tells")
    return passed("; ".join(told))


def _groups(situation: Situation, ids: Sequence[str] | None) -> list[SecurityGroup]:
    return [one for one in situation.facts.get(AWS_SECURITY_GROUPS) or () if one.id in (ids or ())]


def _its_groups(machine: Instance | None) -> tuple[str, ...]:
    return machine.security_group_ids if machine is not None else ()


def _closed(situation: Situation, machine: Instance, nodes: Sequence[Source], port: int) -> Verdict | str:
    mine = machine.security_group_ids
    leads = [
        (one, group_lets(_groups(situation, mine), one.place.address, one.groups or (), port, outbound=False)) for one in nodes
    ]
    shut = next((one for one, led in leads if led is Leads.SHUT), None)
    if shut is None:
        return f"{', '.join(mine)} of {machine.id} lets them in"
    ranges = situation.answers.cluster.machine_cidrs or (f"{shut.place.address}/32",)
    command = aws(
        situation, "ec2", "authorize-security-group-ingress", "--group-id", mine[0] if mine else "GROUP",
        "--protocol", "tcp", "--port", str(port), "--cidr", ranges[0],
    )  # fmt: skip
    evidence = (
        f"{', '.join(mine) or 'no group'} of {machine.name or machine.id} does not let {shut.place.address} in on port {port}"
    )
    return failed(evidence, "Have its owner let the nodes in.", command)


def _refusal(situation: Situation, nodes: Sequence[Source], there: Place, port: int) -> Verdict | None:
    blind = unseen(situation, AWS_NETWORK_ACLS.id)
    if blind is not None:
        return blind
    acls = situation.facts.get(AWS_NETWORK_ACLS) or ()
    for one in nodes:
        refusal = acl_refusal(acls, one.place, there, port)
        if refusal is not None:
            name = refusal.partition(" ")[0]
            command = aws(situation, "ec2", "describe-network-acls", "--network-acl-ids", name)
            return failed(f"network ACL {refusal}", "Have its owner let that through, and the answers back.", command)
    return None


CHECKS: tuple[Check, ...] = (
    Check(
        id="server.address",
        title="Address of the server",
        why="A cluster without a way out reaches private addresses alone.",
        judge=resolved,
        needs=(SERVER_ADDRESSES.id, CLUSTER_PROBE.id),
        vantage=Vantage.CLUSTER,
        handles_errors=True,
    ),
    Check(
        id="server.route",
        title="Way from the nodes to the server and back",
        why="Without a route both ways what Argo CD asks is never answered.",
        judge=route,
        needs=(SERVER_ADDRESSES.id, AWS_ROUTING.id, AWS_VPCS.id, AWS_INSTANCES.id),
        depends_on=("cluster.home",),
        handles_errors=True,
    ),
    Check(
        id="server.ports",
        title="Security groups and network ACLs",
        why="What a group or an ACL drops is never answered: Argo CD would wait until its time is over.",
        judge=ports,
        needs=(SERVER_ADDRESSES.id, AWS_SECURITY_GROUPS.id, AWS_NETWORK_ACLS.id, AWS_INSTANCES.id, AWS_VPCS.id),
        depends_on=("cluster.home", "server.route"),
        handles_errors=True,
    ),
)
