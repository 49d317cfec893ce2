"""The objects that OpenShift GitOps consists of: as the Operator Lifecycle Manager shows it, and its Argo CD instances."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.sandbox.cluster.kinds import TYPES
from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.cluster.resource_type import ResourceType
from wizard.sandbox.cluster.scenario import ArgoCdInstance, GitOpsOperator

PACKAGE = OPERATOR_NAMESPACE = "openshift-gitops-operator"
INSTANCE = "openshift-gitops"
_KNOWN_HOSTS = """\
github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf
"""
"""The public hosts that the operator puts there (argocd-operator ``common/defaults.go``), as far as their ed25519 keys."""
OPERATOR_TYPES: tuple[ResourceType, ...] = tuple(type_ for type_ in TYPES if type_.group == "argoproj.io")
"""The kinds whose definitions come with the operator."""
PARTS = ("applicationController", "applicationSetController", "redis", "repo", "server", "sso")
_OLM = "operators.coreos.com/v1alpha1"


def made(api_version: str, kind: str, name: str, namespace: str = "", **members: Json) -> Object:
    """An object."""
    meta: Object = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **members}


def definition(type_: ResourceType) -> Object:
    """The CustomResourceDefinition of a kind, as far as programs ask it which kinds and versions there are."""
    names: Object = {
        "kind": type_.kind,
        "listKind": f"{type_.kind}List",
        "plural": type_.plural,
        "singular": type_.singular,
        "shortNames": list(type_.short_names),
    }
    version: Object = {
        "name": type_.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        "subresources": {"status": {}} if type_.status else {},
    }
    scope = "Namespaced" if type_.namespaced else "Cluster"
    spec: Object = {"group": type_.group, "names": names, "scope": scope, "versions": [version]}
    established: Object = {"type": "Established", "status": "True", "reason": "InitialNamesAccepted"}
    status: Object = {"acceptedNames": names, "conditions": [established], "storedVersions": [type_.version]}
    return made("apiextensions.k8s.io/v1", "CustomResourceDefinition", type_.resource, spec=spec, status=status)


def installed(gitops: GitOpsOperator) -> Iterator[Object]:
    """An operator that was installed before anybody came, with its instances as the scenario says."""
    yield from (definition(type_) for type_ in OPERATOR_TYPES)
    name = csv_name(gitops.version)
    source: Object = {
        "name": PACKAGE,
        "channel": gitops.channel,
        "source": "redhat-operators",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
        "startingCSV": name,
    }
    state: Object = {"currentCSV": name, "installedCSV": name, "state": "AtLatestKnown", "lastUpdated": "2026-09-02T09:01:00Z"}
    yield made("operators.coreos.com/v1", "OperatorGroup", PACKAGE, OPERATOR_NAMESPACE, spec={}, status={"namespaces": [""]})
    yield made(_OLM, "Subscription", PACKAGE, OPERATOR_NAMESPACE, spec=source, status=state)
    yield csv(gitops.version, OPERATOR_NAMESPACE, gitops.phase)
    for one in gitops.instances:
        yield from furniture(one.namespace, one.name)
        yield argocd(one)


def csv_name(version: str) -> str:
    """The name of the operator's ClusterServiceVersion."""
    return f"{PACKAGE}.v{version}"


def csv(version: str, namespace: str, phase: str, reason: str = "", message: str = "") -> Object:
    """The operator's ClusterServiceVersion in a phase."""
    described: Object = {
        "displayName": "Red Hat OpenShift GitOps",
        "version": version,
        "install": {"strategy": "deployment", "spec": {"deployments": []}},
    }
    usual = "InstallSucceeded" if phase == "Succeeded" else "InstallCheckFailed"
    status: Object = {"phase": phase, "reason": reason or usual}
    if message:
        status["message"] = message
    return made(_OLM, "ClusterServiceVersion", csv_name(version), namespace, spec=described, status=status)


def argocd(instance: ArgoCdInstance) -> Object:
    """The ArgoCD resource in its phase."""
    spec: Object = {"server": {"route": {"enabled": True}}}
    status = instance_status(instance.phase)
    return made("argoproj.io/v1beta1", "ArgoCD", instance.name, instance.namespace, spec=spec, status=status)


def instance_status(phase: str) -> Object:
    """What the operator says of an instance: its phase, and each part."""
    running = "Running" if phase == "Available" else "Pending"
    return {"phase": phase, **dict.fromkeys(PARTS, running)}


def furniture(namespace: str, name: str) -> Iterator[Object]:
    """What the operator and Argo CD make beside an instance: service accounts, configuration, the default project."""
    for account in ("argocd-application-controller", "argocd-server"):
        yield made("v1", "ServiceAccount", f"{name}-{account}", namespace)
    hosts: Object = {"ssh_known_hosts": _KNOWN_HOSTS}
    for config in ("argocd-cm", "argocd-rbac-cm", "argocd-tls-certs-cm", "argocd-ssh-known-hosts-cm"):
        labels: Object = {"app.kubernetes.io/part-of": "argocd", "app.kubernetes.io/managed-by": name}
        obj = made("v1", "ConfigMap", config, namespace, data=hosts if config == "argocd-ssh-known-hosts-cm" else {})
        obj["metadata"] = {"name": config, "namespace": namespace, "labels": labels}
        yield obj
    everything: Object = {"group": "*", "kind": "*"}
    project: Object = {
        "clusterResourceWhitelist": [everything],
        "destinations": [{"namespace": "*", "server": "*"}],
        "sourceRepos": ["*"],
    }
    yield made("argoproj.io/v1alpha1", "AppProject", "default", namespace, spec=project)
