"""What AWS says of the caller: the clocks, what the credentials may do, and how much the account may have. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from strategies.facts.base import FactError, FactKey


@dataclass(frozen=True, slots=True)
class AwsClock:
    """How far this machine's clock is ahead of AWS's, in seconds; AWS tells whole seconds."""

    skew_seconds: float


@dataclass(frozen=True, slots=True)
class AccountAlias:
    """The account's alias; None where it has none, or where the operator may not read it."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions on resources (ARNs, or ``*``), with the condition keys that the requests carry."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Denial:
    """One action on one resource that IAM's policy simulator denies; ``by_organization``: a service control policy does."""

    action: str
    resource: str
    explicit: bool
    by_organization: bool = False


@dataclass(frozen=True, slots=True)
class SimulatedPermissions:
    """What IAM's policy simulator says of ``principal``: how many actions were asked for, and which are denied."""

    principal: str
    asked: int
    denied: tuple[Denial, ...] = ()


class Tried(StrEnum):
    """How a dry run ended; ``unclear``: EC2 refused it for another reason than a missing permission."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class DryRun:
    """A mutating EC2 call that was tried with ``DryRun``: its action, how it ended, and why when it was not allowed."""

    action: str
    ended: Tried
    message: str = ""


@dataclass(frozen=True, slots=True)
class DryRuns:
    """Every dry run that could be made."""

    runs: tuple[DryRun, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """How many there are of how many."""

    used: int
    most: int


class Quota(StrEnum):
    """A quota of the account that a plan may meet."""

    ENDPOINTS = "endpoints"  # interface endpoints in one VPC
    IDENTITIES = "identities"  # roles and users of the account


@dataclass(frozen=True, slots=True)
class AwsQuotas:
    """The quotas that a plan may meet; None where one could not be read, and ``unread`` then says why."""

    endpoints_per_vpc: int | None = None
    roles: Usage | None = None
    users: Usage | None = None
    unread: tuple[FactError, ...] = ()


@dataclass(frozen=True, slots=True)
class PermissionsBoundary:
    """The managed policy that shall bound the identities that are made (None: none is asked for), and whether it exists."""

    arn: str | None
    exists: bool = False


AWS_CLOCK: FactKey[AwsClock] = FactKey("aws.clock", "AWS's clock")
AWS_ACCOUNT_ALIAS: FactKey[AccountAlias] = FactKey("aws.account-alias", "account alias")
AWS_PERMISSIONS: FactKey[SimulatedPermissions] = FactKey("aws.permissions", "AWS permissions")
AWS_DRY_RUNS: FactKey[DryRuns] = FactKey("aws.dry-runs", "EC2 dry runs")
AWS_QUOTAS: FactKey[AwsQuotas] = FactKey("aws.quotas", "AWS quotas")
AWS_PERMISSIONS_BOUNDARY: FactKey[PermissionsBoundary] = FactKey("aws.permissions-boundary", "permissions boundary")
