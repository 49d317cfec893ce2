"""One thing that a request has to be allowed, and the reading of a request in EC2's and IAM's query form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.sandbox.aws.policy import Context

ANY = "*"
"""The resource of actions that know no other."""

NEW = "new"
"""Stands for the id that AWS has yet to give."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One action on one resource (None: no more is known than the action), with the condition keys of the request."""

    action: str
    resource: str | None
    context: Context = field(default_factory=dict)


def numbered(parameters: Mapping[str, str], name: str) -> list[str]:
    """The values of ``name`` and of ``name.1``, ``name.2`` and so on."""
    return [value for key, value in parameters.items() if key == name or key.rpartition(".")[0] == name]


def request_tags(parameters: Mapping[str, str], prefix: str) -> dict[str, str | tuple[str, ...]]:
    """``aws:RequestTag/KEY`` and ``aws:TagKeys`` of the numbered tags that begin with ``prefix``; empty without any.

    IAM user guide, "AWS global condition context keys".
    """
    found: dict[str, str | tuple[str, ...]] = {
        f"aws:RequestTag/{key}": parameters.get(name.removesuffix("Key") + "Value", "")
        for name, key in parameters.items()
        if name.startswith(prefix) and name.endswith(".Key")
    }
    if found:
        found["aws:TagKeys"] = tuple(name.partition("/")[2] for name in found)
    return found


def resource_tags(tags: Mapping[str, object], *names: str) -> dict[str, str]:
    """The tags that a resource has, as condition keys: ``aws:ResourceTag/KEY``, or each of ``names`` for that prefix."""
    return {f"{name}/{key}": str(value) for name in names or ("aws:ResourceTag",) for key, value in tags.items()}
