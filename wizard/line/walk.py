"""The way through the pages as text: each stop asks or shows one thing and says whether to go on or back."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from strategies.base import Page, Question
from wizard.answers import writer
from wizard.answers.faults import AnswersError
from wizard.engine.apply import ApplyReport, ConflictError
from wizard.engine.events import Event, Sink
from wizard.engine.lock import LockedError
from wizard.engine.plan import Plan, StalePlanError
from wizard.engine.session import IncompleteError, Session
from wizard.engine.survey import SurveyError
from wizard.exitcodes import ExitCode
from wizard.flow import INFO, Step
from wizard.line import words
from wizard.line.ask import Move, ask_question, needed, say_verdict, shown
from wizard.line.asker import BACK, HELP, Asker, Option, Prompt, ask_yes_no
from wizard.line.mends import offer_mends, resource_error
from wizard.report.equivalents import commands_of
from wizard.report.final import COMMANDS, Closing, print_final, write_commands
from wizard.report.log import Logbook
from wizard.report.printer import Printer
from wizard.report.text import ApplyText, print_checks, print_plan

_PATIENCE = 60.0
_EGRESS = "network.egress-zero"
"""The check that says whether there is a way out: the reason why this program exists, so it is told with what was found."""
_HELP = "? explains a question, < goes back one question, Enter takes what stands in brackets, Ctrl-C stops and keeps all."


class Walk:
    """One walk. ``walk`` gives the exit code; nothing is changed outside before the plan has been agreed to."""

    def __init__(
        self,
        session: Session,
        asker: Asker,
        logbook: Logbook | None,
        directory: Path,
    ) -> None:
        self._session = session
        self._asker = asker
        self._logbook = logbook
        self._directory = directory
        self._unfolded: set[str] = set()
        self._declined: set[str] = set()
        self._plan: Plan | None = None
        self._exit: ExitCode | None = None
        self._answers_file: Path | None = None
        self._log: Path | None = None
        self._printer = Printer(asker.out, plain=True)

    def walk(self) -> ExitCode:
        """From the environment to the end. Raises EOFError and KeyboardInterrupt as long as nothing is being made."""
        self._asker.say(_HELP)
        here = "environment"
        while True:
            move = self._stop(here)
            if self._exit is not None:
                return self._exit
            # The stops are made anew each time: an answer may bring questions along or take them away.
            stops = self._stops()
            place = stops.index(here) if here in stops else 0
            if move is Move.BACK and place == 0:
                self._asker.say("This is the first question.")
                continue
            here = stops[place + (1 if move is Move.ON else -1)]

    def _stops(self) -> list[str]:
        environment = self._questions(Page.ENVIRONMENT) if "environment" in self._unfolded else self._open(Page.ENVIRONMENT)
        situation = self._session.situation()
        details = [question for question in self._questions(Page.DETAILS) if not question.folded(situation)]
        more = [question for question in self._questions(Page.DETAILS) if question.folded(situation)]
        if "more" not in self._unfolded:
            more = [question for question in more if question in self._open(Page.DETAILS)]
        stops = [
            "environment",
            *(question.key for question in environment),
            "strategy",
            *(question.key for question in details),
        ]
        return [*stops, "more", *(question.key for question in more), "checks", "plan", "apply"]

    def _questions(self, page: Page) -> list[Question]:
        return [question for question in self._session.questions(page) if question.key != "strategy"]

    def _open(self, page: Page) -> tuple[Question, ...]:
        return needed(self._session, self._questions(page))

    def _stop(self, here: str) -> Move:
        pages = {
            "environment": self._environment,
            "strategy": self._strategy,
            "more": self._more,
            "checks": self._checks,
            "plan": self._show_plan,
            "apply": self._apply,
        }
        if here in pages:
            return pages[here]()
        question = next((one for one in self._session.questions() if one.key == here), None)
        return Move.ON if question is None else ask_question(self._session, question, self._asker)

    def _say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._asker.say(line)

    def _heading(self, step: Step) -> None:
        self._asker.say()
        self._asker.say(f"{INFO[step].name}: {INFO[step].heading}")

    # --- pages --------------------------------------------------------------------------------------------------

    def _environment(self) -> Move:
        self._heading(Step.ENVIRONMENT)
        self._asker.say("Reading the account and the cluster ...")
        self._session.wait(_PATIENCE)
        situation = self._session.situation()
        for question in self._questions(Page.ENVIRONMENT):
            self._asker.say(f"  {question.title}: {shown(self._session, question)}")
            verdict = question.judge(situation)
            if verdict is not None:
                say_verdict(self._asker, verdict, "    ")
        for result in self._session.results():
            if result.check.id == _EGRESS:
                self._asker.say(f"  {result.check.title}: {result.verdict.evidence} ({result.status.value})")
        if offer_mends(self._session, self._asker, self._declined):
            return self._environment()
        if self._open(Page.ENVIRONMENT):
            self._unfolded.add("environment")
            return Move.ON
        right = self._agreed("Is this the right environment?", Step.ENVIRONMENT, default=True)
        if right is None:
            return Move.BACK
        (self._unfolded.discard if right else self._unfolded.add)("environment")
        return Move.ON

    def _strategy(self) -> Move:
        self._heading(Step.STRATEGY)
        situation = self._session.situation()
        options = []
        for name, strategy in self._session.strategies().items():
            card = strategy.card(situation)
            self._say(words.card(strategy.title, card))
            if card.available:
                options.append(Option(name, strategy.title))
        chosen = self._session.strategy()
        while True:
            answer = self._asker.ask(Prompt("strategy", chosen.id if chosen is not None else None, options))
            if answer == BACK:
                return Move.BACK
            if answer == HELP:
                self._asker.say(f"  {INFO[Step.STRATEGY].help}")
            elif answer in {option.value for option in options}:
                self._session.edit("strategy", answer)
                return Move.ON
            else:
                self._asker.say(f"  Please answer one of: {', '.join(option.value for option in options)}.")

    def _more(self) -> Move:
        situation = self._session.situation()
        more = [question for question in self._questions(Page.DETAILS) if question.folded(situation)]
        if not more:
            return Move.ON
        self._asker.say()
        self._say(f"  {question.title}: {shown(self._session, question)}" for question in more)
        wanted = self._agreed("Change any of these?", Step.DETAILS, default=False)
        if wanted is None:
            return Move.BACK
        (self._unfolded.add if wanted else self._unfolded.discard)("more")
        return Move.ON

    def _checks(self) -> Move:
        while True:
            self._heading(Step.CHECKS)
            self._session.probe()
            self._session.wait(_PATIENCE)
            results = self._session.results()
            print_checks(self._printer, results, accepted=self._session.complete().accept_warnings)
            if offer_mends(self._session, self._asker, self._declined):
                continue
            if not any(result.blocks for result in results):
                return Move.ON
            answer = self._asker.ask(Prompt("Mend what failed, then read (again), or (quit)", "again"))
            if answer == BACK:
                return Move.BACK
            if answer in {"quit", "q"}:
                self._exit = ExitCode.CHECKS
                return Move.ON
            self._session.refresh()

    def _show_plan(self) -> Move:
        self._heading(Step.PLAN)
        self._asker.say("Looking at what is there ...")
        try:
            self._plan = self._session.plan()
        except IncompleteError as error:
            self._asker.say(f"  fail: {error}")
            return Move.BACK
        except SurveyError as error:
            self._say(resource_error(one) for one in error.errors)
            return self._again()
        print_plan(self._printer, self._plan)
        if self._plan.conflicts:
            return self._again()
        agreed = self._agreed("Apply this plan?", Step.PLAN, default=False)
        if agreed is None:
            return Move.BACK
        self._save_answers()
        if not agreed:
            self._asker.say("Nothing was changed.")
            self._exit = ExitCode.DONE if self._answers_file is not None else ExitCode.FAILED
        return Move.ON

    def _apply(self) -> Move:
        self._heading(Step.APPLY)
        if self._plan is None:
            return Move.BACK
        self._asker.say("Ctrl-C stops after the calls under way.")
        try:
            report = self._carried_out(self._plan)
        except (StalePlanError, ConflictError) as error:
            self._asker.say(f"  fail: {error}. Nothing was touched.")
            return Move.BACK
        except LockedError as error:
            self._asker.say(f"  fail: {error}. Nothing was touched.")
            self._exit = ExitCode.LOCKED
            return Move.ON
        except SurveyError as error:
            self._say(resource_error(one) for one in error.errors)
            return Move.BACK
        except OSError as error:
            self._asker.say(f"  fail: the journal cannot be written ({error.strerror or error}: {error.filename}).")
            self._exit = ExitCode.FAILED
            return Move.ON
        self._heading(Step.DONE)
        answers = None if self._answers_file is None else str(self._answers_file)
        log = None if self._log is None else str(self._log)
        print_final(self._printer, report, Closing(self._plan.instance, answers, log, self._commands(report, self._plan)))
        self._exit = ExitCode.INTERRUPTED if report.cancelled else ExitCode.DONE if report.ok else ExitCode.FAILED
        return Move.ON

    # --- inside -------------------------------------------------------------------------------------------------

    def _agreed(self, text: str, step: Step, *, default: bool) -> bool | None:
        return ask_yes_no(self._asker, text, default=default, help_text=lambda: self._asker.say(f"  {INFO[step].help}"))

    def _again(self) -> Move:
        """After a plan that cannot be applied: look again, go back, or leave."""
        answer = self._asker.ask(Prompt("Mend what is named above, then look (again), or (quit)", "again"))
        if answer in {"quit", "q"}:
            self._exit = ExitCode.CHECKS
            return Move.ON
        return Move.BACK if answer == BACK else self._show_plan()

    def _save_answers(self) -> None:
        """Save the answers under the first free name; a file that is there already is never replaced."""
        answers = self._session.complete()
        for number in range(1, 100):
            path = self._directory / f"{answers.name or 'answers'}{'' if number == 1 else f'-{number}'}.ezgitops.yaml"
            if path == self._answers_file or not (path.exists() or path.is_symlink()):
                break
        try:
            writer.write(path, answers)
        except AnswersError as error:
            self._asker.say(f"The answers could not be saved: {error}")
            return
        self._answers_file = path
        self._asker.say(f"The answers are saved in {path}.")

    def _commands(self, report: ApplyReport, plan: Plan) -> tuple[str, ...]:
        """The equivalent ``aws`` and ``oc`` commands, as far as they could be kept beside the log."""
        made = commands_of(report.calls, plan, self._session.complete())
        if self._log is None or not made:
            return ()
        try:
            write_commands(self._log.with_suffix(COMMANDS), made)
        except OSError as error:
            self._asker.say(f"The equivalent commands could not be kept: {error.strerror or error}")
            return ()
        return made

    def _carried_out(self, plan: Plan) -> ApplyReport:
        """Apply in a thread of its own, so that Ctrl-C reaches this one and asks it to stop after the calls under way."""
        cancel = threading.Event()
        ended: list[ApplyReport | Exception] = []
        text = ApplyText(self._printer)
        text.announce(plan)
        with ExitStack() as stack:
            log: Sink | None = None
            if self._logbook is not None:
                log, self._log = stack.enter_context(self._logbook(plan.instance))

            def tell(event: Event) -> None:
                if log is not None:
                    log(event)
                text(event)

            def work() -> None:
                try:
                    ended.append(self._session.apply(plan, sink=tell, cancel=cancel))
                except Exception as error:  # a thread's boundary: raised again below, in the caller's thread
                    ended.append(error)

            worker = threading.Thread(target=work, name="apply")
            worker.start()
            while worker.is_alive():
                try:
                    worker.join(0.2)
                except KeyboardInterrupt:
                    cancel.set()
                    self._asker.say("Stopping after the calls under way ...")
        [outcome] = ended
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
