"""One run of a command that is about an instance: its answers, its session, its report, its log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from strategies.base import Json, Resource, Status
from wizard import paths
from wizard.answers import document, overrides
from wizard.answers.draft import Draft
from wizard.answers.faults import AnswersError, Fault
from wizard.commands.options import CommandError, Options
from wizard.commands.parts import early_plan, how_to_give
from wizard.commands.program import Program
from wizard.commands.refusals import journalled, refusals, secrets_needed
from wizard.commands.stopping import stoppable
from wizard.engine.apply import ApplyReport
from wizard.engine.events import ChangeSummary, Diagnostic, Event, PlannedChange, Sink
from wizard.engine.plan import Plan, SavedPlan
from wizard.engine.session import Session
from wizard.exitcodes import ExitCode
from wizard.report.equivalents import commands, manifests_of
from wizard.report.final import COMMANDS, Closing, print_final, write_commands
from wizard.report.jsonlines import JsonLines
from wizard.report.log import RunLog
from wizard.report.printer import Printer, wants_colour, wants_plain
from wizard.report.text import ApplyText, print_checks, print_plan


class Run:
    """Use it as a context. ``session`` is started by ``start``; ``out`` is for data, ``err`` for everything said beside it.

    Every event goes to the log once the instance is known, and to standard output when that is JSON.
    """

    def __init__(self, program: Program, options: Options, *, prepare: Callable[[Draft], None] | None = None) -> None:
        """Read the answers. Raises CommandError (2) with every fault."""
        self.program, self.options = program, options
        plain = options.plain or wants_plain(program.environ)
        self.out, self.err = (
            Printer(stream, colour=wants_colour(stream, program.environ), plain=plain) for stream in (sys.stdout, sys.stderr)
        )
        self.json = options.output == "json"
        self.course = ApplyText(self.out)
        self._lines = JsonLines(sys.stdout)
        self._sink: Sink = self._lines if self.json else self.course
        self._log: RunLog | None = None
        self._early: list[Event] = []
        self._lock = threading.Lock()
        draft = self._draft()
        if prepare is not None:
            prepare(draft)
        ask = self._ask_secret if self.asks else None
        self.session: Session = program.make_session(draft, environ=program.environ, ask_secret=ask)

    def __enter__(self) -> Run:
        self.session.subscribe(self._heard)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the run. Raises CommandError (1) when standard output could not be written, unless its reader has gone."""
        self.session.close()
        if self._log is not None:
            self._log.close()
        lost = self._lines.lost or self.out.lost
        if kind is None and lost is not None and not isinstance(lost, BrokenPipeError):
            said = f"The output cannot be written: {lost.strerror or lost}. What was to be done was done all the same."
            raise CommandError(ExitCode.FAILED, said)

    @property
    def asks(self) -> bool:
        """True when a human is there to be asked."""
        return self.program.terminal and self.options.output == "text"

    @property
    def log(self) -> str | None:
        """Where the log is, as an operator would write it."""
        return None if self._log is None else paths.shown(self._log.path, self.program.environ)

    @property
    def log_path(self) -> Path | None:
        """Where the log is."""
        return None if self._log is None else self._log.path

    # --- events -------------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Send an event to the report and to the log."""
        self._sink(event)
        self.record(event)

    def say(self, severity: str, summary: str, detail: str = "", data: Mapping[str, Json] | None = None) -> None:
        """A message beside the data: an event in JSON, a line on standard error in text."""
        event = Diagnostic(at=_now(), severity=severity, summary=summary, detail=detail, data=data or {})
        if self.json:
            self._sink(event)
        else:
            self.err.line((f"{severity}: ", "bold"), summary, f" {detail}" if detail else "")
        self.record(event)

    def fail(self, code: ExitCode, summary: str, details: Sequence[str] = ()) -> CommandError:
        """The error to raise; it is also an event."""
        event = Diagnostic(
            at=_now(), severity="error", summary=summary, detail="\n".join(details), data={"exit_code": int(code)}
        )
        if self.json:
            self._sink(event)
        self.record(event)
        return CommandError(code, summary, details)

    # --- steps --------------------------------------------------------------------------------------------------

    def start(self, *, need: bool = True, bare: bool = False) -> None:
        """Read the facts and wait for them. With ``need`` every required answer is there afterwards, or CommandError (2).

        ``bare``: only those that say where one is, as is enough when all that is known is a name.

        A secret that this machine has to give is looked for first, and one that has to be typed is asked for first: readers
        have no time to wait for a human, and no terminal of their own.
        """
        if need:
            self.check_secrets(*_LOCAL, spent=False)
        if self.asks:
            self.check_secrets("prompt")
        begin = self.session.locate if bare else self.session.start
        begin()
        self.session.wait()
        if need:
            self.demand()
        self.open_log()

    def demand(self) -> None:
        """Ask for what is missing where a human is there, else list it and end (2)."""
        if (self.session.missing() or self.session.draft.faults()) and self.asks:
            from wizard.line.ask import ask_missing

            ask_missing(self.session)
            self.session.wait()
        missing = self.session.missing()
        if missing:
            raise self.fail(
                ExitCode.USAGE,
                f"{len(missing)} required {'answer is' if len(missing) == 1 else 'answers are'} missing; nothing was touched.",
                [how_to_give(question, self.options.file) for question in missing],
            )

    def open_log(self) -> None:
        """Begin the log, now that the instance has a name. Where it cannot be written the run goes on without."""
        name = self.session.complete().name
        if name is None or self._log is not None:
            return
        try:
            log = RunLog(paths.instance_directory(self.program.environ, name), _now())
        except OSError as error:
            self.say("warning", f"There will be no log: {error.strerror or error}: {error.filename}")
            return
        with self._lock:
            self._log, early = log, self._early
            self._early = []
        for event in early:
            log(event)

    def stop_at_failed_checks(self) -> None:
        """End (3) when a blocking check failed. Warnings that are not accepted are told and stop nothing."""
        results = self.session.results()
        accepted = self.session.complete().accept_warnings
        loud = [r for r in results if r.blocks or (r.status is Status.WARN and r.check.id not in accepted)]
        if loud and not self.json:
            print_checks(self.err, loud, accepted=accepted)
        blocking = [r for r in results if r.blocks]
        if blocking:
            raise self.fail(
                ExitCode.CHECKS,
                f"{len(blocking)} blocking {'check' if len(blocking) == 1 else 'checks'} failed; nothing was touched.",
                [f"{r.check.title}: {r.verdict.evidence}" for r in blocking],
            )

    def check_secrets(self, *schemes: str, spent: bool = True) -> None:
        """End (2) when a secret that the answers refer to is not there (with ``schemes``: among those kinds of reference).

        Without ``spent``, those that only making something takes are left alone.
        """
        with secrets_needed(self.fail):
            self.session.check_secrets(*schemes, spent=spent)

    def check_secrets_of(self, *kinds: type[Resource]) -> None:
        """End (2) when a secret is not there that the resources of these kinds take, or when an answer is missing."""
        with secrets_needed(self.fail):
            self.session.check_secrets_of(lambda one: isinstance(one, kinds))

    def check_work(self, plan: Plan) -> None:
        """End (2) when a secret is not there that the changes of a plan take."""
        with secrets_needed(self.fail):
            self.session.check_work(plan)

    def prepared(self) -> Plan:
        """Read the facts, see that nothing is missing, and plan.

        Where the answers are complete by themselves, the plan is made while the facts are still being read: two roads of calls
        side by side instead of one after the other. Should a fact change an answer after all, it is made again.
        """
        self.check_secrets(*_LOCAL, spent=False)
        if self.asks:
            self.check_secrets("prompt")
        early = early_plan(self.session)
        self.start()
        self.check_secrets(spent=False)
        plan = early()
        return self.planned(self.session.plan) if plan is None else self.planned(lambda: plan)

    def planned(self, make: Callable[[], Plan]) -> Plan:
        """Make a plan. Raises CommandError (1) when something cannot be looked at, (2) when an answer is missing."""
        with refusals(self.fail):
            plan = make()
        self.course.announce(plan)
        return plan

    def show(self, plan: Plan) -> None:
        """Show a plan as text, or as events."""
        self.plan_events(plan)
        if self.json:
            self.tell_notes(plan)
        else:
            print_plan(self.out, plan)
        if plan.conflicts:
            raise self.fail(
                ExitCode.CHECKS,
                f"{len(plan.conflicts)} in conflict; nothing was touched.",
                [f"{c.title}: {c.conflict}" for c in plan.conflicts],
            )

    def tell_notes(self, plan: Plan) -> None:
        """What was not looked at, as events."""
        for note in plan.notes:
            self.say("warning", note)

    def plan_events(self, plan: Plan) -> None:
        """The plan as events."""
        for change in plan.changes:
            self._heard(PlannedChange(at=_now(), change=change))
        self._heard(ChangeSummary(at=_now(), operation="plan", counts=plan.counts()))

    def saved_plan(self, path: Path) -> SavedPlan:
        """Read what `plan --out` wrote. Raises CommandError (2)."""
        try:
            return SavedPlan.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            raise self.fail(ExitCode.USAGE, f"The plan {path} cannot be used: {why}; nothing was touched.") from error

    def hold_against(self, saved: SavedPlan, plan: Plan) -> None:
        """End (3) when a plan would not do what the saved one says."""
        with refusals(self.fail):
            saved.check(plan)

    def carry_out(self, plan: Plan, *, confirmed: SavedPlan | None = None, verified: bool = True) -> ApplyReport:
        """Apply a plan. Ctrl-C lets the calls under way end. Raises CommandError with the code that fits."""
        cancel = threading.Event()
        with stoppable(cancel), journalled(self.fail):
            return self.session.apply(plan, sink=self.emit, cancel=cancel, confirmed=confirmed, verified=verified)

    def close_with(self, plan: Plan, report: ApplyReport) -> None:
        """The last page: the proof, the way back, and where everything is kept."""
        answers = self.session.complete()
        made = commands(
            report.calls,
            profile=answers.aws.profile,
            region=answers.aws.region,
            context=answers.cluster.context,
            manifests=manifests_of(plan),
        )
        if made and self._log is not None:
            try:
                write_commands(self._log.path.with_suffix(COMMANDS), made)
            except OSError as error:
                self.say("warning", f"The equivalent commands could not be kept: {error.strerror or error}")
                made = ()
        if self.json:
            self.say("info", "finished", data={"ok": report.ok, "reason": report.reason, "log": self.log})
            return
        file = None if self.options.file is None else str(self.options.file)
        print_final(self.out, report, Closing(answers.name or "", file, self.log, made))

    def code(self, report: ApplyReport) -> ExitCode:
        """The exit code of a report."""
        if report.cancelled:
            return ExitCode.INTERRUPTED
        return ExitCode.DONE if report.ok else ExitCode.FAILED

    # --- inside -------------------------------------------------------------------------------------------------

    def _draft(self) -> Draft:
        try:
            draft = document.load(self.options.file).draft() if self.options.file is not None else Draft()
            overrides.apply(draft, self.options.all_sets, self.program.environ)
        except AnswersError as error:
            raise self._faulty(error.faults) from error
        return draft

    def _faulty(self, faults: Sequence[Fault]) -> CommandError:
        noun = "fault" if len(faults) == 1 else "faults"
        return self.fail(ExitCode.USAGE, f"{len(faults)} {noun} in the answers; nothing was touched.", [str(f) for f in faults])

    def _heard(self, event: Event) -> None:
        """Take an event that is data in JSON and, in text, is told in another way."""
        if self.json:
            self._sink(event)
        self.record(event)

    def record(self, event: Event) -> None:
        """Send an event to the log alone."""
        with self._lock:
            log = self._log
            if log is None:
                self._early.append(event)
        if log is not None:
            log(event)

    def _ask_secret(self, prompt: str) -> str:
        return str(click.prompt(prompt, hide_input=True, err=True))


_LOCAL = ("env", "file", "prompt")
"""Secrets that this machine gives, before anything of the world is known."""


def _now() -> datetime:
    return datetime.now(UTC)
