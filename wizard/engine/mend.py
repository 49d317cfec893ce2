"""Carries out what one key mends: under the instance's lock and with a journal, as everything that changes the world is."""

from __future__ import annotations

import threading

from strategies.base import Mend, Owner
from strategies.ports import Site
from wizard.engine.apply import Desk
from wizard.engine.events import Sink
from wizard.engine.execution import StepRun, Work
from wizard.engine.journal import Journal
from wizard.engine.lock import locked


def carry_out_mend(mend: Mend, instance: str, site: Site, desk: Desk, *, sink: Sink, stop: threading.Event) -> None:
    """Do it and wait until it holds. Raises ResourceError, LockedError, CancelledByOperatorError."""
    operation = mend.operation
    if operation is None:
        return
    if desk.directory is None:
        _run(mend, operation, instance, site, desk, Journal(None, clock=desk.clock), sink, stop)
        return
    with locked(desk.directory / "lock", instance, clock=desk.clock):
        journal = Journal(desk.directory / f"{desk.clock():%Y-%m-%dT%H-%M-%S.%f}.journal.jsonl", clock=desk.clock)
        try:
            _run(mend, operation, instance, site, desk, journal, sink, stop)
        finally:
            journal.close()


def _run(
    mend: Mend, operation: str, instance: str, site: Site, desk: Desk, journal: Journal, sink: Sink, stop: threading.Event
) -> None:
    work = Work(Owner(instance), journal, sink, desk.clock, desk.pause, stop)
    journal.write({"phase": "begin", "instance": instance, "operation": operation})
    site.mend(operation, mend.arguments, StepRun(work, f"mend.{operation}"))
    journal.write({"phase": "end", "ok": True})
