"""What stays in the terminal's scrollback once the screen is gone: plain lines, to be read, copied and searched for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.paths import shown
from wizard.tui.ending import Ending
from wizard.tui.wording import duration

_TITLE = 9


@dataclass(frozen=True, slots=True)
class Traces:
    """What a run leaves on this machine; ``draft`` is the name of the draft that was kept."""

    answers: Path | None = None
    log: Path | None = None
    draft: str | None = None


def farewell(ending: Ending | None, traces: Traces, environ: Mapping[str, str]) -> str:
    """The lines, empty when nothing was done and nothing is kept. ``ending`` is None when nothing was applied."""
    lines: list[str] = []
    if ending is not None:
        lines += _happened(ending)
        if traces.answers is not None:
            lines.append(f"{'Answers':<{_TITLE}} {shown(traces.answers, environ)}")
            lines.append(f"{'Again':<{_TITLE}} ezgitops apply -f {shlex.quote(str(traces.answers))} --yes")
        if traces.log is not None:
            lines.append(f"{'Log':<{_TITLE}} {shown(traces.log, environ)}")
    if traces.draft is not None:
        lines.append(f"The draft {traces.draft} is kept.")
    return "\n".join(lines)


def _happened(ending: Ending) -> list[str]:
    report = ending.report
    if ending.ok:
        sync = report.sync if report is not None else None
        if sync is None:
            return [f"✔ Everything is in place, after {duration(ending.seconds)}."]
        revision = f" at {sync.revision[:7]}" if sync.revision else ""
        return [f"✔ Argo CD is {sync.sync} and {sync.health}{revision}, after {duration(ending.seconds)}."]
    lines: list[str] = []
    for failure in ending.failures:
        lines += [f"✖ {failure.what}", f"  why: {failure.why}", f"  now: {failure.remedy}"]
    if report is not None and report.cancelled:
        lines.append("✖ Stopped. What was made stands; run it again to go on.")
    elif report is not None and report.reason and not ending.failures:
        lines += ["✖ Everything was made, but Argo CD is not Synced and Healthy", f"  why: {report.reason}"]
    return lines or ["✖ It did not end well; the log says more."]
