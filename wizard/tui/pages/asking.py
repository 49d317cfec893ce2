"""A page of questions: the fields in sight, the advanced ones folded away under "More"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Collapsible, Input

from strategies.base import Page, Question
from wizard.tui.pages.base import WizardPage
from wizard.tui.widgets.choices import Choices, Toggle
from wizard.tui.widgets.drop_down import DropDown
from wizard.tui.widgets.field import Field
from wizard.tui.wording import count, listed, shorten

if TYPE_CHECKING:
    from textual.widget import Widget


class AskingPage(WizardPage):
    """Shows the relevant questions of its page, and follows as answers make others relevant."""

    DEFAULT_CSS = """
    AskingPage Collapsible { border: none; background: transparent; padding: 0; margin: 0; }
    AskingPage CollapsibleTitle { padding: 0 1; color: $text-muted; }
    AskingPage CollapsibleTitle:focus { color: $text-primary; background: transparent; text-style: bold; }
    AskingPage Collapsible Contents { padding: 0; }
    """

    tight: ClassVar[bool] = False
    """Every field with nothing to say takes one line instead of two, also one of which the world may say something later."""

    def __init__(self) -> None:
        super().__init__()
        self._sought: str | None = None
        """Key of the field that shall have the focus once it is unfolded."""

    def compose(self) -> ComposeResult:
        """What was found, fields, then the folded ones."""
        yield from self.found()
        plain, advanced = self._asked()
        for question in plain:
            yield self._field(question)
        more = Collapsible(
            title=self._more_title(advanced), collapsed=True, id="more", collapsed_symbol="▸", expanded_symbol="▾"
        )
        more.display = bool(advanced)
        yield more

    def found(self) -> Sequence[Widget]:
        """What stands above the fields."""
        return ()

    def first_focus(self) -> None:
        """The first field that needs the operator - nothing stands in it, or something wrong -, else the first of all."""
        needy = {question.key for question in self.session.missing()} | {fault.key for fault in self.session.draft.faults()}
        fields = list(self.query(Field))
        for field in [field for field in fields if field.key in needy] or fields[:1]:
            field.focus_control()
            return

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Bring the fields in step with the questions and the draft."""
        plain, advanced = self._asked()
        more = self.query_one("#more", Collapsible)
        more.display = bool(advanced)
        more.title = self._more_title(advanced)
        contents = more.query_one(Collapsible.Contents)
        self._align(self, plain, before=more)
        if not more.collapsed:
            self._align(contents, advanced, before=None)
        for field in self.query(Field):
            field.sync(faults)
            if field.key == self._sought:
                self._sought = None
                field.call_after_refresh(field.focus_control)

    def on_resize(self) -> None:
        """A title that was cut to fit is cut anew."""
        for more in self.query("#more").results(Collapsible):
            more.title = self._more_title(self._asked()[1])

    @on(Collapsible.Expanded)
    def _unfold(self) -> None:
        self.wizard.refresh_soon()

    @on(Field.Settled)
    def _settled(self) -> None:
        self.wizard.refresh_soon()

    @on(Field.Judged)
    def _judged(self, event: Field.Judged) -> None:
        event.stop()
        self.frame.describe()

    @on(Input.Submitted)
    @on(DropDown.Accepted)
    @on(Choices.Accepted)
    @on(Toggle.Accepted)
    async def _accepted(self, event: Message) -> None:
        """Enter means the same in every field."""
        event.stop()
        await self.forward()

    async def forward(self) -> None:
        """Go on, with what stands in the fields."""
        for field in self.query(Field):
            field.finish()
        await super().forward()

    def reveal(self, key: str) -> None:
        """Put the focus into the field of a question, unfolding it first where it is folded away."""
        for field in self.query(Field):
            if field.key == key:
                field.focus_control()
                return
        if key in {question.key for question in self._asked()[1]}:
            self.query_one("#more", Collapsible).collapsed = False
            self._sought = key
            self.wizard.refresh_soon()

    def _field(self, question: Question) -> Field:
        field = Field(question, self.session, terse=self.tight)
        field.set_class(self.tight or not question.needs, "-tight")
        return field

    def _asked(self) -> tuple[list[Question], list[Question]]:
        questions, situation = self.session.questions(Page(self.step.value)), self.session.situation()
        folded = {question.key for question in questions if question.folded(situation)}
        return [q for q in questions if q.key not in folded], [q for q in questions if q.key in folded]

    def _align(self, parent: Widget, questions: Sequence[Question], before: Widget | None) -> None:
        """Make ``parent`` show exactly these questions, in order; those that stay keep cursor and focus."""
        wanted = [question.key for question in questions]
        present = {field.key: field for field in parent.children if isinstance(field, Field)}
        for key, field in present.items():
            if key not in wanted:
                field.remove()
        for place, question in enumerate(questions):
            if question.key in present:
                continue
            follower = next((present[key] for key in wanted[place + 1 :] if key in present), None)
            parent.mount(self._field(question), before=follower or before)

    def _more_title(self, advanced: Sequence[Question]) -> str:
        changed = sum(1 for question in advanced if self.session.draft.get(question.key) is not None)
        state = f"{count(changed, 'change')}" if changed else "all defaults"
        title = f"More, {state}: {listed([question.title for question in advanced], 2)}"
        return shorten(title, max(40, self.content_size.width - 4)) if self.is_mounted else title
