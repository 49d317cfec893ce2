"""Sets of fields, as ``metadata.managedFields`` holds them (``FieldsV1``; sigs.k8s.io/structured-merge-diff, ``fieldpath``)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.cluster.topology import Node

FieldPath: TypeAlias = tuple[str, ...]
"""Steps from the top of the object, each as FieldsV1 writes it: ``f:name``, ``k:{"name":"x"}``, ``v:"x"``."""

FieldSet: TypeAlias = frozenset[FieldPath]

NOTHING: FieldSet = frozenset()


def member(name: str) -> str:
    """The step to a member of a map."""
    return f"f:{name}"


def item_by_key(item: Object, node: Node) -> str:
    """The step to an item of a keyed list."""
    keys = {key: item.get(key, default) for key, default in node.keys.items()}
    return "k:" + json.dumps({k: v for k, v in keys.items() if v is not None}, separators=(",", ":"), sort_keys=True)


def item_by_value(item: Json) -> str:
    """The step to an item of a set."""
    return "v:" + json.dumps(item, separators=(",", ":"), sort_keys=True)


def encode(fields: Iterable[FieldPath]) -> Object:
    """The set as a ``fieldsV1`` tree: ``.`` marks an inner place that is itself in the set."""
    tree: Object = {}
    paths = sorted(fields, key=len)
    inner = {path[:end] for path in paths for end in range(1, len(path))}
    for path in paths:
        place = tree
        for step in path:
            below = place.setdefault(step, {})
            if isinstance(below, dict):
                place = below
        if path in inner:
            place["."] = {}
    return _sorted(tree)


def _sorted(tree: Object) -> Object:
    return {step: _sorted(below) if isinstance(below, dict) else below for step, below in sorted(tree.items())}


def decode(tree: Json) -> FieldSet:
    """The set that a ``fieldsV1`` tree stands for. Anything that is no such tree is an empty set."""
    found: set[FieldPath] = set()

    def walk(place: Object, path: FieldPath) -> None:
        for step, below in place.items():
            if step == ".":
                found.add(path)
            elif isinstance(below, dict):
                if below:
                    walk(below, (*path, step))
                else:
                    found.add((*path, step))

    if isinstance(tree, dict):
        walk(tree, ())
    return frozenset(found)


def shown(path: FieldPath) -> str:
    """The path as messages show it: ``.spec.containers[name="x"].image``."""
    parts: list[str] = []
    for step in path:
        form, _, rest = step.partition(":")
        if form == "f":
            parts.append(f".{rest}")
        elif form == "k":
            keys = json.loads(rest)
            parts.append("[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]")
        else:
            parts.append(f"[={rest}]")
    return "".join(parts)
