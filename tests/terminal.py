"""A program on a terminal of its own (a pty), and answers typed when it asks."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic


def _take_terminal() -> None:
    # A shell's background job, as the tests may be, ignores Ctrl-C; a program on its own terminal does not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Runs ``argv`` with a pty as its terminal. Use it as a context: what is left of the program is ended."""

    def __init__(self, argv: Sequence[str], *, environ: Mapping[str, str], folder: Path) -> None:
        ours, theirs = pty.openpty()
        self._pty = ours
        self.seen = ""
        self._process = subprocess.Popen(
            argv, cwd=folder, env=dict(environ), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            # Ctrl-C is a signal only on the terminal that controls the session.
            preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        os.close(self._pty)

    def sees(self, text: str, *, seconds: float = 60.0) -> None:
        """Wait until ``text`` has been written since the last time. Fails with what was written when it is not in time."""
        start = len(self.seen)
        end = monotonic() + seconds
        while text not in self.seen[start:]:
            left = end - monotonic()
            assert left > 0, f"waited in vain for {text!r}\n{self.seen}"
            if not self._read(left):
                raise AssertionError(f"it ended without {text!r}\n{self.seen}")

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._pty, f"{text}\r".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._pty, b"\x03")

    def ends(self, *, seconds: float = 120.0) -> int:
        """Read to the end; the exit code."""
        end = monotonic() + seconds
        while self._read(end - monotonic()):
            assert monotonic() < end, f"it does not end\n{self.seen}"
        return self._process.wait(timeout=10)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._pty], [], [], max(0.0, seconds))
        if not ready:
            return True
        try:
            got = os.read(self._pty, 65536)
        except OSError:  # Linux: the last one on the other side has closed it
            return False
        self.seen += got.decode("utf-8", "replace")
        return bool(got)
