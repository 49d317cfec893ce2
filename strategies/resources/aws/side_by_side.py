"""Independent calls at the same time: the time of the longest instead of the sum."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, overload

T = TypeVar("T")
U = TypeVar("U")

_AT_ONCE = 16


@overload
def side_by_side(first: Callable[[], T], second: Callable[[], U], /) -> tuple[T, U]: ...
@overload
def side_by_side(*calls: Callable[[], T]) -> tuple[T, ...]: ...
def side_by_side(*calls: Callable[[], object]) -> tuple[object, ...]:
    """The results of all calls in order. Raises what the first failing call raised, once all have ended."""
    if len(calls) < 2:
        return tuple(call() for call in calls)
    with ThreadPoolExecutor(min(_AT_ONCE, len(calls)), thread_name_prefix="aws") as pool:
        futures = [pool.submit(call) for call in calls]
    return tuple(future.result() for future in futures)
