"""The objects that a scenario's cluster has before anybody comes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from wizard.sandbox.cluster.gitops import OPERATOR_NAMESPACE, OPERATOR_TYPES, definition, installed, made
from wizard.sandbox.cluster.kinds import TYPES
from wizard.sandbox.cluster.objects import Json, Object, name_of, namespace_of, text
from wizard.sandbox.cluster.scenario import ClusterScenario

_CLUSTER_ID = "5f0c7a52-6a3e-4c0e-9d0b-3b1f2a7c9e41"
_NAMESPACES = ("default", "kube-system", "kube-public", "openshift", "openshift-config")
_RBAC = "rbac.authorization.k8s.io"


def manifests(scenario: ClusterScenario) -> Iterator[Object]:
    """Every manifest, in an order in which they can be created (namespaces first).

    An object of the scenario takes the place of the one that the cluster would have under that name.
    """
    own: list[Object] = [json.loads(json.dumps(obj)) for obj in scenario.objects]
    replaced = {_identity(obj) for obj in own}
    yield from (obj for obj in _usual(scenario) if _identity(obj) not in replaced)
    yield from own


def _identity(obj: Object) -> tuple[str, ...]:
    return (text(obj.get("apiVersion")), text(obj.get("kind")), namespace_of(obj), name_of(obj))


def _usual(scenario: ClusterScenario) -> Iterator[Object]:
    gitops = scenario.gitops
    spaces = [*_NAMESPACES, *([OPERATOR_NAMESPACE, *(one.namespace for one in gitops.instances)] if gitops else [])]
    for name in dict.fromkeys([*spaces, *scenario.namespaces]):
        yield made("v1", "Namespace", name)
    yield from _roles(scenario)
    yield from (definition(type_) for type_ in TYPES if type_.custom and type_ not in OPERATOR_TYPES)
    yield from _platform(scenario)
    if scenario.tools_image:
        yield _tools(scenario.tools_image)
    if gitops:
        yield from installed(gitops)


def _roles(scenario: ClusterScenario) -> Iterator[Object]:
    """The roles every cluster has, and the operator's."""
    api = f"{_RBAC}/v1"
    everything: Object = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    yield made(api, "ClusterRole", "cluster-admin", rules=[everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}])
    reviews: list[Json] = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    basic: list[Json] = [
        {"apiGroups": ["authorization.k8s.io"], "resources": reviews, "verbs": ["create"]},
        {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
    ]
    paths: list[Json] = ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", "/.well-known/*", "/openid/*"]
    yield made(api, "ClusterRole", "system:basic-user", rules=basic)
    yield made(api, "ClusterRole", "system:discovery", rules=[{"nonResourceURLs": paths, "verbs": ["get"]}])
    public: list[Json] = ["/version", "/healthz", "/livez", "/readyz"]
    yield made(api, "ClusterRole", "system:public-info-viewer", rules=[{"nonResourceURLs": public, "verbs": ["get"]}])
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
    yield made(api, "ClusterRole", operator.user, rules=rules)
    yield _binding(operator.user, operator.user, "User", operator.user)


def _binding(name: str, role: str, kind: str, subject: str) -> Object:
    reference: Object = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role}
    subjects: list[Json] = [{"apiGroup": _RBAC, "kind": kind, "name": subject}]
    return made(f"{_RBAC}/v1", "ClusterRoleBinding", name, roleRef=reference, subjects=subjects)


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
    yield made(api, "ClusterVersion", "version", spec={"clusterID": _CLUSTER_ID, "channel": "stable"}, status=version_status)
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
    yield made(api, "Infrastructure", "cluster", spec={"platformSpec": {"type": "AWS", "aws": {}}}, status=infrastructure)
    yield made(api, "Authentication", "cluster", spec={"serviceAccountIssuer": f"https://{scenario.issuer}"}, status={})
    pods: list[Json] = [{"cidr": cidr, "hostPrefix": 23} for cidr in scenario.cluster_network]
    services: list[Json] = list(scenario.service_network)
    network: Object = {"clusterNetwork": pods, "serviceNetwork": services, "networkType": "OVNKubernetes"}
    yield made(api, "Network", "cluster", spec=network, status={**network, "clusterNetworkMTU": 8901})
    proxy = scenario.proxy.model_dump(by_alias=True, exclude_defaults=True)
    yield made(api, "Proxy", "cluster", spec={**proxy, "trustedCA": {"name": ""}}, status=dict(proxy))
    yield made(api, "DNS", "cluster", spec={"baseDomain": scenario.base_domain}, status={})
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
    yield made("v1", "ConfigMap", "cluster-config-v1", "kube-system", data=data)


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
    return made("image.openshift.io/v1", "ImageStream", "tools", "openshift", spec={"tags": [tag]}, status=status)
