"""A list that drops down, of which Enter means going on: what was found is accepted with one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Select

from strategies.base import Choice


class DropDown(Select[str]):
    """Closed: Enter accepts and goes on, Space or Down opens it. Open: Enter chooses, Escape closes it, letters search."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Go on", tooltip="Accept what is shown and go on."),
        Binding("space,down", "show_overlay", "Choose", key_display="space", tooltip="Open the menu of the field."),
    ]

    class Accepted(Message):
        """Enter was pressed while the menu was closed."""

    def __init__(self, choices: Sequence[Choice], value: str | None, *, classes: str = "") -> None:
        super().__init__(
            _options(choices, value),
            prompt=_prompt(choices),
            value=value if value is not None else Select.NULL,
            classes=classes,
            compact=True,
        )

    def renew(self, choices: Sequence[Choice], value: str | None) -> None:
        """Take other choices, and show this value of them. Nobody is told of a change."""
        with self.prevent(Select.Changed):
            self.set_options(_options(choices, value))
            self.value = value if value is not None else Select.NULL
            self.prompt = _prompt(choices)

    def action_accept(self) -> None:
        """Go on with what is shown."""
        self.post_message(self.Accepted())


def _prompt(choices: Sequence[Choice]) -> str:
    return "choose" if choices else "nothing found yet"


def _options(choices: Sequence[Choice], value: str | None) -> list[tuple[str | Text, str]]:
    """The options of the menu. A value that is not among them stays choosable, so that it is never lost.

    As ``rich.text.Text``: a label is never read as markup, and Textual searches these as one types.
    """
    options: list[tuple[str | Text, str]] = [(Text(choice.label), choice.value) for choice in choices]
    if value is not None and value not in {choice.value for choice in choices}:
        options.append((Text(value), value))
    return options
