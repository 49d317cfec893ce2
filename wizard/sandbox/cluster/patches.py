"""The three patches that are not server-side apply: JSON patch, merge patch, strategic merge patch."""

from __future__ import annotations

import json

import jsonpatch

from wizard.sandbox.cluster.errors import ApiError, bad_request
from wizard.sandbox.cluster.objects import Json, Object, clone, items, mapping, mappings
from wizard.sandbox.cluster.topology import Node, Shape

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


def patched(obj: Object, patch: Json, media_type: str, node: Node) -> Object:
    """``obj`` (untouched) after the patch. Raises ApiError: 400 when it cannot be read, 422 when it does not fit."""
    if media_type == JSON_PATCH:
        return _json_patch(obj, patch)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}")
    if media_type == MERGE_PATCH:
        return mapping(_merge(obj, patch))
    return mapping(_strategic(clone(obj), patch, node))


def _json_patch(obj: Object, patch: Json) -> Object:
    """RFC 6902."""
    if not isinstance(patch, list):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type jsonpatch.Patch")
    try:
        result: Json = json.loads(json.dumps(jsonpatch.apply_patch(clone(obj), mappings(patch))))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ApiError(422, "Invalid", f"the server rejected our request due to an error in our request: {error}", {}) from None
    return mapping(result)


def _merge(target: Json, patch: Json) -> Json:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result: Object = dict(mapping(target))
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merge(result.get(name), value)
    return result


def _strategic(target: Json, patch: Object, node: Node) -> Json:
    """apimachinery ``pkg/util/strategicpatch``: as a merge patch, but keyed lists merge item by item."""
    directive = patch.get("$patch")
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    if directive == "delete":
        return {}
    result: Object = dict(mapping(target))
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            at = name.partition("/")[2]
            result[at] = [item for item in items(result.get(at)) if item not in items(value)]
        elif name.startswith("$"):
            continue
        elif value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = _strategic(result.get(name), value, node.child(name))
        elif isinstance(value, list):
            order = items(patch.get(f"$setElementOrder/{name}"))
            result[name] = _list(items(result.get(name)), value, order, node.child(name))
        else:
            result[name] = value
    if "$retainKeys" in patch:
        result = {name: value for name, value in result.items() if name in items(patch["$retainKeys"])}
    for name, value in patch.items():
        at = name.partition("/")[2]
        if name.startswith("$setElementOrder/") and at in result and at not in patch:
            result[at] = _ordered(items(result[at]), items(value), node.child(at))
    return result


def _list(target: list[Json], patch: list[Json], order: list[Json], node: Node) -> Json:
    if node.shape is Shape.SET:
        return _ordered(target + [item for item in patch if item not in target], order, node)
    key = node.merge_key
    if node.shape is not Shape.KEYED or key is None:
        return patch
    if any(item.get("$patch") == "replace" for item in mappings(patch)):
        return [item for item in mappings(patch) if "$patch" not in item]
    inner = Node(children=node.children)
    result = list(target)
    for item in mappings(patch):
        at = next((index for index, known in enumerate(mappings(result)) if known.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                del result[at]
        elif at is None:
            result.append(_strategic({}, item, inner))
        else:
            result[at] = _strategic(result[at], item, inner)
    return _ordered(result, order, node)


def _ordered(target: list[Json], order: list[Json], node: Node) -> list[Json]:
    """The list in the order the patch asks for; what it does not name stays behind."""
    if not order:
        return target
    key = node.merge_key

    def identity(item: Json) -> Json:
        return mapping(item).get(key) if key and isinstance(item, dict) else item

    wanted = [identity(item) for item in order]
    return sorted(target, key=lambda item: wanted.index(identity(item)) if identity(item) in wanted else len(wanted))
