"""Compares a live object with the one that the server says an apply would leave: only what this program asks for counts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from strategies.base import INSTANCE_LABEL, FieldDiff, Json
from strategies.resources.cluster.apis import Manifest

HIDDEN = "(hidden)"
_LONG = 200
_MARKING_LABELS = ("metadata.labels.app.kubernetes.io/", f"metadata.labels.{INSTANCE_LABEL}")
_SET_BY_CLIENTS = frozenset({"labels", "annotations", "finalizers", "ownerReferences"})
"""What of an object's metadata is anybody's wish; the rest names the object or is the server's own."""


def differences(live: Manifest, predicted: Manifest, asked: Manifest, hidden: Sequence[str]) -> tuple[FieldDiff, ...]:
    """What an apply of ``asked`` would change: fields of ``asked`` with another value, and fields that it would take away.

    A field that somebody else sets between the two readings is in neither group, so a Secret that is renewed all the time
    shows no difference.
    """
    found: list[FieldDiff] = []
    _compare("", _bare(live), _bare(predicted), asked, found)
    secret = live.get("kind") == "Secret" or asked.get("kind") == "Secret"
    return tuple(_shown(diff, hidden, secret, asked) for diff in found)


def additions(asked: Manifest, hidden: Sequence[str]) -> tuple[FieldDiff, ...]:
    """Every field of an object that does not exist yet, but for the labels that only mark it as ours."""
    found: list[FieldDiff] = []
    _compare("", {}, _bare(asked), asked, found)
    secret = asked.get("kind") == "Secret"
    return tuple(_shown(diff, hidden, secret, asked) for diff in found if not marks_only(diff))


def marks_only(diff: FieldDiff) -> bool:
    """True for labels that only say whose a thing is or what it is called: they have no effect."""
    return diff.path.replace('"', "").startswith(_MARKING_LABELS)


def _compare(path: str, before: Json, after: Json, asked: Json, found: list[FieldDiff]) -> None:
    if before == after:
        return
    if isinstance(after, Mapping) and (before is None or isinstance(before, Mapping)):
        old = before or {}
        wanted = asked if isinstance(asked, Mapping) else {}
        for key in sorted({*old, *after}, key=str):
            vanishes = key in old and key not in after
            if key in wanted or vanishes:
                _compare(_join(path, key), old.get(key), after.get(key), wanted.get(key), found)
        return
    if _objects(after) and (before is None or _objects(before)):
        _compare_lists(path, before, after, asked, found)
        return
    found.append(FieldDiff(path, before, after))


def _compare_lists(path: str, before: Json, after: Json, asked: Json, found: list[FieldDiff]) -> None:
    old, new, wanted = _keyed(before), _keyed(after), _keyed(asked)
    for key in [*new, *(k for k in old if k not in new)]:
        if key in wanted or key not in new:
            _compare(f"{path}[{key}]", old.get(key), new.get(key), wanted.get(key), found)


def _objects(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(i, Mapping) for i in value)


def _keyed(value: Json) -> dict[str, Json]:
    """The entries of a list by their ``name`` (the merge key of containers, env, volumes), else by their place."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return {}
    keyed: dict[str, Json] = {}
    for place, item in enumerate(value):
        name = item.get("name") if isinstance(item, Mapping) else None
        keyed[name if isinstance(name, str) and name not in keyed else str(place)] = item
    return keyed


def _bare(manifest: Manifest) -> Manifest:
    """Without what the server alone writes, and without what only names the object."""
    metadata = manifest.get("metadata")
    kept = {k: v for k, v in manifest.items() if k not in ("status", "apiVersion", "kind")}
    if isinstance(metadata, Mapping):
        kept["metadata"] = {k: v for k, v in metadata.items() if k in _SET_BY_CLIENTS}
    return kept


def _join(path: str, key: str) -> str:
    part = f'"{key}"' if "." in key else key
    return f"{path}.{part}" if path else part


def _shown(diff: FieldDiff, hidden: Sequence[str], secret: bool, asked: Manifest) -> FieldDiff:
    plain = diff.path.replace('"', "")
    asked_data = asked.get("data")
    key = plain.removeprefix("data.")
    if any(plain == h or plain.startswith(f"{h}.") for h in hidden) or (
        secret and plain.startswith("data") and not (isinstance(asked_data, Mapping) and key in asked_data)
    ):
        return FieldDiff(diff.path, HIDDEN if diff.before is not None else None, HIDDEN if diff.after is not None else None)
    decode = _decoded if secret and plain.startswith("data.") else _short
    return FieldDiff(diff.path, decode(diff.before), decode(diff.after))


def _decoded(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return value


def _short(value: Json) -> Json:
    if isinstance(value, str) and len(value) > _LONG:
        return f"({len(value.splitlines())} lines)"
    return value
