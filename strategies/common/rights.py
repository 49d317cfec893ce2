"""Rights in the cluster as RBAC manifests: what the strategies' own roles are put together from."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Json

DEFAULT_NAMESPACE = "openshift-gitops"
OPERATORS = "platform-engineers"
"""The group in the example of the operator's roles."""
RBAC = "rbac.authorization.k8s.io"
MADE = (("", "secrets"), ("argoproj.io", "applications"))
"""What every strategy makes: group and resource."""
APPLY = ("get", "create", "patch")
"""Server-side apply is a ``patch``, and a ``create`` too where there is nothing yet (Kubernetes, "Server-Side Apply")."""
KEEP = (*APPLY, "delete", "list")
"""``list`` and ``delete`` are for ``destroy`` and for what is no longer asked for."""
REFRESHER = (
    ("", "serviceaccounts"),
    ("", "configmaps"),
    (RBAC, "roles"),
    (RBAC, "rolebindings"),
    ("apps", "deployments"),
)
"""What one credential method of the CodeCommit strategy makes besides; everybody else looks whether any of it is left."""
_CLUSTER_WIDE = ("authentications", "clusterversions", "infrastructures", "networks", "proxies")


def rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> dict[str, Json]:
    """One rule of a role."""
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def named(group: str, resource: str, name: str, verbs: Sequence[str] = ("get",)) -> dict[str, Json]:
    """One rule for one object. ``list`` holds for a name too, where its field selector says so (Kubernetes, "Using RBAC")."""
    return {**rule(group, [resource], verbs), "resourceNames": [name]}


def looking(cluster_probe: bool) -> list[dict[str, Json]]:
    """What is read in the namespace of Argo CD, and the probe's Job, which ``check`` makes and removes.

    Pods, their logs and events say why a Deployment waits and what the probe saw.
    """
    found = [rule("", ["pods", "events"], ["list"]), rule("", ["pods/log"], ["get"])]
    if cluster_probe:
        found.append(rule("batch", ["jobs"], ["create", "list", "delete"]))
    return [*found, rule("argoproj.io", ["appprojects"], ["list"]), named("", "configmaps", "argocd-tls-certs-cm")]


def roles(namespace: str, own: Sequence[Json], group: str) -> tuple[dict[str, Json], ...]:
    """The roles and bindings of a group: ``own`` rules in Argo CD's namespace, and what is read outside of it.

    What is read outside describes the cluster and holds no secret.
    """
    cluster = [
        rule("config.openshift.io", _CLUSTER_WIDE, ["get"]),
        rule("argoproj.io", ["argocds"], ["list"]),
        rule("operators.coreos.com", ["subscriptions"], ["list"]),
    ]
    versions = [rule("operators.coreos.com", ["clusterserviceversions"], ["list"])]
    return (
        *_granted("ClusterRole", "ezgitops-reader", None, cluster, group),
        *_granted("Role", "ezgitops-operator", namespace, own, group),
        *_granted("Role", "ezgitops-reader", "openshift-gitops-operator", versions, group),
        *_granted("Role", "ezgitops-reader", "openshift", [named("image.openshift.io", "imagestreams", "tools")], group),
        *_granted("Role", "ezgitops-reader", "kube-system", [named("", "configmaps", "cluster-config-v1")], group),
    )


def _granted(
    kind: str, name: str, namespace: str | None, rules: Sequence[Json], group: str
) -> tuple[dict[str, Json], dict[str, Json]]:
    """A role and its binding to the group."""
    metadata: dict[str, Json] = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return (
        {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group}],
        },
    )
