"""Standard input, output and error of a process whose caller may have closed them, or may leave before the end."""

from __future__ import annotations

import os
import sys


def open_closed() -> None:
    """Open the null device in place of each stream that the caller closed (``ezgitops plan >&-``).

    Python leaves None there. In the order of their numbers, so that each takes its own and no file opened later does.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - kept open: it is the process's own
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above


def abandon_output() -> None:
    """Send standard output nowhere from now on: its reader has gone, and Python would complain as it flushes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
