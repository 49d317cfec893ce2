"""Checks, plans and the course of an apply as text, one line after the other."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from strategies.base import Action, Change, CheckResult, Group, Json, Status
from wizard.engine import events
from wizard.engine.plan import Plan
from wizard.report.printer import Printer
from wizard.report.words import ACTION, PAST, STATUS, counted, duration

_QUIET = timedelta(seconds=20)
"""What waits says so at once, and after that only so often unless it has something new to say."""
_NEWS = timedelta(seconds=3)
"""What is new is told no more often than this: a push counts its objects many times a second, and lines stay."""
_LONGEST_VALUE = 160


def print_checks(printer: Printer, results: Sequence[CheckResult], *, accepted: Sequence[str] = ()) -> None:
    """Every check, the worst first: what was seen and, unless it is well, why it matters and what mends it."""
    for result in results:
        icon, style = STATUS[result.status]
        word = result.status.value
        note = " (accepted)" if result.status is Status.WARN and result.check.id in accepted else ""
        printer.line((f"{printer.icon(icon)}{word:<8}", style), f"{result.check.title}{note}: {result.verdict.evidence}")
        if result.status in (Status.FAIL, Status.WARN, Status.UNKNOWN) and not note:
            _explain(printer, result)
    tally = {status: sum(r.status is status for r in results) for status in Status}
    printer.line(", ".join(f"{n} {status.value}" for status, n in tally.items() if n) or "no checks")


def _explain(printer: Printer, result: CheckResult) -> None:
    if result.status is not Status.UNKNOWN:
        printer.line(
            f"          why it matters: {result.check.why} (seen from: {result.check.vantage.value}; {result.check.id})"
        )
    remedy = result.verdict.remedy
    if remedy is not None:
        printer.line("          to mend it: ", remedy.text)
        if remedy.command:
            printer.line("            ", (remedy.command, "bold"))
        if remedy.mend is not None:
            printer.line("          the wizard can do it: ", remedy.mend.says)


def print_plan(printer: Printer, plan: Plan, headline: str | None = None) -> None:
    """The plan as a tree of groups: action, title, reason, and every field that differs."""
    printer.line((headline or _headline(plan), "bold"))
    for group in Group:
        changes = [change for change in plan.changes if change.group is group]
        if changes:
            printer.line((group.value, "bold"))
        for change in changes:
            _print_change(printer, change)
    for note in plan.notes:
        printer.line(("note: ", "yellow"), note)
    if plan.conflicts:
        printer.line((f"{len(plan.conflicts)} in conflict: nothing can be applied before that is settled.", "bold red"))


def _headline(plan: Plan) -> str:
    if plan.operation == "destroy":
        return f"Plan to remove {plan.instance}: {counted(plan.counts())}"
    return f"Plan for {plan.instance} ({plan.strategy}): {counted(plan.counts())}"


def _print_change(printer: Printer, change: Change) -> None:
    icon, style = ACTION[change.action]
    word = "unchanged" if change.action is Action.NONE else change.action.value
    printer.line("  ", (f"{printer.icon(icon)}{word:<10}", style), change.title, (f"  {change.reason}", "dim"))
    if change.conflict is not None:
        printer.line("      ", ("conflict: ", "bold red"), change.conflict)
    if change.action is Action.CREATE:
        if change.resource is not None and change.resource.explain not in ("", change.reason):
            printer.line("      because ", change.resource.explain)
        return
    for field in change.diff:
        printer.line("      ", field.path, ": ", (_shown(field.before), "red"), " -> ", (_shown(field.after), "green"))


def _shown(value: Json) -> str:
    text = (
        "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


class ApplyText:
    """A sink that tells the course of an apply: what began and takes time, what is done, what failed and why."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._lock = threading.Lock()
        self._changes: dict[str, Change] = {}
        self._told: dict[str, tuple[str, datetime]] = {}
        self._broken = False

    def __call__(self, event: events.Event) -> None:
        """Tell one event. Once the reader has gone away nothing more is told, and the work goes on."""
        with self._lock:
            if self._broken:
                return
            try:
                self._tell(event)
            except BrokenPipeError:
                self._broken = True

    def _tell(self, event: events.Event) -> None:
        match event:
            case events.ApplyStart():
                self._changes[event.change.address] = event.change
            case events.ApplyProgress():
                self._waiting(event.address, event.message, event.at, self._title(event.address), event.seconds)
            case events.ApplyComplete():
                self._row("✔", PAST[event.action], "green", self._title(event.address), duration(event.seconds))
            case events.ApplyErrored():
                self._row("✖", "failed", "bold red", self._title(event.address), duration(event.seconds))
                self._printer.line(f"      {event.what}: {event.why}")
                if event.remedy:
                    self._printer.line(f"      to mend it: {event.remedy}")
            case events.ApplySkipped():
                self._row("–", "skipped", "yellow", self._title(event.address), event.reason)
            case events.VerifyProgress():
                report = event.report
                said = (
                    "no such Application yet" if report is None else f"{report.sync}, {report.health} {report.message}".strip()
                )
                self._waiting("verify", said, event.at, "Argo CD", event.seconds)
            case events.VerifyComplete():
                icon, style = ("✔", "bold green") if event.ok else ("✖", "bold red")
                self._row(icon, "verified" if event.ok else "failed", style, event.reason, duration(event.seconds))
            case events.ChangeSummary() if not any(n for action, n in event.counts.items() if action != "none"):
                if event.counts.get("none"):
                    self._printer.line("Nothing to change: all is as asked.")
            case events.ChangeSummary():
                self._printer.line(f"Done: {counted(event.counts, PAST)}")
            case events.Diagnostic():
                self._printer.line((f"{event.severity}: ", "bold"), event.summary)
                if event.detail:
                    self._printer.line(f"      {event.detail}")
            case _:
                pass

    def _row(self, icon: str, word: str, style: str, title: str, end: str) -> None:
        self._printer.line((f"{self._printer.icon(icon)}{word:<10}", style), f"{title}  ", (end, "dim"))

    def _waiting(self, address: str, message: str, at: datetime, title: str, seconds: float) -> None:
        told = self._told.get(address)
        if told is None or at - told[1] >= (_QUIET if told[0] == message else _NEWS):
            self._told[address] = (message, at)
            self._row("…", "waits", "cyan", f"{title}: {message}", duration(seconds))

    def announce(self, plan: Plan) -> None:
        """Take the titles of a plan's changes, for events that carry only an address."""
        with self._lock:
            self._changes.update({change.address: change for change in plan.changes})

    def _title(self, address: str) -> str:
        change = self._changes.get(address)
        return address if change is None else change.title
