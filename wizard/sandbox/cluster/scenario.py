"""What a scenario says of the cluster: the ``cluster:`` section of a scenario file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

ImageDigest = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Rule(_Part):
    """One RBAC rule, in the words of ``rbac.authorization.k8s.io/v1``."""

    verbs: tuple[str, ...]
    api_groups: tuple[str, ...] = ("",)
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class Operator(_Part):
    """Whom the kubeconfig names: a cluster-admin, or somebody who holds just ``rules`` (cluster-wide) when they are given.

    Where the login has ``expired``, the API server does not know the kubeconfig's token any more.
    """

    user: str = "operator"
    groups: tuple[str, ...] = ("platform-engineers",)
    rules: tuple[Rule, ...] | None = None
    expired: bool = False


class Proxy(_Part):
    """The cluster-wide proxy (``proxy/cluster``)."""

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: str = ""


class ArgoCdInstance(_Part):
    """One ``ArgoCD`` resource and the phase its operator reports."""

    namespace: str
    name: str
    phase: Literal["Pending", "Available", "Failed", "Unknown"] = "Available"


class GitOpsOperator(_Part):
    """The OpenShift GitOps operator: its subscription, its CSV and the Argo CD instances it keeps."""

    version: str
    channel: str = "latest"
    phase: Literal["Pending", "Installing", "Succeeded", "Failed"] = "Succeeded"
    instances: tuple[ArgoCdInstance, ...] = (ArgoCdInstance(namespace="openshift-gitops", name="openshift-gitops"),)


class Catalog(_Part):
    """What ``redhat-operators`` offers of the GitOps operator; ``seconds`` is how long each step of an installation takes."""

    version: str = "1.21.0"
    channels: tuple[str, ...] = ("latest", "gitops-1.21")
    seconds: float = Field(default=1.0, ge=0)


class ClusterScenario(_Part):
    """A whole cluster. ``issuer`` has no scheme; networks are CIDRs; ``objects`` are further manifests, made as they stand.

    Where it is not ``reachable``, the kubeconfig names a port at which nobody answers.
    """

    context: str
    version: str
    kubernetes_version: str = "1.32.7"
    infrastructure_name: str
    region: str
    base_domain: str
    issuer: str
    control_plane_topology: Literal["External", "HighlyAvailable", "SingleReplica"] = "External"
    machine_network: tuple[str, ...]
    cluster_network: tuple[str, ...] = ("10.128.0.0/14",)
    service_network: tuple[str, ...] = ("172.30.0.0/16",)
    proxy: Proxy = Proxy()
    tools_image: ImageDigest | None = None
    operator: Operator = Operator()
    gitops: GitOpsOperator | None = None
    catalog: Catalog = Catalog()
    reachable: bool = True
    namespaces: tuple[str, ...] = ()
    objects: tuple[dict[str, JsonValue], ...] = Field(default=())
