"""What can be read from this machine, AWS, the cluster and Git servers. Data only; the readers are in ``strategies.resources``.

A fact is asked for by its key, which carries its type: ``facts.get(AWS_IDENTITY)`` is an ``AwsIdentity`` or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FactKey(Generic[T]):
    """The name of a fact; its type parameter is the type of the value."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class FactError:
    """Why a fact could not be read: in the operator's words, and what to do about it."""

    message: str
    remedy: str = ""
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact as read: the value or the error, when, and how long it took (seconds)."""

    value: object | None
    error: FactError | None
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Facts:
    """An immutable snapshot of what has been read so far."""

    readings: Mapping[str, Reading] = field(default_factory=dict)

    def get(self, key: FactKey[T]) -> T | None:
        """The value, or None while it is unread or when it could not be read."""
        reading = self.readings.get(key.id)
        return None if reading is None else cast("T | None", reading.value)

    def error(self, key: FactKey[T]) -> FactError | None:
        """Why the fact could not be read, or None."""
        reading = self.readings.get(key.id)
        return None if reading is None else reading.error

    def known(self, fact_id: str) -> bool:
        """True once the fact has been read or has failed."""
        return fact_id in self.readings

    def with_reading(self, fact_id: str, reading: Reading) -> Facts:
        """A snapshot that also holds this reading."""
        return Facts({**self.readings, fact_id: reading})

    def without(self, *fact_ids: str) -> Facts:
        """A snapshot in which these facts are unread again."""
        return Facts({k: v for k, v in self.readings.items() if k not in fact_ids})


# --- workstation ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GitProgram:
    """The git program on this machine: its path and version (``(2, 39, 5)``)."""

    path: str
    version: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AwsProfiles:
    """The profiles of the AWS configuration files, and the one the environment selects (None: no profile needed)."""

    names: tuple[str, ...]
    selected: str | None
    region: str | None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KubeContext:
    """One kubeconfig context: its name, the API server's URL, and the user's name in the file."""

    name: str
    server: str
    user: str


@dataclass(frozen=True, slots=True)
class KubeContexts:
    """Every context of the kubeconfig files and the current one."""

    contexts: tuple[KubeContext, ...]
    current: str | None


# --- AWS --------------------------------------------------------------------------------------------------------


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


# --- cluster ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """What the cluster says of itself. ``issuer`` is the service account issuer without scheme."""

    context: str
    server: str
    version: str
    infrastructure_name: str
    region: str | None
    control_plane: str
    issuer: str
    machine_cidrs: tuple[str, ...]
    pod_cidrs: tuple[str, ...]
    service_cidrs: tuple[str, ...]
    proxy: str | None = None
    tools_image: str | None = None


@dataclass(frozen=True, slots=True)
class ArgoInstance:
    """One Argo CD instance (an ``ArgoCD`` resource): namespace, name, phase and the operator's version when it is known."""

    namespace: str
    name: str
    phase: str


@dataclass(frozen=True, slots=True)
class GitOps:
    """The GitOps operator (CSV name, version, phase; None when it is not installed) and every Argo CD instance."""

    csv: str | None
    version: str | None
    phase: str | None
    instances: tuple[ArgoInstance, ...]


@dataclass(frozen=True, slots=True)
class Right:
    """One permission in the cluster, as a SelfSubjectAccessReview asks for it."""

    verb: str
    group: str
    resource: str
    namespace: str | None

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}{where}"


@dataclass(frozen=True, slots=True)
class Rights:
    """Each right the apply needs, and whether the cluster grants it."""

    allowed: Mapping[Right, bool]


# --- Git --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceRepository:
    """The source repository as ``git ls-remote`` shows it: branch and tag names to object ids."""

    url: str
    default_branch: str | None
    branches: Mapping[str, str]
    tags: Mapping[str, str]
    other_refs: int = 0


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Every file at one revision of the source repository, as ``git ls-tree -r --name-only`` lists them."""

    revision: str
    files: tuple[str, ...]


GIT_PROGRAM: FactKey[GitProgram] = FactKey("workstation.git", "git program")
AWS_PROFILES: FactKey[AwsProfiles] = FactKey("workstation.aws-profiles", "AWS profiles")
KUBE_CONTEXTS: FactKey[KubeContexts] = FactKey("workstation.kube-contexts", "kubeconfig contexts")
AWS_IDENTITY: FactKey[AwsIdentity] = FactKey("aws.identity", "AWS identity")
AWS_VPCS: FactKey[tuple[Vpc, ...]] = FactKey("aws.vpcs", "VPCs and subnets")
AWS_ENDPOINTS: FactKey[tuple[Endpoint, ...]] = FactKey("aws.endpoints", "VPC endpoints")
AWS_ENDPOINT_SERVICES: FactKey[EndpointServices] = FactKey("aws.endpoint-services", "endpoint services")
AWS_OIDC_PROVIDERS: FactKey[OidcProviders] = FactKey("aws.oidc-providers", "IAM OIDC providers")
AWS_REPOSITORY: FactKey[CodeCommitRepository] = FactKey("aws.codecommit-repository", "CodeCommit repository")
CLUSTER_INFO: FactKey[ClusterInfo] = FactKey("cluster.info", "cluster")
CLUSTER_GITOPS: FactKey[GitOps] = FactKey("cluster.gitops", "OpenShift GitOps")
CLUSTER_RIGHTS: FactKey[Rights] = FactKey("cluster.rights", "rights in the cluster")
SOURCE: FactKey[SourceRepository] = FactKey("git.source", "source repository")
SOURCE_TREE: FactKey[SourceTree] = FactKey("git.source-tree", "folders of the source repository")
