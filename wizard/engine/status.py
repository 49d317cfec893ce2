"""How an instance is now: what is in place or has drifted, what the strategy tells of it, and Argo CD's word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from strategies.base import Change, Output
from strategies.kinds import ClusterObjectResource
from strategies.ports import ResourceError
from wizard.engine.plan import Plan
from wizard.engine.survey import Step
from wizard.engine.verify import Word

REFRESHED = "refreshed-at"
"""Output of a Secret: when the password in it was last renewed (RFC 3339)."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """``state`` is what the strategy tells beside what has drifted; ``word`` is Argo CD's."""

    plan: Plan
    state: tuple[Output, ...]
    word: Word

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The changes that an apply would make."""
        return tuple(change for change in self.plan.changes if change.action.value != "none")

    @property
    def well(self) -> bool:
        """True when everything is in place and Argo CD says so."""
        return not self.drifted and self.word.ok


def age(value: str, now: datetime) -> timedelta | None:
    """How long ago a time (RFC 3339) was, below zero for one to come; None for what is no time."""
    found = next(iter(_times([value])), None)
    return None if found is None else now - found


def renewed(steps: Iterable[Step]) -> datetime | None:
    """When the password in a Secret was last renewed, by looking at the Secrets again: a refresher writes them after we did.

    None where no Secret is renewed, and where they cannot be looked at.
    """
    return max(_times(_refreshed(step) for step in steps), default=None)


def _refreshed(step: Step) -> str | None:
    resource = step.change.resource
    if not isinstance(resource, ClusterObjectResource) or resource.manifest.get("kind") != "Secret":
        return None
    try:
        observed = step.handler.read(resource)
    except ResourceError:
        return None  # everything is done; that this cannot be told is no failure
    return observed.outputs.get(REFRESHED) if observed is not None else None


def _times(texts: Iterable[str | None]) -> Iterable[datetime]:
    for text in texts:
        try:
            found = datetime.fromisoformat(text or "")
        except ValueError:
            continue
        if found.tzinfo is not None:
            yield found
