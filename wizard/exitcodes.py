"""The exit codes: a contract with every pipeline that calls the program."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How the program ended."""

    DONE = 0
    """Everything asked for was done."""
    FAILED = 1
    """Something failed while applying, destroying, mirroring or verifying."""
    USAGE = 2
    """The command line or the answers are wrong or incomplete; nothing was touched."""
    CHECKS = 3
    """A blocking check failed, or a conflict was found; nothing was touched."""
    PENDING = 4
    """``plan --detailed-exitcode``: there are changes to make."""
    LOCKED = 5
    """Another run holds the lock of this instance."""
    INTERRUPTED = 130
    """Stopped by the operator; run it again to go on."""
