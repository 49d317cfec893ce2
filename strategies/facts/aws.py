"""What can be read from AWS. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    """Who calls AWS: sts:GetCallerIdentity, with the partition of the ARN and the end of the credentials when it is known."""

    account: str
    arn: str
    partition: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet.

    ``has_default_route``: its route table sends 0.0.0.0/0 or ::/0 somewhere, which is ``way_out`` (``igw-``, ``nat-``, ``tgw-``
    ...). ``clusters`` are the infrastructure names of its ``kubernetes.io/cluster/`` tags, ``cluster`` the first of them.
    """

    id: str
    az: str
    cidr: str
    free_addresses: int
    name: str
    has_default_route: bool
    cluster: str | None = None
    clusters: tuple[str, ...] = ()
    route_table: str | None = None
    way_out: str | None = None

    @property
    def public(self) -> bool:
        """True when its default route leads to an internet gateway (VPC user guide, "Subnet types")."""
        return self.way_out is not None and self.way_out.startswith("igw-")

    def belongs_to(self, infrastructure: str | None) -> bool:
        """True when it carries the tag of this cluster."""
        return infrastructure is not None and infrastructure in (self.cluster, *self.clusters)


@dataclass(frozen=True, slots=True)
class Vpc:
    """One VPC with what decides whether an interface endpoint can work in it, and whether it has a way out.

    ``unseen`` are the IAM actions that were denied: what they would have told is missing here, and not to be concluded from.
    """

    id: str
    name: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    subnets: tuple[Subnet, ...]
    internet_gateway: str | None = None
    nat_gateways: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def private_subnets(self) -> tuple[Subnet, ...]:
        """The subnets with no route to an internet gateway."""
        return tuple(s for s in self.subnets if not s.public)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One VPC endpoint, with the instance that owns it when the tags say so.

    ``policy`` is its policy document (None: not known); ``keeper`` who keeps it, by the tags ``red-hat-managed`` and ``Name``.
    """

    id: str
    vpc_id: str
    service: str
    type: str
    state: str
    private_dns: bool
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    instance: str | None = None
    policy: Mapping[str, object] | None = None
    keeper: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointServices:
    """Services that can have an interface endpoint in this region, each with the AZs it supports."""

    zones: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class OidcProviders:
    """IAM OIDC providers of the account: URL without scheme -> (ARN, audiences), and the same -> certificate thumbprints."""

    providers: Mapping[str, tuple[str, tuple[str, ...]]]
    thumbprints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeCommitRepository:
    """The repository of the name answered: whether it exists, whose it is, and whether the service answers this account.

    ``free_name`` is a name like it that nothing has, looked for only where the name is somebody else's.
    """

    name: str
    exists: bool
    instance: str | None = None
    default_branch: str | None = None
    free_name: str | None = None


AWS_IDENTITY: FactKey[AwsIdentity] = FactKey("aws.identity", "AWS identity")
AWS_VPCS: FactKey[tuple[Vpc, ...]] = FactKey("aws.vpcs", "VPCs and subnets")
AWS_ENDPOINTS: FactKey[tuple[Endpoint, ...]] = FactKey("aws.endpoints", "VPC endpoints")
AWS_ENDPOINT_SERVICES: FactKey[EndpointServices] = FactKey("aws.endpoint-services", "endpoint services")
AWS_OIDC_PROVIDERS: FactKey[OidcProviders] = FactKey("aws.oidc-providers", "IAM OIDC providers")
AWS_REPOSITORY: FactKey[CodeCommitRepository] = FactKey("aws.codecommit-repository", "CodeCommit repository")
