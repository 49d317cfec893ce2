"""Asking one thing at a time on a terminal: append-only lines, or questionary where the terminal can do more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

BACK = "<"
HELP = "?"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to pick: what is returned, what is shown, and a remark."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to ask. Enter alone takes ``default``, which is shown; with None, Enter is the empty answer.

    ``weighed``: no option is under the cursor from the start, because each is something to vouch for. ``by_label``:
    their values are not shown, because the remark has them in a form that can be compared.
    """

    text: str
    default: str | None = None
    options: Sequence[Option] = ()
    weighed: bool = False
    by_label: bool = False


class Asker(Protocol):
    """Says lines and asks for one. ``ask`` raises EOFError at the end of the input and KeyboardInterrupt at Ctrl-C."""

    @property
    def out(self) -> TextIO:
        """Where the lines go."""

    def say(self, text: str = "") -> None:
        """Print a line."""

    def ask(self, prompt: Prompt) -> str:
        """The answer without blanks around it: the default when Enter alone was pressed, ``<`` to go back, ``?`` for help."""


@dataclass(frozen=True, slots=True)
class PlainAsker:
    """Append-only text: no colour, no cursor movement, nothing that a screen reader or a log would stumble over."""

    source: TextIO
    out: TextIO

    def say(self, text: str = "") -> None:
        """Print a line."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def ask(self, prompt: Prompt) -> str:
        """Show the options by number, then read one line."""
        for number, option in enumerate(prompt.options[:_SHOWN], start=1):
            name = option.label if prompt.by_label or option.label == option.value else f"{option.value}: {option.label}"
            self.say(f"  {number}) {name}{f' - {option.note}' if option.note else ''}")
        if len(prompt.options) > _SHOWN:
            self.say(f"  and {len(prompt.options) - _SHOWN} more; write its name")
        self.out.write(f"{prompt.text}{f' [{prompt.default}]' if prompt.default else ''}: ")
        self.out.flush()
        line = self.source.readline()
        if not line:
            self.say()
            raise EOFError
        return picked(line.strip(), prompt)


def picked(text: str, prompt: Prompt) -> str:
    """What a typed line means: the default for nothing, an option for its number (unless that is itself a value)."""
    if not text:
        return prompt.default or ""
    if text.isascii() and text.isdigit() and all(option.value != text for option in prompt.options):
        number = int(text[:4])
        if 1 <= number <= min(len(prompt.options), _SHOWN):
            return prompt.options[number - 1].value
    return text


@dataclass(frozen=True, slots=True)
class QuestionaryAsker:
    """The same with line editing and lists to move in, for a terminal that is not dumb."""

    out: TextIO

    def say(self, text: str = "") -> None:
        """Print a line."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def ask(self, prompt: Prompt) -> str:
        """A list where there is something to pick, else a line."""
        import questionary

        if prompt.options:
            shown = [questionary.Choice(_titled(option), option.value) for option in prompt.options]
            more = [
                questionary.Choice("none of these" if prompt.weighed else "something else", ""),
                questionary.Choice("back", BACK),
                questionary.Choice("help", HELP),
            ]
            offered = any(option.value == prompt.default for option in prompt.options)
            preset = prompt.default if offered else "" if prompt.weighed else None
            answer = questionary.select(prompt.text, choices=[*shown, *more], default=preset).unsafe_ask()
            if answer:
                return str(answer)
        text = f"{prompt.text}{f' [{prompt.default}]' if prompt.default else ''}:"
        return picked(str(questionary.text(text).unsafe_ask()).strip(), prompt)


def _titled(option: Option) -> str:
    return f"{option.label} - {option.note}" if option.note else option.label


def asker_for(environ: Mapping[str, str], source: TextIO, out: TextIO, *, plain: bool = False) -> Asker:
    """The asker that fits: append-only for ``--plain``, TERM=dumb, ACCESSIBLE, or when input or output is no terminal."""
    append_only = plain or environ.get("TERM", "dumb") == "dumb" or bool(environ.get("ACCESSIBLE"))
    if append_only or not (source.isatty() and out.isatty()):
        return PlainAsker(source, out)
    return QuestionaryAsker(out)


def ask_yes_no(asker: Asker, text: str, *, default: bool, help_text: Callable[[], None] | None = None) -> bool | None:
    """A yes or a no; None for back."""
    while True:
        answer = asker.ask(Prompt(f"{text} (yes, no)", "yes" if default else "no")).lower()
        if answer in {"y", "yes", "n", "no"}:
            return answer.startswith("y")
        if answer == BACK:
            return None
        if answer == HELP and help_text is not None:
            help_text()
        else:
            asker.say("Please answer yes or no; < goes back.")
