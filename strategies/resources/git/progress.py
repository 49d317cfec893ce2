"""Turns git's progress on standard error into progress of the apply."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

_STEP = re.compile(r"^(?:remote: )?(?P<what>[A-Z][A-Za-z ]+): +(?P<percent>\d+)% \((?P<detail>[^)]*)\)(?P<rest>.*)$")


SECONDS_BETWEEN = 0.5
"""git tells every percent; nobody can read faster than this."""


def teller(doing: str, progress: Callable[[str, float | None], None], now: Callable[[], datetime]) -> Callable[[str], None]:
    """A reader of git's lines that tells how far it is: ``push to HOST: writing objects, 12/80``.

    Each step is told when it begins, then now and then.
    """
    told: tuple[str, datetime] | None = None

    def read(line: str) -> None:
        nonlocal told
        found = _STEP.match(line.strip())
        if found is None:
            return
        at = now()
        if told is not None and told[0] == found["what"] and (at - told[1]).total_seconds() < SECONDS_BETWEEN:
            return
        told = (found["what"], at)
        speed = re.search(r"[\d.]+ [KMG]iB \| [\d.]+ [KMG]iB/s", found["rest"])
        words = f"{doing}: {found['what'].lower()}, {found['detail']}" + (f", {speed[0]}" if speed else "")
        progress(words, int(found["percent"]) / 100)

    return read
