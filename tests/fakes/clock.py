"""A clock that only moves when told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)


@dataclass
class FakeClock:
    """The time of day of a test. ``sleep`` moves it on at once; as an engine's ``Pause`` it also tells of a stop."""

    at: datetime = START
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        """The present time."""
        with self._lock:
            return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.at += timedelta(seconds=seconds)

    def pause(self, seconds: float, stop: threading.Event) -> None:
        """Let time pass, unless a stop is asked for."""
        if not stop.is_set():
            self.sleep(seconds)
