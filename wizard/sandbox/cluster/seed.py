"""The objects that a scenario's cluster has before anybody comes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from wizard.sandbox.cluster.kinds import TYPES, ResourceType
from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.cluster.scenario import ClusterScenario, GitOpsOperator

_CLUSTER_ID = "5f0c7a52-6a3e-4c0e-9d0b-3b1f2a7c9e41"
_OPERATOR_NAMESPACE = "openshift-gitops-operator"
_NAMESPACES = ("default", "kube-system", "kube-public", "openshift", "openshift-config")
_RBAC = "rbac.authorization.k8s.io"


def manifests(scenario: ClusterScenario) -> Iterator[Object]:
    """Every manifest, in an order in which they can be created (namespaces first)."""
    gitops = scenario.gitops
    spaces = [*_NAMESPACES, *([_OPERATOR_NAMESPACE, *(one.namespace for one in gitops.instances)] if gitops else [])]
    for name in dict.fromkeys([*spaces, *scenario.namespaces]):
        yield _object("v1", "Namespace", name)
    yield from _roles(scenario)
    yield from (_definition(type_) for type_ in TYPES if type_.custom)
    yield from _platform(scenario)
    if scenario.tools_image:
        yield _tools(scenario.tools_image)
    if gitops:
        yield from _gitops(gitops)
    for obj in scenario.objects:
        yield json.loads(json.dumps(obj))


def _object(api_version: str, kind: str, name: str, namespace: str = "", **members: Json) -> Object:
    meta: Object = {"name": name}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **members}


def _roles(scenario: ClusterScenario) -> Iterator[Object]:
    """The roles every cluster has, and the operator's."""
    api = f"{_RBAC}/v1"
    everything: Object = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    yield _object(api, "ClusterRole", "cluster-admin", rules=[everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}])
    reviews: list[Json] = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    basic: list[Json] = [
        {"apiGroups": ["authorization.k8s.io"], "resources": reviews, "verbs": ["create"]},
        {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
    ]
    paths: list[Json] = ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", "/.well-known/*", "/openid/*"]
    yield _object(api, "ClusterRole", "system:basic-user", rules=basic)
    yield _object(api, "ClusterRole", "system:discovery", rules=[{"nonResourceURLs": paths, "verbs": ["get"]}])
    public: list[Json] = ["/version", "/healthz", "/livez", "/readyz"]
    yield _object(api, "ClusterRole", "system:public-info-viewer", rules=[{"nonResourceURLs": public, "verbs": ["get"]}])
    yield _binding("cluster-admins", "cluster-admin", "Group", "system:masters")
    for role in ("system:basic-user", "system:discovery", "system:public-info-viewer"):
        yield _binding(role, role, "Group", "system:authenticated")
    yield _binding("system:public-info-viewer-anonymous", "system:public-info-viewer", "Group", "system:unauthenticated")
    operator = scenario.operator
    if operator.rules is None:
        yield _binding(operator.user, "cluster-admin", "User", operator.user)
        return
    rules: list[Json] = []
    for rule in operator.rules:
        held: Object = {
            "verbs": list(rule.verbs),
            "apiGroups": list(rule.api_groups),
            "resources": list(rule.resources),
        }
        if rule.resource_names:
            held["resourceNames"] = list(rule.resource_names)
        rules.append(held)
    yield _object(api, "ClusterRole", operator.user, rules=rules)
    yield _binding(operator.user, operator.user, "User", operator.user)


def _binding(name: str, role: str, kind: str, subject: str) -> Object:
    reference: Object = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role}
    subjects: list[Json] = [{"apiGroup": _RBAC, "kind": kind, "name": subject}]
    return _object(f"{_RBAC}/v1", "ClusterRoleBinding", name, roleRef=reference, subjects=subjects)


def _definition(type_: ResourceType) -> Object:
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
    return _object("apiextensions.k8s.io/v1", "CustomResourceDefinition", type_.resource, spec=spec, status=status)


def _platform(scenario: ClusterScenario) -> Iterator[Object]:
    """What OpenShift says of the cluster: openshift/api ``config/v1``."""
    api = "config.openshift.io/v1"
    history: list[Json] = [
        {
            "state": "Completed",
            "version": scenario.version,
            "startedTime": "2026-09-02T08:11:20Z",
            "completionTime": "2026-09-02T08:32:02Z",
            "verified": True,
            "image": "",
        }
    ]
    available: list[Json] = [
        {
            "type": "Available",
            "status": "True",
            "lastTransitionTime": "2026-09-02T08:32:02Z",
            "message": f"Done applying {scenario.version}",
        }
    ]
    desired: Object = {"version": scenario.version, "image": ""}
    version_status: Object = {
        "history": history,
        "conditions": available,
        "desired": desired,
        "observedGeneration": 1,
        "versionHash": "",
    }
    yield _object(api, "ClusterVersion", "version", spec={"clusterID": _CLUSTER_ID, "channel": "stable"}, status=version_status)
    platform: Object = {"type": "AWS", "aws": {"region": scenario.region}}
    infrastructure: Object = {
        "infrastructureName": scenario.infrastructure_name,
        "platform": "AWS",
        "platformStatus": platform,
        "controlPlaneTopology": scenario.control_plane_topology,
        "infrastructureTopology": "HighlyAvailable",
        "apiServerURL": f"https://api.{scenario.base_domain}:443",
        "apiServerInternalURI": f"https://api.{scenario.base_domain}:443",
    }
    yield _object(api, "Infrastructure", "cluster", spec={"platformSpec": {"type": "AWS", "aws": {}}}, status=infrastructure)
    yield _object(api, "Authentication", "cluster", spec={"serviceAccountIssuer": f"https://{scenario.issuer}"}, status={})
    pods: list[Json] = [{"cidr": cidr, "hostPrefix": 23} for cidr in scenario.cluster_network]
    services: list[Json] = list(scenario.service_network)
    network: Object = {"clusterNetwork": pods, "serviceNetwork": services, "networkType": "OVNKubernetes"}
    yield _object(api, "Network", "cluster", spec=network, status={**network, "clusterNetworkMTU": 8901})
    proxy = scenario.proxy.model_dump(by_alias=True, exclude_defaults=True)
    yield _object(api, "Proxy", "cluster", spec={**proxy, "trustedCA": {"name": ""}}, status=dict(proxy))
    yield _object(api, "DNS", "cluster", spec={"baseDomain": scenario.base_domain}, status={})
    machines: list[Json] = [{"cidr": cidr} for cidr in scenario.machine_network]
    install: Object = {
        "apiVersion": "v1",
        "baseDomain": scenario.base_domain,
        "metadata": {"name": scenario.infrastructure_name.rpartition("-")[0]},
        "networking": {"machineNetwork": machines, **network},
        "platform": {"aws": {"region": scenario.region}},
        "publish": "Internal",
    }
    data: Object = {"install-config": yaml.safe_dump(install, sort_keys=False)}
    yield _object("v1", "ConfigMap", "cluster-config-v1", "kube-system", data=data)


def _tools(image: str) -> Object:
    tag: Object = {
        "name": "latest",
        "from": {"kind": "DockerImage", "name": image},
        "importPolicy": {},
        "referencePolicy": {"type": "Source"},
    }
    repository = "image-registry.openshift-image-registry.svc:5000/openshift/tools"
    item: Object = {
        "created": "2026-09-02T08:15:00Z",
        "dockerImageReference": image,
        "image": image.partition("@")[2],
        "generation": 2,
    }
    status: Object = {"dockerImageRepository": repository, "tags": [{"tag": "latest", "items": [item]}]}
    return _object("image.openshift.io/v1", "ImageStream", "tools", "openshift", spec={"tags": [tag]}, status=status)


def _gitops(gitops: GitOpsOperator) -> Iterator[Object]:
    """The OpenShift GitOps operator as OLM shows it, and each Argo CD instance."""
    name = f"openshift-gitops-operator.v{gitops.version}"
    api = "operators.coreos.com/v1alpha1"
    source: Object = {
        "name": "openshift-gitops-operator",
        "channel": gitops.channel,
        "source": "redhat-operators",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
        "startingCSV": name,
    }
    state: Object = {"currentCSV": name, "installedCSV": name, "state": "AtLatestKnown", "lastUpdated": "2026-09-02T09:01:00Z"}
    yield _object(api, "Subscription", "openshift-gitops-operator", _OPERATOR_NAMESPACE, spec=source, status=state)
    described: Object = {
        "displayName": "Red Hat OpenShift GitOps",
        "version": gitops.version,
        "install": {"strategy": "deployment", "spec": {"deployments": []}},
    }
    phase: Object = {
        "phase": gitops.phase,
        "reason": "InstallSucceeded" if gitops.phase == "Succeeded" else "InstallCheckFailed",
    }
    yield _object(api, "ClusterServiceVersion", name, _OPERATOR_NAMESPACE, spec=described, status=phase)
    for instance in gitops.instances:
        yield from _instance(instance.namespace, instance.name, instance.phase)


def _instance(namespace: str, name: str, phase: str) -> Iterator[Object]:
    running = "Running" if phase == "Available" else "Pending"
    parts = ("applicationController", "applicationSetController", "redis", "repo", "server", "sso")
    status: Object = {"phase": phase, **dict.fromkeys(parts, running)}
    yield _object(
        "argoproj.io/v1beta1", "ArgoCD", name, namespace, spec={"server": {"route": {"enabled": True}}}, status=status
    )
    for account in ("argocd-application-controller", "argocd-server"):
        yield _object("v1", "ServiceAccount", f"{name}-{account}", namespace)
    for config in ("argocd-cm", "argocd-rbac-cm", "argocd-tls-certs-cm"):
        labels: Object = {"app.kubernetes.io/part-of": "argocd", "app.kubernetes.io/managed-by": name}
        obj = _object("v1", "ConfigMap", config, namespace, data={})
        obj["metadata"] = {"name": config, "namespace": namespace, "labels": labels}
        yield obj
    everything: Object = {"group": "*", "kind": "*"}
    project: Object = {
        "clusterResourceWhitelist": [everything],
        "destinations": [{"namespace": "*", "server": "*"}],
        "sourceRepos": ["*"],
    }
    yield _object("argoproj.io/v1alpha1", "AppProject", "default", namespace, spec=project)
