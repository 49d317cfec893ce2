"""The record of one apply: a line before and a line after every mutating call, on the disk before the call is made.

It is for the reader who asks what was done (and for the commands that the last page shows); going on after a crash never
depends on it, because every run looks at the world itself. No secret is ever part of it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from strategies.base import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating call: of which resource, which operation (``iam:CreateRole``), with which arguments."""

    address: str
    call: str
    arguments: Mapping[str, Json]


class Journal:
    """JSON lines, each on the disk (fsync) before the next thing happens. ``path`` None keeps it in memory alone."""

    def __init__(self, path: Path | None, *, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._number = 0
        self._calls: list[Call] = []
        self._file: int | None = None
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call that ended well, in order."""
        with self._lock:
            return tuple(self._calls)

    @contextmanager
    def mutation(self, address: str, call: str, arguments: Mapping[str, Json]) -> Iterator[None]:
        """Write before and after the body; ``failed`` when it raises. A kill in between leaves the first line alone."""
        with self._lock:
            self._number += 1
            number = self._number
        self.write({"phase": "before", "number": number, "address": address, "call": call, "arguments": dict(arguments)})
        try:
            yield
        except Exception as error:
            self.write({"phase": "failed", "number": number, "address": address, "call": call, "error": type(error).__name__})
            raise
        self.write({"phase": "after", "number": number, "address": address, "call": call})
        with self._lock:
            self._calls.append(Call(address, call, arguments))

    def write(self, record: Mapping[str, Json]) -> None:
        """Append one line and wait until the disk has it."""
        line = json.dumps({"@timestamp": self._clock().isoformat(), **record}, default=str) + "\n"
        if self._file is not None:
            with self._lock:
                os.write(self._file, line.encode())
                os.fsync(self._file)

    def close(self) -> None:
        """Close the file; writing is over."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def unfinished(path: Path) -> tuple[Call, ...]:
    """The calls of a journal that began and never ended: what a killed run was doing. A damaged last line is passed over."""
    open_calls: dict[int, Call] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    for line in lines:
        try:
            record = json.loads(line)
            number, phase = int(record["number"]), record["phase"]
            if phase == "before":
                open_calls[number] = Call(record["address"], record["call"], record["arguments"])
            else:
                open_calls.pop(number, None)
        except (ValueError, KeyError, TypeError):
            continue
    return tuple(open_calls.values())
