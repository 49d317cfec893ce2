"""Reads what the cluster says of itself, of OpenShift GitOps, and of what this login may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import yaml

from strategies import chosen
from strategies.base import Json, Situation
from strategies.common import effective, gitops
from strategies.facts import (
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_RIGHTS,
    ArgoInstance,
    ClusterInfo,
    FactError,
    GitOps,
    OperatorSubscription,
    Right,
    Rights,
)
from strategies.ports import FactFailureError, Reader
from strategies.resources.cluster.apis import (
    ACCESS_REVIEW,
    ARGO_CD,
    AUTHENTICATION,
    CLUSTER_SERVICE_VERSION,
    CLUSTER_VERSION,
    CONFIG_MAP,
    IMAGE_STREAM,
    INFRASTRUCTURE,
    NETWORK,
    PROXY,
    SUBSCRIPTION,
    ApiKind,
    Manifest,
    dig,
    items,
    text,
    word,
)
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_fact_failure
from strategies.resources.parallel import together

_PARTS = ("applicationController", "repo", "server", "redis")
_FAILING = ("ResolutionFailed", "CatalogSourcesUnhealthy", "InstallPlanFailed", "BundleUnpackFailed")
"""Conditions of a Subscription that are bad when they are true (OLM ``subscription_types.go``)."""


def cluster_readers(client: Callable[[str], KubeClient]) -> Sequence[Reader]:
    """Readers of the cluster's facts; ``client`` gives the client of a context."""

    def reader(fact_id: str, read: Callable[[KubeClient], object]) -> Reader:
        def run(situation: Situation) -> object:
            return read(client(effective.context(situation) or ""))

        return Reader(fact_id, effective.context, run)

    def rights_inputs(situation: Situation) -> tuple[str, tuple[Right, ...]] | None:
        context = effective.context(situation)
        return None if context is None else (context, chosen.rights(situation))

    def rights(situation: Situation) -> Rights:
        return read_rights(client(effective.context(situation) or ""), chosen.rights(situation))

    return (
        reader(CLUSTER_INFO.id, read_info),
        reader(CLUSTER_GITOPS.id, read_gitops),
        Reader(CLUSTER_RIGHTS.id, rights_inputs, rights),
    )


def read_info(client: KubeClient) -> ClusterInfo:
    """Version, infrastructure, issuer, networks, proxy and tools image, read side by side. Raises FactFailureError.

    What this login may not read is left out; it is a failure only where it may read neither version nor infrastructure.
    """
    with as_fact_failure():
        found = together(
            [
                partial(_allowed, client, CLUSTER_VERSION, "version"),
                partial(_allowed, client, INFRASTRUCTURE, "cluster"),
                partial(_allowed, client, AUTHENTICATION, "cluster"),
                partial(_allowed, client, NETWORK, "cluster"),
                partial(_allowed, client, PROXY, "cluster"),
                partial(_allowed, client, CONFIG_MAP, "cluster-config-v1", "kube-system"),
                partial(_allowed, client, IMAGE_STREAM, "tools", "openshift"),
            ]
        )
        if isinstance(found[0], KubeError) and isinstance(found[1], KubeError):
            raise found[0]
        if found[0] is None or found[1] is None:
            raise FactFailureError(
                FactError(
                    f"{client.server} is a Kubernetes cluster, but not OpenShift: it has no ClusterVersion",
                    "Choose the context of an OpenShift cluster.",
                    "oc config get-contexts",
                )
            )
        version, infrastructure, authentication, network, proxy, config, tools = (
            None if isinstance(one, KubeError) else one for one in found
        )
        return ClusterInfo(
            context=client.context,
            server=client.server,
            version=word(version, "status", "desired", "version"),
            infrastructure_name=word(infrastructure, "status", "infrastructureName"),
            region=word(infrastructure, "status", "platformStatus", "aws", "region") or None,
            control_plane=word(infrastructure, "status", "controlPlaneTopology"),
            issuer=word(authentication, "spec", "serviceAccountIssuer").removeprefix("https://").rstrip("/"),
            machine_cidrs=_machine_cidrs(config),
            pod_cidrs=tuple(word(entry, "cidr") for entry in items(network, "spec", "clusterNetwork")),
            service_cidrs=_texts(dig(network, "spec", "serviceNetwork")),
            proxy=word(proxy, "status", "httpsProxy") or word(proxy, "spec", "httpsProxy") or None,
            tools_image=_tools_image(tools),
            unread=tuple(one.target.partition(" ")[0] for one in found[:3] if isinstance(one, KubeError)),
        )


def read_gitops(client: KubeClient) -> GitOps:
    """The operator's ClusterServiceVersion and every Argo CD instance. Raises FactFailureError."""
    with as_fact_failure():
        subscriptions, versions, instances = together(
            [
                partial(_list, client, SUBSCRIPTION),
                partial(_list, client, CLUSTER_SERVICE_VERSION, gitops.NAMESPACE),
                partial(_list, client, ARGO_CD),
            ]
        )
        csv = _operator_version(client, subscriptions, versions)
    name = text(csv, "metadata", "name")
    return GitOps(
        csv=name or None,
        version=(word(csv, "spec", "version") or name.partition(".v")[2]) or None,
        phase=word(csv, "status", "phase") or None,
        instances=tuple(instance_of(one) for one in instances),
        message=word(csv, "status", "message"),
        subscription=next((subscription_of(one) for one in subscriptions if text(one, "spec", "name") == gitops.PACKAGE), None),
    )


def read_rights(client: KubeClient, rights: Sequence[Right]) -> Rights:
    """One SelfSubjectAccessReview for each right, all at once. Raises FactFailureError."""

    def review(right: Right) -> bool:
        attributes: dict[str, Json] = {"verb": right.verb, "group": right.group, "resource": right.resource}
        if right.namespace is not None:
            attributes["namespace"] = right.namespace
        if right.name is not None:
            attributes["name"] = right.name
        body: dict[str, Json] = {
            "apiVersion": ACCESS_REVIEW.api_version,
            "kind": ACCESS_REVIEW.kind,
            "spec": {"resourceAttributes": attributes},
        }
        return dig(client.create(ACCESS_REVIEW, body), "status", "allowed") is True

    with as_fact_failure():
        return Rights(dict(zip(rights, together([partial(review, right) for right in rights]), strict=True)))


def instance_of(argocd: Manifest) -> ArgoInstance:
    """One instance. Which parts do not run is told by its status (argocd-operator ``api/v1beta1/argocd_types.go``)."""
    states = {part: word(argocd, "status", part) for part in _PARTS}
    reconciled = next((c for c in items(argocd, "status", "conditions") if text(c, "type") == "Reconciled"), {})
    return ArgoInstance(
        text(argocd, "metadata", "namespace"),
        text(argocd, "metadata", "name"),
        word(argocd, "status", "phase"),
        service_account=word(argocd, "spec", "repo", "serviceaccount") or "default",
        waiting=tuple(f"{part}: {state}" for part, state in states.items() if state not in ("", "Running")),
        message=word(reconciled, "message") if text(reconciled, "status") == "False" else "",
    )


def subscription_of(found: Manifest) -> OperatorSubscription:
    """One subscription. The first condition that says why nothing is installed is its message."""
    failing = (c for c in items(found, "status", "conditions") if text(c, "type") in _FAILING and text(c, "status") == "True")
    return OperatorSubscription(
        namespace=text(found, "metadata", "namespace"),
        name=text(found, "metadata", "name"),
        channel=word(found, "spec", "channel"),
        source=word(found, "spec", "source"),
        state=word(found, "status", "state"),
        message=next((word(c, "message") or word(c, "reason") for c in failing), ""),
    )


def _operator_version(client: KubeClient, subscriptions: Sequence[Manifest], versions: Sequence[Manifest]) -> Manifest:
    """The ClusterServiceVersion that the subscription installed, wherever that is; it is usually among ``versions``."""
    for subscription in subscriptions:
        if text(subscription, "spec", "name") == gitops.PACKAGE:
            installed = text(subscription, "status", "installedCSV")
            namespace = text(subscription, "metadata", "namespace")
            usual = versions if namespace == gitops.NAMESPACE else ()
            known = next((one for one in usual if text(one, "metadata", "name") == installed), None)
            if known is not None or not installed:
                return known or {}
            found = _allowed(client, CLUSTER_SERVICE_VERSION, installed, namespace)
            return {} if found is None or isinstance(found, KubeError) else found
    named = (v for v in versions if text(v, "metadata", "name").startswith(f"{gitops.PACKAGE}."))
    return next(named, {})


def _allowed(client: KubeClient, kind: ApiKind, name: str, namespace: str | None = None) -> Manifest | KubeError | None:
    """The object, None where there is none, or the refusal when this login may not read it."""
    try:
        return client.get(kind, name, namespace)
    except KubeError as error:
        if error.status == 403:
            return error
        raise


def _list(client: KubeClient, kind: ApiKind, namespace: str | None = None) -> list[Manifest]:
    """The objects; none where the kind is not installed, or where this login may not list it in all namespaces."""
    try:
        return client.list(kind, namespace)
    except KubeError as error:
        if error.status == 404 or (error.status == 403 and kind is not ARGO_CD):
            return []
        raise


def _machine_cidrs(config: Manifest | None) -> tuple[str, ...]:
    """From the install configuration, which a hosted control plane does not always have."""
    try:
        document = yaml.safe_load(text(config, "data", "install-config"))
    except yaml.YAMLError:
        return ()
    return tuple(text(entry, "cidr") for entry in items(document, "networking", "machineNetwork"))


def _tools_image(stream: Manifest | None) -> str | None:
    """The digest pull spec of ``tools:latest``: by digest it is pulled from the release image mirror, not from outside."""
    candidates = [text(t, "from", "name") for t in items(stream, "spec", "tags") if text(t, "name") == "latest"]
    for tag in items(stream, "status", "tags"):
        if text(tag, "tag") == "latest":
            candidates += [text(entry, "dockerImageReference") for entry in items(tag, "items")[:1]]
    return next((image for image in candidates if "@sha256:" in image), None)


def _texts(value: Json) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        return ()
    return tuple(item for item in value if isinstance(item, str))
