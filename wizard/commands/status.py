"""``ezgitops status``."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from wizard.commands.options import Command, Options, common_options, options_of
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.engine.plan import Plan
    from wizard.engine.status import StatusReport
    from wizard.report.printer import Printer


@click.command(cls=Command)
@common_options
@click.pass_context
def status(ctx: click.Context, /, **given: object) -> None:
    """Show how it is now: each resource, the age of password and mirror, and Argo CD's word.

    Asks Argo CD for a hard refresh and changes nothing else. Exit code 0 when everything is in place and Argo CD is Synced and
    Healthy, 1 when something has drifted or Argo CD says otherwise.
    """
    ctx.exit(run_status(ctx.ensure_object(Program), options_of(given)))


def run_status(program: Program, options: Options) -> ExitCode:
    """Look, ask Argo CD, and print."""
    from wizard.commands.run import Run

    with Run(program, options) as run:
        run.start()
        found: list[StatusReport] = []

        def look() -> Plan:
            found.append(run.session.status(sink=run.emit if run.json else run.record, stop=threading.Event()))
            return found[0].plan

        run.planned(look)
        report = found[0]
        run.plan_events(report.plan)
        if run.json:
            run.tell_notes(report.plan)
            known = {one.name: one.value or None for one in report.state}
            run.say("info", "status", data={**known, "drifted": [c.address for c in report.drifted], "well": report.well})
        else:
            print_status(run.out, report, datetime.now(UTC))
        return ExitCode.DONE if report.well else ExitCode.FAILED


def print_status(printer: Printer, report: StatusReport, now: datetime) -> None:
    """The report as text: what has drifted with every difference, then the ages, then Argo CD."""
    from wizard.engine.status import age
    from wizard.report.text import print_plan

    drifted = len(report.drifted)
    state = f"{len(report.plan.changes) - drifted} in place, {drifted} missing or drifted"
    print_plan(printer, report.plan, f"State of {report.plan.instance} ({report.plan.strategy}): {state}")
    for one in report.state:
        past = age(one.value, now)
        told = one.value or "not known" if past is None else f"{_when(past)} ({one.value})"
        printer.line((f"{one.title:<18}", "bold"), " ", told)
    icon, style = ("✔", "green") if report.word.ok else ("✖", "bold red")
    printer.line(("Argo CD           ", "bold"), " ", (printer.icon(icon), style), report.word.reason)


def _when(past: timedelta) -> str:
    """``3 min ago``, or ``in 89 days`` for a time to come."""
    from wizard.report.words import duration

    if past >= timedelta():
        return f"{duration(past.total_seconds())} ago"
    left = -past
    return f"in {left.days} days" if left.days > 1 else f"in {duration(left.total_seconds())}"
