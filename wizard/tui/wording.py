"""Numbers as people say them: ages, times, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from textwrap import wrap


def ago(age: timedelta) -> str:
    """``12 s ago``, ``3 min ago``, ``2 h ago``, ``4 days ago``."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return f"{seconds} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 2 * 86400:
        return f"{seconds // 3600} h ago"
    return f"{seconds // 86400} days ago"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``1 min 05 s``, ``3 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 branch``, ``14 branches``: ``many`` is ``one`` with an s unless given."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def shorten(text: str, width: int) -> str:
    """The text in one line of at most ``width`` columns, with an ellipsis where something is left out."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: max(0, width - 1)].rstrip()}…"


def hanging(text: str, width: int, indent: int, first: str = "") -> str:
    """The text in lines of at most ``width`` columns, each but the first set in by ``indent``; ``first`` begins it.

    Words are kept whole where they fit; a URL or a path that is longer than a line is broken where the line ends.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        begin = first if not lines else " " * indent
        wrapped = wrap(
            paragraph,
            max(width, indent + 20),
            initial_indent=begin,
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
        lines += wrapped or [begin]
    return "\n".join(lines)


def listed(names: Sequence[str], limit: int = 4) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
