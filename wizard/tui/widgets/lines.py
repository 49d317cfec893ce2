"""A list of lines with a cursor, of which Enter means going on."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList


class Lines(OptionList):
    """Fills its page. What Enter does is the page's to say; the footer names the key."""

    DEFAULT_CSS = """
    Lines { border: none; background: transparent; height: 1fr; padding: 0; scrollbar-size-vertical: 1; }
    Lines:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Go on")]
