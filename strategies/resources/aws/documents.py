"""IAM policy documents read, written and compared by meaning. Pure.

AWS gives a document back in another form than it was sent (one action as text instead of a list, another order), so text is
never compared (IAM user guide, "Grammar of the IAM JSON policy language").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from strategies.base import Json
from strategies.common.passages import listed, statements

FULL_ACCESS: Mapping[str, Json] = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""The policy of an endpoint that was made without one (VPC user guide, "Default endpoint policy")."""

_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def parse(text: str | Mapping[str, object] | None) -> Mapping[str, Json] | None:
    """A document as boto3 gives it (text or mapping) as a mapping; None when there is none."""
    if not text:
        return None
    document = json.loads(text) if isinstance(text, str) else text
    return cast("Mapping[str, Json]", document)


def dump(document: Mapping[str, Json]) -> str:
    """The document as it is sent."""
    return json.dumps(document, separators=(",", ":"))


def same(one: Mapping[str, Json] | None, other: Mapping[str, Json] | None) -> bool:
    """Whether two documents mean the same; statement ids do not matter."""
    if one is None or other is None:
        return one is other
    return _canonical(one) == _canonical(other)


def _canonical(document: Mapping[str, Json]) -> list[str]:
    return sorted(json.dumps(_canonical_statement(s), sort_keys=True) for s in statements(document))


def _canonical_statement(statement: Mapping[str, object]) -> dict[str, object]:
    result: dict[str, object] = {"Effect": statement.get("Effect")}
    for name in _LISTS:
        if name in statement:
            values = listed(statement[name])
            result[name] = sorted({v.lower() if name.endswith("Action") else v for v in values})
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            result[name] = _canonical_principal(statement[name])
    conditions = statement.get("Condition")
    if isinstance(conditions, Mapping):
        result["Condition"] = {
            operator: {key.lower(): sorted(listed(value)) for key, value in keys.items()}
            for operator, keys in conditions.items()
            if isinstance(keys, Mapping)
        }
    return result


def _canonical_principal(principal: object) -> object:
    if not isinstance(principal, Mapping):
        return {"AWS": listed(principal)}
    return {kind: sorted(listed(value)) for kind, value in principal.items()}
