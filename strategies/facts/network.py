"""What can be read from the network in AWS besides VPCs and endpoints. Data only; the readers are in ``strategies.resources``.

Each is a fact of its own: an operator who may not read one of them still has the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class Ingress:
    """One rule of a security group: TCP ports from ``low`` to ``high`` (inclusive), let in from ``source``.

    ``source`` is an IPv4 range, or the id of another group or of a prefix list. Rules of other protocols are not kept.
    """

    source: str
    low: int
    high: int

    def admits(self, port: int) -> bool:
        """True when the rule is about this port."""
        return self.low <= port <= self.high


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """One security group. ``clusters`` are the infrastructure names of its ``kubernetes.io/cluster/`` tags."""

    id: str
    name: str
    vpc_id: str
    ingress: tuple[Ingress, ...]
    clusters: tuple[str, ...] = ()

    def sources(self, port: int) -> tuple[str, ...]:
        """What TCP ``port`` is let in from."""
        return tuple(rule.source for rule in self.ingress if rule.admits(port))


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance that runs or starts.

    ``clusters`` are the infrastructure names of its ``kubernetes.io/cluster/`` tags. ``rosa_name`` is the name that OpenShift
    Cluster Manager knows the cluster by: ROSA tags the nodes of a hosted cluster with ``api.openshift.com/name``,
    ``red-hat-clustertype: rosa`` and ``red-hat-managed: true``.
    """

    id: str
    name: str
    vpc_id: str
    subnet_id: str
    address: str
    security_group_ids: tuple[str, ...]
    clusters: tuple[str, ...] = ()
    rosa_name: str | None = None


@dataclass(frozen=True, slots=True)
class ManagedInstances:
    """The instances that Systems Manager reaches now: id -> platform (``Amazon Linux 2023``)."""

    platforms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PrivateZone:
    """A private hosted zone that answers in the cluster's VPC: its name without the last dot, and the account it belongs to."""

    name: str
    account: str


AWS_SECURITY_GROUPS: FactKey[tuple[SecurityGroup, ...]] = FactKey("aws.security-groups", "security groups")
AWS_INSTANCES: FactKey[tuple[Instance, ...]] = FactKey("aws.instances", "EC2 instances")
AWS_MANAGED_INSTANCES: FactKey[ManagedInstances] = FactKey("aws.managed-instances", "instances managed by SSM")
AWS_PRIVATE_ZONES: FactKey[tuple[PrivateZone, ...]] = FactKey("aws.private-zones", "private hosted zones of the VPC")
