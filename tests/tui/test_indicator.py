"""An indicator says nothing of what is over at once, and can be read once it is shown."""

from __future__ import annotations

import pytest

from wizard.tui.widgets.indicator import DELAY, LEAST, Indicator


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_over_at_once_is_never_shown() -> None:
    clock = Clock()
    indicator = Indicator(clock)
    assert not indicator.look(True)
    assert indicator.due() == DELAY
    clock.now += DELAY / 2
    assert not indicator.look(True)
    assert not indicator.look(False)
    assert indicator.due() is None
    clock.now += 10
    assert not indicator.look(True), "the second piece of work has its own delay"


def test_what_takes_long_is_shown_until_it_ends() -> None:
    clock = Clock()
    indicator = Indicator(clock)
    indicator.look(True)
    clock.now += DELAY
    assert indicator.look(True)
    assert indicator.due() is None
    clock.now += LEAST * 3
    assert indicator.look(True)
    assert not indicator.look(False)


def test_once_shown_it_stays_long_enough_to_be_read() -> None:
    clock = Clock()
    indicator = Indicator(clock)
    indicator.look(True)
    clock.now += DELAY
    indicator.look(True)
    clock.now += LEAST / 4
    assert indicator.look(False)
    assert indicator.due() == pytest.approx(LEAST * 3 / 4)
    assert indicator.look(True), "work that begins again meanwhile goes on being shown"
    assert indicator.look(False)
    clock.now += LEAST
    assert not indicator.look(False)
