"""Watches: the changes of one resource type as a stream (kubernetes.io "Efficient detection of changes")."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.kinds import ResourceType
from wizard.sandbox.cluster.objects import Json, Object, dig, namespace_of, text
from wizard.sandbox.cluster.selectors import Predicate
from wizard.sandbox.cluster.storage import Event, Storage
from wizard.sandbox.cluster.table import table

_STEP = 1.0
"""Seconds after which a quiet watch looks whether it shall end."""

_BOOKMARK_EVERY = 60.0


class Watch:
    """One watch. ``since`` 0 begins with what is there; ``timeout`` in seconds; it ends early when ``running`` says no."""

    def __init__(
        self,
        storage: Storage,
        type_: ResourceType,
        namespace: str,
        chosen: Predicate,
        *,
        since: int,
        timeout: float,
        bookmarks: bool,
        running: Callable[[], bool],
    ) -> None:
        self._storage = storage
        self._type = type_
        self._namespace = namespace
        self._chosen = chosen
        self._since = since
        self._timeout = timeout
        self._bookmarks = bookmarks
        self._running = running

    def events(self) -> Iterator[Object]:
        """The watch events, until the timeout."""
        end = time.monotonic() + self._timeout
        version = self._since
        objects, now = self._storage.of_type(self._type, self._namespace)
        if version == 0:
            version = now
            for obj in filter(self._chosen, objects):
                yield {"type": "ADDED", "object": obj}
        told = time.monotonic()
        while self._running() and (left := end - time.monotonic()) > 0:
            try:
                changes, version = self._storage.after(version, min(left, _STEP))
            except ApiError as error:
                yield {"type": "ERROR", "object": error.status()}
                return
            for change in changes:
                if change.resource != self._type.resource:
                    continue
                if self._namespace and namespace_of(change.object) != self._namespace:
                    continue
                kind = self._kind(change)
                if kind:
                    yield {"type": kind, "object": change.object}
            if self._bookmarks and time.monotonic() - told > _BOOKMARK_EVERY:
                told = time.monotonic()
                yield self._bookmark(version)
        if self._bookmarks and self._running():
            yield self._bookmark(version)

    def _kind(self, change: Event) -> str:
        """The event as this watch tells it: an object that comes within the selectors is added, one that leaves is deleted."""
        was = change.previous is not None and self._chosen(change.previous)
        if change.type == "DELETED" or not self._chosen(change.object):
            return "DELETED" if was else ""
        return "MODIFIED" if was else "ADDED"

    def _bookmark(self, version: int) -> Object:
        empty: Object = {
            "kind": self._type.kind,
            "apiVersion": self._type.api_version,
            "metadata": {"resourceVersion": str(version), "creationTimestamp": None},
        }
        return {"type": "BOOKMARK", "object": empty}

    def rows(self, clock: Callable[[], datetime], include: str) -> Iterator[Object]:
        """The same with each object as a table of one row; only the first has the column definitions."""
        first = True
        for event in self.events():
            obj = event["object"]
            if event["type"] in ("ADDED", "MODIFIED", "DELETED") and isinstance(obj, dict):
                version = text(dig(obj, "metadata", "resourceVersion"))
                row: Json = table(self._type, [obj], version, clock(), include, with_columns=first)
                yield {**event, "object": row}
                first = False
            else:
                yield event
