"""Time from exec to the first painted frame of a full-screen program, in a pseudo-terminal of 120x40."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence

HELLO = """
from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Static

class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("hello, world " * 60)
        yield Footer()

Hello().run()
"""

PAINTED = 500
"""Printable bytes after which a frame counts as painted: a full screen has some thousands, a start-up sequence few."""


def first_frame(command: Sequence[str], environ: Mapping[str, str], *, limit: float = 20.0) -> float:
    """Seconds until the program has written its first ``PAINTED`` printable bytes; then it is ended. Raises TimeoutError."""
    started = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), dict(environ))  # noqa: S606 - the benchmark's own command
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    printable = 0
    try:
        while time.monotonic() - started < limit:
            ready, _, _ = select.select([terminal], [], [], 0.5)
            if not ready:
                continue
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if b"\x1b[?2026$p" in data or b"\x1b[?2048$p" in data:
                os.write(terminal, b"\x1b[?2026;2$y")
            printable += sum(0x20 < byte < 0x7F for byte in data)
            if printable >= PAINTED:
                return time.monotonic() - started
        message = f"no frame within {limit} s: {' '.join(command)}"
        raise TimeoutError(message)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def side_by_side(environ: Mapping[str, str], *, times: int = 11) -> tuple[float, float]:
    """Medians of a hello-world of three widgets and of the wizard, in turns, so that both see the same machine."""
    commands = ([sys.executable, "-c", HELLO], [sys.executable, "-m", "wizard"])
    for command in commands:
        first_frame(command, environ)
    rounds = [[first_frame(command, environ) for command in commands] for _ in range(times)]
    hello, wizard = (statistics.median(found) for found in zip(*rounds, strict=True))
    return hello, wizard
