"""A command of Systems Manager's Run Command, and what runs it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from wizard.sandbox.machines.toolbox import Said

OUTPUT, ERRORS = 24_000, 8_000
"""Characters of what a script writes that are passed on (SSM API reference, GetCommandInvocation)."""

Shell: TypeAlias = Callable[[str, str, float], Said | None]
"""Runs a script on the machine with this id, for so many seconds at most; None: it did not end in time and was stopped.

Raises KeyError where there is no such machine that runs.
"""


def no_shell(instance_id: str, _script: str, _seconds: float) -> Said | None:
    """An account whose machines have nothing in them."""
    raise KeyError(instance_id)


@dataclass
class Command:
    """One script for one machine; ``status`` and ``details`` as in the user guide, "Understanding command statuses"."""

    instance_id: str
    comment: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "Pending"
    details: str = "Pending"
    code: int = -1
    output: str = ""
    errors: str = ""
    asked: bool = False

    def carry_out(self, shell: Shell, script: str, seconds: float) -> None:
        """Run it, and keep what became of it. The status comes last: whoever sees that it has ended sees everything."""
        self.status = "InProgress"
        try:
            said = shell(self.instance_id, script, seconds)
        except KeyError:
            self.details, self.status = "Undeliverable", "Failed"
            return
        if said is None:
            self.details, self.status = "ExecutionTimedOut", "TimedOut"
            return
        self.output, self.errors, self.code = said.output[:OUTPUT], said.errors[:ERRORS], said.status
        self.details = "Success" if said.status == 0 else "Failed"
        self.status = self.details
