"""One question as a field: title, control, and under it what the model and the world say of the answer.

The draft is the truth. Every change goes to it at once, also when it is invalid; the control is filled from it again when
something else changed it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Input, Label, Select, Static

from strategies.base import Choice, Json, Kind, Question
from strategies.section import SECRET_REFERENCE
from wizard.tui.theme import CHECK_MARKS, WAITING, marked
from wizard.tui.widgets.answer_text import as_answer, as_list, as_text, placeholder
from wizard.tui.widgets.choices import Choices, Toggle
from wizard.tui.widgets.drop_down import DropDown
from wizard.tui.widgets.indicator import Indicator
from wizard.tui.widgets.known import FieldSession, known
from wizard.tui.wording import shorten

if TYPE_CHECKING:
    from strategies.base import Situation

Control: TypeAlias = "Input | DropDown | Choices | Toggle"

_BOXES = (Kind.LIST, Kind.CONFIRM)
"""What is ticked where there is something to tick, and typed otherwise."""
SETTLE_SECONDS = 0.35
"""How long the keyboard has to rest before a typed value is judged on the screen."""


class Line(Input):
    """A line of text. Enter goes on, and the footer says so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Go on", tooltip="Accept what is shown and go on."),
    ]


class Field(Vertical):
    """A question with its control and its verdict."""

    DEFAULT_CSS = """
    Field { height: auto; padding: 0 1; }
    Field > Horizontal { height: auto; }
    Field .title { width: 26; color: $text-muted; }
    Field.-current .title { color: $text-primary; text-style: bold; }
    Field .control { width: 1fr; max-width: 80; }
    Field Input.control { background: $surface; }
    Field Input.control:focus { background: $panel; }
    Field .hint { padding-left: 26; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Field .hint.-whole { height: auto; text-wrap: wrap; }
    Field.-tight .hint.-silent { display: none; }
    Field.-pending .hint { color: $text-muted; }
    """

    class Settled(Message):
        """The operator's change has been in the draft for a moment."""

    class Judged(Message):
        """What is said of the answer has changed."""

    def __init__(self, question: Question, session: FieldSession, *, terse: bool = False) -> None:
        """``terse``: under the field stands what the world says of the answer, and not what was known of the choice before."""
        super().__init__(id=f"field-{question.key.replace('.', '-')}")
        self.question = question
        self.session = session
        self._terse = terse
        self._choices: Sequence[Choice] = tuple(question.choices(session.situation()))
        self._by_hand = False
        self._by_hand = self._nothing_to_choose(self._choices)
        self._sent: tuple[Json] | None = None
        self._unkept: str | None = None
        self._unfinished: str | None = None
        """A ``prompt:`` reference that is being typed: to ask for the secret before its label is whole would take the keys."""
        self._settling: Timer | None = None
        self._lookup, self._exchanging = Indicator(), False
        self._faults: Mapping[str, str] = {}
        self._said = Content("")

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key

    def about(self, *, whole: bool) -> Content:
        """What is said below the page while the field has the focus: the verdict, if it has no room in the field; the help."""
        hint = self.query_one(".hint", Static)
        help_text = self.question.help
        if whole:
            return Content.assemble(
                (self.question.title, "bold"), "\n", help_text, "\n" if self._said.plain else "", self._said
            )
        if hint.has_class("-whole") or self._said.cell_length <= hint.content_size.width:
            return Content.styled(help_text, "$quiet")
        return Content.assemble(self._said, "\n", (shorten(help_text, self.screen.size.width - 4), "$quiet"))

    def compose(self) -> ComposeResult:
        """Title and control on one line, the hint under it."""
        with Horizontal():
            yield Label(self.question.title, classes="title")
            yield self._control()
        yield Static(classes="hint -silent")

    def on_mount(self) -> None:
        """Fill the control and say what is known."""
        self.sync({})

    def on_descendant_focus(self) -> None:
        """Mark the field. A class, because Textual 8.2 does not apply ``:focus-within`` anew to what is inside."""
        self.add_class("-current")

    def on_descendant_blur(self) -> None:
        """The focus has gone."""
        self.remove_class("-current")
        self.finish()

    def finish(self) -> None:
        """Take what was being typed as it stands."""
        text, self._unfinished = self._unfinished, None
        if text is not None:
            self._edit(as_answer(self.question, text))

    def focus_control(self) -> None:
        """Put the focus into the control, as soon as it is there."""
        controls = self.query(".control")
        if controls:
            controls.last().focus()
        elif self.is_attached:
            self.call_after_refresh(self.focus_control)

    def _control(self) -> Control:
        kind = self.question.kind
        value = self.session.effective(self.key)
        if kind is Kind.YES_NO:
            return Toggle(value is True, classes="control")
        if self._is_short_list() or (kind in _BOXES and self._choices):
            many, boxed = kind is Kind.LIST, kind is Kind.CONFIRM
            return Choices(self._choices, as_list(value), multiple=many, optional=boxed, classes="control")
        if kind is Kind.CHOICE and not self._by_hand:
            return DropDown(self._choices, value if isinstance(value, str) else None, classes="control")
        return Line(
            as_text(value),
            placeholder=placeholder(self.question),
            suggester=SuggestFromList([choice.value for choice in self._choices]) if self._choices else None,
            select_on_focus=False,
            compact=True,
            classes="control",
        )

    def _nothing_to_choose(self, choices: Sequence[Choice]) -> bool:
        """A choice of which nothing could be found is given by hand. What is typed is not taken away while it is read again."""
        if self.question.kind is not Kind.CHOICE or choices:
            return False
        return self._by_hand or not self.session.reading()

    def _is_short_list(self) -> bool:
        """A few choices that say what they cost are shown all at once; many, or plain ones, drop down."""
        return (
            self.question.kind is Kind.CHOICE and 1 < len(self._choices) <= 4 and any(choice.note for choice in self._choices)
        )

    # --- from the operator to the draft ---

    @on(Input.Changed)
    def _typed_text(self, event: Input.Changed) -> None:
        event.stop()
        text = event.value
        if self.question.kind is Kind.SECRET and text and not re.match(SECRET_REFERENCE, text):
            # What is typed here may be the secret itself: it must reach no file, so it stays on the screen, masked.
            event.input.password = ":" in text or len(text) > len("aws-secretsmanager")
            self._unkept, self._unfinished = text, None
            self._edit(None)
            return
        self._unkept = self._unfinished = None
        if self.question.kind is Kind.SECRET:
            event.input.password = False
            if text.startswith("prompt:") and event.input.has_focus and self.session.draft.get(self.key) != text:
                self._unfinished = text
                self._edit(None)
                return
        value = as_answer(self.question, text)
        # An input also tells of the value that it is filled with. That is not the operator's choice: a suggestion stays one.
        if self.session.draft.get(self.key) is None and value == self.session.effective(self.key):
            return
        self._edit(value)

    @on(Select.Changed)
    def _picked(self, event: Select.Changed) -> None:
        event.stop()
        # A menu also tells of the value that it is filled with. That is not the operator's choice: a suggestion stays one.
        if isinstance(event.value, str) and event.value != self.session.effective(self.key):
            self._edit(event.value)

    @on(Choices.Changed)
    def _chosen(self, event: Choices.Changed) -> None:
        event.stop()
        self._edit(list(event.chosen) if self.question.kind is Kind.LIST else next(iter(event.chosen), None))

    @on(Toggle.Changed)
    def _turned(self, event: Toggle.Changed) -> None:
        event.stop()
        self._edit(event.value)

    def _edit(self, value: Json) -> None:
        self._sent = (value,)
        if self.session.draft.get(self.key) == value and value is not None:
            return
        self.session.edit(self.key, value)
        self.add_class("-pending")
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._settle)

    def _settle(self) -> None:
        self._settling = None
        self.remove_class("-pending")
        self.post_message(self.Settled())

    # --- from the draft and the world to the operator ---

    def sync(self, faults: Mapping[str, str]) -> None:
        """Show what the draft holds now and what is known of it. ``faults`` are the draft's, by key."""
        self._faults = faults
        if not self.is_mounted or self._exchanging or not self.query(".control"):
            return
        situation = self.session.situation()
        choices = tuple(self.question.choices(situation))
        value = self.session.effective(self.key)
        by_hand = self._nothing_to_choose(choices)
        if by_hand != self._by_hand:
            self._choices, self._by_hand = choices, by_hand
            self._exchange()
        elif choices != self._choices:
            self._choices = choices
            self._renew(value)
        else:
            self._refill(value)
        if self._settling is None:
            self._say(situation, value, faults.get(self.key))

    def _say(self, situation: Situation, value: Json, fault: str | None) -> None:
        """Show what is known of the answer. A look-up is told when it takes long; until then what stands there stays."""
        verdict = self._known(situation, value, fault)
        looking = self._lookup.follow(self, verdict is None, self._say_again)
        if fault is None and self._unkept is None and looking:
            said = marked(WAITING, "reading…")
        elif verdict is None:
            return
        else:
            said = verdict
        hint = self.query_one(".hint", Static)
        hint.update(said)
        hint.set_class(not said.plain, "-silent")
        hint.set_class(said.plain.startswith(CHECK_MARKS["fail"].icon), "-whole")
        if said != self._said:
            self._said = said
            self.post_message(self.Judged())

    def _say_again(self) -> None:
        self.sync(self._faults)

    def _renew(self, value: Json) -> None:
        control = self.query_one(".control")
        if isinstance(control, DropDown) and not self._is_short_list():
            control.renew(self._choices, value if isinstance(value, str) else None)
        elif isinstance(control, Input) and self.question.kind not in _BOXES:
            control.suggester = SuggestFromList([choice.value for choice in self._choices])
            self._refill(value)
        else:
            self._exchange()

    def _exchange(self) -> None:
        self._exchanging = True
        self.call_later(self._replace)

    async def _replace(self) -> None:
        if not (self.is_attached and self.query(".control")):
            return  # the field itself is going
        row, old = self.query_one(Horizontal), self.query_one(".control")
        fresh = self._control()
        await row.mount(fresh)
        if old.has_focus:  # before the old one goes: the focus must never be anywhere else meanwhile
            self.screen.set_focus(fresh)
        await old.remove()
        if not row.is_attached:
            return
        self._exchanging = False
        self.sync(self._faults)

    def _refill(self, value: Json) -> None:
        control = self.query_one(".control")
        if isinstance(control, Input):
            self._refill_input(control, value, self.session.draft.get(self.key))
        elif isinstance(control, Choices):
            control.show(as_list(value))
        elif isinstance(control, Toggle):
            control.value = value is True
        elif isinstance(control, DropDown) and isinstance(value, str) and control.value != value:
            control.renew(self._choices, value)

    def _refill_input(self, control: Input, value: Json, typed: Json) -> None:
        if self._unkept is not None or self._unfinished is not None:
            return
        if typed is not None and as_answer(self.question, control.value) == typed:
            return
        if control.has_focus and self._sent == (typed,):
            # The draft holds what came from here last. What differs in the field was typed since then and is on its way.
            return
        text = as_text(typed if typed is not None else value)
        if control.value != text:
            with control.prevent(Input.Changed):
                control.value = text

    def _known(self, situation: Situation, value: Json, fault: str | None) -> Content | None:
        """What is known of the answer, in one line where that is possible; None while it is being looked up."""
        if self._unkept is not None:
            return marked(
                CHECK_MARKS["fail"],
                "not kept: give a reference (env:NAME, file:PATH, aws-secretsmanager:ID or prompt:), never the secret itself",
            )
        if self._unfinished is not None:
            return Content.styled("you are asked for it once you leave this field", "$quiet")
        if fault is not None:
            return marked(CHECK_MARKS["fail"], fault)
        in_sight = self._terse or self._is_short_list() or self.question.kind in _BOXES
        return known(self.question, self.session, situation, value, () if in_sight else self._choices)
