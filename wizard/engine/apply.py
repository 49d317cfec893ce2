"""One apply from lock to last word: lock, look again, carry out, verify."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from strategies.base import Output, Owner
from strategies.ports import Site, SyncReport
from wizard.engine.events import ApplyComplete, ChangeSummary, Diagnostic, Event, Outputs, Sink
from wizard.engine.execution import Ending, Pause, Work, carry_out
from wizard.engine.journal import Call, Journal, unfinished
from wizard.engine.lock import locked
from wizard.engine.plan import Plan, SavedPlan
from wizard.engine.status import renewed
from wizard.engine.survey import Remake, Survey
from wizard.engine.verify import Goal, Patience, Word, is_new, verify

KEPT_JOURNALS = 20
"""Older journals of an instance are removed."""


class ConflictError(Exception):
    """The plan holds changes that cannot be made."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("; ".join(f"{c.title}: {c.conflict}" for c in plan.conflicts))
        self.conflicts = plan.conflicts


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """How an apply ended.

    ``ok``: everything was carried out and, where it was asked, Argo CD said so. ``failed`` and ``skipped`` are addresses;
    ``counts`` says how many changes of each action were carried out; ``reason`` is Argo CD's last word in one sentence;
    ``calls`` are the mutating calls that were made; ``outputs`` what the operator takes away; ``refreshed`` is the time at
    which the password of Argo CD was last renewed, as its Secret said once everything was done (None: it is not renewed).
    """

    ok: bool
    failed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    sync: SyncReport | None = None
    reason: str = ""
    cancelled: bool = False
    calls: tuple[Call, ...] = ()
    journal: Path | None = None
    refreshed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What an apply works with besides the plan: where it writes (None: nowhere), and its sense of time."""

    directory: Path | None
    clock: Callable[[], datetime]
    pause: Pause
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be carried out: the confirmed plan, how to look again, and what to ask Argo CD in the end (None: nothing)."""

    site: Site
    confirmed: SavedPlan
    look: Remake
    outputs: tuple[Output, ...] = ()
    goal: Callable[[Mapping[str, Mapping[str, str]]], Goal | None] = lambda _outputs: None


def apply(order: Order, desk: Desk, *, sink: Sink, cancel: threading.Event) -> ApplyReport:
    """Carry out a plan.

    Raises LockedError, StalePlanError, ConflictError or SurveyError before anything is touched.
    """
    if desk.directory is None:
        return _apply(order, desk, Journal(None, clock=desk.clock), sink, cancel)
    instance = order.confirmed.instance
    with locked(desk.directory / "lock", instance, clock=desk.clock):
        _tell_unfinished(desk.directory, desk.clock, sink)
        name = f"{desk.clock():%Y-%m-%dT%H-%M-%S.%f}.journal.jsonl"
        journal = Journal(desk.directory / name, clock=desk.clock)
        try:
            return _apply(order, desk, journal, sink, cancel)
        finally:
            journal.close()


def _apply(order: Order, desk: Desk, journal: Journal, sink: Sink, cancel: threading.Event) -> ApplyReport:
    survey: Survey = order.look()
    plan = survey.plan
    order.confirmed.check(plan)
    if plan.conflicts:
        raise ConflictError(plan)
    counts: dict[str, int] = dict.fromkeys(plan.counts(), 0)
    counting = threading.Lock()

    def emit(event: Event) -> None:
        if isinstance(event, ApplyComplete):
            with counting:
                counts[event.action] += 1
        sink(event)

    journal.write(
        {
            "phase": "begin",
            "instance": plan.instance,
            "operation": plan.operation,
            "strategy": plan.strategy,
            "fingerprint": plan.fingerprint,
        }
    )
    work = Work(Owner(plan.instance), journal, emit, desk.clock, desk.pause, cancel)
    endings = carry_out(survey.steps, work)
    failed = tuple(address for address, ending in endings.items() if ending is Ending.FAILED)
    skipped = tuple(address for address, ending in endings.items() if ending is Ending.SKIPPED)
    counts["none"] = plan.counts()["none"]
    sink(ChangeSummary(at=desk.clock(), operation=plan.operation, counts=counts))
    word = Word(True, "", None)
    goal = order.goal(work.outputs)
    if goal is not None and not failed and not skipped:
        word = verify(
            order.site, goal, emit=sink, clock=desk.clock, pause=desk.pause, stop=cancel, patience=desk.patience,
            new=is_new(goal, survey.steps),
        )  # fmt: skip
    whole = not failed and not skipped
    outputs = order.outputs if whole else ()
    if outputs:
        sink(Outputs(at=desk.clock(), outputs=outputs))
    journal.write({"phase": "end", "ok": whole and word.ok, "failed": list(failed), "skipped": list(skipped)})
    return ApplyReport(
        ok=whole and word.ok,
        failed=failed,
        skipped=skipped,
        counts=counts,
        outputs=outputs,
        sync=word.report,
        reason=word.reason,
        cancelled=cancel.is_set() and not (whole and word.ok),
        calls=journal.calls,
        journal=journal.path,
        refreshed=renewed(survey.steps) if whole else None,
    )


def _tell_unfinished(directory: Path, clock: Callable[[], datetime], sink: Sink) -> None:
    journals = sorted(directory.glob("*.journal.jsonl"))
    for old in journals[: -KEPT_JOURNALS + 1]:
        old.unlink(missing_ok=True)
    calls = unfinished(journals[-1]) if journals else ()
    if calls:
        names = ", ".join(f"{c.call} for {c.address}" for c in calls)
        sink(
            Diagnostic(
                at=clock(),
                severity="info",
                summary="The last run was ended in the middle of a call; this one goes on from what it left",
                detail=names,
            )
        )
