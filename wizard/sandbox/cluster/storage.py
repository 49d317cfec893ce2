"""Objects in memory with resource versions and a history for watches: the stand-in for etcd and the watch cache."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from wizard.sandbox.cluster.errors import expired
from wizard.sandbox.cluster.kinds import ResourceType
from wizard.sandbox.cluster.objects import Object, clone, metadata, name_of, namespace_of

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the store: what happened, the plural resource with its group, and the object after (DELETED: before) it.

    ``previous`` is the version before this one.
    """

    type: EventType
    resource: str
    object: Object
    version: int
    previous: Object | None = None


class Storage:
    """The objects, one version each, and the last changes. What is handed out must not be changed by the receiver.

    ``kept`` is how many changes a late watcher can still be told.
    """

    def __init__(self, kept: int = 2000) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._version = 1000
        self._history: deque[Event] = deque(maxlen=kept)
        self._callbacks: list[Callable[[Event], None]] = []
        self._undelivered: deque[Event] = deque()
        self._delivering = threading.Lock()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile; afterwards callbacks hear of what changed."""
        try:
            with self._lock:
                yield
        finally:
            self._deliver()

    @property
    def version(self) -> int:
        """The latest resource version."""
        with self._lock:
            return self._version

    def get(self, type_: ResourceType, namespace: str, name: str) -> Object | None:
        """The stored object."""
        with self._lock:
            return self._objects.get((type_.resource, namespace, name))

    def of_type(self, type_: ResourceType, namespace: str = "") -> tuple[list[Object], int]:
        """The objects of a type by namespace and name, with the version of this view; of all namespaces for the empty one."""
        with self._lock:
            found = [
                (key, obj)
                for key, obj in self._objects.items()
                if key[0] == type_.resource and (not namespace or key[1] == namespace)
            ]
            return [obj for _, obj in sorted(found, key=lambda pair: pair[0])], self._version

    def everything(self) -> list[tuple[str, Object]]:
        """Every object with its resource name."""
        with self._lock:
            return [(key[0], obj) for key, obj in self._objects.items()]

    def put(self, type_: ResourceType, obj: Object) -> Object:
        """Store a new version; returns it, with its resource version."""
        with self._changed:
            key = (type_.resource, namespace_of(obj), name_of(obj))
            stored = self._next(obj)
            kind: EventType = "MODIFIED" if key in self._objects else "ADDED"
            previous = self._objects.get(key)
            self._objects[key] = stored
            self._record(kind, type_, stored, previous)
            return stored

    def remove(self, type_: ResourceType, namespace: str, name: str) -> Object | None:
        """Remove an object; returns its last version."""
        with self._changed:
            gone = self._objects.pop((type_.resource, namespace, name), None)
            if gone is None:
                return None
            last = self._next(gone)
            self._record("DELETED", type_, last, gone)
            return last

    def _next(self, obj: Object) -> Object:
        self._version += 1
        stored = clone(obj)
        metadata(stored)["resourceVersion"] = str(self._version)
        return stored

    def _record(self, kind: EventType, type_: ResourceType, obj: Object, previous: Object | None) -> None:
        event = Event(kind, type_.resource, obj, self._version, previous)
        self._history.append(event)
        self._undelivered.append(event)
        self._changed.notify_all()

    def after(self, version: int, timeout: float) -> tuple[list[Event], int]:
        """The changes since a version, waiting up to ``timeout`` seconds for the first; and the version seen to.

        Raises ApiError (410) when some of them are no longer kept.
        """
        with self._changed:
            if self._version <= version:
                self._changed.wait(timeout)
            oldest = self._history[0].version if self._history else self._version + 1
            if len(self._history) == self._history.maxlen and version < oldest - 1:
                raise expired(oldest, version)
            return [event for event in self._history if event.version > version], max(self._version, version)

    def wake(self) -> None:
        """End the waiting of all who wait for a change."""
        with self._changed:
            self._changed.notify_all()

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back for each change from now on, in order; returns how to stop."""
        with self._lock:
            self._callbacks.append(callback)

        def stop() -> None:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return stop

    def _deliver(self) -> None:
        """Tell the callbacks. One thread at a time tells, so that order is kept; nobody waits for another's callbacks."""
        while self._undelivered and self._delivering.acquire(blocking=False):
            try:
                while self._undelivered:
                    with self._lock:
                        callbacks = tuple(self._callbacks)
                    event = self._undelivered.popleft()
                    for callback in callbacks:
                        callback(event)
            finally:
                self._delivering.release()
