"""Writes lines for a human: with icons and colour on a terminal that wants them, else as plain words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TextIO, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console

Part: TypeAlias = "str | tuple[str, str]"
"""A text, or a text with its style (rich's words: ``bold red``)."""


class Printer:
    """Append-only: nothing that was written is ever changed, no line is wrapped or boxed.

    ``plain`` leaves out icons and colour, so that the text can be read aloud.
    """

    def __init__(self, stream: TextIO, *, colour: bool = False, plain: bool = False) -> None:
        self._stream, self._colour = stream, colour and not plain
        self.plain = plain
        self.lost: OSError | None = None

    def line(self, *parts: Part) -> None:
        """Write one line. Once the stream takes nothing more (its reader has gone, its disk is full), nothing is written:

        a report never breaks off the work that it is about. ``lost`` says why.
        """
        if self.lost is not None:
            return
        try:
            if self._colour:
                from rich.text import Text

                self._console.print(Text.assemble(*parts), soft_wrap=True)
            else:
                self._stream.write("".join(part if isinstance(part, str) else part[0] for part in parts) + "\n")
            self._stream.flush()
        except OSError as error:
            self.lost = error

    def icon(self, icon: str) -> str:
        """The icon with a space after it, or nothing where plain words are wanted or the stream cannot show it."""
        if self.plain:
            return ""
        try:
            icon.encode(getattr(self._stream, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            return ""
        return icon + " "

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._stream, force_terminal=True, highlight=False, markup=False, emoji=False)


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """True for a terminal that is not dumb, unless NO_COLOR says otherwise (no-color.org: set and not empty)."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def wants_plain(environ: Mapping[str, str]) -> bool:
    """True where plain words are wished for: a dumb terminal, or ACCESSIBLE set."""
    return environ.get("TERM") == "dumb" or bool(environ.get("ACCESSIBLE"))
