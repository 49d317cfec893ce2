"""The sandbox's clock: real time plus an offset that the control API moves forward."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """What time it is for the AWS, Kubernetes, Git and Argo CD stand-ins. Safe to share between threads.

    Processes started by the pod stand-in use the machine's own clock, as a container uses its node's.
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._moved = threading.Condition()

    def now(self) -> datetime:
        """The present time in the sandbox, in UTC."""
        with self._moved:
            return datetime.now(UTC) + self._offset

    def __call__(self) -> datetime:
        """The same as ``now``: the clock itself can be given where a callable is wanted."""
        return self.now()

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward and wake whoever waits on it. Raises ValueError for a negative amount."""
        if seconds < 0:
            raise ValueError("the sandbox clock moves forward only")
        with self._moved:
            self._offset += timedelta(seconds=seconds)
            self._moved.notify_all()
            return datetime.now(UTC) + self._offset
