"""Label and field selectors (apimachinery ``pkg/labels`` and ``pkg/fields``)."""

from __future__ import annotations

import re
from collections.abc import Callable

from wizard.sandbox.cluster.errors import bad_request
from wizard.sandbox.cluster.objects import Object, dig, labels_of

Predicate = Callable[[Object], bool]

_SET_BASED = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<operator>in|notin)\s+\((?P<values>[^)]*)\)$")
_EQUALITY = re.compile(r"^(?P<key>[^\s!=,()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s!=,()]*)$")
_EXISTENCE = re.compile(r"^(?P<negated>!?)\s*(?P<key>[^\s!=,()]+)$")

_FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "type": ("type",),
    "status.phase": ("status", "phase"),
    "spec.nodeName": ("spec", "nodeName"),
    "involvedObject.kind": ("involvedObject", "kind"),
    "involvedObject.name": ("involvedObject", "name"),
    "involvedObject.namespace": ("involvedObject", "namespace"),
    "involvedObject.uid": ("involvedObject", "uid"),
}


def by_labels(selector: str) -> Predicate:
    """What a label selector lets through. Raises ApiError (400) when it cannot be read."""
    tests = [_label_test(part.strip()) for part in re.split(r",(?![^(]*\))", selector) if part.strip()]
    return lambda obj: all(test(labels_of(obj)) for test in tests)


def _label_test(part: str) -> Callable[[dict[str, str]], bool]:
    if found := _SET_BASED.match(part):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["operator"] == "in":
            return lambda labels: key in labels and labels[key] in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUALITY.match(part):
        key, value = found["key"], found["value"]
        if found["operator"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTENCE.match(part):
        key, negated = found["key"], bool(found["negated"])
        return lambda labels: (key in labels) is not negated
    raise bad_request(f"unable to parse requirement: found '{part}', expected: identifier")


def by_fields(selector: str) -> Predicate:
    """What a field selector lets through. Raises ApiError (400) for a field that cannot be selected by."""
    tests: list[tuple[tuple[str, ...], str, bool]] = []
    for part in filter(None, selector.split(",")):
        field, operator, value = re.split(r"(!=|==|=)", part, maxsplit=1) if "=" in part else (part, "", "")
        if not operator:
            raise bad_request(f"invalid selector: '{selector}'; can't understand '{part}'")
        if field not in _FIELDS:
            raise bad_request(f"field label not supported: {field}")
        tests.append((_FIELDS[field], value, operator != "!="))
    return lambda obj: all(((dig(obj, *path) or "") == value) is equal for path, value, equal in tests)
