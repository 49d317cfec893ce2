"""How an apply ended, as the last page needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wizard.exitcodes import ExitCode

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
    refusal: ExitCode = ExitCode.FAILED

    @classmethod
    def refused(cls, exit_code: ExitCode, what: str, why: str, remedy: str) -> Ending:
        """An apply that did not begin."""
        return cls(failures=(Failure(what, why, remedy),), refusal=exit_code)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the command line would give for the same end."""
        if self.ok:
            return ExitCode.DONE
        if self.report is not None and self.report.cancelled:
            return ExitCode.INTERRUPTED
        return self.refusal if self.report is None else ExitCode.FAILED

    @property
    def ok(self) -> bool:
        """True when everything was made and Argo CD said so."""
        return self.report is not None and self.report.ok
