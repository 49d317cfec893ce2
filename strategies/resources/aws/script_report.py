"""What a script that Systems Manager ran reports, as an answer or as an error that says what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from strategies.common.marked_report import lines
from strategies.ports import ResourceError
from strategies.resources.aws.run_command import Ran

_LAST = 3
"""So many lines of what was said last are told."""


class ScriptReport(Protocol):
    """A report of any script: which step failed, if one did, and what was said about it."""

    @property
    def failed(self) -> str:
        """The name of the step; empty where none failed."""
        ...

    @property
    def why(self) -> tuple[str, ...]:
        """Lines that were said about it."""
        ...


Report = TypeVar("Report", bound=ScriptReport)


def reported(
    what: str, ran: Ran, read: Callable[[str], Report | None], steps: Mapping[str, tuple[str, str]], needs: str
) -> Report:
    """The report of a script.

    ``steps`` has, by the name of a step, why it failed and what to do; ``needs`` says what a machine must have to report.
    Raises ResourceError where there is none, or where it says that a step failed; one whose transfer failed can be repeated.
    """
    report = read(ran.output)
    if report is None:
        last = " | ".join(lines(ran.errors.encode())[-_LAST:]) or "nothing"
        raise ResourceError(
            what, f"the script ended with exit status {ran.status} and without a report; it said: {last}", needs
        )
    if report.failed:
        why, remedy = steps.get(report.failed, (report.failed, "Look into it on the machine."))
        said = " | ".join(report.why[-_LAST:])
        raise ResourceError(what, f"{why} ({said})" if said else why, remedy, retryable=report.failed == "transfer")
    return report
