"""Lists as ``kubectl get`` asks for them: ``meta.k8s.io/v1`` Tables made on the server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from wizard.sandbox.cluster.objects import Json, Object, dig, items, mapping, metadata
from wizard.sandbox.cluster.resource_type import Column, ResourceType


def wants_table(accept: str) -> bool:
    """True when a table is what the caller likes best."""
    first = accept.partition(",")[0].replace(" ", "")
    return "as=Table" in first and "v=v1" in first and "application/json" in first


def table(
    type_: ResourceType, objects: Sequence[Object], version: str, now: datetime, include: str, *, with_columns: bool = True
) -> Object:
    """The objects as rows. ``include`` is what each row carries beside its cells: ``Metadata``, ``Object`` or ``None``."""
    columns: list[Json] = []
    if with_columns:
        columns.append(_definition(Column("Name", ".metadata.name"), form="name"))
        columns += [_definition(column) for column in type_.columns]
    rows: list[Json] = [_row(type_, obj, now, include) for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": columns,
        "rows": rows,
    }


def _definition(column: Column, form: str = "") -> Object:
    kind = "string" if column.type == "date" else column.type
    return {"name": column.name, "type": kind, "format": form, "description": column.path, "priority": column.priority}


def _row(type_: ResourceType, obj: Object, now: datetime, include: str) -> Object:
    name = dig(obj, "metadata", "name")
    row: Object = {"cells": [name, *(_cell(obj, column, now) for column in type_.columns)]}
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata(obj)}
    return row


def _cell(obj: Object, column: Column, now: datetime) -> Json:
    if column.path.startswith("#"):
        return len(mapping(_at(obj, column.path[1:])))
    value = _at(obj, column.path)
    if column.type == "date":
        return age(value, now) if isinstance(value, str) else "<unknown>"
    if column.type == "integer":
        return value if isinstance(value, int) else 0
    return value if isinstance(value, str | int | float | bool) else ""


def _at(obj: Json, path: str) -> Json:
    """The value at a path like ``.status.history[0].version``."""
    for step in filter(None, path.split(".")):
        found = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", step)
        if found is None:
            return None
        obj = dig(obj, found[1])
        if found[2] is not None:
            listed = items(obj)
            obj = listed[int(found[2])] if len(listed) > int(found[2]) else None
    return obj


def age(since: str, now: datetime) -> str:
    """How long ago, as kubectl puts it (apimachinery ``duration.HumanDuration``): ``42s``, ``5m10s``, ``3h``, ``12d``."""
    seconds = max(0, int((now - datetime.fromisoformat(since)).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    return f"{days}d"
