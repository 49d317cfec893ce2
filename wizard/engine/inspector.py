"""Reads facts in the background: each as soon as what it depends on is known, again exactly when that changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from strategies.base import Situation
from strategies.facts import FactError, Facts, Reading
from strategies.ports import FactFailureError, Reader
from wizard.engine.checks import TITLES
from wizard.engine.events import Event, FactRead, FactStarted


@dataclass(eq=False)
class _Job:
    """One reading under way. Once ``superseded`` is set, whatever it brings is thrown away."""

    reader: Reader
    inputs: Hashable
    situation: Situation
    superseded: threading.Event = field(default_factory=threading.Event)


class Inspector:
    """Keeps the facts in step with the answers.

    ``lock`` guards everything here and belongs to the caller, who holds it around every method; ``changed`` is called from
    reading threads, with the lock held, after ``facts`` or ``reading`` changed, together with the event that tells of it.
    ``after`` is called by the same thread once the lock is free again. Each reading has a daemon thread of its own: a
    connection that hangs must neither hold up another reading nor the end of the program.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        *,
        lock: threading.RLock,
        clock: Callable[[], datetime],
        changed: Callable[[Event], None],
        after: Callable[[], None],
    ) -> None:
        self._readers = {reader.fact_id: reader for reader in readers}
        self._lock, self._clock, self._changed, self._after = lock, clock, changed, after
        self._jobs: dict[str, _Job] = {}
        self._inputs: dict[str, Hashable] = {}
        self._closed = False
        self.facts = Facts()
        self.intrusive = False
        """True once readers that leave something in the world while they read may be used."""
        self.only: frozenset[str] | None = None
        """Ids of the facts that are read at all; None: every one."""

    @property
    def reading(self) -> frozenset[str]:
        """Ids of the facts that are being read, or are about to be."""
        return frozenset(self._jobs)

    @property
    def withheld(self) -> frozenset[str]:
        """Ids of the facts that are not read before somebody asks for them."""
        return frozenset() if self.intrusive else frozenset(i for i, one in self._readers.items() if one.intrusive)

    @property
    def seen_inside(self) -> frozenset[str]:
        """Ids of the facts that intrusive readers have read."""
        return frozenset(i for i, one in self._readers.items() if one.intrusive and i in self._inputs)

    def follow(self, situation: Situation, *, delay: float = 0.0) -> bool:
        """Start what can be read now and was not, or was read from other inputs; forget what no longer holds.

        With ``delay`` a reading begins only after so many seconds without another change of its inputs: nobody wants a Git
        server asked for every letter of its name. Returns True when a fact was forgotten, which may change the answers.
        """
        if self._closed:
            return False
        forgotten = False
        for fact_id, reader in self._readers.items():
            inputs = reader.inputs(situation) if self._wants(reader) else None
            if inputs == self._inputs.get(fact_id):
                continue
            forgotten |= self._forget(fact_id)
            if inputs is not None:
                self._start(reader, inputs, situation, delay)
        return forgotten

    def refresh(self, situation: Situation, fact_ids: Sequence[str]) -> None:
        """Read these facts again from the same inputs (none named: all). What was read before stands until then."""
        for fact_id in fact_ids or tuple(self._inputs):
            inputs = self._inputs.get(fact_id)
            if inputs is not None and not self._closed:
                self._supersede(fact_id)
                self._start(self._readers[fact_id], inputs, situation, 0.0)

    def close(self) -> None:
        """Throw away what is being read and start nothing more."""
        self._closed = True
        for fact_id in tuple(self._jobs):
            self._supersede(fact_id)

    def _wants(self, reader: Reader) -> bool:
        return (self.intrusive or not reader.intrusive) and (self.only is None or reader.fact_id in self.only)

    def _forget(self, fact_id: str) -> bool:
        self._supersede(fact_id)
        self._inputs.pop(fact_id, None)
        known = self.facts.known(fact_id)
        if known:
            self.facts = self.facts.without(fact_id)
        return known

    def _supersede(self, fact_id: str) -> None:
        job = self._jobs.pop(fact_id, None)
        if job is not None:
            job.superseded.set()

    def _start(self, reader: Reader, inputs: Hashable, situation: Situation, delay: float) -> None:
        job = _Job(reader, inputs, situation)
        self._jobs[reader.fact_id] = job
        self._inputs[reader.fact_id] = inputs
        threading.Thread(target=self._run, args=(job, delay), name=f"read {reader.fact_id}", daemon=True).start()

    def _run(self, job: _Job, delay: float) -> None:
        if delay and job.superseded.wait(delay):
            return
        began = self._clock()
        with self._lock:
            if job.superseded.is_set():
                return
            self._changed(FactStarted(at=began, fact_id=job.reader.fact_id))
        self._after()
        limit = threading.Timer(job.reader.timeout, self._expire, (job, began))
        limit.daemon = True
        if not job.reader.patient(job.situation):
            limit.start()
        value: object | None = None
        error: FactError | None = None
        try:
            value = job.reader.read(job.situation)
        except FactFailureError as failure:
            error = failure.error
        except Exception as unexpected:
            # The end of a thread is a true boundary: without this the page would wait for ever for a fact that nobody reads.
            error = FactError(
                f"{_title(job)} could not be read: {type(unexpected).__name__}: {unexpected}",
                "This is a mistake of the program. Please report it with the log.",
            )
        finally:
            limit.cancel()
        self._finish(job, value, error, began)

    def _expire(self, job: _Job, began: datetime) -> None:
        error = FactError(
            f"{_title(job)}: no answer within {job.reader.timeout:g} s",
            "Look at the network, VPN or proxy between this machine and what is asked, then read again.",
        )
        self._finish(job, None, error, began)

    def _finish(self, job: _Job, value: object | None, error: FactError | None, began: datetime) -> None:
        fact_id = job.reader.fact_id
        now = self._clock()
        with self._lock:
            if job.superseded.is_set() or self._jobs.get(fact_id) is not job:
                return
            job.superseded.set()
            del self._jobs[fact_id]
            reading = Reading(value, error, now, (now - began).total_seconds())
            self.facts = self.facts.with_reading(fact_id, reading)
            self._changed(FactRead(at=now, fact_id=fact_id, reading=reading))
        self._after()


def _title(job: _Job) -> str:
    return TITLES.get(job.reader.fact_id, job.reader.fact_id)
