"""What can be read from the network in AWS besides VPCs and endpoints. Data only; the readers are in ``strategies.resources``.

Each is a fact of its own: an operator who may not read one of them still has the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
    """One security group. ``clusters`` are the infrastructure names of its ``kubernetes.io/cluster/`` tags.

    ``egress`` None: not told; each entry's target stands in the place of ``source``. A rule for every protocol has the ports 0
    to 65535.
    """

    id: str
    name: str
    vpc_id: str
    ingress: tuple[Ingress, ...]
    clusters: tuple[str, ...] = ()
    egress: tuple[Ingress, ...] | None = None

    def sources(self, port: int) -> tuple[str, ...]:
        """What TCP ``port`` is let in from."""
        return tuple(rule.source for rule in self.ingress if rule.admits(port))


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance that is not terminated; ``state`` is EC2's word (``running``, ``stopped`` ...).

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
    state: str = "running"
    type: str = ""
    public_address: str | None = None
    instance: str | None = None
    """The instance of this program whose tags it carries."""
    profile: str | None = None
    """Name of its instance profile."""

    @property
    def up(self) -> bool:
        """True when it runs or starts."""
        return self.state in ("pending", "running")


@dataclass(frozen=True, slots=True)
class ManagedInstances:
    """The instances that Systems Manager reaches now: id -> platform (``Amazon Linux 2023``)."""

    platforms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ManagedInstance:
    """What Systems Manager knows of one instance: ``ping`` is its word on the agent, None where it never heard of it.

    SSM API reference, "InstanceInformation": ``Online``, ``ConnectionLost``, ``Inactive``. ``platform`` is its name and
    version, ``kind`` the platform's type (``Linux``), ``agent`` the agent's version, ``last_ping`` when it was last heard of.
    """

    id: str
    ping: str | None = None
    platform: str = ""
    kind: str = ""
    agent: str = ""
    last_ping: datetime | None = None


@dataclass(frozen=True, slots=True)
class PrivateZone:
    """A private hosted zone that answers in the cluster's VPC: its name without the last dot, and the account it belongs to."""

    name: str
    account: str


@dataclass(frozen=True, slots=True)
class Route:
    """One active route: IPv4 range to target (``local``, ``igw-``, ``nat-``, ``pcx-``, ``tgw-``, ``vgw-``, ``eni-`` ...).

    ``cidr`` is the id of a prefix list where the route is for one: what that holds is not told.
    """

    cidr: str
    target: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """The routes that hold for ``subnet_ids``; a VPC's main table holds for those that no other table names."""

    id: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    routes: tuple[Route, ...]
    blackholes: tuple[Route, ...] = ()
    """Routes whose target is gone: what they cover is dropped."""


@dataclass(frozen=True, slots=True)
class Peering:
    """A VPC peering connection; ``state`` is EC2's word (``active``, ``pending-acceptance`` ...)."""

    id: str
    state: str
    vpc_ids: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Routing:
    """Every route table and peering connection of the region. ``unseen`` are the IAM actions that were denied."""

    tables: tuple[RouteTable, ...]
    peerings: tuple[Peering, ...] = ()
    unseen: tuple[str, ...] = ()

    def table_of(self, subnet_id: str) -> RouteTable | None:
        """The table that holds for a subnet."""
        return next((table for table in self.tables if subnet_id in table.subnet_ids), None)


@dataclass(frozen=True, slots=True)
class AclRule:
    """One entry of a network ACL for TCP: the lowest number that fits decides. Ports are inclusive."""

    number: int
    allow: bool
    outbound: bool
    cidr: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """A network ACL and the subnets that it stands before."""

    id: str
    subnet_ids: tuple[str, ...]
    rules: tuple[AclRule, ...]


AWS_ROUTING: FactKey[Routing] = FactKey("aws.routing", "routes and peering connections")
AWS_NETWORK_ACLS: FactKey[tuple[NetworkAcl, ...]] = FactKey("aws.network-acls", "network ACLs")
AWS_TAKEN_ADDRESSES: FactKey[frozenset[str]] = FactKey("aws.taken-addresses", "addresses taken in the proxy's subnet")
AWS_SECURITY_GROUPS: FactKey[tuple[SecurityGroup, ...]] = FactKey("aws.security-groups", "security groups")
AWS_INSTANCES: FactKey[tuple[Instance, ...]] = FactKey("aws.instances", "EC2 instances")
AWS_MANAGED_INSTANCES: FactKey[ManagedInstances] = FactKey("aws.managed-instances", "instances managed by SSM")
AWS_PROXY_AGENT: FactKey[ManagedInstance] = FactKey("aws.proxy-agent", "SSM agent of the proxy's machine")
AWS_PRIVATE_ZONES: FactKey[tuple[PrivateZone, ...]] = FactKey("aws.private-zones", "private hosted zones of the VPC")
