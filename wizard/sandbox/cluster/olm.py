"""The Operator Lifecycle Manager and the GitOps operator, as far as an installation of the latter goes.

A Subscription is resolved against the catalog, its ClusterServiceVersion goes from Pending to Succeeded where the namespace has
the one operator group that fits, and the operator then makes its own Argo CD instance and brings every instance up. What was
there before anybody came stays as it is. Follows operator-lifecycle-manager ``pkg/controller/registry/resolver`` (why a
subscription cannot be resolved) and ``pkg/controller/operators/olm`` (phases, operator groups), and gitops-operator
``bundle/manifests`` (AllNamespaces is its only install mode).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from wizard.sandbox.cluster import gitops
from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, name_of, namespace_of, strings, text
from wizard.sandbox.cluster.scenario import ArgoCdInstance, Catalog
from wizard.sandbox.cluster.storage import Event
from wizard.sandbox.cluster.store import Store

_MANAGER = "olm"
_WATCHED = frozenset({"subscriptions.operators.coreos.com", "operatorgroups.operators.coreos.com", "argocds.argoproj.io"})
_IDLE = 0.1


class Olm:
    """Carries installations on, one step after the other, each ``catalog.seconds`` of the sandbox's clock after the last."""

    def __init__(self, store: Store, catalog: Catalog, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._due: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._loop, name="olm", daemon=True)

    def start(self) -> None:
        """Work in a thread of its own."""
        self._unsubscribe = self._store.watch(self._changed)
        self._thread.start()

    def stop(self) -> None:
        """Stop. Stopped already is no error."""
        self._unsubscribe()
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def step(self) -> bool:
        """Do what is due. True while something is still under way."""
        with self._lock:
            busy = [self._subscription(one) for one in self._store.list("Subscription")]
            if any(text(dig(one, "status", "phase")) == "Succeeded" for one in self._store.list("ClusterServiceVersion")):
                busy += [self._instance(one) for one in self._store.list("ArgoCD")]
            return any(busy)

    def _changed(self, event: Event) -> None:
        if event.resource in _WATCHED:
            self._wake.set()

    def _loop(self) -> None:
        busy = True
        while not self._stopping.is_set():
            self._wake.wait(_IDLE if busy else None)
            self._wake.clear()
            try:
                busy = self.step()
            except ApiError:
                busy = True  # changed or deleted while it was looked at: the next look sees it as it is then

    def _time_has_come(self, what: Object, step: str) -> bool:
        """True once the step may be done: so many seconds after it was asked for first."""
        key = f"{text(dig(what, 'metadata', 'uid'))} {step}"
        due = self._due.setdefault(key, self._clock() + timedelta(seconds=self._catalog.seconds))
        return self._clock() >= due

    def _subscription(self, subscription: Object) -> bool:
        if text(dig(subscription, "spec", "name")) != gitops.PACKAGE or dig(subscription, "status", "installedCSV"):
            return False
        fault = self._unresolved(subscription)
        if fault:
            failing: Object = {
                "type": "ResolutionFailed",
                "status": "True",
                "reason": "ConstraintsNotSatisfiable",
                "message": f"constraints not satisfiable: {fault}, subscription {name_of(subscription)} exists",
            }
            self._told(subscription, {"conditions": [failing]})
            return False
        if not self._time_has_come(subscription, "resolve"):
            return True
        namespace, name = namespace_of(subscription), gitops.csv_name(self._catalog.version)
        if self._store.get("ClusterServiceVersion", namespace, name) is None:
            self._store.create(gitops.csv(self._catalog.version, namespace, "Pending", "RequirementsUnknown"), manager=_MANAGER)
            self._told(subscription, {"currentCSV": name, "state": "UpgradePending"})
        return self._version(subscription, namespace, name)

    def _unresolved(self, subscription: Object) -> str:
        """Why the catalog has nothing for it."""
        spec, name = mapping(subscription.get("spec")), name_of(subscription)
        source, space = text(spec.get("source")), text(spec.get("sourceNamespace"))
        if (source, space) != ("redhat-operators", "openshift-marketplace"):
            return f"no operators found from catalog {source} in namespace {space} referenced by subscription {name}"
        channel = text(spec.get("channel")) or self._catalog.channels[0]
        if channel not in self._catalog.channels:
            return (
                f"no operators found in channel {channel} of package {gitops.PACKAGE} in the catalog referenced by "
                f"subscription {name}"
            )
        return ""

    def _version(self, subscription: Object, namespace: str, name: str) -> bool:
        """Bring the ClusterServiceVersion one phase further."""
        csv = self._store.get("ClusterServiceVersion", namespace, name) or {}
        phase = text(dig(csv, "status", "phase"))
        fault = self._misplaced(namespace)
        if fault:
            self._phase(namespace, name, "Failed", *fault)
            return False
        if phase in ("Pending", "Failed") and self._time_has_come(csv, "install"):
            message = "installing: waiting for deployment openshift-gitops-operator-controller-manager to become ready"
            self._phase(namespace, name, "Installing", "InstallWaiting", message)
        elif phase == "Installing" and self._time_has_come(csv, "succeed"):
            for type_ in gitops.OPERATOR_TYPES:
                self._store.apply(gitops.definition(type_), manager=_MANAGER)
            self._phase(namespace, name, "Succeeded", "InstallSucceeded", "install strategy completed with no errors")
            self._told(subscription, {"currentCSV": name, "installedCSV": name, "state": "AtLatestKnown"})
            self._default_instance()
        return True

    def _misplaced(self, namespace: str) -> tuple[str, str] | None:
        """Why the namespace's operator groups do not let the operator be installed there: reason and message."""
        groups = self._store.list("OperatorGroup", namespace)
        if not groups:
            return "NoOperatorGroup", "csv in namespace with no operatorgroups"
        if len(groups) > 1:
            return (
                "TooManyOperatorGroups",
                "csv created in namespace with multiple operatorgroups, can't pick one automatically",
            )
        if strings(dig(groups[0], "spec", "targetNamespaces")):
            return (
                "UnsupportedOperatorGroup",
                "OwnNamespace InstallModeType not supported, cannot configure to watch own namespace",
            )
        return None

    def _default_instance(self) -> None:
        """The operator's own instance (gitops-operator ``controllers/gitopsservice_controller.go``)."""
        namespace = name = gitops.INSTANCE
        wanted: list[Object] = [gitops.made("v1", "Namespace", namespace), *gitops.furniture(namespace, name)]
        for obj in wanted:
            self._store.apply(obj, manager=gitops.PACKAGE)
        if self._store.get("ArgoCD", namespace, name) is None:
            fresh = gitops.argocd(ArgoCdInstance(namespace=namespace, name=name, phase="Pending"))
            del fresh["status"]
            self._store.create(fresh, manager=gitops.PACKAGE)

    def _instance(self, instance: Object) -> bool:
        """Bring up an instance that was made since: the operator gives it a phase as soon as it sees it."""
        namespace, name, phase = namespace_of(instance), name_of(instance), text(dig(instance, "status", "phase"))
        key = f"{text(dig(instance, 'metadata', 'uid'))} available"
        if phase == "":
            self._store.patch_status("ArgoCD", namespace, name, gitops.instance_status("Pending"), manager=gitops.PACKAGE)
            self._time_has_come(instance, "available")
            return True
        if phase != "Pending" or key not in self._due:
            return False
        if self._time_has_come(instance, "available"):
            self._store.patch_status("ArgoCD", namespace, name, gitops.instance_status("Available"), manager=gitops.PACKAGE)
        return True

    def _phase(self, namespace: str, name: str, phase: str, reason: str, message: str) -> None:
        status: Object = {"phase": phase, "reason": reason, "message": message}
        self._store.patch_status("ClusterServiceVersion", namespace, name, status, manager=_MANAGER)

    def _told(self, subscription: Object, status: dict[str, Json]) -> None:
        self._store.patch_status("Subscription", namespace_of(subscription), name_of(subscription), status, manager=_MANAGER)
