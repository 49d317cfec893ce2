"""Target manifests against the live objects: what is out of sync, how healthy it is, and how it is brought in line."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.kinds import TYPES, ResourceType, type_of
from wizard.sandbox.cluster.objects import (
    Json,
    Object,
    clone,
    dig,
    mapping,
    mappings,
    name_of,
    namespace_of,
    number,
    section,
    text,
)
from wizard.sandbox.cluster.store import Store

TRACKING = "argocd.argoproj.io/tracking-id"
MANAGER = "argocd-controller"
_ORDER = ("Namespace", "ServiceAccount", "Secret", "ConfigMap", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
_HEALTH_ORDER = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")


class CompareError(Exception):
    """The manifests cannot be compared; the text is worded as Argo CD's."""


@dataclass(frozen=True, slots=True)
class Managed:
    """One object of an Application: as it is asked (None: to be pruned) and as it is (None: missing)."""

    type: ResourceType
    target: Object | None
    live: Object | None

    @property
    def synced(self) -> bool:
        """True when what is asked is what is."""
        return self.target is not None and self.live is not None and contains(self.live, normalised(self.target))

    def status(self) -> Object:
        """The entry under ``status.resources``."""
        shown = self.target or self.live or {}
        entry: Object = {
            "group": self.type.group,
            "version": self.type.version,
            "kind": self.type.kind,
            "namespace": namespace_of(shown),
            "name": name_of(shown),
            "status": "Synced" if self.synced else "OutOfSync",
        }
        health = self.health()
        if self.target is None:
            entry["requiresPruning"] = True
        return {key: value for key, value in entry.items() if value != ""} | ({"health": health} if health else {})

    def health(self) -> Object | None:
        """Health as Argo CD's built-in checks judge it, or None for kinds without one."""
        if self.live is None:
            return {"status": "Missing"}
        if dig(self.live, "metadata", "deletionTimestamp"):
            return {"status": "Progressing", "message": "Pending deletion"}
        if self.type.kind == "Deployment":
            return _deployment_health(self.live)
        if self.type.kind == "Job":
            kinds = {text(each.get("type")) for each in mappings(dig(self.live, "status", "conditions"))}
            return {"status": "Healthy" if "Complete" in kinds else "Degraded" if "Failed" in kinds else "Progressing"}
        return None


def targets(manifests: Iterable[Object], application: str, namespace: str) -> list[Object]:
    """The manifests as they are applied: with a namespace where one is needed, and with the tracking annotation."""
    made = []
    for manifest in manifests:
        target = clone(manifest)
        try:
            type_ = type_of(target)
        except KeyError as error:
            raise CompareError(
                f"The Kubernetes API could not find {target.get('apiVersion')}/{target.get('kind')} for requested resource "
                f'{namespace_of(target)}/{name_of(target)}. Make sure the "{target.get("kind")}" CRD is installed on the '
                "destination cluster."
            ) from error
        metadata = section(target, "metadata")
        if type_.namespaced and not text(metadata.get("namespace")):
            if not namespace:
                raise CompareError(f"Namespace for {name_of(target)} {target.get('apiVersion')}, Kind={type_.kind} is missing.")
            metadata["namespace"] = namespace
        if not type_.namespaced:
            metadata.pop("namespace", None)
        place = f"{namespace_of(target) or namespace}/{name_of(target)}"
        section(metadata, "annotations")[TRACKING] = f"{application}:{type_.group}/{type_.kind}:{place}"
        made.append(target)
    return sorted(made, key=lambda each: _ORDER.index(text(each["kind"])) if each["kind"] in _ORDER else len(_ORDER))


def compare(store: Store, wanted: Sequence[Object], application: str) -> list[Managed]:
    """Every target with its live object, and every live object of the application that is no target any more."""
    managed = [
        Managed(type_of(target), target, store.get(type_of(target).resource, namespace_of(target), name_of(target)))
        for target in wanted
    ]
    seen = {(each.type.resource, namespace_of(each.target or {}), name_of(each.target or {})) for each in managed}
    for type_ in TYPES:
        for live in store.list(type_.resource):
            tracking = text(mapping(dig(live, "metadata", "annotations")).get(TRACKING))
            if tracking.startswith(f"{application}:") and (type_.resource, namespace_of(live), name_of(live)) not in seen:
                managed.append(Managed(type_, None, live))
    return managed


def sync(store: Store, managed: Sequence[Managed], *, prune: bool) -> list[Object]:
    """Apply the targets, prune when told to; the entries of ``operationState.syncResult.resources``."""
    results = []
    for each in managed:
        shown = each.target or each.live or {}
        result: Object = {
            "group": each.type.group,
            "version": each.type.version,
            "kind": each.type.kind,
            "namespace": namespace_of(shown),
            "name": name_of(shown),
            "syncPhase": "Sync",
            "hookPhase": "Running",
        }
        try:
            if each.target is not None:
                store.apply(normalised(each.target), manager=MANAGER)
                result |= {"status": "Synced", "message": f"{each.type.resource}/{name_of(shown)} serverside-applied"}
            elif prune:
                store.delete(each.type.resource, namespace_of(shown), name_of(shown))
                result |= {"status": "Pruned", "message": "pruned"}
            else:
                result |= {"status": "PruneSkipped", "message": "ignored (requires pruning)"}
        except ApiError as error:
            result |= {"status": "SyncFailed", "message": str(error), "hookPhase": "Failed"}
        results.append(result)
    return results


def health(managed: Sequence[Managed]) -> str:
    """The worst health of all objects."""
    judged = [each.health() for each in managed if each.target is not None]
    found = [text(verdict.get("status")) for verdict in judged if verdict is not None]
    return max(found, key=_HEALTH_ORDER.index, default="Healthy")


def normalised(target: Object) -> Object:
    """The manifest as the API server stores it: a Secret's ``stringData`` is its ``data``."""
    if target.get("kind") != "Secret" or "stringData" not in target:
        return target
    made = clone(target)
    plain = mapping(made.pop("stringData"))
    section(made, "data").update({key: base64.b64encode(text(value).encode()).decode() for key, value in plain.items()})
    return made


def contains(live: Json, target: Json) -> bool:
    """True when everything in ``target`` is in ``live``, which may hold more: defaults, status, others' fields."""
    if isinstance(target, dict):
        return isinstance(live, dict) and all(contains(live.get(key), value) for key, value in target.items())
    if isinstance(target, list):
        return isinstance(live, list) and len(live) == len(target) and all(map(contains, live, target))
    return live == target or (target in (None, "") and live is None)


def _deployment_health(live: Object) -> Object:
    wanted, status = number(dig(live, "spec", "replicas"), 1), mapping(live.get("status"))
    if any(
        each.get("type") == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded"
        for each in mappings(status.get("conditions"))
    ):
        return {"status": "Degraded", "message": f'Deployment "{name_of(live)}" exceeded its progress deadline'}
    if number(status.get("observedGeneration")) < number(dig(live, "metadata", "generation")):
        return {
            "status": "Progressing",
            "message": "Waiting for rollout to finish: observed deployment generation less than desired generation",
        }
    available = number(status.get("availableReplicas"))
    if available < wanted:
        return {
            "status": "Progressing",
            "message": f"Waiting for rollout to finish: {available} of {wanted} updated replicas are available...",
        }
    return {"status": "Healthy"}
