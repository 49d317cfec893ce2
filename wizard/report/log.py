"""The log of one run: its event stream as JSON lines in a private file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from wizard.engine.events import Event, Sink
from wizard.report.jsonlines import line

Logbook: TypeAlias = Callable[[str], AbstractContextManager[tuple[Sink, Path]]]
"""Opens the log of one run for an instance: the sink that writes it, and where it stands."""

KEPT_LOGS = 50
"""Older logs of an instance are removed."""


class RunLog:
    """A sink that appends to ``DIRECTORY/2026-11-23T14-02-11.log`` (0600). It holds no more than ``--output json`` prints."""

    def __init__(self, directory: Path, started: datetime) -> None:
        """Open the log. Raises OSError."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in sorted(directory.glob("*.log"))[: -KEPT_LOGS + 1]:
            old.unlink(missing_ok=True)
        self._lock = threading.Lock()
        self.path, self._file = _opened(directory, f"{started:%Y-%m-%dT%H-%M-%S}")

    def __call__(self, event: Event) -> None:
        """Append one event; after ``close`` nothing is written any more."""
        with self._lock:
            if self._file is not None:
                try:
                    os.write(self._file, (line(event) + "\n").encode())
                except OSError:
                    # A full disk. The journal, which a run cannot do without, says so; the log merely ends here.
                    os.close(self._file)
                    self._file = None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _opened(directory: Path, stem: str) -> tuple[Path, int | None]:
    """Two runs may begin in the same second; the later one gets a number."""
    for number in range(100):
        path = directory / (f"{stem}.log" if number == 0 else f"{stem}-{number}.log")
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
    raise FileExistsError(stem)
