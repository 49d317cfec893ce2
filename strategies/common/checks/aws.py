"""What must hold in AWS whatever the strategy is."""

from __future__ import annotations

from datetime import timedelta

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.verdicts import aws, counted, failed, passed, unknown, unread, warned
from strategies.facts import AWS_IDENTITY, AWS_PROFILES, AWS_VPCS, CLUSTER_INFO

_CLOCK_WARN_SECONDS = 60
_CLOCK_FAIL_SECONDS = 300
"""AWS refuses signatures that are five minutes off (IAM user guide, "Signature Version 4", "RequestExpired")."""
_LONG_APPLY = timedelta(minutes=15)


def identity(situation: Situation) -> Verdict:
    """The credentials work, belong to the account answered, and last long enough; the clocks agree."""
    error, found = situation.facts.error(AWS_IDENTITY), situation.facts.get(AWS_IDENTITY)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    asked = situation.answers.aws.account
    if asked is not None and asked != found.account:
        evidence = f"the credentials belong to account {found.account}, the answers ask for {asked}"
        return failed(evidence, "Choose the profile of that account (aws.profile), or correct aws.account.")
    skew = found.clock_skew_seconds
    drift = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's"
    if abs(skew) >= _CLOCK_FAIL_SECONDS:
        return failed(drift, "Set the clock: AWS refuses signatures that are five minutes off.", "timedatectl set-ntp true")
    who = f"{found.account}{f' ({found.alias})' if found.alias else ''} as {found.arn.rsplit(':', 1)[-1]}"
    if abs(skew) >= _CLOCK_WARN_SECONDS:
        return warned(f"{who}; {drift}", "Set the clock before it comes to five minutes.", "timedatectl set-ntp true")
    if found.expires_at is None:
        return passed(who)
    reading = situation.facts.readings[AWS_IDENTITY.id]
    left = found.expires_at - reading.at
    until = f"{who}, valid until {found.expires_at:%H:%M} UTC"
    if left < _LONG_APPLY:
        return warned(until, "They may end while an endpoint is waited for: log in again first.", _login(situation))
    return passed(until)


def _login(situation: Situation) -> str:
    return aws(situation, "sso", "login")


def region(situation: Situation) -> Verdict:
    """Endpoints must stand in the cluster's own region."""
    asked, info = effective.region(situation), situation.facts.get(CLUSTER_INFO)
    if asked is None:
        return failed("no region is known", "Answer aws.region, or set AWS_REGION.")
    if info is None or info.region is None:
        return unknown(f"{asked}; the cluster does not say where it runs", "Make sure that it is the cluster's region.")
    if info.region != asked:
        return failed(f"the answers say {asked}, the cluster runs in {info.region}", f"Answer aws.region: {info.region}")
    return passed(f"{asked}, where the cluster runs")


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
        id="aws.identity",
        title="AWS credentials and account",
        why="Everything in AWS is made with these credentials, in this account.",
        judge=identity,
        needs=(AWS_IDENTITY.id,),
        handles_errors=True,
    ),
    Check(
        id="aws.region",
        title="Region",
        why="An endpoint serves the VPC of its own region only.",
        judge=region,
        needs=(AWS_PROFILES.id, CLUSTER_INFO.id),
        depends_on=("cluster.reachable",),
    ),
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
