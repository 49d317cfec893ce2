"""IAM policy documents compared by meaning, and asked what they let through. Pure.

AWS gives a document back in another form than it was sent (one action as text instead of a list, another order), so text is
never compared (IAM user guide, "Grammar of the IAM JSON policy language").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import cast

from strategies.base import Json

FULL_ACCESS: Mapping[str, Json] = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
"""The policy of an endpoint that was made without one (VPC user guide, "Default endpoint policy")."""

_LISTS = ("Action", "NotAction", "Resource", "NotResource")


class Passage(Enum):
    """Whether a policy lets an action through."""

    OPEN = "open"
    SHUT = "shut"
    CONDITIONAL = "conditional"


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


def passage(document: Mapping[str, Json], action: str, resource: str) -> Passage:
    """Whether the document lets ``action`` on ``resource`` through, for the account's own principals.

    A statement with a condition may or may not hold when the call is made: that is ``CONDITIONAL``, save for a condition on
    ``aws:PrincipalAccount`` alone, which the account's own principals meet.
    """
    verdict = Passage.SHUT
    for statement in _statements(document):
        if not (_matches(statement, "Action", action, fold=True) and _matches(statement, "Resource", resource, fold=False)):
            continue
        certain = _only_own_account(statement.get("Condition"))
        if statement.get("Effect") == "Deny":
            if certain and "Condition" not in statement:
                return Passage.SHUT
            verdict = Passage.CONDITIONAL
        elif certain and verdict is Passage.SHUT:
            verdict = Passage.OPEN
        elif verdict is Passage.SHUT:
            verdict = Passage.CONDITIONAL
    return verdict


def wanted(document: Mapping[str, Json]) -> list[tuple[str, str]]:
    """Every pair of action and resource that the document allows by name."""
    return [
        (action, resource)
        for statement in _statements(document)
        if statement.get("Effect") == "Allow"
        for action in _listed(statement.get("Action"))
        for resource in _listed(statement.get("Resource"))
    ]


def worst_passage(document: Mapping[str, Json], needed: Mapping[str, Json]) -> Passage:
    """Whether the document lets through everything that ``needed`` allows."""
    found = {passage(document, action, resource) for action, resource in wanted(needed)}
    for verdict in (Passage.SHUT, Passage.CONDITIONAL):
        if verdict in found:
            return verdict
    return Passage.OPEN


def _statements(document: Mapping[str, Json]) -> Iterable[Mapping[str, Json]]:
    statements = document.get("Statement", ())
    if isinstance(statements, Mapping):
        return (statements,)
    return cast("Sequence[Mapping[str, Json]]", statements)


def _listed(value: Json) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(one) for one in cast("Sequence[Json]", value)]


def _canonical(document: Mapping[str, Json]) -> list[str]:
    return sorted(json.dumps(_canonical_statement(s), sort_keys=True) for s in _statements(document))


def _canonical_statement(statement: Mapping[str, Json]) -> dict[str, object]:
    result: dict[str, object] = {"Effect": statement.get("Effect")}
    for name in _LISTS:
        if name in statement:
            values = _listed(statement[name])
            result[name] = sorted({v.lower() if name.endswith("Action") else v for v in values})
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            result[name] = _canonical_principal(statement[name])
    conditions = statement.get("Condition")
    if isinstance(conditions, Mapping):
        result["Condition"] = {
            operator: {key.lower(): sorted(_listed(value)) for key, value in keys.items()}
            for operator, keys in conditions.items()
            if isinstance(keys, Mapping)
        }
    return result


def _canonical_principal(principal: Json) -> object:
    if not isinstance(principal, Mapping):
        return {"AWS": _listed(principal)}
    return {kind: sorted(_listed(value)) for kind, value in principal.items()}


def _matches(statement: Mapping[str, Json], name: str, value: str, *, fold: bool) -> bool:
    if name in statement:
        return any(_glob(pattern, value, fold) for pattern in _listed(statement[name]))
    negated = f"Not{name}"
    return negated in statement and not any(_glob(pattern, value, fold) for pattern in _listed(statement[negated]))


def _glob(pattern: str, value: str, fold: bool) -> bool:
    """IAM knows ``*`` and ``?`` and nothing else of a shell's patterns."""
    expression = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(expression, value, re.IGNORECASE if fold else 0) is not None


def _only_own_account(condition: Json) -> bool:
    if condition is None:
        return True
    if not isinstance(condition, Mapping):
        return False
    keys = {key.lower() for keys in condition.values() if isinstance(keys, Mapping) for key in keys}
    return keys == {"aws:principalaccount"}
