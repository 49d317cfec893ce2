"""Turns git's progress on standard error into progress of the apply."""

from __future__ import annotations

import re
from collections.abc import Callable

_STEP = re.compile(r"^(?:remote: )?(?P<what>[A-Z][A-Za-z ]+): +(?P<percent>\d+)% \((?P<detail>[^)]*)\)(?P<rest>.*)$")


def teller(doing: str, progress: Callable[[str, float | None], None]) -> Callable[[str], None]:
    """A reader of git's lines that tells each new percent once: ``push to codecommit: writing objects, 12/80``."""
    told: tuple[str, str] | None = None

    def read(line: str) -> None:
        nonlocal told
        found = _STEP.match(line.strip())
        if found is None or (found["what"], found["percent"]) == told:
            return
        told = (found["what"], found["percent"])
        speed = re.search(r"[\d.]+ [KMG]iB \| [\d.]+ [KMG]iB/s", found["rest"])
        words = f"{doing}: {found['what'].lower()}, {found['detail']}" + (f", {speed[0]}" if speed else "")
        progress(words, int(found["percent"]) / 100)

    return read
