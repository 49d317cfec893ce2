"""The objects of the cluster, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.sandbox.cluster.objects import Object


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the store: what happened, the plural resource with its group, and the object after (DELETED: before) it."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: str
    object: Object


class Store:
    """Every object, safe for use by threads. Kinds are named by kind (``Secret``) or resource (``applications.argoproj.io``).

    What goes in and comes out are copies. Errors are ``ApiError``, as the API would answer.
    """

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None. ``namespace`` is empty for cluster-scoped kinds."""
        raise NotImplementedError

    def list(self, kind: str, namespace: str | None = None, labels: Mapping[str, str] | None = None) -> list[Object]:
        """The objects of a kind, by namespace and name; of all namespaces for None; with all of these labels."""
        raise NotImplementedError

    def create(self, obj: Object, *, manager: str) -> Object:
        """Create an object."""
        raise NotImplementedError

    def update(self, obj: Object, *, manager: str) -> Object:
        """Replace an object, status included. A ``resourceVersion`` in it must be the present one."""
        raise NotImplementedError

    def apply(self, manifest: Object, *, manager: str, force: bool = True) -> Object:
        """Server-side apply."""
        raise NotImplementedError

    def patch_status(self, kind: str, namespace: str, name: str, status: Object, *, manager: str) -> Object:
        """Replace ``status`` (whole). A status that is already so changes nothing."""
        raise NotImplementedError

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete an object (marked only, while it has finalizers). Gone already is no error."""
        raise NotImplementedError

    def watch(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back for each change from now on, in order, from the changing thread, outside the lock; returns how to stop."""
        raise NotImplementedError
