"""What can be read from AWS. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    """Who calls AWS: sts:GetCallerIdentity, with the partition of the ARN and the end of the credentials when it is known.

    ``clock_skew_seconds`` is how far this machine's clock is ahead of AWS's; ``alias`` the account's alias, if it may be read.
    """

    account: str
    arn: str
    partition: str
    expires_at: datetime | None = None
    clock_skew_seconds: float = 0.0
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet. ``has_default_route``: its route table sends 0.0.0.0/0 somewhere; ``cluster``: from its tags."""

    id: str
    az: str
    cidr: str
    free_addresses: int
    name: str
    has_default_route: bool
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Vpc:
    """One VPC with what decides whether an interface endpoint can work in it, and whether it has a way out."""

    id: str
    name: str
    cidrs: tuple[str, ...]
    dns_support: bool
    dns_hostnames: bool
    subnets: tuple[Subnet, ...]
    internet_gateway: str | None = None
    nat_gateways: tuple[str, ...] = ()

    @property
    def private_subnets(self) -> tuple[Subnet, ...]:
        """The subnets with no route to an internet gateway."""
        return tuple(s for s in self.subnets if not s.has_default_route)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One VPC endpoint, with the instance that owns it when the tags say so."""

    id: str
    vpc_id: str
    service: str
    type: str
    state: str
    private_dns: bool
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointServices:
    """Services that can have an interface endpoint in this region, each with the AZs it supports."""

    zones: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class OidcProviders:
    """IAM OIDC providers of the account: URL without scheme -> (ARN, audiences)."""

    providers: Mapping[str, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class CodeCommitRepository:
    """The repository of the name answered: whether it exists, whose it is, and whether the service answers this account."""

    name: str
    exists: bool
    instance: str | None = None
    default_branch: str | None = None


AWS_IDENTITY: FactKey[AwsIdentity] = FactKey("aws.identity", "AWS identity")
AWS_VPCS: FactKey[tuple[Vpc, ...]] = FactKey("aws.vpcs", "VPCs and subnets")
AWS_ENDPOINTS: FactKey[tuple[Endpoint, ...]] = FactKey("aws.endpoints", "VPC endpoints")
AWS_ENDPOINT_SERVICES: FactKey[EndpointServices] = FactKey("aws.endpoint-services", "endpoint services")
AWS_OIDC_PROVIDERS: FactKey[OidcProviders] = FactKey("aws.oidc-providers", "IAM OIDC providers")
AWS_REPOSITORY: FactKey[CodeCommitRepository] = FactKey("aws.codecommit-repository", "CodeCommit repository")
