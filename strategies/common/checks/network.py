"""What must hold in the cluster's VPC whatever the strategy is."""

from __future__ import annotations

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.verdicts import aws, counted, failed, passed, unknown
from strategies.facts import AWS_VPCS, CLUSTER_INFO


def vpc_dns(situation: Situation) -> Verdict:
    """Private DNS names of endpoints need both attributes (VPC user guide, "DNS attributes for your VPC")."""
    home = effective.vpc(situation)
    if home is None:
        return _no_vpc(situation)
    off = [
        (text, option)
        for on, text, option in (
            (home.dns_support, "DNS support", "--enable-dns-support"),
            (home.dns_hostnames, "DNS host names", "--enable-dns-hostnames"),
        )
        if not on
    ]
    if not off:
        return passed(f"{home.id}: DNS support and DNS host names are on")
    text, option = off[0]
    command = aws(situation, "ec2", "modify-vpc-attribute", "--vpc-id", home.id, option)
    mend = Mend(
        "Turn DNS on in the VPC",
        f"Turns on DNS support and DNS host names of {home.id}. Machines in it get DNS names; nothing else changes.",
        operation="vpc.enable-dns",
        arguments={"vpc": home.id},
        refreshes=(AWS_VPCS.id,),
    )
    return failed(f"{home.id}: {' and '.join(one for one, _ in off)} off", f"Turn {text} on.", command, mend=mend)


def _no_vpc(situation: Situation) -> Verdict:
    answered, vpcs = situation.answers.aws.vpc_id, situation.facts.get(AWS_VPCS) or ()
    if answered is not None:
        evidence = f"{answered} is not among the {counted(len(vpcs), 'VPC')} of this account and region"
        return failed(evidence, "Correct aws.vpcId, aws.region or aws.profile.", aws(situation, "ec2", "describe-vpcs"))
    evidence = f"none of the {counted(len(vpcs), 'VPC')} carries the tag of cluster {effective.infrastructure_name(situation)}"
    return failed(evidence, "Answer aws.vpcId.", aws(situation, "ec2", "describe-vpcs"))


def egress(situation: Situation) -> Verdict:
    """Whether the cluster really has no way out: what this program is for."""
    home, info = effective.vpc(situation), situation.facts.get(CLUSTER_INFO)
    if home is None:
        return unknown("the cluster's VPC is not known")
    ways = [f"internet gateway {home.internet_gateway}"] if home.internet_gateway else []
    ways += [f"NAT gateway {one}" for one in home.nat_gateways]
    ways += [f"default route in {s.id}" for s in effective.cluster_subnets(situation) if s.has_default_route]
    if info is not None and info.proxy:
        ways.append(f"cluster proxy {info.proxy}")
    if ways:
        return passed(f"this cluster may have a way out ({', '.join(ways)}); nothing here depends on it")
    return passed("no default route, no NAT, no internet gateway, no proxy")


CHECKS: tuple[Check, ...] = (
    Check(
        id="aws.vpc-dns",
        title="VPC and its DNS attributes",
        why="Without both attributes AWS refuses an endpoint with private DNS, and Git's host name leads out of the VPC.",
        judge=vpc_dns,
        needs=(AWS_VPCS.id,),
        depends_on=("aws.identity",),
    ),
    Check(
        id="network.egress-zero",
        title="Egress-zero",
        why="Shows what this cluster can reach by itself.",
        judge=egress,
        needs=(AWS_VPCS.id, CLUSTER_INFO.id),
        blocking=False,
        depends_on=("aws.identity",),
    ),
)
