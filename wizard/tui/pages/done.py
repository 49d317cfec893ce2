"""The proof, and the way back; or what failed, why, and what to do now."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wizard.flow import Step
from wizard.paths import shown
from wizard.report.equivalents import commands
from wizard.report.final import terraform
from wizard.tui.ending import Ending
from wizard.tui.pages.base import WizardPage
from wizard.tui.widgets.lines import Lines
from wizard.tui.widgets.modals import TextModal
from wizard.tui.wording import ago, count, duration, hanging

if TYPE_CHECKING:
    from wizard.engine.apply import ApplyReport


_TITLE = 20
"""Columns of the titles."""
_TICK_SECONDS = 1.0
_ROOMY = 32
"""Lines of a terminal from which on the groups are set apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to take away: what it is, and what is shown and copied. ``last`` ends a group."""

    title: str
    value: str
    last: bool = False


class DonePage(WizardPage):
    """What was made, or what went wrong."""

    DEFAULT_CSS = """
    DonePage #outcome { height: auto; padding: 0 1; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy line", tooltip="Copy the value of the line under the cursor."),
        Binding("e", "calls", "As commands", tooltip="Show what was done as aws and oc commands."),
        Binding("r", "again", "Run again", tooltip="Plan again and go on from where it stopped."),
    ]
    step: ClassVar[Step] = Step.DONE

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self._lines: tuple[Line, ...] = ()

    def compose(self) -> ComposeResult:
        """The outcome, then the lines to take away."""
        yield Static("", id="outcome")
        yield Lines()

    def on_mount(self) -> None:
        """Say it."""
        ending = self._ending
        self._fill()
        if ending.report is not None and ending.report.refreshed is not None:
            self.set_interval(_TICK_SECONDS, self._age)
        if ending.ok and self.wizard.keeper is not None:
            self.wizard.keeper.discard()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._fill()

    def _fill(self) -> None:
        ending, width = self._ending, self.frame.size.width - 4
        self.query_one("#outcome", Static).update(_success(ending) if ending.ok else _failure(ending, width))
        self._lines = self._take_away(ending)
        listing = self.query_one(Lines)
        here = listing.highlighted
        listing.clear_options()
        for line in self._lines:
            listing.add_option(Option(_shown(line, width)))
            if line.last and self.frame.size.height >= _ROOMY:
                listing.add_option(None)
        listing.highlighted = here if here is not None and here < len(self._lines) else 0

    def _age(self) -> None:
        """Let the password's age tick, and nothing else."""
        now = self._take_away(self._ending)
        for place, (before, line) in enumerate(zip(self._lines, now, strict=True)):
            if before != line:
                self.query_one(Lines).replace_option_prompt_at_index(place, _shown(line, self.frame.size.width - 4))
        self._lines = now

    def first_focus(self) -> None:
        """The lines."""
        self.query_one(Lines).focus()

    @property
    def _ending(self) -> Ending:
        return self.wizard.ending or Ending()

    @property
    def heading(self) -> str:
        """Done, or not."""
        if self._ending.ok:
            return "Done"
        report = self._ending.report
        return "Stopped" if report is not None and report.cancelled else "Not done"

    @property
    def status(self) -> str:
        """How long it took."""
        return duration(self._ending.seconds)

    @property
    def failed(self) -> bool:
        """Shown in the rail."""
        return not self._ending.ok

    @property
    def forward_label(self) -> str | None:
        """Leave, or try again."""
        return "Finish" if self._ending.ok else "Run again"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        """Only what makes sense for this end."""
        if action == "again":
            return not self._ending.ok
        if action == "calls":
            return self._ending.report is not None and bool(self._ending.report.calls)
        return True

    async def forward(self) -> None:
        """Leave the wizard, or plan again after a failure."""
        if not self._ending.ok:
            self.action_again()
            return
        self.wizard.action_leave()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter goes on."""
        event.stop()
        await self.forward()

    def action_again(self) -> None:
        """Plan again: what is there already is found, the rest is made."""
        self.frame.go_later(Step.PLAN)

    def action_copy(self) -> None:
        """Copy the value under the cursor."""
        place = self.query_one(Lines).highlighted
        if place is not None:
            self.app.copy_to_clipboard(self._lines[place].value)
            self.notify("Copied.", timeout=2)

    def action_calls(self) -> None:
        """Show the calls of the journal."""
        report = self._ending.report
        if report is not None:
            answers = self.session.complete()
            aws, context = answers.aws, answers.cluster.context
            made = commands(report.calls, profile=aws.profile, region=aws.region, context=context)
            self.app.push_screen(TextModal("The same as commands", "\n".join(made)))

    def _take_away(self, ending: Ending) -> tuple[Line, ...]:
        report, saved, plan = ending.report, self.wizard.saved_to, self.wizard.plan_to_apply
        outputs = report.outputs if report is not None else ()
        lines = [Line(output.title, output.value) for output in outputs if not output.name.startswith("gitops_")]
        strategy = self.session.strategy()
        who = strategy.renewer(self.session.complete()) if strategy is not None else None
        if who is not None and report is not None and report.refreshed is not None:
            lines.append(Line("Password", f"renewed {ago(self.wizard.clock() - report.refreshed)} by {who}"))
        if variables := terraform(outputs):
            lines.append(Line("Terraform", "\n".join(variables)))
        lines = _ended(lines)
        if saved is not None:
            lines.append(Line("Answers", shown(saved, self.wizard.environ)))
            lines.append(Line("Replay", f"ezgitops apply -f {shlex.quote(str(saved))} --yes"))
        if plan is not None:
            answers = f" -f {shlex.quote(str(saved))}" if saved is not None else ""
            lines.append(Line("Take away", f"ezgitops destroy {plan.instance}{answers}"))
        lines = _ended(lines)
        if self.wizard.log_path is not None:
            lines.append(Line("Log", shown(self.wizard.log_path, self.wizard.environ)))
        if report is not None and report.journal is not None:
            lines.append(Line("Journal", shown(report.journal, self.wizard.environ)))
        return tuple(lines)


def _ended(lines: list[Line]) -> list[Line]:
    """The lines with the last of them ending a group."""
    return [*lines[:-1], replace(lines[-1], last=True)] if lines else []


def _success(ending: Ending) -> Content:
    report = ending.report
    sync = report.sync if report is not None else None
    if report is None or sync is None:
        return Content.styled("✔ Everything is in place.", "bold $text-success")
    revision = f" at {sync.revision[:7]}" if sync.revision else ""
    return Content.assemble(
        (f"✔ Argo CD is {sync.sync} and {sync.health}{revision}", "bold $text-success"), ("\n" + _made(report), "$quiet")
    )


def _made(report: ApplyReport) -> str:
    words = {"create": "made", "adopt": "adopted", "update": "changed", "replace": "replaced", "delete": "deleted"}
    parts = [f"{report.counts[action]} {word}" for action, word in words.items() if report.counts.get(action)]
    return ", ".join(parts) if parts else "Nothing had to be changed."


def _failure(ending: Ending, width: int) -> Content:
    report = ending.report
    parts = [_reasons(failure.what, failure.why, failure.remedy, width) for failure in ending.failures]
    if report is not None and report.cancelled:
        parts.append(Content.styled("Stopped as you asked. What was made stands; run it again to go on.", "$text-warning"))
    elif report is not None and not ending.failures and report.reason:
        what = "Everything was made, but Argo CD is not Synced and Healthy"
        now = "Mend what Argo CD names, then run again: only the verification is repeated."
        parts.append(_reasons(what, report.reason, now, width))
    if report is not None and report.skipped:
        parts.append(
            Content.styled(
                f"– {count(len(report.skipped), 'change was', 'changes were')} not begun because of it.", "$text-warning"
            )
        )
    return (
        Content("\n").join(parts)
        if parts
        else Content.styled("✖ It did not end well, and nothing says why. The log does.", "$text-error")
    )


def _reasons(what: str, why: str, now: str, width: int) -> Content:
    """What, why and what now, each wrapped under its own beginning."""
    return Content.assemble(
        (hanging(what, width, 2, "✖ "), "bold $text-error"),
        "\n",
        hanging(why, width, 8, "  why:  "),
        "\n",
        (hanging(now, width, 8, "  now:  "), "$text-primary"),
    )


def _shown(line: Line, width: int) -> Content:
    """Title and value side by side; what is too long for one line goes on in the value's column."""
    value = hanging(line.value, width, _TITLE, " " * _TITLE)
    return Content.assemble((f"{line.title:<{_TITLE}}", "$quiet"), value[_TITLE:])
