"""Calls made side by side: in order, all of them, and never in the way of the end of the program."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial

import pytest

from strategies.resources.parallel import WIDTH, both, started, together


def test_results_come_in_order_and_calls_run_together() -> None:
    barrier = threading.Barrier(4, timeout=10)

    def call(number: int) -> int:
        barrier.wait()
        return number

    assert together([partial(call, number) for number in range(4)]) == [0, 1, 2, 3]
    assert together([lambda: 7]) == [7]
    assert together([partial(pow, number, 2) for number in range(3 * WIDTH)]) == [n * n for n in range(3 * WIDTH)]


def test_all_calls_are_made_and_the_first_in_order_that_raised_decides() -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        if number in (1, 3):
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        together([partial(call, number) for number in range(5)])
    assert sorted(made) == [0, 1, 2, 3, 4]


def test_two_calls_of_different_types() -> None:
    assert both(lambda: 1, lambda: "a") == (1, "a")
    second = threading.Event()
    with pytest.raises(KeyError):
        both(lambda: {}["x"], second.set)
    assert second.is_set()


def test_what_is_started_gives_its_result_or_what_it_raised() -> None:
    assert started(lambda: 3).result() == 3
    with pytest.raises(ZeroDivisionError):
        started(lambda: 1 / 0).result()


def test_a_call_that_never_ends_does_not_keep_the_program() -> None:
    program = "import threading; from strategies.resources.parallel import started; started(threading.Event().wait)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
