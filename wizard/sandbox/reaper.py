"""Cleans up after a sandbox, also one that was killed: ends its pods' processes and removes its folder.

Run as a program of its own with the folder as argument. It reads lines from standard input - ``+PGID`` for a process group
that was started, ``-PGID`` for one that has ended - and acts when the input ends, whichever way the sandbox dies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Reaper:
    """The other end of the pipe, in the sandbox."""

    def __init__(self, folder: Path) -> None:
        # A session of its own, so that a terminal's Ctrl-C does not reach it; -I and -S, so that it starts in milliseconds.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self._lock = threading.Lock()

    def started(self, group: int) -> None:
        """A process group that must not outlive the sandbox."""
        self._tell(f"+{group}")

    def ended(self, group: int) -> None:
        """A process group that is gone; its number may be given to somebody else from now on."""
        self._tell(f"-{group}")

    def close(self) -> None:
        """Let it clean up, and wait until it has."""
        with self._lock:
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()


def main(folder: str) -> None:
    """Wait for the end of the input, then clean up."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
