"""Reading request bodies: JSON, and YAML where apply patches allow it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, overload

import yaml

from wizard.sandbox.cluster import protobuf
from wizard.sandbox.cluster.errors import bad_request, unsupported_media
from wizard.sandbox.cluster.objects import Json, Object

_JSON = ("", "application/json", "application/json-patch+json", "application/merge-patch+json")
_PATCHES = ("application/strategic-merge-patch+json",)
_YAML = ("application/yaml", "application/apply-patch+yaml")


@overload
def decode(body: bytes, headers: Mapping[str, str], *, patch: Literal[False] = False) -> Object: ...


@overload
def decode(body: bytes, headers: Mapping[str, str], *, patch: Literal[True]) -> Json: ...


def decode(body: bytes, headers: Mapping[str, str], *, patch: bool = False) -> Json:
    """The JSON value of a body (an object, unless ``patch``). Raises ApiError: 400 when malformed, 415 for other types."""
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    if media_type == protobuf.MEDIA_TYPE:
        return protobuf.decode(body)
    if media_type not in (*_JSON, *_PATCHES, *_YAML):
        raise unsupported_media(media_type, ("application/json", "application/yaml"))
    try:
        # Programs send JSON under the YAML media type, which the JSON parser reads faster.
        as_yaml = media_type in _YAML and body[:1] not in (b"{", b"[")
        value: Json = yaml.load(body, _Loader) if as_yaml else json.loads(body)  # noqa: S506  # it is a SafeLoader
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"the object provided is unrecognized (must be of type JSON or YAML): {error}") from None
    if not patch and not isinstance(value, dict):
        raise bad_request("the object provided is unrecognized (must be of type Object): couldn't get version/kind")
    return value


class _Loader(yaml.SafeLoader):
    """Times stay strings, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
