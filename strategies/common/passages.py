"""Whether an IAM policy document lets a call through. Pure (IAM user guide, "Policy evaluation logic").

A call is judged as one by the account's own principals, save for those that nobody signs: ``sts:AssumeRoleWithWebIdentity``
comes with a token and without AWS credentials, so nothing is known of who calls, and a condition on that cannot be met (IAM
user guide, "AWS global condition context keys": the ``aws:Principal`` keys stand in signed requests only). Organisations that
hold their endpoints to their own accounts shut it out without noticing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import cast

_UNSIGNED = ("sts:assumerolewithwebidentity", "sts:assumerolewithsaml")
_WHO_CALLS = "aws:principal"
_OWN_ACCOUNT = ("aws:principalaccount", "aws:resourceaccount")
_EQUAL = ("stringequals", "stringequalsignorecase", "stringlike")
_POSITIVE = (*_EQUAL, "arnequals", "arnlike", "bool")
_NEGATED = ("stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike")


class Passage(Enum):
    """Whether a policy lets an action through."""

    OPEN = "open"
    SHUT = "shut"
    CONDITIONAL = "conditional"


def passage(document: Mapping[str, object], action: str, resource: str) -> Passage:
    """Whether the document lets ``action`` on ``resource`` (an ARN) through.

    What depends on something that is only known when the call is made is ``CONDITIONAL``.
    """
    allowed: list[bool | None] = []
    denied: list[bool | None] = []
    for statement in statements(document):
        if _matches(statement, "Action", action, fold=True) and _matches(statement, "Resource", resource, fold=False):
            effects = denied if statement.get("Effect") == "Deny" else allowed
            effects.append(_holds(statement, action, resource))
    if True in denied or not any(held is not False for held in allowed):
        return Passage.SHUT
    return Passage.OPEN if True in allowed and None not in denied else Passage.CONDITIONAL


def wanted(document: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every pair of action and resource that the document allows by name."""
    return [
        (action, resource)
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        for action in listed(statement.get("Action"))
        for resource in listed(statement.get("Resource"))
    ]


def worst_passage(document: Mapping[str, object], needed: Mapping[str, object]) -> Passage:
    """Whether the document lets through everything that ``needed`` allows."""
    found = {passage(document, action, resource) for action, resource in wanted(needed)}
    for verdict in (Passage.SHUT, Passage.CONDITIONAL):
        if verdict in found:
            return verdict
    return Passage.OPEN


def statements(document: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    """The statements of a document: one, or a list of them."""
    found = document.get("Statement", ())
    if isinstance(found, Mapping):
        return (found,)
    return cast("Sequence[Mapping[str, object]]", found)


def listed(value: object) -> list[str]:
    """One text or a list of them, as a list."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _holds(statement: Mapping[str, object], action: str, resource: str) -> bool | None:
    """Whether principal and conditions of the statement are met; None where only AWS can tell."""
    signed = action.lower() not in _UNSIGNED
    parts = [_principal(statement, signed), *_conditions(statement.get("Condition"), signed, resource)]
    if False in parts:
        return False
    return None if None in parts else True


def _principal(statement: Mapping[str, object], signed: bool) -> bool | None:
    """Anybody, or somebody by name: which of the account's principals calls is not known here."""
    if "NotPrincipal" in statement:
        return None
    named = statement.get("Principal", "*")
    names = [name for value in named.values() for name in listed(value)] if isinstance(named, Mapping) else listed(named)
    if "*" in names:
        return True
    return None if signed else False


def _conditions(conditions: object, signed: bool, resource: str) -> Iterator[bool | None]:
    for operator, keys in conditions.items() if isinstance(conditions, Mapping) else ():
        for key, value in keys.items() if isinstance(keys, Mapping) else ():
            yield _condition(str(operator).lower(), str(key).lower(), listed(value), signed=signed, resource=resource)


def _condition(operator: str, key: str, values: Sequence[str], *, signed: bool, resource: str) -> bool | None:
    """One condition ("IAM JSON policy elements: Condition operators"): a key that is missing fails all but negated ones."""
    optional, operator = operator.endswith("ifexists"), operator.removesuffix("ifexists")
    if key.startswith(_WHO_CALLS) and not signed:
        if operator == "null":
            return [value.lower() for value in values] == ["true"]
        if optional or operator in _NEGATED:
            return True
        return False if operator in _POSITIVE else None
    account = resource.split(":")[4] if resource.count(":") >= 5 else ""
    if key in _OWN_ACCOUNT and operator in _EQUAL and account:
        return any(_glob(value, account, fold=False) for value in values)
    return None


def _matches(statement: Mapping[str, object], name: str, value: str, *, fold: bool) -> bool:
    if name in statement:
        return any(_glob(pattern, value, fold=fold) for pattern in listed(statement[name]))
    negated = f"Not{name}"
    return negated in statement and not any(_glob(pattern, value, fold=fold) for pattern in listed(statement[negated]))


def _glob(pattern: str, value: str, *, fold: bool) -> bool:
    """IAM knows ``*`` and ``?`` and nothing else of a shell's patterns."""
    expression = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(expression, value, re.IGNORECASE if fold else 0) is not None
