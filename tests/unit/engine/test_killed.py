"""Killed at any instant, a run ends as one clean run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import pytest

from tests.fakes import FakeClock, FakeWorld
from tests.unit.engine.running import DIAMOND, ME
from wizard.engine.journal import Journal


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


class Guillotine(Journal):
    """A journal whose process dies at its n-th line, so before that call or right after it; from then on nothing runs."""

    def __init__(self, clock: FakeClock, at: int) -> None:
        super().__init__(None, clock=clock)
        self.at, self.count = at, 0
        self.guard = threading.Lock()

    def write(self, record: Mapping[str, object]) -> None:
        with self.guard:
            self.count += 1
            if self.count >= self.at:
                raise Killed


def _journal_lines() -> int:
    counted = 0

    def count(journal: Guillotine) -> None:
        nonlocal counted
        counted = journal.count

    _carried_out(FakeWorld(), lambda clock: Guillotine(clock, 10_000), count)
    return counted


def _carried_out(
    world: FakeWorld, make: Callable[[FakeClock], Guillotine], then: Callable[[Guillotine], None] = lambda _: None
) -> None:
    from wizard.engine.execution import Work, carry_out
    from wizard.engine.survey import survey

    journal = make(world.clock)
    seen = survey(world, ME, "codecommit", DIAMOND)
    carry_out(seen.steps, Work(ME, journal, lambda _: None, world.clock, world.clock.pause, threading.Event()))
    then(journal)


@pytest.mark.parametrize("at", range(1, _journal_lines() + 1))
def test_killed_at_any_line_of_the_journal_it_ends_as_one_clean_run(at: int) -> None:
    clean = FakeWorld()
    _carried_out(clean, lambda clock: Guillotine(clock, 10_000))
    world = FakeWorld()
    with pytest.raises(Killed):
        _carried_out(world, lambda clock: Guillotine(clock, at))
    _carried_out(world, lambda clock: Guillotine(clock, 10_000))
    assert world.state() == clean.state()
    creations = [c for c in world.calls if c[0] != "fake:Update"]
    assert sorted(creations) == sorted(clean.calls), "nothing twice, nothing left out"
