"""Making it: each resource with its state, its time and what it waits for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from strategies.base import Action, Change
from wizard.engine.apply import ConflictError
from wizard.engine.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyProgress,
    ApplySkipped,
    ApplyStart,
    Diagnostic,
    Event,
    VerifyComplete,
    VerifyProgress,
)
from wizard.engine.lock import LockedError
from wizard.engine.plan import StalePlanError
from wizard.engine.session import IncompleteError
from wizard.engine.survey import SurveyError
from wizard.exitcodes import ExitCode
from wizard.flow import Step
from wizard.tui.ending import Ending, Failure
from wizard.tui.pages.base import WizardPage
from wizard.tui.saving import save_beside
from wizard.tui.theme import WORK_MARKS
from wizard.tui.wording import duration

if TYPE_CHECKING:
    from wizard.engine.plan import Plan

ARGO_CD = "argo-cd"
"""The address of the last line, which is no resource: Argo CD's word."""
_TICK_SECONDS = 0.5
_BAR, _MARK, _TIME = 8, 11, 9
"""Columns of the bar, of icon and word, and of the time."""
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MADE = {"create": "made", "adopt": "adopted", "update": "changed", "replace": "replaced", "delete": "deleted"}


@dataclass
class Work:
    """One line: a change on its way."""

    title: str
    kind: str
    waits_for: tuple[str, ...] = ()
    state: str = "waiting"
    message: str = ""
    fraction: float | None = None
    began: float | None = None
    seconds: float = 0.0

    def elapsed(self, now: float) -> float:
        """How long it has taken, or took."""
        return now - self.began if self.state == "running" and self.began is not None else self.seconds


class ApplyPage(WizardPage):
    """Starts the apply when it is shown, and shows what the engine tells of it."""

    DEFAULT_CSS = """
    ApplyPage #work { height: auto; }
    ApplyPage #log { height: auto; color: $text-warning; margin-top: 1; }
    ApplyPage #stop { height: auto; margin-top: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+c",
            "app.stop",
            "Stop",
            tooltip="Stop after the calls now under way. Nothing is lost; run it again to go on.",
            key_display="ctrl+c",
        )
    ]
    step: ClassVar[Step] = Step.APPLY

    class Told(Message):
        """One event of the apply."""

        def __init__(self, event: Event) -> None:
            super().__init__()
            self.event = event

    class Ended(Message):
        """The apply has ended."""

        def __init__(self, ending: Ending) -> None:
            super().__init__()
            self.ending = ending

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Work] = {}
        self._began = monotonic()
        self._ticks = 0
        self._failures: dict[str, Failure] = {}

    def compose(self) -> ComposeResult:
        """The lines, then what the engine has to say besides."""
        yield Static("", id="work")
        yield Static("", id="log")
        yield Static("ctrl+c stops after the calls now under way; nothing is lost, run it again to go on.", id="stop")

    def on_mount(self) -> None:
        """Save the answers, then start."""
        plan = self.wizard.plan_to_apply
        if plan is None:
            raise RuntimeError("the apply page was shown without a plan")
        self.can_focus = True
        self.lines = _lines_of(plan)
        self.wizard.applying = threading.Event()
        saved = save_beside(self.session.complete(), replace=self.wizard.saved_to)
        if isinstance(saved, str):
            self.query_one("#log", Static).update(Content(f"⚠ {saved}"))
        else:
            self.wizard.saved_to = saved
        self.set_interval(_TICK_SECONDS if self.app.animation_level == "none" else _TICK_SECONDS / 4, self._tick)
        self._apply(plan, self.wizard.applying)
        self._draw()

    def first_focus(self) -> None:
        """The page itself, so that it scrolls."""
        self.focus()

    @property
    def heading(self) -> str:
        """Where to."""
        plan = self.wizard.plan_to_apply
        return f"Applying to {plan.instance}" if plan is not None else super().heading

    @property
    def status(self) -> str:
        """How far."""
        done = sum(1 for line in self.lines.values() if line.state == "done")
        return f"{done} of {len(self.lines)} · {duration(monotonic() - self._began)}"

    @property
    def forward_label(self) -> str | None:
        """There is nothing to press while it works."""
        return None

    @work(thread=True, exclusive=True, group="apply")
    def _apply(self, plan: Plan, cancel: threading.Event) -> None:
        def sink(event: Event) -> None:
            if not self.post_message(self.Told(event)):
                return

        try:
            report = self.wizard.carry_out(plan, sink, cancel)
            ending = Ending(report=report)
        except LockedError as error:
            ending = Ending.refused(
                ExitCode.LOCKED, "Another run is working on this instance", error.holder, "Wait for it to end, then run again."
            )
        except StalePlanError as error:
            why = "; ".join(error.differences)
            ending = Ending.refused(
                ExitCode.CHECKS,
                "The world has changed since the plan was made",
                why,
                "Look at the new plan and confirm it again.",
            )
        except ConflictError as error:
            why = "; ".join(f"{change.title}: {change.conflict}" for change in error.conflicts)
            ending = Ending.refused(ExitCode.CHECKS, "Something foreign is in the way", why, "Settle it, then plan again.")
        except IncompleteError as error:
            ending = Ending.refused(
                ExitCode.USAGE, "The answers are not complete any more", ", ".join(error.keys), "Go back to the details."
            )
        except SurveyError as error:
            ending = Ending(failures=tuple(Failure(each.what, each.why, each.remedy) for each in error.errors))
        except Exception as error:
            # The end of this thread is a true boundary: the operator must learn what stands, not see the screen break down.
            why = f"{type(error).__name__}: {error}"
            remedy = "This is a mistake of the program: please report it with the log. What was made stands; run it again."
            ending = Ending.refused(ExitCode.FAILED, "The apply broke off", why, remedy)
        self.post_message(self.Ended(ending))

    def on_apply_page_told(self, message: ApplyPage.Told) -> None:
        """Bring the lines in step with one event."""
        message.stop()
        self._note(message.event)
        self._draw()

    async def on_apply_page_ended(self, message: ApplyPage.Ended) -> None:
        """Show the last page."""
        message.stop()
        self.wizard.applying = None
        ending = message.ending
        ending.seconds = monotonic() - self._began
        ending.failures = ending.failures or tuple(self._failures.values())
        self.wizard.ending = ending
        await self.frame.go(Step.DONE)

    def _note(self, event: Event) -> None:
        if isinstance(event, ApplyStart):
            line = self.lines.setdefault(event.change.address, _work_of(event.change))
            line.state, line.began = "running", monotonic()
        elif isinstance(event, ApplyProgress):
            if (line_or_none := self.lines.get(event.address)) is not None:
                line_or_none.message, line_or_none.fraction = event.message, event.fraction
        elif isinstance(event, ApplyComplete):
            self._settle(event.address, "done", _MADE.get(event.action, event.action), event.seconds)
        elif isinstance(event, ApplyErrored):
            self._failures[event.address] = Failure(event.what, event.why, event.remedy)
            self._settle(event.address, "failed", f"{event.what}: {event.why}", event.seconds)
        elif isinstance(event, ApplySkipped):
            self._settle(event.address, "skipped", event.reason, 0.0)
        elif isinstance(event, VerifyProgress):
            line = self.lines[ARGO_CD]
            if line.state == "waiting":
                line.state, line.began = "running", monotonic() - event.seconds
            report = event.report
            line.message = f"{report.sync}, {report.health}" if report is not None else "the Application is not there yet"
        elif isinstance(event, VerifyComplete):
            self._settle(ARGO_CD, "done" if event.ok else "failed", event.reason or _word(event), event.seconds)
        elif isinstance(event, Diagnostic):
            self.query_one("#log", Static).update(Content(f"⚠ {event.summary}. {event.detail}"))

    def _settle(self, address: str, state: str, message: str, seconds: float) -> None:
        line = self.lines.get(address)
        if line is not None:
            line.state, line.message, line.seconds, line.fraction = state, message, seconds, None

    def _tick(self) -> None:
        self._ticks += 1
        self._draw()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        now = monotonic()
        width = max(60, self.size.width - 2)
        self.query_one("#work", Static).update(Content("\n").join(self._line(line, now, width) for line in self.lines.values()))
        self.frame.show_status()
        if self.wizard.applying is not None and self.wizard.applying.is_set():
            self.query_one("#stop", Static).update(Content.styled("Stopping after the calls now under way…", "$text-warning"))

    def _line(self, line: Work, now: float, width: int) -> Content:
        mark = WORK_MARKS[line.state]
        icon = mark.icon
        if line.state == "running" and self.app.animation_level != "none":
            icon = _SPINNER[self._ticks % len(_SPINNER)]
        message = line.message
        if line.state == "waiting":
            pending = [self.lines[one].title for one in line.waits_for if one in self.lines and self.lines[one].state != "done"]
            message = f"waits for: {', '.join(pending)}" if pending else ""
        bar = ""
        if line.state == "running" and line.fraction:
            full = round(line.fraction * _BAR)
            bar = f" {'━' * full}{'─' * (_BAR - full)}"
        elapsed = line.elapsed(now)
        time = duration(elapsed) if line.state in ("running", "done", "failed") else ""
        room = width - _MARK - _TIME
        title_width = self._title_width(room)
        return Content.assemble(
            (f"{icon} {mark.word:<{_MARK - 2}}", mark.style),
            (_fit(line.title, title_width), "bold" if line.state == "running" else ""),
            (f" {_fit(message, room - title_width - len(bar) - 1)}", "$quiet" if line.state != "failed" else "$text-error"),
            (bar, "$text-primary"),
            (f"{time:>{_TIME}}", "$quiet"),
        )

    def _title_width(self, room: int) -> int:
        """The titles get what they need, as long as a message that tells something has room beside them."""
        longest = max(len(line.title) for line in self.lines.values())
        telling = any(line.state != "done" for line in self.lines.values() if line.message or line.waits_for)
        return min(longest + 1, room - (room * 2 // 5 if telling else 10))

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Facts do not matter here: the events of the apply do."""


def _lines_of(plan: Plan) -> dict[str, Work]:
    lines = {change.address: _work_of(change) for change in plan.changes if change.action is not Action.NONE}
    lines[ARGO_CD] = Work("Argo CD says Synced", "verification", tuple(lines))
    return lines


def _work_of(change: Change) -> Work:
    return Work(change.title, change.kind, change.depends_on)


def _word(event: VerifyComplete) -> str:
    return f"{event.report.sync}, {event.report.health}" if event.report is not None else ""


def _fit(text: str, width: int) -> str:
    line = " ".join(text.split())
    return f"{line:<{width}}" if len(line) <= width else f"{line[: width - 1]}…"
