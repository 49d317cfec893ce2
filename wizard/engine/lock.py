"""One run at a time for one instance in one place (account, region, cluster) on this machine.

The kernel lets go of the lock when the process ends, however it ends; the file stays behind and means nothing by itself.
Two operators on two machines are not kept apart by it: the plan's fingerprint and the owner's marks are what protects them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class LockedError(Exception):
    """Another run holds the lock. ``holder`` says which, as far as it is known."""

    def __init__(self, instance: str, holder: str) -> None:
        super().__init__(f"another run is working on {instance}: {holder}")
        self.instance = instance
        self.holder = holder


def place_name(place: Sequence[str | None]) -> str:
    """A folder name for one place, so that instances of the same name in two places do not wait for each other."""
    return hashlib.sha256(json.dumps(list(place)).encode()).hexdigest()[:12]


@contextmanager
def locked(path: Path, instance: str, *, clock: Callable[[], datetime]) -> Iterator[None]:
    """Hold the lock of an instance. Raises LockedError at once when somebody else does."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(instance, _holder(file)) from None
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": clock().isoformat(timespec="seconds")}
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(me).encode(), 0)
        yield
    finally:
        os.close(file)


def _holder(file: int) -> str:
    try:
        held = json.loads(os.pread(file, 4096, 0))
        return f"process {held['pid']} on {held['host']}, since {held['since']}"
    except (ValueError, KeyError, TypeError):
        return "a process that has only just begun"
