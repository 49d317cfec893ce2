"""Kubernetes objects as plain JSON, and the few ways to look into them without trusting their shape."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""A JSON value that may be changed in place."""

Object: TypeAlias = dict[str, Json]
"""A JSON object: a whole Kubernetes object or a part of one."""


def mapping(value: Json) -> Object:
    """The value when it is an object, else an empty one (that belongs to nobody)."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str:
    """The value when it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def number(value: Json, default: int = 0) -> int:
    """The value when it is a whole number, else ``default``."""
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def strings(value: Json) -> list[str]:
    """The strings of a list."""
    return [item for item in items(value) if isinstance(item, str)]


def mappings(value: Json) -> list[Object]:
    """The objects of a list."""
    return [item for item in items(value) if isinstance(item, dict)]


def dig(value: Json, *path: str) -> Json:
    """The value at a path of member names, or None where the path ends early."""
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def section(parent: Object, name: str) -> Object:
    """The object under ``name``, made (and put in place) when there is none."""
    found = parent.get(name)
    if not isinstance(found, dict):
        found = {}
        parent[name] = found
    return found


def metadata(obj: Object) -> Object:
    """The object's own metadata, made when there is none."""
    return section(obj, "metadata")


def name_of(obj: Object) -> str:
    """``metadata.name``, or the empty string."""
    return text(dig(obj, "metadata", "name"))


def namespace_of(obj: Object) -> str:
    """``metadata.namespace``, or the empty string for a cluster-scoped object."""
    return text(dig(obj, "metadata", "namespace"))


def labels_of(obj: Object) -> dict[str, str]:
    """``metadata.labels``."""
    return {key: value for key, value in mapping(dig(obj, "metadata", "labels")).items() if isinstance(value, str)}


def clone(obj: Object) -> Object:
    """A deep copy."""
    return copy.deepcopy(obj)


@dataclass(frozen=True, slots=True)
class User:
    """Who makes a request: name, UID and groups, as authentication found them."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API: what was asked, when (``time.monotonic`` seconds), and how it ended.

    ``resource`` is ``plural`` or ``plural.group``, with ``/subresource`` where there is one; ``verb`` as RBAC names it.
    """

    verb: str
    resource: str
    namespace: str
    name: str
    start: float
    end: float
    mutating: bool
    status: int
    user: str
