"""The Kubernetes kinds this program touches, and small tools to look into their objects.

A static table instead of discovery: discovery costs one round trip for each API group before the first useful call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from strategies.base import Json

Manifest: TypeAlias = Mapping[str, Json]
"""One Kubernetes object, as JSON carries it."""


@dataclass(frozen=True, slots=True)
class ApiKind:
    """Where one kind lives in the API: ``apps/v1``, ``Deployment``, ``deployments``, in a namespace or not."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        group, _, version = self.api_version.rpartition("/")
        return group if version else ""

    @property
    def resource(self) -> str:
        """The kind as ``oc`` and error messages name it: ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The URL path of the collection or of one object."""
        parts = ["apis" if self.group else "api", *self.api_version.split("/")]
        if namespace is not None and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        return "/" + "/".join(quote(part, safe="") for part in parts)


SECRET = ApiKind("v1", "Secret", "secrets")
CONFIG_MAP = ApiKind("v1", "ConfigMap", "configmaps")
SERVICE_ACCOUNT = ApiKind("v1", "ServiceAccount", "serviceaccounts")
POD = ApiKind("v1", "Pod", "pods")
EVENT = ApiKind("v1", "Event", "events")
JOB = ApiKind("batch/v1", "Job", "jobs")
NAMESPACE = ApiKind("v1", "Namespace", "namespaces", namespaced=False)
DEPLOYMENT = ApiKind("apps/v1", "Deployment", "deployments")
ROLE = ApiKind("rbac.authorization.k8s.io/v1", "Role", "roles")
ROLE_BINDING = ApiKind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings")
APPLICATION = ApiKind("argoproj.io/v1alpha1", "Application", "applications")
APP_PROJECT = ApiKind("argoproj.io/v1alpha1", "AppProject", "appprojects")
ARGO_CD = ApiKind("argoproj.io/v1beta1", "ArgoCD", "argocds")
CLUSTER_VERSION = ApiKind("config.openshift.io/v1", "ClusterVersion", "clusterversions", namespaced=False)
INFRASTRUCTURE = ApiKind("config.openshift.io/v1", "Infrastructure", "infrastructures", namespaced=False)
AUTHENTICATION = ApiKind("config.openshift.io/v1", "Authentication", "authentications", namespaced=False)
NETWORK = ApiKind("config.openshift.io/v1", "Network", "networks", namespaced=False)
PROXY = ApiKind("config.openshift.io/v1", "Proxy", "proxies", namespaced=False)
IMAGE_STREAM = ApiKind("image.openshift.io/v1", "ImageStream", "imagestreams")
SUBSCRIPTION = ApiKind("operators.coreos.com/v1alpha1", "Subscription", "subscriptions")
CLUSTER_SERVICE_VERSION = ApiKind("operators.coreos.com/v1alpha1", "ClusterServiceVersion", "clusterserviceversions")
OPERATOR_GROUP = ApiKind("operators.coreos.com/v1", "OperatorGroup", "operatorgroups")
ACCESS_REVIEW = ApiKind("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)

MADE = (APPLICATION, DEPLOYMENT, SECRET, CONFIG_MAP, ROLE_BINDING, ROLE, SERVICE_ACCOUNT)
"""The kinds this program makes: where ``owned`` looks."""

_BY_NAME = {(kind.api_version, kind.kind): kind for kind in (*MADE, NAMESPACE, OPERATOR_GROUP, SUBSCRIPTION)}


def kind_of(manifest: Manifest) -> ApiKind:
    """The table's entry for a manifest of ours. Raises KeyError for a kind that this program does not make."""
    return _BY_NAME[(text(manifest, "apiVersion"), text(manifest, "kind"))]


def dig(value: Json, *path: str) -> Json:
    """The value at ``path``, or None where any part of the way is missing."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(value: Json, *path: str) -> str:
    """The string at ``path``; empty when there is none."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def items(value: Json, *path: str) -> list[Manifest]:
    """The objects of the list at ``path``; empty when there is none."""
    found = dig(value, *path)
    if isinstance(found, str) or not isinstance(found, Sequence):
        return []
    return [item for item in found if isinstance(item, Mapping)]


def word(value: Json, *path: str, longest: int = 300) -> str:
    """The string at ``path`` as it may be shown: on one line, without control characters, cut off where it is too long."""
    found = "".join(c if c.isprintable() else " " for c in text(value, *path)[: longest + 1]).strip()
    return found if len(found) <= longest else f"{found[:longest]}..."


def strings(value: Json, *path: str) -> dict[str, str]:
    """The string values of the mapping at ``path`` (labels, annotations); empty when there is none."""
    found = dig(value, *path)
    if not isinstance(found, Mapping):
        return {}
    return {key: item for key, item in found.items() if isinstance(item, str)}
