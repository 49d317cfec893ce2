"""What was found, in sentences for the operator: the same in every front end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from strategies.base import Situation, Status
from strategies.common import effective
from strategies.facts import (
    AWS_IDENTITY,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what it is about, how it stands, and the sentence. ``remedy`` says what to do where it could not be read."""

    title: str
    status: Status | None
    text: str
    remedy: str = ""


def findings(situation: Situation, now: datetime) -> tuple[Finding, ...]:
    """What is known of the environment; ``status`` is None while it is being read."""
    return (_identity(situation, now), _cluster(situation), _network(situation), _argocd(situation), _egress(situation))


def read_at(situation: Situation) -> datetime | None:
    """When the oldest reading was made; None before the first."""
    return min((reading.at for reading in situation.facts.readings.values()), default=None)


def seconds(situation: Situation) -> float:
    """How long the slowest reading took; they run side by side."""
    return max((reading.seconds for reading in situation.facts.readings.values()), default=0.0)


def _identity(situation: Situation, now: datetime) -> Finding:
    title = "Account"
    error = situation.facts.error(AWS_IDENTITY)
    if error is not None:
        return Finding(title, Status.FAIL, error.message, error.remedy)
    identity = situation.facts.get(AWS_IDENTITY)
    if identity is None:
        return Finding(title, None, "being read")
    who = identity.arn.rpartition(":")[2].partition("/")[2] or identity.arn
    text = f"{identity.account} as {who}"
    if identity.expires_at is None:
        return Finding(title, Status.PASS, text)
    left = identity.expires_at - now
    minutes = int(left.total_seconds() // 60)
    if minutes < 0:
        return Finding(title, Status.FAIL, f"{text}, credentials have ended", "Sign in again, then read again.")
    text += f", credentials valid for {minutes // 60} h {minutes % 60:02d} min"
    return Finding(title, Status.PASS if left > timedelta(minutes=30) else Status.WARN, text)


def _cluster(situation: Situation) -> Finding:
    title = "Cluster"
    error = situation.facts.error(CLUSTER_INFO)
    if error is not None:
        return Finding(title, Status.FAIL, error.message, error.remedy)
    cluster = situation.facts.get(CLUSTER_INFO)
    if cluster is None:
        return Finding(title, None, "being read")
    plane = "hosted control plane" if cluster.control_plane == "External" else "control plane in the account"
    return Finding(title, Status.PASS, f"{cluster.infrastructure_name}, OpenShift {cluster.version}, {plane}")


def _network(situation: Situation) -> Finding:
    title = "VPC"
    error = situation.facts.error(AWS_VPCS)
    if error is not None:
        return Finding(title, Status.FAIL, error.message, error.remedy)
    if situation.facts.get(AWS_VPCS) is None:
        return Finding(title, None, "being read")
    vpc = effective.vpc(situation)
    if vpc is None:
        return Finding(title, Status.WARN, "no VPC of this account carries the cluster's tags", "Choose the VPC above.")
    private = vpc.private_subnets
    zones = ", ".join(sorted({subnet.az for subnet in private}))
    return Finding(
        title, Status.PASS, f"{vpc.name or vpc.id} ({', '.join(vpc.cidrs)}), {len(private)} private subnets in {zones}"
    )


def _argocd(situation: Situation) -> Finding:
    title = "Argo CD"
    error = situation.facts.error(CLUSTER_GITOPS)
    if error is not None:
        return Finding(title, Status.FAIL, error.message, error.remedy)
    gitops = situation.facts.get(CLUSTER_GITOPS)
    if gitops is None:
        return Finding(title, None, "being read")
    if gitops.csv is None:
        return Finding(title, Status.FAIL, "the OpenShift GitOps operator is not installed")
    names = ", ".join(f"{instance.namespace}/{instance.name} ({instance.phase})" for instance in gitops.instances)
    status = Status.PASS if gitops.instances else Status.FAIL
    return Finding(title, status, f"{names or 'no Argo CD instance'}, OpenShift GitOps {gitops.version or '?'}")


def _egress(situation: Situation) -> Finding:
    title = "Egress zero"
    vpc, cluster = effective.vpc(situation), situation.facts.get(CLUSTER_INFO)
    if vpc is None or cluster is None:
        return Finding(title, None, "being read")
    ways = []
    if vpc.internet_gateway:
        ways.append(f"internet gateway {vpc.internet_gateway}")
    if vpc.nat_gateways:
        ways.append(f"NAT gateway {', '.join(vpc.nat_gateways)}")
    routed = [subnet.id for subnet in vpc.subnets if subnet.has_default_route]
    if routed:
        ways.append(f"default route in {', '.join(routed)}")
    if cluster.proxy:
        ways.append(f"cluster-wide proxy {cluster.proxy}")
    if ways:
        return Finding(title, Status.WARN, f"there is a way out: {'; '.join(ways)}. Argo CD may reach Git without this program")
    return Finding(title, Status.PASS, "no default route, no NAT, no internet gateway, no proxy")
