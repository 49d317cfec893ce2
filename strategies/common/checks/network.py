"""What must hold in the cluster's VPC whatever the strategy is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.cidrs import apart
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, unseen, warned
from strategies.facts import AWS_IDENTITY, AWS_INSTANCES, AWS_SECURITY_GROUPS, AWS_VPCS, CLUSTER_INFO, Subnet, Vpc

_DNS_ATTRIBUTE, _ROUTE_TABLES = "ec2:DescribeVpcAttribute", "ec2:DescribeRouteTables"
_GATEWAYS = ("ec2:DescribeInternetGateways", "ec2:DescribeNatGateways")


def home(situation: Situation) -> Verdict:
    """The VPC in effect is the cluster's, by the tag ``kubernetes.io/cluster/NAME`` on what stands in it.

    Nodes and their security group always carry it, subnets as a rule. Where nothing does, the addresses have to tell.
    """
    blind = unseen(situation, AWS_VPCS.id)
    if blind is not None:
        return blind
    info, region, found = situation.facts.get(CLUSTER_INFO), effective.region(situation), effective.vpc(situation)
    if info is not None and info.region not in (None, region):
        return skipped(f"the VPCs of {region} were read, and the cluster runs in {info.region}")
    if found is None:
        return _no_vpc(situation)
    infrastructure = effective.infrastructure_name(situation)
    if infrastructure is None:
        return unknown(f"{found.id}; the cluster's infrastructure name is not known", "Answer cluster.infrastructureName.")
    marked = effective.marks(situation)
    if found.id in marked:
        return passed(f"{_place(situation, found)}: {_counts(marked[found.id])} of {infrastructure} in it")
    if marked:
        return _elsewhere(situation, found, marked)
    return _by_addresses(situation, found, infrastructure)


def _place(situation: Situation, vpc: Vpc) -> str:
    identity = situation.facts.get(AWS_IDENTITY)
    return vpc.id if identity is None else f"{vpc.id} in account {identity.account}"


def _counts(marks: Mapping[str, int]) -> str:
    return ", ".join(counted(number, what) for what, number in marks.items())


def _elsewhere(situation: Situation, asked: Vpc, marked: Mapping[str, Mapping[str, int]]) -> Verdict:
    infrastructure = effective.infrastructure_name(situation)
    others = sorted({one for s in asked.subnets for one in (s.cluster, *s.clusters) if one is not None})
    holds = f"that of {', '.join(others)}" if others else "without anything of it"
    there = "; ".join(f"{vpc}: {_counts(counts)}" for vpc, counts in marked.items())
    mend = None
    if len(marked) == 1:
        vpc = next(iter(marked))
        mend = Mend(
            "Use the cluster's VPC",
            f"Answers aws.vpcId with {vpc} and takes aws.subnetIds back: the cluster's private subnets are suggested.",
            edits={"aws.vpcId": vpc, "aws.subnetIds": None},
        )
    return failed(
        f"{infrastructure} is in another VPC ({there}); {asked.id} is {holds}",
        f"Answer aws.vpcId with {' or '.join(marked)}, and aws.subnetIds with subnets of it.",
        aws(situation, "ec2", "describe-subnets", "--filters", f"Name=tag-key,Values=kubernetes.io/cluster/{infrastructure}"),
        mend=mend,
    )


def _by_addresses(situation: Situation, found: Vpc, infrastructure: str) -> Verdict:
    machines = situation.answers.cluster.machine_cidrs or ()
    strange = apart(machines, found.cidrs)
    nothing = f"nothing that can be seen in this account and region carries the tag of {infrastructure}"
    if strange:
        evidence = f"{nothing}, and its machine network {', '.join(strange)} is not in {found.id} ({', '.join(found.cidrs)})"
        return failed(evidence, "Choose the profile of the cluster's account, or its VPC (aws.vpcId).")
    remedy = (
        "Make sure that it is the cluster's: compare an address of `oc get nodes -o wide` with the instances of this account."
    )
    return warned(f"{nothing}; by its addresses it can be in {found.id}", remedy, aws(situation, "ec2", "describe-instances"))


def _no_vpc(situation: Situation) -> Verdict:
    answered, vpcs = situation.answers.aws.vpc_id, situation.facts.get(AWS_VPCS) or ()
    command = aws(situation, "ec2", "describe-vpcs")
    if answered is not None:
        evidence = f"{answered} is not among the {counted(len(vpcs), 'VPC')} of this account and region"
        return failed(evidence, "Correct aws.vpcId, aws.region or aws.profile.", command)
    evidence = f"none of the {counted(len(vpcs), 'VPC')} holds anything of cluster {effective.infrastructure_name(situation)}"
    return failed(evidence, "Answer aws.vpcId.", command)


def vpc_dns(situation: Situation) -> Verdict:
    """Private DNS names of endpoints need both attributes (VPC user guide, "DNS attributes for your VPC")."""
    found = effective.vpc(situation)
    if found is None:
        return _no_vpc(situation)
    if _DNS_ATTRIBUTE in found.unseen:
        return unknown(f"the DNS attributes of {found.id} may not be read", f"Ask for {_DNS_ATTRIBUTE}.")
    off = [
        (text, option)
        for on, text, option in (
            (found.dns_support, "DNS support", "--enable-dns-support"),
            (found.dns_hostnames, "DNS host names", "--enable-dns-hostnames"),
        )
        if not on
    ]
    if not off:
        return passed(f"{found.id}: DNS support and DNS host names are on")
    text, option = off[0]
    command = aws(situation, "ec2", "modify-vpc-attribute", "--vpc-id", found.id, option)
    mend = Mend(
        "Turn DNS on in the VPC",
        f"Turns on DNS support and DNS host names of {found.id}. Machines in it get DNS names; nothing else changes.",
        operation="vpc.enable-dns",
        arguments={"vpc": found.id},
        refreshes=(AWS_VPCS.id,),
    )
    return failed(f"{found.id}: {' and '.join(one for one, _ in off)} off", f"Turn {text} on.", command, mend=mend)


def subnets(situation: Situation) -> Verdict:
    """Endpoints can be placed in the subnets answered: of this VPC, one for each zone, and better private ones.

    AWS takes one subnet for each zone (PrivateLink guide, "Subnets and Availability Zones").
    """
    found, asked = effective.vpc(situation), situation.answers.aws.subnet_ids or []
    if found is None:
        return unknown("the cluster's VPC is not known")
    own = {s.id: s for s in found.subnets}
    chosen = [own[one] for one in asked if one in own]
    lost = [one for one in asked if one not in own]
    command = aws(situation, "ec2", "describe-subnets", "--filters", f"Name=vpc-id,Values={found.id}")
    mend = _suggested_subnets(situation, found)
    if not asked:
        return failed("no subnet is chosen", "Answer aws.subnetIds with private subnets of the cluster.", command, mend=mend)
    if lost:
        evidence = f"not in {found.id}: {', '.join(lost)}"
        return failed(evidence, "Answer aws.subnetIds with subnets of the cluster's VPC.", command, mend=mend)
    crowded = sorted({s.az for s in chosen if sum(other.az == s.az for other in chosen) > 1})
    if crowded:
        evidence = "; ".join(f"{az}: {', '.join(s.id for s in chosen if s.az == az)}" for az in crowded)
        return failed(f"more than one in a zone: {evidence}", "Leave one for each zone in aws.subnetIds.", command, mend=mend)
    public = [s for s in chosen if s.public]
    if public:
        evidence = f"public, with a route to {public[0].way_out}: {', '.join(s.id for s in public)}"
        return warned(evidence, "Endpoints work there too, and belong into the cluster's private subnets.", command, mend=mend)
    return passed(f"{counted(len(chosen), 'private subnet')} in {', '.join(s.az for s in chosen)}")


def _suggested_subnets(situation: Situation, vpc: Vpc) -> Mend | None:
    """One private subnet of the cluster for each zone, if that is another answer than the present one."""
    by_zone: dict[str, Subnet] = {}
    for subnet in effective.cluster_subnets(situation):
        by_zone.setdefault(subnet.az, subnet)
    names = [subnet.id for subnet in by_zone.values()]
    if not names or names == list(situation.answers.aws.subnet_ids or []):
        return None
    says = f"Answers aws.subnetIds with {', '.join(names)}: private subnets of {vpc.id}, one for each zone."
    return Mend("Take the cluster's private subnets", says, edits={"aws.subnetIds": names})


def egress(situation: Situation) -> Verdict:
    """Whether the cluster really has no way out: what this program is for.

    The routes of the subnets that the nodes are in decide. A gateway that none of them leads to is told, and is no way out.
    """
    blind = unseen(situation, AWS_VPCS.id)
    if blind is not None:
        return blind
    found, info = effective.vpc(situation), situation.facts.get(CLUSTER_INFO)
    if found is None:
        return unknown("the cluster's VPC is not known")
    places = _node_subnets(situation, found)
    targets = dict.fromkeys(s.way_out or "somewhere" for s in places if s.has_default_route)
    ways = [f"a default route to {target} in {_led(places, target)}" for target in targets]
    if info is not None and info.proxy:
        ways.append(f"the cluster has a proxy, {info.proxy}")
    if not ways and any(s.route_table is None for s in places):
        evidence = f"the route tables of {', '.join(s.id for s in places if s.route_table is None)} are not to be seen"
        return unknown(evidence, f"Ask for {_ROUTE_TABLES}; the routes of a shared VPC are its owner's to show.")
    gateways = [f"internet gateway {found.internet_gateway}"] if found.internet_gateway else []
    gateways += [f"NAT gateway {one}" for one in found.nat_gateways]
    if ways:
        return warned(
            f"this cluster has a way out: {'; '.join(ways)}",
            "Ask whether you need this at all: if that way leads to your Git server, Argo CD can use it directly. Go on where "
            "Git is to be inside AWS all the same.",
            aws(situation, "ec2", "describe-route-tables", "--filters", f"Name=vpc-id,Values={found.id}"),
        )
    tables = ", ".join(sorted({s.route_table for s in places if s.route_table is not None}))
    routes = f"no default route in {counted(len(places), 'subnet')}{f' ({tables})' if tables else ''}"
    proxy = "no proxy" if info is not None else "whether there is a proxy is not known"
    if gateways:
        return passed(f"{routes}; {' and '.join(gateways)} in the VPC, not on the nodes' way; {proxy}")
    if set(_GATEWAYS) & set(found.unseen):
        return passed(f"{routes}; whether the VPC has gateways may not be read; {proxy}")
    return passed(f"{routes}, no NAT gateway, no internet gateway, {proxy}")


def _led(places: Sequence[Subnet], target: str) -> str:
    led = [s for s in places if s.has_default_route and (s.way_out or "somewhere") == target]
    return f"{counted(len(led), 'subnet')} ({', '.join(s.az for s in led)})"


def _node_subnets(situation: Situation, vpc: Vpc) -> tuple[Subnet, ...]:
    """Where nodes run; while that is not known, the subnets of the cluster, or else all private ones."""
    running = {one.subnet_id for one in effective.nodes(situation)}
    places = tuple(s for s in vpc.subnets if s.id in running)
    return places or effective.cluster_subnets(situation) or vpc.subnets


CHECKS: tuple[Check, ...] = (
    Check(
        id="cluster.home",
        title="Account and VPC of the cluster",
        why="Endpoints serve the VPC that they stand in: made in another one, the cluster would never see them.",
        judge=home,
        needs=(AWS_VPCS.id, AWS_INSTANCES.id, AWS_SECURITY_GROUPS.id, CLUSTER_INFO.id),
        depends_on=("aws.identity",),
        handles_errors=True,
    ),
    Check(
        id="network.egress-zero",
        title="Egress-zero",
        why="A cluster with a way out reaches its Git host by itself: it may need none of the strategies.",
        judge=egress,
        needs=(AWS_VPCS.id, AWS_INSTANCES.id, CLUSTER_INFO.id),
        blocking=False,
        depends_on=("cluster.home",),
        handles_errors=True,
    ),
)

ENDPOINT_CHECKS: tuple[Check, ...] = (
    Check(
        id="aws.vpc-dns",
        title="VPC and its DNS attributes",
        why="Without both attributes AWS refuses an endpoint with private DNS, and Git's host name leads out of the VPC.",
        judge=vpc_dns,
        needs=(AWS_VPCS.id,),
        depends_on=("cluster.home",),
    ),
    Check(
        id="aws.subnets",
        title="Subnets for endpoints",
        why="An endpoint has one address in each zone, in a subnet of the cluster's own VPC.",
        judge=subnets,
        needs=(AWS_VPCS.id,),
        depends_on=("cluster.home",),
    ),
)
"""For strategies that make interface endpoints in the VPC."""
