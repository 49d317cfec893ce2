"""Reading the few protobuf bodies that kubectl sends (``kubectl create``, ``kubectl auth``): it does not fall back to JSON.

Field numbers are those of kubernetes/api and apimachinery ``generated.proto``. Answers are JSON, which kubectl accepts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wizard.sandbox.cluster.errors import ApiError, bad_request
from wizard.sandbox.cluster.objects import Json, Object

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class _Field:
    """One field: its JSON name, and how its bytes are read."""

    name: str
    form: str = "string"  # string, bytes, int, bool, message, strings, messages, map, bytes-map
    message: Mapping[int, _Field] = field(default_factory=dict)


def _texts(*names: str) -> dict[int, _Field]:
    return {number: _Field(name) for number, name in enumerate(names, start=1)}


_META = {
    1: _Field("name"),
    2: _Field("generateName"),
    3: _Field("namespace"),
    5: _Field("uid"),
    6: _Field("resourceVersion"),
    11: _Field("labels", "map"),
    12: _Field("annotations", "map"),
    14: _Field("finalizers", "strings"),
}
_METADATA = _Field("metadata", "message", _META)
_ATTRIBUTES = _texts("namespace", "verb", "group", "version", "resource", "subresource", "name")
_RULE = {
    number: _Field(name, "strings")
    for number, name in enumerate(("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"), start=1)
}
_ROLE = {1: _METADATA, 2: _Field("rules", "messages", _RULE)}
_BINDING = {
    1: _METADATA,
    2: _Field("subjects", "messages", _texts("kind", "apiGroup", "name", "namespace")),
    3: _Field("roleRef", "message", _texts("apiGroup", "kind", "name")),
}
_TOKEN_SPEC = {
    1: _Field("audiences", "strings"),
    3: _Field("boundObjectRef", "message", _texts("kind", "apiVersion", "name", "uid")),
    4: _Field("expirationSeconds", "int"),
}
_ACCESS_SPEC = {
    1: _Field("resourceAttributes", "message", _ATTRIBUTES),
    2: _Field("nonResourceAttributes", "message", _texts("path", "verb")),
}
_KINDS: Mapping[str, Mapping[int, _Field]] = {
    "Namespace": {1: _METADATA},
    "ConfigMap": {1: _METADATA, 2: _Field("data", "map"), 3: _Field("binaryData", "bytes-map"), 4: _Field("immutable", "bool")},
    "Secret": {
        1: _METADATA,
        2: _Field("data", "bytes-map"),
        3: _Field("type"),
        4: _Field("stringData", "map"),
        5: _Field("immutable", "bool"),
    },
    "ServiceAccount": {1: _METADATA, 4: _Field("automountServiceAccountToken", "bool")},
    "Role": _ROLE,
    "ClusterRole": _ROLE,
    "RoleBinding": _BINDING,
    "ClusterRoleBinding": _BINDING,
    "TokenRequest": {1: _METADATA, 2: _Field("spec", "message", _TOKEN_SPEC)},
    "SelfSubjectReview": {1: _METADATA},
    "SelfSubjectAccessReview": {1: _METADATA, 2: _Field("spec", "message", _ACCESS_SPEC)},
    "SelfSubjectRulesReview": {1: _METADATA, 2: _Field("spec", "message", _texts("namespace"))},
}


def decode(body: bytes) -> Object:
    """The object in a body. Raises ApiError: 400 when malformed, 415 for a kind that is read as JSON alone."""
    if not body.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = _message(
            body[len(_MAGIC) :], {1: _Field("type", "message", _texts("apiVersion", "kind")), 2: _Field("raw", "bytes")}
        )
        type_meta, raw = envelope.get("type"), envelope.get("raw", "")
        if not isinstance(type_meta, dict) or not isinstance(raw, str):
            raise bad_request("the protobuf message has no type")
        kind = str(type_meta.get("kind", ""))
        if kind not in _KINDS:
            raise ApiError(415, "UnsupportedMediaType", f"{kind} is understood as JSON, not as protobuf", {})
        return {**type_meta, **_message(base64.b64decode(raw), _KINDS[kind])}
    except (IndexError, UnicodeDecodeError) as error:
        raise bad_request(f"the protobuf message cannot be read: {error}") from None


def _message(data: bytes, fields: Mapping[int, _Field]) -> Object:
    found: Object = {}
    for number, value in _wire(data):
        known = fields.get(number)
        if known is None:
            continue
        match known.form:
            case "strings" | "messages":
                listed = found.setdefault(known.name, [])
                if isinstance(listed, list):
                    listed.append(_value(value, known))
            case "map" | "bytes-map":
                entry = dict(_wire(_raw(value)))
                members = found.setdefault(known.name, {})
                if isinstance(members, dict):
                    raw = _raw(entry.get(2, b""))
                    members[_raw(entry.get(1, b"")).decode()] = (
                        base64.b64encode(raw).decode() if known.form == "bytes-map" else raw.decode()
                    )
            case _:
                read = _value(value, known)
                # Go writes empty strings into protobuf where JSON leaves them out.
                if read != "":
                    found[known.name] = read
    return found


def _value(value: int | bytes, known: _Field) -> Json:
    match known.form:
        case "int":
            return value if isinstance(value, int) else 0
        case "bool":
            return bool(value)
        case "bytes":
            return base64.b64encode(_raw(value)).decode()
        case "message" | "messages":
            return _message(_raw(value), known.message)
        case _:
            return _raw(value).decode()


def _raw(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise bad_request("the protobuf message has a number where bytes are expected")
    return value


def _wire(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number and value (protobuf.dev, "Encoding")."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, form = key >> 3, key & 7
        if form == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if form == _BYTES:
            length, at = _varint(data, at)
        elif form in (_FIXED64, _FIXED32):
            length = 8 if form == _FIXED64 else 4
        else:
            raise bad_request(f"the protobuf message has a field of the unknown form {form}")
        if at + length > len(data):
            raise bad_request("the protobuf message ends early")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
