"""Ctrl-C while something is being changed: the calls under way end, and nothing else begins."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click


@contextmanager
def stoppable(cancel: threading.Event) -> Iterator[None]:
    """Inside, Ctrl-C and SIGTERM set ``cancel`` in the place of ending the program."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not cancel.is_set():
            cancel.set()
            click.echo("\nStopping after the calls now under way; nothing is lost, run it again to go on.", err=True)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
