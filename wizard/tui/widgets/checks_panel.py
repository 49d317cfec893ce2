"""The checks beside a page, and as one line under it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from wizard.tui.theme import CHECK_MARKS, WAITING, Mark

if TYPE_CHECKING:
    from strategies.base import CheckResult
    from wizard.engine.session import Session

_WIDTH = 34
"""Columns of the panel's text."""
_WORST_FIRST = ("fail", "warn", "unknown", "pass", "skipped")


def mark_of(result: CheckResult) -> Mark:
    """The mark of a result; one whose facts are still being read is neither good nor bad."""
    return WAITING if result.waiting else CHECK_MARKS[result.status.value]


def tally(results: Sequence[CheckResult]) -> Content:
    """``✔ 9 pass  ⚠ 1 warn: title of the worst``, in one line."""
    parts: list[Content] = []
    settled = [result for result in results if not result.waiting]
    for status in _WORST_FIRST:
        number = sum(1 for result in settled if result.status.value == status)
        if number:
            mark = CHECK_MARKS[status]
            parts.append(Content.styled(f"{mark.icon} {number} {mark.word}", mark.style))
    waiting = len(results) - len(settled)
    if waiting:
        parts.append(Content.styled(f"{WAITING.icon} {waiting} {WAITING.word}", WAITING.style))
    worst = next((result for result in settled if result.status.value in ("fail", "warn")), None)
    line = Content("  ").join(parts)
    return line + Content.styled(f"  {worst.check.title}", "$quiet") if worst is not None else line


def panel_lines(results: Sequence[CheckResult], width: int) -> Content:
    """Every check, the worst first; what was seen is told for those that did not pass."""
    lines: list[Content] = []
    for result in results:
        mark = mark_of(result)
        lines.append(Content.styled(f"{mark.icon} ", mark.style) + Content(_cut(result.check.title, width - 2)))
        if not result.waiting and result.status.value in ("fail", "warn", "unknown"):
            said = wrap(
                f"{mark.word}: {result.verdict.evidence}",
                width,
                initial_indent="  ",
                subsequent_indent="  ",
                break_on_hyphens=False,
            )
            lines.append(Content.styled("\n".join(said), "$quiet"))
    return Content("\n").join(lines) if lines else Content.styled("Nothing to check yet.", "$quiet")


class ChecksPanel(VerticalScroll):
    """The checks at the right of a page, live."""

    DEFAULT_CSS = """
    ChecksPanel { background: $surface; padding: 0 1; margin-right: 1; height: 1fr; scrollbar-size-vertical: 1; }
    ChecksPanel #checks-head { text-style: bold; height: 1; margin-bottom: 1; }
    ChecksPanel #checks-list { height: auto; }
    """
    can_focus = False

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """Head and list."""
        yield Static("Checks", id="checks-head")
        yield Static("", id="checks-list")

    def on_mount(self) -> None:
        """Show what is known."""
        self.show(self._session.results())

    def show(self, results: Sequence[CheckResult]) -> None:
        """Show these results."""
        if not self.is_mounted:
            return
        done = sum(1 for result in results if not result.waiting)
        self.query_one("#checks-head", Static).update(f"Checks  {done} of {len(results)} done")
        self.query_one("#checks-list", Static).update(panel_lines(results, _WIDTH))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
