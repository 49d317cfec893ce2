"""The objects of the cluster for the other stand-ins of the sandbox: the registry without HTTP and without authorisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.kinds import type_named, type_of
from wizard.sandbox.cluster.objects import Object, clone, labels_of, name_of, namespace_of
from wizard.sandbox.cluster.registry import Registry
from wizard.sandbox.cluster.storage import Event

__all__ = ["Event", "Store"]


class Store:
    """Every object, safe for use by threads. Kinds are named by kind (``Secret``) or resource (``applications.argoproj.io``).

    What goes in and comes out are copies. Errors are ``ApiError``, as the API would answer; an unknown kind is a KeyError.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None. ``namespace`` is empty for cluster-scoped kinds."""
        found = self._registry.storage.get(type_named(kind), namespace, name)
        return None if found is None else clone(found)

    def list(self, kind: str, namespace: str | None = None, labels: Mapping[str, str] | None = None) -> list[Object]:
        """The objects of a kind, by namespace and name; of all namespaces for None; with all of these labels."""
        found, _ = self._registry.storage.of_type(type_named(kind), namespace or "")
        return [clone(obj) for obj in found if (labels or {}).items() <= labels_of(obj).items()]

    def create(self, obj: Object, *, manager: str) -> Object:
        """Create an object, status included."""
        return clone(self._registry.create(type_of(obj), obj, manager, with_status=True))

    def update(self, obj: Object, *, manager: str) -> Object:
        """Replace an object, status included. A ``resourceVersion`` in it must be the present one."""
        new = clone(obj)
        return clone(
            self._registry.update(type_of(new), namespace_of(new), name_of(new), lambda _old: new, manager, with_status=True)
        )

    def apply(self, manifest: Object, *, manager: str, force: bool = True) -> Object:
        """Server-side apply, status included."""
        obj, _ = self._registry.apply(type_of(manifest), manifest, manager, force=force, with_status=True)
        return clone(obj)

    def patch_status(self, kind: str, namespace: str, name: str, status: Object, *, manager: str) -> Object:
        """Replace ``status`` (whole). A status that is already so changes nothing."""

        def change(old: Object) -> Object:
            return {**old, "status": clone(status)}

        type_ = type_named(kind)
        subresource = "status" if type_.status else ""
        return clone(self._registry.update(type_, namespace, name, change, manager, subresource=subresource))

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object (marked only, while it has finalizers). Gone already is no error."""
        try:
            self._registry.delete(type_named(kind), namespace, name, {})
        except ApiError as error:
            if error.code != 404:
                raise

    def watch(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back for each change from now on, in order and one at a time; returns how to stop.

        Callbacks run in a thread that changes something, outside the lock, so they may use the store; they must not block
        nor change the object they are given.
        """
        return self._registry.storage.subscribe(callback)
