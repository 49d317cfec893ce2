"""The rights in the cluster that the CodeCommit strategy needs: those of an apply, and all of them as roles."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.answers import Answers
from strategies.base import Json
from strategies.facts import Right

DEFAULT_NAMESPACE = "openshift-gitops"

_RBAC = "rbac.authorization.k8s.io"
_ALWAYS = (("", "secrets"), ("argoproj.io", "applications"))
_REFRESHER = (
    ("", "serviceaccounts"),
    ("", "configmaps"),
    (_RBAC, "roles"),
    (_RBAC, "rolebindings"),
    ("apps", "deployments"),
)
_VERBS = ("get", "create", "patch")
"""Server-side apply is a ``patch``, and a ``create`` too where there is nothing yet (Kubernetes, "Server-Side Apply")."""


def needed_rights(answers: Answers) -> tuple[Right, ...]:
    """Every right that apply uses, in the namespace of the Argo CD instance; complete answers are not needed.

    Kubernetes lets nobody hand out rights that he does not have himself, so the right to get and patch Secrets, asked for
    here, also covers the refresher's Role.
    """
    namespace = answers.argocd.namespace or DEFAULT_NAMESPACE
    refresher = answers.codecommit.credentials.method == "iam-role"
    kinds = _ALWAYS + (_REFRESHER if refresher else ())
    return tuple(Right(verb, group, resource, namespace) for group, resource in kinds for verb in _VERBS)


OPERATORS = "platform-engineers"
"""The group in the example of the operator's roles."""


def operator_roles(answers: Answers, *, group: str = OPERATORS) -> tuple[dict[str, Json], ...]:
    """RBAC manifests: the least that a group needs to plan, apply, mirror, look at and destroy this instance.

    ``list`` and ``delete`` are for ``destroy`` and for what is no longer asked for; pods, their logs and events say why a
    Deployment waits and what the probe saw, whose Job is made and removed by ``check`` (not with ``clusterProbe: false``).
    What is read outside of Argo CD's namespace describes the cluster and holds no secret.
    """
    namespace = answers.argocd.namespace or DEFAULT_NAMESPACE
    refresher = answers.codecommit.credentials.method == "iam-role"
    verbs = (*_VERBS, "delete", "list")
    own = [_rule(api, [resource], verbs) for api, resource in _ALWAYS + (_REFRESHER if refresher else ())]
    if not refresher:  # what another credential method may have left is looked for
        own += [_rule(api, [resource], ["list"]) for api, resource in _REFRESHER]
    own += [_rule("", ["pods", "events"], ["list"]), _rule("", ["pods/log"], ["get"])]
    if answers.cluster_probe:
        own.append(_rule("batch", ["jobs"], ["create", "list", "delete"]))
    own += [_rule("argoproj.io", ["appprojects"], ["list"]), _named("", "configmaps", "argocd-tls-certs-cm")]
    cluster = [
        _rule("config.openshift.io", sorted(_CLUSTER_WIDE), ["get"]),
        _rule("argoproj.io", ["argocds"], ["list"]),
        _rule("operators.coreos.com", ["subscriptions"], ["list"]),
    ]
    return (
        *_granted("ClusterRole", "ezgitops-reader", None, cluster, group),
        *_granted("Role", "ezgitops-operator", namespace, own, group),
        *_granted("Role", "ezgitops-reader", "openshift-gitops-operator", [_versions()], group),
        *_granted("Role", "ezgitops-reader", "openshift", [_named("image.openshift.io", "imagestreams", "tools")], group),
        *_granted("Role", "ezgitops-reader", "kube-system", [_named("", "configmaps", "cluster-config-v1")], group),
    )


_CLUSTER_WIDE = ("clusterversions", "infrastructures", "authentications", "networks", "proxies")


def _versions() -> dict[str, Json]:
    return _rule("operators.coreos.com", ["clusterserviceversions"], ["get", "list"])


def _rule(group: str, resources: Sequence[str], verbs: Sequence[str]) -> dict[str, Json]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


def _named(group: str, resource: str, name: str) -> dict[str, Json]:
    return {**_rule(group, [resource], ["get"]), "resourceNames": [name]}


def _granted(
    kind: str, name: str, namespace: str | None, rules: Sequence[Json], group: str
) -> tuple[dict[str, Json], dict[str, Json]]:
    """A role and its binding to the group."""
    metadata: dict[str, Json] = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return (
        {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)},
        {
            "apiVersion": f"{_RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
            "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
        },
    )
