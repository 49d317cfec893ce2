"""Questions and texts that lie over the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from wizard.flow import INFO, Step
from wizard.tui.wording import hanging

_BOX_CSS = """
{name} {{ align: center middle; }}
{name} > .box {{
    width: 72; max-width: 96%; height: auto; max-height: 92%; background: $surface; border: round $primary; padding: 1 2;
}}
{name} Static {{ height: auto; }}
{name} .buttons {{ height: 1; margin-top: 1; align-horizontal: right; }}
{name} .buttons Button {{ margin-left: 2; }}
"""


class ConfirmModal(ModalScreen[bool]):
    """A question with two answers. Escape is the answer that does nothing. A long text scrolls, the buttons stay in sight."""

    DEFAULT_CSS = (
        _BOX_CSS.format(name="ConfirmModal")
        + """
ConfirmModal .text { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
.-tall ConfirmModal .text { max-height: 30; }
"""
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "No"),
        Binding("y", "answer(True)", "Yes"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str | Content, *, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        """Text and two buttons; the harmless one has the focus last in line, the asked one first."""
        with Vertical(classes="box") as box:
            box.border_title = self._title
            with VerticalScroll(classes="text", can_focus=False):
                yield Static(Content(self._text) if isinstance(self._text, str) else self._text)
            with Horizontal(classes="buttons"):
                yield Button(f"{self._yes} (y)", id="yes", variant="primary", compact=True)
                yield Button(f"{self._no} (esc)", id="no", compact=True)

    def on_mount(self) -> None:
        """The operator came here by asking for it: Enter says yes."""
        self.query_one("#yes", Button).focus()

    def action_answer(self, answer: bool) -> None:
        """Close with an answer."""
        self.dismiss(answer)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")


class PromptModal(ModalScreen[str | None]):
    """Asks for one line of text; None when the operator changed their mind."""

    DEFAULT_CSS = _BOX_CSS.format(name="PromptModal") + "PromptModal Input { background: $panel; margin-top: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, text: str, value: str, *, secret: bool = False) -> None:
        super().__init__()
        self._title, self._text, self._value, self._secret = title, text, value, secret

    def compose(self) -> ComposeResult:
        """Text and field."""
        with Vertical(classes="box") as box:
            box.border_title = self._title
            box.border_subtitle = "enter accepts, esc leaves"
            yield Static(Content(self._text))
            yield Input(self._value, compact=True, select_on_focus=False, password=self._secret)

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())


class TextModal(ModalScreen[None]):
    """A text to read, to copy and - where ``file`` suggests a name - to write to a file."""

    DEFAULT_CSS = """
    TextModal { align: center middle; }
    TextModal > .box {
        width: 116; max-width: 98%; height: auto; max-height: 94%; background: $surface; border: round $primary; padding: 0 1;
    }
    TextModal Static { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", key_display="esc"),
        Binding("y", "copy", "Copy"),
        Binding("w", "write", "Write to a file"),
    ]

    def __init__(self, title: str, text: str, *, file: Path | None = None) -> None:
        super().__init__()
        self._title, self._text, self._file = title, text, file

    def compose(self) -> ComposeResult:
        """The text in a box that scrolls."""
        with VerticalScroll(classes="box") as box:
            box.border_title = self._title
            box.border_subtitle = "esc closes, y copies" + (", w writes to a file" if self._file is not None else "")
            yield Static("")

    def on_resize(self) -> None:
        """Wrap the lines anew, each under its own beginning."""
        width = self.query_one(Static).content_size.width - 2  # room for the scrollbar that may come
        lines = []
        for line in self._text.splitlines():
            margin = len(line) - len(line.lstrip())
            lines.append(hanging(line.lstrip(), max(width, 20), margin + 2, " " * margin))
        self.query_one(Static).update(Content("\n".join(lines)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        """A text without a name for a file is not written."""
        return action != "write" or self._file is not None

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied.", timeout=2)

    def action_write(self) -> None:
        """Ask for a path and write the text there."""
        text = "A file that is there and holds something else is left alone."
        self.app.push_screen(PromptModal("Write to a file", text, str(self._file)), self._write)

    def _write(self, given: str | None) -> None:
        from wizard.tui.saving import save_text

        if given is None:
            return
        problem = save_text(Path(given).expanduser(), self._text + "\n")
        if problem is None:
            self.notify(f"Written to {given}.", timeout=4)
        else:
            self.notify(problem, severity="error", timeout=8)


class HelpModal(ModalScreen[None]):
    """What a page is for, and its keys."""

    DEFAULT_CSS = _BOX_CSS.format(name="HelpModal")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,question_mark,f1", "dismiss", "Close", key_display="esc")]

    def __init__(self, step: Step, bindings: Sequence[Binding], about: Content | None = None) -> None:
        """``about`` is what there is to say of the widget that has the focus."""
        super().__init__()
        self._step, self._bindings_shown, self._about = step, tuple(bindings), about

    def compose(self) -> ComposeResult:
        """The page's help and one line for each key."""
        with VerticalScroll(classes="box") as box:
            box.border_title = INFO[self._step].name
            box.border_subtitle = "esc closes"
            about = Content.assemble(self._about, "\n\n") if self._about is not None else Content("")
            yield Static(Content.assemble(INFO[self._step].help, "\n\n", about, *self._keys()))

    def _keys(self) -> list[Content]:
        lines: list[Content] = []
        seen: set[str] = set()
        for binding in self._bindings_shown:
            if not binding.tooltip or binding.tooltip in seen:
                continue
            seen.add(binding.tooltip)
            key = binding.key_display or self.app.get_key_display(binding)
            lines.append(Content.styled(f"{key:>8}  ", "bold $primary") + Content(f"{binding.tooltip}\n"))
        lines.append(Content.styled("     tab  ", "bold $primary") + Content("Next field; shift+tab the one before.\n"))
        lines.append(Content.styled("  ctrl+p  ", "bold $primary") + Content("Every command: go to a page, save, copy, theme."))
        return lines
