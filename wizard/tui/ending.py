"""How an apply ended, as the last page needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.engine.apply import ApplyReport


@dataclass(frozen=True, slots=True)
class Failure:
    """What happened, why, and what to do now."""

    what: str
    why: str
    remedy: str


@dataclass(slots=True)
class Ending:
    """The engine's report, or - when it refused to start - the reasons. ``seconds`` is the time on the clock."""

    report: ApplyReport | None = None
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0

    @classmethod
    def refused(cls, what: str, why: str, remedy: str) -> Ending:
        """An apply that did not begin."""
        return cls(failures=(Failure(what, why, remedy),))

    @property
    def ok(self) -> bool:
        """True when everything was made and Argo CD said so."""
        return self.report is not None and self.report.ok
