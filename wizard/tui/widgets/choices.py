"""Lists to choose from whose state can be read without colour: ``●``/``○`` for one of them, ``[x]``/``[ ]`` for any of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from strategies.base import Choice


class Choices(OptionList):
    """One or several of a few choices. Space takes the line under the cursor; Enter goes on, with it where one has to count.

    ``multiple``: any number; ``optional``: at most one, and never by Enter alone. Both show boxes.
    """

    DEFAULT_CSS = """
    Choices {
        border: none; padding: 0; height: auto; max-height: 12; width: 1fr; background: transparent;
        scrollbar-size: 0 1; scrollbar-gutter: stable;
    }
    Choices:focus { border: none; background-tint: transparent 0%; }
    Choices > .option-list--option-highlighted { background: transparent; color: $foreground; text-style: none; }
    Choices:focus > .option-list--option-highlighted { background: $panel; color: $foreground; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Go on", tooltip="Accept what is shown and go on."),
        Binding("space", "select", "Choose", tooltip="Take the line under the cursor."),
    ]

    class Accepted(Message):
        """Enter was pressed."""

    class Changed(Message):
        """Another choice, or another set of them."""

        def __init__(self, chosen: tuple[str, ...]) -> None:
            super().__init__()
            self.chosen = chosen

    def __init__(
        self,
        choices: Sequence[Choice],
        chosen: Collection[str],
        *,
        multiple: bool,
        optional: bool = False,
        classes: str = "",
    ) -> None:
        self._choices, self._chosen = tuple(choices), set(chosen)
        self._multiple, self._boxes = multiple, multiple or optional
        super().__init__(*self._prompts(), classes=classes, compact=True)

    def on_mount(self) -> None:
        """The cursor stands on what is chosen."""
        places = [place for place, choice in enumerate(self._choices) if choice.value in self._chosen]
        self.highlighted = places[0] if places else 0
        self.call_after_refresh(self._redraw)  # one that takes another's place is of its size, and told of no resize

    def show(self, chosen: Collection[str]) -> None:
        """Show this choice, which came from elsewhere."""
        if set(chosen) != self._chosen:
            self._chosen = set(chosen)
            self._redraw()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose, or for several: turn over."""
        event.stop()
        self._take(event.option_index)

    def action_accept(self) -> None:
        """Go on. Of choices that exclude each other the one under the cursor is taken first, as everywhere in the wizard."""
        if not self._boxes and self.highlighted is not None:
            self._take(self.highlighted)
        self.post_message(self.Accepted())

    def _take(self, place: int) -> None:
        value = self._choices[place].value
        if self._multiple:
            self._chosen ^= {value}
        else:
            self._chosen = set() if self._boxes and value in self._chosen else {value}
        self._redraw()
        self.post_message(self.Changed(tuple(c.value for c in self._choices if c.value in self._chosen)))

    def on_resize(self) -> None:
        """Wrap the notes anew."""
        self._redraw()

    def _redraw(self) -> None:
        changed = False
        # Without the place of the scroll bar: what is as wide as both would be wrapped by it, and keep it there.
        for place, line in enumerate(self._prompts(self.scrollable_content_region.width)):
            if self.get_option_at_index(place).prompt != line.prompt:
                self.replace_option_prompt_at_index(place, line.prompt)
                changed = True
        if changed:
            self.refresh(layout=True)  # a note may take more lines now, or fewer

    def _prompts(self, width: int = 60) -> list[Option]:
        on, off = ("[x]", "[ ]") if self._boxes else ("●", "○")
        lines = []
        for choice in self._choices:
            taken = choice.value in self._chosen
            line = Content.assemble((f"{on if taken else off} ", "$text-primary" if taken else "$quiet"), choice.label)
            if choice.note:
                indent, room = " " * (len(on) + 1), max(30, width)
                # A fingerprint stays in one piece as long as there is room for it.
                indent = indent[: max(0, room - max(map(len, choice.note.split())))]
                note = "\n".join(wrap(choice.note, room, initial_indent=indent, subsequent_indent=indent))
                line += Content.styled(f"\n{note}", "$quiet")
            lines.append(Option(line))
        return lines


class Toggle(Static, can_focus=True):
    """``[x] yes`` or ``[ ] no``. Space turns it over, Enter goes on."""

    DEFAULT_CSS = """
    Toggle { height: 1; width: auto; }
    Toggle:focus { background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Go on", tooltip="Accept what is shown and go on."),
        Binding("space", "turn_over", "Turn over", tooltip="Turn yes into no, and no into yes."),
    ]

    class Accepted(Message):
        """Enter was pressed."""

    class Changed(Message):
        """It was turned over."""

        def __init__(self, value: bool) -> None:
            super().__init__()
            self.value = value

    value: reactive[bool] = reactive(False)

    def __init__(self, value: bool, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self.set_reactive(Toggle.value, value)

    def render(self) -> Content:
        """The box and the word."""
        return Content("[x] yes" if self.value else "[ ] no ")

    def action_accept(self) -> None:
        """Go on."""
        self.post_message(self.Accepted())

    def action_turn_over(self) -> None:
        """Turn it over."""
        self.value = not self.value
        self.post_message(self.Changed(self.value))

    def on_click(self, event: events.Click) -> None:
        """The mouse does the same."""
        event.stop()
        self.action_turn_over()
