"""The words, icons and styles of states: the same in every text. State is icon, word and colour, never colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from strategies.base import Action, Status

STATUS: Mapping[Status, tuple[str, str]] = {
    Status.PASS: ("✔", "green"),
    Status.WARN: ("⚠", "yellow"),
    Status.FAIL: ("✖", "bold red"),
    Status.UNKNOWN: ("?", "magenta"),
    Status.SKIPPED: ("–", "dim"),
}

ACTION: Mapping[Action, tuple[str, str]] = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "yellow"),
    Action.DELETE: ("-", "red"),
    Action.ADOPT: ("»", "cyan"),
    Action.NONE: ("=", "dim"),
}

PAST: Mapping[str, str] = {
    "create": "made",
    "update": "changed",
    "replace": "replaced",
    "delete": "removed",
    "adopt": "adopted",
    "none": "unchanged",
}

COUNTED: Mapping[str, str] = {
    "create": "to create",
    "update": "to change",
    "replace": "to replace",
    "delete": "to delete",
    "adopt": "to adopt",
    "none": "unchanged",
}


def counted(counts: Mapping[str, int], words: Mapping[str, str] = COUNTED) -> str:
    """``7 to create, 3 unchanged``; zeros are left out."""
    return ", ".join(f"{counts[key]} {word}" for key, word in words.items() if counts.get(key)) or "nothing"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``1 min 05 s``, ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
