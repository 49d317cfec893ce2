"""What can be read from the cluster. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """What the cluster says of itself. ``issuer`` is the service account issuer without scheme.

    ``unread`` are the kinds that this login may not read; what they would have told is empty.
    """

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
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArgoInstance:
    """One Argo CD instance (an ``ArgoCD`` resource).

    ``service_account`` is that of its repo-server; ``waiting`` says of each part that does not run what it does instead
    (``repo: Pending``), as far as the operator tells; ``message`` is what the operator says it cannot do.
    """

    namespace: str
    name: str
    phase: str
    service_account: str = "default"
    waiting: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class OperatorSubscription:
    """How the Operator Lifecycle Manager keeps the GitOps operator. ``message`` is why it cannot, when it says so."""

    namespace: str
    name: str
    channel: str
    source: str
    state: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class GitOps:
    """The GitOps operator (CSV name, version, phase; None when it is not installed) and every Argo CD instance.

    ``message`` is the CSV's own word on its phase; ``subscription`` is there as soon as somebody asked for the operator.
    """

    csv: str | None
    version: str | None
    phase: str | None
    instances: tuple[ArgoInstance, ...]
    message: str = ""
    subscription: OperatorSubscription | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """One permission in the cluster, as a SelfSubjectAccessReview asks for it; with ``name``, for that one object."""

    verb: str
    group: str
    resource: str
    namespace: str | None
    name: str | None = None

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}{f'/{self.name}' if self.name else ''}{where}"


@dataclass(frozen=True, slots=True)
class Rights:
    """Each right the apply needs, and whether the cluster grants it."""

    allowed: Mapping[Right, bool]


CLUSTER_INFO: FactKey[ClusterInfo] = FactKey("cluster.info", "cluster")
CLUSTER_GITOPS: FactKey[GitOps] = FactKey("cluster.gitops", "OpenShift GitOps")
CLUSTER_RIGHTS: FactKey[Rights] = FactKey("cluster.rights", "rights in the cluster")
