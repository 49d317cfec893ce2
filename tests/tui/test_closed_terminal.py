"""A terminal that is closed ends the wizard, whoever leads its session."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time

SECONDS = 30.0


def test_the_wizard_ends_with_its_terminal_also_behind_a_leader_that_catches_the_hangup() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, by children too
        # As make does: the leader catches SIGHUP and waits for what it has started.
        os.execvp("sh", ["sh", "-c", f"trap : HUP; {sys.executable} -m wizard; exit 7"])  # noqa: S606 - a fixed command
    seen = b""
    end = time.monotonic() + SECONDS
    while b"Start" not in seen:
        assert time.monotonic() < end, seen[-2000:]
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
    os.close(terminal)
    ended, status = 0, 0
    end = time.monotonic() + SECONDS
    while not ended and time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        select.select([], [], [], 0.05)
    if not ended:
        os.killpg(pid, 9)
        os.waitpid(pid, 0)
    assert ended == pid, "the wizard outlived its terminal"
    assert os.waitstatus_to_exitcode(status) in (7, -1)
