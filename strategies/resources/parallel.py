"""Calls that do not depend on each other, made side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    with ThreadPoolExecutor(max_workers=min(WIDTH, len(calls)), thread_name_prefix=_THREADS) as pool:
        futures = [pool.submit(call) for call in calls]
        return [future.result() for future in futures]


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """The same for two calls of different types. The first is made in the caller's own thread."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=_THREADS) as pool:
        later = pool.submit(second)
        return first(), later.result()
