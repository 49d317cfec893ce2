"""Calls that do not depend on each other, made side by side.

In daemon threads, which a pool of the standard library does not have: a host that does not answer must not hold up the end of
the program.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

WIDTH = 16
"""How many calls run at once: what API servers and connection pools bear from one client."""

_THREADS = "ezgitops-read"


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of ``calls``, in order. All are made; the first that raised (in order) decides what is raised."""
    if len(calls) <= 1:
        return [call() for call in calls]
    futures: list[Future[T]] = [Future() for _ in calls]
    waiting = deque(zip(calls, futures, strict=True))
    for number in range(min(WIDTH, len(calls))):
        Thread(target=_work, args=(waiting,), name=f"{_THREADS}-{number}", daemon=True).start()
    wait(futures)
    return [future.result() for future in futures]


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The same for two calls of different types. The first is made in the caller's own thread."""
    later = started(second)
    try:
        return first(), later.result()
    finally:
        wait([later])


def started(call: Callable[[], T]) -> Future[T]:
    """A call that is made meanwhile: its result, or what it raised, is the future's."""
    future: Future[T] = Future()
    Thread(target=_work, args=(deque([(call, future)]),), name=_THREADS, daemon=True).start()
    return future


def _work(waiting: deque[tuple[Callable[[], T], Future[T]]]) -> None:
    while True:
        try:
            call, future = waiting.popleft()
        except IndexError:
            return
        try:
            future.set_result(call())
        except BaseException as error:  # raised again where the result is asked for
            future.set_exception(error)
