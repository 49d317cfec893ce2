"""The event stream: what the screen, the log, ``--output json`` and the tests all read.

Names follow terraform's machine-readable UI where it has one (internal/command/views/json/message_types.go).
Every event is a frozen dataclass; ``to_json`` gives the object that is printed, one a line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, TypeAlias

from strategies.base import Change, CheckResult, Json, Output
from strategies.facts import Reading
from strategies.ports import SyncReport


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. ``at`` carries a time zone."""

    type: ClassVar[str]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class FactStarted(Event):
    """A fact is being read."""

    type: ClassVar[str] = "fact_start"
    fact_id: str


@dataclass(frozen=True, kw_only=True)
class FactRead(Event):
    """A fact was read, or could not be."""

    type: ClassVar[str] = "fact_complete"
    fact_id: str
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class CheckChanged(Event):
    """A check has a new result (also: is waiting again)."""

    type: ClassVar[str] = "check_result"
    result: CheckResult


@dataclass(frozen=True, kw_only=True)
class PlannedChange(Event):
    """One change of the plan."""

    type: ClassVar[str] = "planned_change"
    change: Change


@dataclass(frozen=True, kw_only=True)
class ChangeSummary(Event):
    """How many changes of each action the plan or the finished apply holds."""

    type: ClassVar[str] = "change_summary"
    operation: str  # plan | apply | destroy
    counts: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ApplyStart(Event):
    """Work on one change begins."""

    type: ClassVar[str] = "apply_start"
    change: Change


@dataclass(frozen=True, kw_only=True)
class ApplyProgress(Event):
    """Work on one change goes on: what it waits for, since when."""

    type: ClassVar[str] = "apply_progress"
    address: str
    message: str
    fraction: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ApplyComplete(Event):
    """One change is carried out."""

    type: ClassVar[str] = "apply_complete"
    address: str
    action: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ApplyErrored(Event):
    """One change failed: what, why, what to do."""

    type: ClassVar[str] = "apply_errored"
    address: str
    what: str
    why: str
    remedy: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ApplySkipped(Event):
    """One change was not begun, because something it depends on failed or the operator stopped."""

    type: ClassVar[str] = "apply_skipped"
    address: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class VerifyProgress(Event):
    """Argo CD's word so far."""

    type: ClassVar[str] = "verify_progress"
    report: SyncReport | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class VerifyComplete(Event):
    """Argo CD's last word: done, or the reason why not."""

    type: ClassVar[str] = "verify_complete"
    report: SyncReport | None
    ok: bool
    reason: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Outputs(Event):
    """What the operator takes away."""

    type: ClassVar[str] = "outputs"
    outputs: tuple[Output, ...]


@dataclass(frozen=True, kw_only=True)
class Diagnostic(Event):
    """A message for the operator: ``error``, ``warning`` or ``info``."""

    type: ClassVar[str] = "diagnostic"
    severity: str
    summary: str
    detail: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)


Sink: TypeAlias = Callable[[Event], None]
"""Takes an event. Called from any thread; must not raise."""
