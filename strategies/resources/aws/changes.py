"""The planning rules of all AWS kinds: ours is mended, foreign is used when it fits and is a conflict when it does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from strategies.base import Action, Change, FieldDiff, Observed, Resource


def create(kind: str, resource: Resource, diff: Sequence[FieldDiff] = ()) -> Change:
    """There is nothing yet."""
    return _change(kind, resource, Action.CREATE, resource.explain or "does not exist yet", diff, None)


def settle(kind: str, resource: Resource, observed: Observed, diff: Sequence[FieldDiff]) -> Change:
    """It is ours: bring it to what is asked, or leave it."""
    if not diff:
        return _change(kind, resource, Action.NONE, "as it should be", (), observed)
    names = ", ".join(dict.fromkeys(one.path for one in diff))
    return _change(kind, resource, Action.UPDATE, f"differs in {names}", diff, observed)


def replace(kind: str, resource: Resource, observed: Observed, diff: Sequence[FieldDiff]) -> Change:
    """It is ours, and AWS cannot change what differs."""
    names = ", ".join(dict.fromkeys(one.path for one in diff))
    return _change(kind, resource, Action.REPLACE, f"AWS cannot change {names}: it is made anew", diff, observed)


def use_foreign(kind: str, resource: Resource, observed: Observed, note: str = "") -> Change:
    """It is not ours and fits: it is used as it is, neither tagged nor changed nor ever deleted."""
    reason = f"already there, fits, {whose(observed)}: used as it is" + (f" ({note})" if note else "")
    return _change(kind, resource, Action.NONE, reason, (), observed)


def conflict(kind: str, resource: Resource, observed: Observed, why: str, remedy: str) -> Change:
    """Something foreign is in the way."""
    change = _change(kind, resource, Action.NONE, "something that is not ours is in the way", (), observed)
    return dataclasses.replace(change, conflict=f"{why} It is {whose(observed)} and is not touched. {remedy}")


def whose(observed: Observed) -> str:
    """In words: whose the thing is."""
    return "not ours" if observed.owner is None else f"of the instance {observed.owner.instance}"


def _change(
    kind: str, resource: Resource, action: Action, reason: str, diff: Sequence[FieldDiff], observed: Observed | None
) -> Change:
    return Change(
        address=resource.address,
        kind=kind,
        title=resource.title,
        group=resource.group,
        action=action,
        reason=reason,
        diff=tuple(diff),
        depends_on=resource.depends_on,
        provider_id=None if observed is None else observed.provider_id,
        resource=resource,
    )
