"""Carries out steps: what can run together does, each mutating call is journalled, a failure stops only its dependents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from graphlib import TopologicalSorter
from typing import TypeAlias

from strategies.base import Action, Json, Owner, Ref
from strategies.ports import CancelledByOperatorError, ResourceError
from wizard.engine.events import ApplyComplete, ApplyErrored, ApplyProgress, ApplySkipped, ApplyStart, Sink
from wizard.engine.journal import Journal
from wizard.engine.survey import Step

Pause: TypeAlias = Callable[[float, threading.Event], None]
"""Waits so many seconds, or until the event is set."""

_ATTEMPTS = 6
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 20.0
_WORKERS = 32


def real_pause(seconds: float, stop: threading.Event) -> None:
    """Wait on the event itself, so that a stop ends the wait at once."""
    stop.wait(seconds)


class Ending(Enum):
    """How one step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class Work:
    """What all steps of one apply share. ``outputs`` are those of each address, as they become known."""

    owner: Owner
    journal: Journal
    emit: Sink
    clock: Callable[[], datetime]
    pause: Pause
    stop: threading.Event
    outputs: dict[str, Mapping[str, str]] = field(default_factory=dict)


class StepRun:
    """``ports.Execution`` for one step."""

    def __init__(self, work: Work, address: str) -> None:
        self._work, self._address = work, address
        self._began = work.clock()
        self.owner = work.owner

    @contextmanager
    def mutation(self, call: str, arguments: Mapping[str, Json]) -> Iterator[None]:
        """Journal the call before and after it; a stop asked for is heeded before, never in the middle."""
        self._heed()
        with self._work.journal.mutation(self._address, call, arguments):
            yield

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell what is being waited for."""
        event = ApplyProgress(at=self.now(), address=self._address, message=message, fraction=fraction, seconds=self.seconds())
        self._work.emit(event)

    def sleep(self, seconds: float) -> None:
        """Wait, unless the operator asks to stop."""
        self._heed()
        self._work.pause(seconds, self._work.stop)
        self._heed()

    def now(self) -> datetime:
        """The present time."""
        return self._work.clock()

    def output(self, ref: Ref) -> str:
        """An output of a step that this one depends on. Raises KeyError where the strategy declared no such dependency."""
        return self._work.outputs[ref.address][ref.output]

    def seconds(self) -> float:
        """Seconds since the step began."""
        return (self.now() - self._began).total_seconds()

    def _heed(self) -> None:
        if self._work.stop.is_set():
            raise CancelledByOperatorError


def carry_out(steps: Sequence[Step], work: Work) -> dict[str, Ending]:
    """Carry out the steps and say how each ended. Returns once every call under way has come back."""
    by_address = {step.change.address: step for step in steps}
    endings: dict[str, Ending] = {}
    sorter = TopologicalSorter({step.change.address: step.change.depends_on for step in steps})
    sorter.prepare()
    running: dict[Future[Ending], str] = {}
    with ThreadPoolExecutor(max_workers=min(_WORKERS, len(steps)) or 1) as pool:
        while sorter.is_active():
            # What needs no work frees its dependents at once: nothing waits for a call under way that it does not need.
            while ready := sorter.get_ready():
                for address in ready:
                    step = by_address[address]
                    ending = _without_work(step, endings, by_address, work)
                    if ending is None:
                        running[pool.submit(_one, step, work)] = address
                    else:
                        endings[address] = ending
                        sorter.done(address)
            if running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    address = running.pop(future)
                    endings[address] = future.result()
                    sorter.done(address)
    return endings


def _without_work(step: Step, endings: Mapping[str, Ending], steps: Mapping[str, Step], work: Work) -> Ending | None:
    """The ending of a step that needs no thread, or None."""
    change = step.change
    bad = next((d for d in change.depends_on if endings[d] is not Ending.DONE), None)
    if bad is not None and change.action is not Action.NONE:
        how = "failed" if endings[bad] is Ending.FAILED else "was not begun"
        return _skip(step, f"needs {steps[bad].change.title}, which {how}", work)
    if change.action is Action.NONE:
        if step.observed is not None:
            work.outputs[change.address] = step.observed.outputs
        return Ending.DONE
    if work.stop.is_set():
        return _skip(step, "stopped by the operator", work)
    return None


def _skip(step: Step, reason: str, work: Work) -> Ending:
    work.emit(ApplySkipped(at=work.clock(), address=step.change.address, reason=reason))
    return Ending.SKIPPED


def _one(step: Step, work: Work) -> Ending:
    change = step.change
    run = StepRun(work, change.address)
    work.emit(ApplyStart(at=run.now(), change=change))
    try:
        work.outputs[change.address] = _persistently(step, run)
    except CancelledByOperatorError:
        return _skip(step, "stopped by the operator", work)
    except ResourceError as error:
        work.emit(_errored(change.address, error, run))
        return Ending.FAILED
    except OSError as error:
        why = error.strerror or str(error)
        remedy = "Mend that on this machine (disk space, rights of the state folder), then run it again: it goes on."
        work.emit(_errored(change.address, ResourceError(f"{change.title} was not carried out", why, remedy), run))
        return Ending.FAILED
    except Exception as unexpected:
        # The end of a thread is a true boundary: raised on, this would hide how everything else ended.
        why = f"{type(unexpected).__name__}: {unexpected}"
        remedy = "This is a mistake of the program. Please report it with the log; run it again to go on."
        work.emit(_errored(change.address, ResourceError(f"{change.title} was not carried out", why, remedy), run))
        return Ending.FAILED
    work.emit(ApplyComplete(at=run.now(), address=change.address, action=change.action.value, seconds=run.seconds()))
    return Ending.DONE


def _persistently(step: Step, run: StepRun) -> Mapping[str, str]:
    """Do the step, again with growing pauses while the service says that another attempt may work."""
    pause = _FIRST_PAUSE
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _act(step, run)
        except ResourceError as error:
            if not error.retryable or attempt == _ATTEMPTS:
                raise
            run.progress(f"{error.why}; again in {pause:g} s ({attempt} of {_ATTEMPTS - 1})")
        run.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    raise AssertionError  # the last attempt returns or raises


def _act(step: Step, run: StepRun) -> Mapping[str, str]:
    resource, observed, action = step.change.resource, step.observed, step.change.action
    if action is Action.DELETE and observed is not None:
        step.handler.delete(observed, run)
        return {}
    if resource is None:
        message = f"{step.change.address}: {action.value} needs a resource"
        raise ValueError(message)
    if action is Action.REPLACE and observed is not None:
        step.handler.delete(observed, run)
        return step.handler.create(resource, run)
    if action is Action.CREATE or observed is None:
        return step.handler.create(resource, run)
    return step.handler.update(resource, observed, run)


def _errored(address: str, error: ResourceError, run: StepRun) -> ApplyErrored:
    return ApplyErrored(
        at=run.now(), address=address, what=error.what, why=error.why, remedy=error.remedy, seconds=run.seconds()
    )
