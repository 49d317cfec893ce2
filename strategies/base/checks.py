"""A check: one prerequisite, how it is judged, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strategies.base.situation import Json, Situation


class Status(StrEnum):
    """How a check ended."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Vantage(StrEnum):
    """Where a check is made from: a workstation's view is not the cluster's."""

    WORKSTATION = "workstation"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Mend:
    """What one key does about a check, after ``says`` was read and confirmed: it changes answers, or one thing in the world.

    ``edits`` are answers by their key (None takes one back). ``operation`` is the name of one of ``Site.mend``'s, with its
    ``arguments``. ``refreshes`` are the ids of the facts that are read again afterwards. Offered only where what it does is
    narrow, can be taken back, and is what the remedy's text advises.
    """

    title: str
    says: str
    edits: Mapping[str, Json] = field(default_factory=dict)
    operation: str | None = None
    arguments: Mapping[str, Json] = field(default_factory=dict)
    refreshes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """The way to mend a failing check: a sentence for the operator and, where one exists, the exact command or one key."""

    text: str
    command: str | None = None
    mend: Mend | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check's judgement returns: the status, what was seen, and how to mend it when it is not a pass."""

    status: Status
    evidence: str
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One prerequisite.

    ``judge`` is pure: the I/O is in the readers of the facts named in ``needs`` (ids of ``FactKey``). It is called once all
    of them have been read or have failed; when one failed and ``judge`` does not look at errors itself
    (``handles_errors``), the engine answers ``unknown`` with the reader's error as evidence. ``idle`` says why these answers
    leave nothing to look at, before any fact is read (None: there is something).
    """

    id: str
    title: str
    why: str
    judge: Callable[[Situation], Verdict]
    needs: tuple[str, ...]
    vantage: Vantage = Vantage.WORKSTATION
    blocking: bool = True
    depends_on: tuple[str, ...] = ()
    handles_errors: bool = False
    idle: Callable[[Situation], str | None] = lambda _situation: None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check and how it ended. ``waiting`` is true while its facts are being read (status is then ``unknown``)."""

    check: Check
    verdict: Verdict
    seconds: float = 0.0
    waiting: bool = False

    @property
    def status(self) -> Status:
        """The status of the verdict."""
        return self.verdict.status

    @property
    def blocks(self) -> bool:
        """True when apply must not start: a blocking check that failed."""
        return self.check.blocking and self.verdict.status is Status.FAIL
