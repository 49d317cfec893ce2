"""A plan: what must happen to each resource, in an order that can be carried out. Pure data; its JSON is in docs/plan.md."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strategies.base import Action, Change, Json

FORMAT = "ezgitops.dev/plan/v1"
"""The form of the JSON that ``Plan.to_json`` gives and ``SavedPlan.parse`` reads."""


class StalePlanError(Exception):
    """The world has changed since the plan was made. ``differences`` names each change that is not the same any more."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("the world has changed since this plan was made: " + "; ".join(differences))
        self.differences = tuple(differences)


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in dependency order.

    ``fingerprint`` is equal for two plans exactly when they do the same to the same things. ``conflicts`` are the changes that
    cannot be made; a plan with one is not applied. ``notes`` say what could not be looked at and does no harm.
    """

    instance: str
    strategy: str
    changes: tuple[Change, ...]
    fingerprint: str
    conflicts: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    operation: str = "apply"

    def counts(self) -> dict[str, int]:
        """How many changes of each action there are; every action is a key."""
        found = Counter(change.action for change in self.changes)
        return {action.value: found[action] for action in Action}

    @property
    def pending(self) -> bool:
        """True when there is anything to do."""
        return any(change.action is not Action.NONE for change in self.changes)

    def to_json(self) -> dict[str, Json]:
        """The plan as JSON can carry it. It holds no secret: a diff shows those as ``(hidden)``."""
        return {
            "format": FORMAT,
            "operation": self.operation,
            "instance": self.instance,
            "strategy": self.strategy,
            "fingerprint": self.fingerprint,
            "counts": self.counts(),
            "changes": [{**change_to_json(change), "mark": mark(change)} for change in self.changes],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What is needed of a plan in a file: which instance it is for and what it does."""

    instance: str
    fingerprint: str
    marks: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> SavedPlan:
        """The same of a plan in memory."""
        return cls(plan.instance, plan.fingerprint, {change.address: mark(change) for change in plan.changes})

    @classmethod
    def parse(cls, text: str) -> SavedPlan:
        """Read what ``Plan.to_json`` gave. Raises ValueError, saying what is wrong, for anything else."""
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            message = f"it is not JSON ({error.msg} in line {error.lineno})"
            raise ValueError(message) from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            message = f"it is not a plan of the form {FORMAT}"
            raise ValueError(message)
        try:
            marks = {str(change["address"]): str(change["mark"]) for change in data["changes"]}
            return cls(str(data["instance"]), str(data["fingerprint"]), marks)
        except (KeyError, TypeError) as error:
            message = f"it is incomplete ({error})"
            raise ValueError(message) from error

    def check(self, now: Plan) -> None:
        """Raise StalePlanError unless ``now`` does exactly the same."""
        if self.fingerprint == now.fingerprint and self.instance == now.instance:
            return
        present = SavedPlan.of(now)
        titles = {change.address: change for change in now.changes}
        found = []
        if self.instance != now.instance:
            found.append(f"the plan is for {self.instance}, the answers are for {now.instance}")
        for address, after in present.marks.items():
            before = self.marks.get(address)
            change = titles[address]
            if before is None:
                found.append(f"{address}: not in the plan, now {change.action.value} ({change.reason})")
            elif before != after:
                planned = before.partition(":")[0]
                found.append(f"{address}: was {planned}, now {change.action.value} ({change.reason})")
        found += [f"{address}: in the plan, not asked for any more" for address in self.marks if address not in present.marks]
        raise StalePlanError(found)


def change_to_json(change: Change) -> dict[str, Json]:
    """A change as JSON can carry it, without the resource behind it."""
    return {
        "address": change.address,
        "kind": change.kind,
        "title": change.title,
        "group": change.group.value,
        "action": change.action.value,
        "reason": change.reason,
        "diff": [{"path": d.path, "before": d.before, "after": d.after} for d in change.diff],
        "depends_on": list(change.depends_on),
        "provider_id": change.provider_id,
        "conflict": change.conflict,
    }


def mark(change: Change) -> str:
    """The action and a digest of what exactly a change does to what. The wording of its reason is no part of it."""
    body = change_to_json(change)
    for wording in ("reason", "title", "group"):
        del body[wording]
    canonical = json.dumps(body, sort_keys=True, default=str).encode()
    return f"{change.action.value}:{hashlib.sha256(canonical).hexdigest()[:24]}"


def fingerprint(instance: str, operation: str, changes: Sequence[Change]) -> str:
    """A digest of all that a plan does."""
    lines = [instance, operation, *sorted(f"{change.address} {mark(change)}" for change in changes)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
