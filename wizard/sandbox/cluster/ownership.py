"""Who owns which field: ``metadata.managedFields`` and server-side apply.

Follows apimachinery ``pkg/util/managedfields`` and structured-merge-diff ``merge/update.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wizard.sandbox.cluster.errors import apply_conflict, bad_request
from wizard.sandbox.cluster.fieldset import NOTHING, FieldPath, FieldSet, decode, encode, shown
from wizard.sandbox.cluster.objects import Json, Object, clone, dig, items, mapping, mappings, metadata, text
from wizard.sandbox.cluster.structure import compare, fields_of, merged, without
from wizard.sandbox.cluster.topology import Node

APPLY = "Apply"
UPDATE = "Update"

_SYSTEM = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "selfLink",
                "uid",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        ),
    }
)
"""Fields that are nobody's (managedfields ``stripmeta.go``; deletion marks are the server's own)."""


@dataclass(frozen=True, slots=True, order=True)
class Manager:
    """Who manages fields, and how: one entry of ``managedFields`` without its fields and time."""

    operation: str
    name: str
    api_version: str
    subresource: str = ""

    def __str__(self) -> str:
        printed = f'"{self.name}"'
        if self.subresource:
            printed += f' with subresource "{self.subresource}"'
        return f"{printed} using {self.api_version}" if self.operation == UPDATE else printed


@dataclass(frozen=True, slots=True)
class Holding:
    """What one manager holds, and when that last changed (RFC 3339)."""

    fields: FieldSet
    time: str


def holdings_of(obj: Object) -> dict[Manager, Holding]:
    """The entries of ``managedFields``."""
    return {
        Manager(
            text(entry.get("operation")),
            text(entry.get("manager")),
            text(entry.get("apiVersion")),
            text(entry.get("subresource")),
        ): Holding(decode(entry.get("fieldsV1")), text(entry.get("time")))
        for entry in mappings(dig(obj, "metadata", "managedFields"))
    }


def entries(holdings: Mapping[Manager, Holding]) -> list[Json]:
    """``managedFields`` for these holdings, in the server's order: applied first, then by time and name."""
    listed: list[Json] = []
    for manager, holding in sorted(
        holdings.items(),
        key=lambda pair: (pair[0].operation, pair[1].time, pair[0].name, pair[0].api_version, pair[0].subresource),
    ):
        if not holding.fields:
            continue
        entry: Object = {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": manager.api_version,
            "time": holding.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": encode(holding.fields),
        }
        if manager.subresource:
            entry["subresource"] = manager.subresource
        listed.append(entry)
    return listed


def unmanaged(obj: Object) -> Object:
    """A copy without ``managedFields``."""
    copied = clone(obj)
    mapping(copied.get("metadata")).pop("managedFields", None)
    return copied


def _stripped(fields: frozenset[FieldPath] | set[FieldPath]) -> FieldSet:
    return frozenset(fields - _SYSTEM)


def update(old: Object, new: Object, who: Manager, node: Node, now: str) -> list[Json]:
    """``managedFields`` after a create, update or patch turned ``old`` into ``new``: whoever changes a field takes it."""
    given = mapping(new.get("metadata")).get("managedFields")
    holdings = holdings_of(old)
    if isinstance(given, list) and given != dig(old, "metadata", "managedFields"):
        # A caller may rewrite the entries (kubectl does when it moves to server-side apply); an empty list resets them.
        holdings = holdings_of(new)
    difference = compare(unmanaged(old), unmanaged(new), node)
    taken = _stripped(difference.added | difference.modified)
    lost = taken | _stripped(difference.removed)
    for manager, holding in list(holdings.items()):
        holdings[manager] = replace(holding, fields=holding.fields - lost)
    if taken:
        before = holdings.get(who)
        holdings[who] = Holding(taken | (before.fields if before else NOTHING), now)
    return entries(holdings)


def apply(live: Object, config: Object, who: Manager, node: Node, now: str, *, force: bool) -> Object:
    """The object after ``who`` applies ``config`` to ``live``, with its ``managedFields``.

    Raises ApiError (409, one FieldManagerConflict for each field that another manager holds with another value) unless forced.
    """
    if items(dig(config, "metadata", "managedFields")):
        raise bad_request("metadata.managedFields must be nil")
    before = unmanaged(live)
    wanted = _nulls_removed(unmanaged(config))
    holdings = holdings_of(live)
    own = _stripped(fields_of(wanted, node))
    last = holdings.get(who)
    others = frozenset(path for manager, holding in holdings.items() if manager != who for path in holding.fields)

    after = mapping(merged(before, wanted, node))
    if last is not None:
        dropped = last.fields - own - others
        if dropped:
            after = mapping(without(after, dropped, own | others | _SYSTEM, node))

    difference = compare(before, after, node)
    changed = _stripped(difference.added | difference.modified)
    conflicts = [
        (manager, path) for manager, holding in holdings.items() if manager != who for path in holding.fields & changed
    ]
    if conflicts and not force:
        raise apply_conflict([(str(manager), shown(path)) for manager, path in sorted(conflicts)])
    lost = changed | _stripped(difference.removed)
    for manager, holding in list(holdings.items()):
        if manager != who:
            holdings[manager] = replace(holding, fields=holding.fields - lost)
    unchanged = last is not None and last.fields == own and difference.same
    holdings[who] = Holding(own, last.time if unchanged and last is not None else now)
    metadata(after)["managedFields"] = entries(holdings)
    return after


def _nulls_removed(value: Object) -> Object:
    """The object without members that are null: for apply they say nothing."""
    return {
        name: _nulls_removed(below) if isinstance(below, dict) else below for name, below in value.items() if below is not None
    }
