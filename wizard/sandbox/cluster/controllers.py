"""What kube-controller-manager does that the rest relies on: namespace furniture and end, garbage collection by owner."""

from __future__ import annotations

from collections.abc import Callable

from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.kinds import type_named
from wizard.sandbox.cluster.objects import Object, dig, mappings, name_of, namespace_of, text
from wizard.sandbox.cluster.registry import Registry
from wizard.sandbox.cluster.storage import Event

_MANAGER = "kube-controller-manager"


class Controllers:
    """Reacts to changes of the storage. ``ca_pem`` is what ``kube-root-ca.crt`` holds in each namespace."""

    def __init__(self, registry: Registry, ca_pem: str) -> None:
        self._registry = registry
        self._ca_pem = ca_pem

    def start(self) -> Callable[[], None]:
        """Begin; returns how to stop."""
        return self._registry.storage.subscribe(self._changed)

    def _changed(self, event: Event) -> None:
        if event.type == "DELETED":
            self._collect(text(dig(event.object, "metadata", "uid")))
            self._end_namespace(namespace_of(event.object))
        elif event.resource == "namespaces":
            if event.type == "ADDED":
                self._furnish(name_of(event.object))
            elif dig(event.object, "metadata", "deletionTimestamp"):
                self._empty(name_of(event.object))

    def _furnish(self, namespace: str) -> None:
        account: Object = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace},
        }
        bundle: Object = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "kube-root-ca.crt", "namespace": namespace},
            "data": {"ca.crt": self._ca_pem},
        }
        for obj in (account, bundle):
            self._registry.apply(type_named(str(obj["kind"])), obj, _MANAGER, force=True)

    def _empty(self, namespace: str) -> None:
        for resource, obj in self._registry.storage.everything():
            if namespace_of(obj) == namespace:
                self._delete(resource, namespace, name_of(obj))
        self._end_namespace(namespace)

    def _end_namespace(self, namespace: str) -> None:
        found = self._registry.storage.get(type_named("Namespace"), "", namespace) if namespace else None
        if found and dig(found, "metadata", "deletionTimestamp") and not self._registry.has_content(namespace):
            self._registry.storage.remove(type_named("Namespace"), "", namespace)

    def _collect(self, owner_uid: str) -> None:
        for resource, obj in self._registry.storage.everything():
            owners = mappings(dig(obj, "metadata", "ownerReferences"))
            if owners and all(owner.get("uid") == owner_uid for owner in owners):
                self._delete(resource, namespace_of(obj), name_of(obj))

    def _delete(self, resource: str, namespace: str, name: str) -> None:
        try:
            self._registry.delete(type_named(resource), namespace, name, {})
        except ApiError as error:
            if error.code != 404:
                raise
