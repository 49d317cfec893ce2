"""What will be made: the plan as a tree that can be read aloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from strategies.base import Action, Change, Group, Json
from wizard.engine.session import IncompleteError
from wizard.engine.survey import SurveyError
from wizard.flow import Step
from wizard.tui.pages.base import WizardPage
from wizard.tui.saving import save_answers, suggested_path
from wizard.tui.theme import ACTION_MARKS, CONFLICT
from wizard.tui.widgets.indicator import Indicator
from wizard.tui.widgets.lines import Lines
from wizard.tui.widgets.modals import ConfirmModal, PromptModal, TextModal
from wizard.tui.wording import hanging, shorten

if TYPE_CHECKING:
    from wizard.engine.plan import Plan

_SUMMARY = (
    ("create", "to create"),
    ("adopt", "to adopt"),
    ("update", "to change"),
    ("replace", "to replace"),
    ("delete", "to delete"),
    ("none", "unchanged"),
)


LOOKING = "looking at what is there…"
_MARK = 14
"""Columns of icon and word."""
_INDENT = 6
"""Columns by which details are set in."""
_WIDE = 94
"""Columns from which on there is room for the reason beside the title."""


class PlanPage(WizardPage):
    """The plan, made anew each time the page is shown."""

    DEFAULT_CSS = """
    PlanPage { overflow-y: hidden; }
    PlanPage #note { height: auto; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d,space", "diff", "Diff", key_display="d", tooltip="Show what exactly the line under the cursor changes, and why."
        ),
        Binding("e", "export", "As JSON", tooltip="Show the plan as JSON, to copy it or to write it to a file."),
        Binding("s", "save", "Save answers", tooltip="Save the answers to a file that replays all of this."),
        Binding("r", "replan", "Plan again", tooltip="Read the world again and plan anew."),
    ]
    step: ClassVar[Step] = Step.PLAN

    class Made(Message):
        """The plan is there, or the reason why there is none."""

        def __init__(self, plan: Plan | None, error: str = "") -> None:
            super().__init__()
            self.plan = plan
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self.plan: Plan | None = None
        self._error = ""
        self._open: set[str] = set()
        self._indicator = Indicator()
        self._made: PlanPage.Made | None = None
        """What was made, while the indicator still has to be read."""

    def compose(self) -> ComposeResult:
        """A note on top, then the tree."""
        yield Static("", id="note")
        yield Lines()

    def on_mount(self) -> None:
        """Plan in the background."""
        self.action_replan()

    def first_focus(self) -> None:
        """The tree."""
        self.query_one(Lines).focus()

    @property
    def heading(self) -> str:
        """Says for whom the plan is, once it is there."""
        return super().heading if self.plan is None else f"Plan for {self.plan.instance}"

    @property
    def status(self) -> str:
        """How many of each."""
        if self.plan is None:
            return LOOKING if self._indicator.shown else ""
        counts = self.plan.counts()
        return " · ".join(f"{counts[action]} {words}" for action, words in _SUMMARY if counts[action]) or "nothing"

    @property
    def forward_label(self) -> str | None:
        """Applying is what follows; also when nothing has to be made, because Argo CD is asked again."""
        return "Apply" if self.plan is None or self.plan.pending else "Verify"

    def blocked(self) -> str | None:
        """No plan, or a plan with a conflict."""
        if self._error:
            return "there is no plan"
        if self.plan is None:
            return "the plan is being made"
        if self.plan.conflicts:
            number = len(self.plan.conflicts)
            return "a conflict stands in the way" if number == 1 else f"{number} conflicts stand in the way"
        return None

    def action_replan(self) -> None:
        """Make the plan anew."""
        self.plan, self._error, self._made = None, "", None
        self._look()
        self.frame.refresh_bindings()
        self._make_plan()

    def _look(self) -> None:
        """Show what stands, or that it is being looked at: the old lines stay until that is worth telling."""
        working = self.plan is None and not self._error and self._made is None
        if self._indicator.follow(self, working, self._look):
            self.query_one(Lines).clear_options()
            self.query_one("#note", Static).update("")
        elif self._made is not None:
            self._settle(self._made)
        self.frame.refresh_view()

    @work(thread=True, exclusive=True, group="plan")
    def _make_plan(self) -> None:
        try:
            made = self.Made(self.session.plan())
        except IncompleteError as error:
            made = self.Made(None, f"No plan: {error}. Go back to the details.")
        except SurveyError as error:
            made = self.Made(None, "\n".join(f"{each.what}: {each.why}\n  → {each.remedy}" for each in error.errors))
        except Exception as error:
            # The end of this thread is a true boundary: a plan that breaks off must not take the wizard with it.
            why = f"{type(error).__name__}: {error}"
            made = self.Made(None, f"{why}\n  → This is a mistake of the program. Please report it.")
        self.post_message(made)

    def on_plan_page_made(self, message: PlanPage.Made) -> None:
        """Show it, once what was told of the making has been read."""
        message.stop()
        self._made = message
        self._look()

    def _settle(self, made: PlanPage.Made) -> None:
        self._made = None
        self.plan, self._error = made.plan, made.error
        self._fill()
        self.frame.refresh_bindings()

    def on_resize(self) -> None:
        """Fit the lines anew."""
        if self.plan is not None or self._error:
            self._fill()

    def _fill(self) -> None:
        plan, note, listing = self.plan, self.query_one("#note", Static), self.query_one(Lines)
        here = listing.highlighted
        listing.clear_options()
        if plan is None:
            reasons = hanging(self._error, self.frame.size.width - 6, 2)
            note.update(Content.assemble(("✖ There is no plan.\n", "$text-error"), reasons, ("\nr plans again.", "$quiet")))
            return
        said = _note(plan, self.frame.size.width - 6)
        note.update(said)
        note.display = bool(said.plain)
        conflicts = {change.address for change in plan.conflicts}
        rows: list[Option] = []
        if conflicts:
            rows.append(_head("Conflicts: these must be settled first"))
            rows += [self._row(change, conflict=True) for change in plan.conflicts]
        for group in Group:
            members = [change for change in plan.changes if change.group is group and change.address not in conflicts]
            if members:
                rows.append(_head(group.value))
                rows += [self._row(change, conflict=False) for change in members]
        listing.add_options(rows)
        pending = {change.address for change in plan.changes if change.action is not Action.NONE}
        first = next((place for place, row in enumerate(rows) if row.id in pending), 1 if rows else None)
        listing.highlighted = here if here is not None and here < len(rows) else first

    def _row(self, change: Change, *, conflict: bool) -> Option:
        mark = CONFLICT if conflict else ACTION_MARKS[change.action.value]
        width = self.frame.size.width - 6
        room = width - _MARK
        opened = conflict or change.address in self._open
        longest = max((len(each.title) for each in self.plan.changes), default=0) if self.plan is not None else 0
        why = "" if opened or width < _WIDE else shorten(_why(change)[0], room - longest - 2)
        title = f"{shorten(change.title, room):<{longest + 2 if why else 0}}"
        line = Content.assemble(
            (f"  {mark.icon} {mark.word:<10}", mark.style),
            (title, "bold" if change.action is not Action.NONE else ""),
            (why, "$quiet"),
        )
        if opened:
            line += Content("\n").join([Content(""), *_details(change, width)])
        return Option(line, id=change.address)

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """The plan does not follow the facts by itself: it is made when asked, and compared again before it is applied."""

    def _under_cursor(self) -> Change | None:
        option = self.query_one(Lines).highlighted_option
        if self.plan is None or option is None:
            return None
        return next((change for change in self.plan.changes if change.address == option.id), None)

    def action_diff(self) -> None:
        """Unfold or fold the line under the cursor."""
        change = self._under_cursor()
        if change is not None and self.plan is not None:
            self._open ^= {change.address}
            self._fill()

    def action_export(self) -> None:
        """Show the plan as JSON, to copy it or to write it to a file."""
        if self.plan is not None:
            text = json.dumps(self.plan.to_json(), indent=2, default=str)
            title = "The plan, as `ezgitops plan --output json` prints it"
            self.app.push_screen(TextModal(title, text, file=Path(f"{self.plan.instance}.plan.json")))

    def action_save(self) -> None:
        """Ask for a path and save the answers there."""
        path = suggested_path(self.session.complete().name)
        text = "The file replays all of this: `ezgitops apply -f FILE --yes`. It holds no secret."
        self.app.push_screen(PromptModal("Save the answers", text, str(path)), self._save_to)

    def _save_to(self, given: str | None) -> None:
        if given is None:
            return
        problem = save_answers(Path(given).expanduser(), self.session.complete(), replace=self.wizard.saved_to)
        if problem is not None:
            self.notify(problem, severity="error", timeout=8)
            return
        self.wizard.saved_to = Path(given).expanduser()
        self.notify(f"Saved to {given}.", timeout=4)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter applies, after a question."""
        event.stop()
        await self.forward()

    async def forward(self) -> None:
        """Ask once, then apply."""
        plan = self.plan
        if plan is None or self.blocked() is not None:
            await super().forward()  # says what is in the way
            return
        self.app.push_screen(
            ConfirmModal(
                f"Apply to {plan.instance}?" if plan.pending else "Nothing to change",
                self._question(plan),
                yes=self.forward_label or "",
                no="Not yet",
            ),
            self._confirmed,
        )

    def _question(self, plan: Plan) -> Content:
        answers = self.session.complete()
        where = f"AWS account {answers.aws.account} in {answers.aws.region}, cluster {answers.cluster.infrastructure_name}"
        counts = plan.counts()
        what = ", ".join(f"{counts[action]} {words}" for action, words in _SUMMARY if counts[action] and action != "none")
        if not plan.pending:
            return Content(f"Everything is in place already in {where}. Argo CD is asked once more whether it is Synced.")
        return Content.assemble(
            (f"{what}.\n", "bold"),
            f"In {where}.\n\n",
            ("Stopping in the middle is safe: run it again and it goes on.", "$quiet"),
        )

    def _confirmed(self, yes: bool | None) -> None:
        if yes and self.plan is not None:
            self.wizard.plan_to_apply = self.plan
            self.frame.go_later(Step.APPLY)


def _head(text: str) -> Option:
    return Option(Content.styled(f"▾ {text}", "bold $text-primary"), disabled=True)


def _note(plan: Plan, width: int) -> Content:
    lines: list[Content] = []
    if not plan.pending and not plan.conflicts:
        lines.append(Content.styled("✔ Nothing to change: everything is in place.", "$text-success"))
    lines += [Content.styled(hanging(note, width, 2, "⚠ "), "$text-warning") for note in plan.notes]
    return Content("\n").join(lines)


def _why(change: Change) -> list[str]:
    """Why the change is made and what the thing is for; once, where the two are the same sentence."""
    explain = change.resource.explain if change.resource is not None else ""
    return [change.reason, *([explain] if explain and explain != change.reason else [])]


def _details(change: Change, width: int) -> list[Content]:
    lines: list[Content] = []

    def add(text: str, style: str, first: str = "") -> None:
        lines.append(Content.styled(hanging(text, width, _INDENT + 2, f"{'':<{_INDENT}}{first}"), style))

    if change.conflict is not None:
        add(change.conflict, "$text-error")
    for sentence in _why(change):
        add(sentence, "$quiet")
    for field in change.diff:
        if field.before is not None:
            add(f"{field.path}: {_short(field.before)}", "$text-error", "- ")
        if field.after is not None:
            add(f"{field.path}: {_short(field.after)}", "$text-success", "+ ")
    return lines


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 400 else f"{text[:400]}…"
