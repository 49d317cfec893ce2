"""How an instance is now: what is in place or has drifted, how old password and mirror are, and Argo CD's word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from strategies.base import Change
from wizard.engine.plan import Plan
from wizard.engine.survey import Survey
from wizard.engine.verify import Word

REFRESHED, MIRRORED = "refreshed-at", "mirrored-at"
"""Outputs of resources: when the password was last renewed, when the repository was last mirrored (RFC 3339)."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """``refreshed`` and ``mirrored`` are None where nothing is known of them."""

    plan: Plan
    refreshed: datetime | None
    mirrored: datetime | None
    word: Word

    @property
    def drifted(self) -> tuple[Change, ...]:
        """The changes that an apply would make."""
        return tuple(change for change in self.plan.changes if change.action.value != "none")

    @property
    def well(self) -> bool:
        """True when everything is in place and Argo CD says so."""
        return not self.drifted and self.word.ok


def latest(survey: Survey, output: str) -> datetime | None:
    """The latest time that any resource gives as this output; what is no time is passed over."""
    return max(_times(step.observed.outputs.get(output) for step in survey.steps if step.observed is not None), default=None)


def _times(texts: Iterable[str | None]) -> Iterable[datetime]:
    for text in texts:
        try:
            found = datetime.fromisoformat(text or "")
        except ValueError:
            continue
        if found.tzinfo is not None:
            yield found
