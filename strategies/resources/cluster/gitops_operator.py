"""Installs OpenShift GitOps through the Operator Lifecycle Manager and waits until its Argo CD instance is available."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from strategies.base import Json
from strategies.common import gitops
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import (
    ARGO_CD,
    CLUSTER_SERVICE_VERSION,
    OPERATOR_GROUP,
    SUBSCRIPTION,
    Manifest,
    text,
    word,
)
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.readers import instance_of, subscription_of

INSTANCE_NAMESPACE = INSTANCE = "openshift-gitops"
TIMEOUT = 900.0
"""Seconds for everything: the catalog is asked, two images are pulled, and the instance's own pods start after that."""
_POLL = 2.0
_WHAT = "Cannot install OpenShift GitOps"


def install(client: KubeClient, _arguments: Mapping[str, Json], run: Execution) -> None:
    """Ask for the operator unless somebody did, then wait until it and its own instance work. Raises ResourceError.

    What is made carries no mark of an instance of this program: from then on the operator serves the whole cluster, and
    ``destroy`` must leave it.
    """
    with as_resource_error(_WHAT):
        asked = _asked(client)
        if asked is None:
            _ask(client, run)
        _wait(client, run)


def _asked(client: KubeClient) -> Manifest | None:
    """The subscription to the operator, in whatever namespace: a second one would keep the first from being resolved."""
    return next((one for one in client.list(SUBSCRIPTION) if text(one, "spec", "name") == gitops.PACKAGE), None)


def _ask(client: KubeClient, run: Execution) -> None:
    _apply(client, run, "namespaces", gitops.SPACE)
    # OLM refuses to choose between two operator groups of a namespace (TooManyOperatorGroups).
    if not client.list(OPERATOR_GROUP, gitops.NAMESPACE):
        _apply(client, run, OPERATOR_GROUP.resource, gitops.GROUP)
    _apply(client, run, SUBSCRIPTION.resource, gitops.SUBSCRIPTION)


def _apply(client: KubeClient, run: Execution, resource: str, manifest: Manifest) -> None:
    named: dict[str, Json] = {"namespace": text(manifest, "metadata", "namespace"), "name": text(manifest, "metadata", "name")}
    with run.mutation(f"kubernetes:apply {resource}", named):
        client.apply(manifest)


@dataclass(frozen=True, slots=True)
class _Stage:
    """How far the installation is: what is waited for, how much of it is done, and whether nothing more can come."""

    says: str
    fraction: float
    hopeless: bool = False


def _wait(client: KubeClient, run: Execution) -> None:
    waited, said = 0.0, ""
    while True:
        stage = _stage(client)
        if stage is None:
            run.progress(f"{INSTANCE_NAMESPACE}/{INSTANCE} is available", 1.0)
            return
        if stage.says != said:
            said = stage.says
            run.progress(said, stage.fraction)
        if stage.hopeless or waited >= TIMEOUT:
            after = "" if stage.hopeless else f"not ready after {waited:.0f} s: "
            raise ResourceError(
                _WHAT, f"{after}{said}",
                f"See what the operator says (oc get subscription.operators.coreos.com,csv -n {gitops.NAMESPACE} -o yaml).",
            )  # fmt: skip
        run.sleep(_POLL)
        waited += _POLL


def _stage(client: KubeClient) -> _Stage | None:
    """The first thing that is not there yet; None once all is."""
    subscription = _asked(client)
    if subscription is None:
        return _Stage("the subscription is gone: somebody deleted it", 0.0, hopeless=True)
    installed = text(subscription, "status", "installedCSV")
    current = installed or text(subscription, "status", "currentCSV")
    if not current:
        told = subscription_of(subscription)
        # A catalog that is still starting looks like one without the package, so this may pass.
        return _Stage(told.message or f"waiting until the catalog {told.source} is read", 0.1)
    csv = client.get(CLUSTER_SERVICE_VERSION, current, text(subscription, "metadata", "namespace"))
    phase = text(csv, "status", "phase") or "not there yet"
    if phase != "Succeeded":
        message = word(csv, "status", "message")
        reason = text(csv, "status", "reason")
        final = phase == "Failed" and reason in _FINAL
        return _Stage(f"{current} is {phase}" + (f": {message}" if message else ""), 0.4, hopeless=final)
    return _instance_stage(lambda: client.get(ARGO_CD, INSTANCE, INSTANCE_NAMESPACE))


_FINAL = ("TooManyOperatorGroups", "UnsupportedOperatorGroup", "NoOperatorGroup")
"""Reasons for which OLM does not try again by itself (``clusterserviceversion_types.go``)."""


def _instance_stage(read: Callable[[], Manifest | None]) -> _Stage | None:
    where = f"{INSTANCE_NAMESPACE}/{INSTANCE}"
    try:
        found = read()
    except KubeError as error:
        if error.status != 404:
            raise
        found = None  # the kind is not served yet
    if found is None:
        return _Stage(f"waiting until the operator makes {where}", 0.7)
    told = instance_of(found)
    if told.phase == "Available":
        return None
    return _Stage(f"{where} is {told.phase or 'new'}" + (f" ({'; '.join(told.waiting)})" if told.waiting else ""), 0.8)
