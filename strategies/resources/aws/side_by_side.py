"""Two calls of different types at the same time; ``strategies.resources.parallel`` has the form for many of one type."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def both(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Both results. Raises what the first raised, else what the second raised, once both have ended."""
    with ThreadPoolExecutor(1, thread_name_prefix="ezgitops-read") as pool:
        later = pool.submit(second)
        return first(), later.result()
