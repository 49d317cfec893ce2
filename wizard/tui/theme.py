"""The look: two themes of our own, and one mark (icon, word, colour) for each state.

A state is never told by its colour alone, so that it can be read with NO_COLOR, on a photocopy and by those who see
colours differently.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.theme import Theme

DARK = Theme(
    name="ezgitops-dark",
    primary="#5fafd7",
    secondary="#8fa7c4",
    accent="#e0af68",
    foreground="#d8dee9",
    background="#12161e",
    surface="#1b212c",
    panel="#242c3a",
    success="#7fc38a",
    warning="#e5b567",
    error="#f2777a",
    dark=True,
    variables={
        "quiet": "#93a0b4",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#5fafd7",
        "input-selection-background": "#5fafd7 35%",
    },
)
LIGHT = Theme(
    name="ezgitops-light",
    primary="#00618a",
    secondary="#4a5f7a",
    accent="#8a5a00",
    foreground="#1f2630",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#e6eaf0",
    success="#1e6b34",
    warning="#7a5200",
    error="#a8201a",
    dark=False,
    variables={
        "quiet": "#566173",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#00618a",
        "input-selection-background": "#00618a 25%",
    },
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How a state is shown: icon, word, and the colour, a variable of the theme."""

    icon: str
    word: str
    style: str


CHECK_MARKS = {
    "pass": Mark("✔", "pass", "$text-success"),
    "warn": Mark("⚠", "warn", "$text-warning"),
    "fail": Mark("✖", "fail", "$text-error"),
    "unknown": Mark("?", "unknown", "$text-warning"),
    "skipped": Mark("–", "skipped", "$quiet"),
}
"""By the value of ``strategies.base.Status``."""

WAITING = Mark("◌", "reading", "$quiet")
"""A check whose facts are still being read."""

ACTION_MARKS = {
    "create": Mark("+", "create", "$text-success"),
    "adopt": Mark("~", "adopt", "$text-primary"),
    "update": Mark("~", "update", "$text-warning"),
    "replace": Mark("±", "replace", "$text-warning"),
    "delete": Mark("-", "delete", "$text-error"),
    "none": Mark("=", "unchanged", "$quiet"),
}
"""By the value of ``strategies.base.Action``."""

CONFLICT = Mark("✖", "conflict", "$text-error")

WORK_MARKS = {
    "waiting": Mark("·", "waiting", "$quiet"),
    "running": Mark("▶", "running", "$text-primary"),
    "done": Mark("✔", "done", "$text-success"),
    "failed": Mark("✖", "failed", "$text-error"),
    "skipped": Mark("–", "not begun", "$text-warning"),
}
"""The states of one line of the apply page."""


def marked(mark: Mark, text: str, *, word: bool = False) -> Content:
    """``icon [word] text`` with icon and word in the mark's colour. The text is shown as it is, never read as markup."""
    head = f"{mark.icon} {mark.word}" if word else mark.icon
    return Content.styled(head, mark.style) + Content(f" {text}")
