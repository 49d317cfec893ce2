"""The bare repository on this machine through which a mirror goes: it makes the second push a small one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

from strategies.ports import Execution, ResourceError
from strategies.resources.git.program import TRANSFER_TIMEOUT, GitError, GitLogin, GitProgram
from strategies.resources.git.progress import teller
from strategies.resources.git.refs import HEADS, TAGS, References, list_local

BATCH = 1000
"""References in one push: fewer than CodeCommit takes (``PUSH_LIMIT``) and an argument list holds."""
_LISTING_LIMIT = 1024**3


class LocalMirror:
    """One source's cache, held for as long as the context lasts so that two runs do not fetch into it at once.

    The folder is named after the URL and only its owner can look into it: it holds the source's whole history.
    """

    def __init__(self, git: GitProgram, cache: Path, source_url: str, run: Execution) -> None:
        self._git = git
        self._run = run
        self._folder = cache / f"{hashlib.sha256(source_url.encode()).hexdigest()[:20]}.git"
        self._lock: IO[str] | None = None

    def __enter__(self) -> LocalMirror:
        try:
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = _open_private(self._folder.with_suffix(".lock"))
        except OSError as error:
            why = error.strerror or str(error)
            remedy = "Make it writable, or set XDG_CACHE_HOME."
            raise ResourceError(f"Cannot use the folder {self._folder}", why, remedy) from error
        self._wait_for_lock(self._lock)
        # Nobody else is in here now: git's own lock files are those of a run that was killed, and would stop every later one.
        for stale in self._folder.rglob("*.lock"):
            stale.unlink(missing_ok=True)
        if not self._usable():
            # Nothing in it cannot be fetched again.
            shutil.rmtree(self._folder)
            self._folder.mkdir(mode=0o700)
            self._git.run(["init", "--quiet", "--bare", "."], folder=self._folder)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()

    def references(self) -> References:
        """The branches and tags that have arrived here."""
        return list_local(self._git, self._folder)

    def too_large(self, limit: int) -> str | None:
        """A file of the branches and tags here that is larger than ``limit`` bytes, by its path; None when there is none.

        Sizes are read from the packs' own headers. Raises GitError.
        """
        everything = ["cat-file", "--batch-all-objects", "--unordered"]
        sizes = self._git.run([*everything, "--batch-check=%(objectsize)"], folder=self._folder, timeout=TRANSFER_TIMEOUT)
        if max(map(int, sizes.split()), default=0) <= limit:
            return None
        named = self._git.output(
            [*everything, "--batch-check=%(objectsize) %(objectname)"],
            folder=self._folder,
            timeout=TRANSFER_TIMEOUT,
            limit=_LISTING_LIMIT,
        )
        pairs = (line.split() for line in named.decode().splitlines())
        return next((path for size, oid in pairs if int(size) > limit and (path := self._path(oid)) is not None), None)

    def fetch(self, url: str, login: GitLogin | None, run: Execution) -> None:
        """Bring every branch and tag of ``url`` here, and forget those that it no longer has. Raises GitError."""
        refspecs = [f"+{HEADS}*:{HEADS}*", f"+{TAGS}*:{TAGS}*"]
        # Without --no-tags, tags that only refs/pull reaches would come along on their own.
        arguments = ["fetch", "--progress", "--prune", "--no-tags", "--no-write-fetch-head", "--", url, *refspecs]
        doing = f"fetch from {urlsplit(url).hostname or url}"
        self._git.run(
            arguments, login=login, folder=self._folder, timeout=TRANSFER_TIMEOUT, on_line=teller(doing, run.progress, run.now)
        )

    def push(self, url: str, login: GitLogin | None, references: Sequence[str], run: Execution) -> None:
        """Make the target's references what they are here. Raises GitError."""
        self._send(url, login, [f"+{name}:{name}" for name in references], run)

    def delete(self, url: str, login: GitLogin | None, references: Sequence[str], run: Execution) -> None:
        """Remove references from the target. Raises GitError."""
        self._send(url, login, [f":{name}" for name in references], run)

    def batches(self, references: Sequence[str]) -> Iterator[Sequence[str]]:
        """The references in lots that one push can take."""
        for start in range(0, len(references), BATCH):
            yield references[start : start + BATCH]

    def _path(self, oid: str) -> str | None:
        """Where an object stands in the history; None for one that no reference reaches any more: it is not pushed."""
        asked = ["log", "--all", "-1", "--format=", "--name-only", f"--find-object={oid}"]
        return self._git.run(asked, folder=self._folder, timeout=TRANSFER_TIMEOUT).strip() or None

    def _usable(self) -> bool:
        try:
            self._git.run(["--git-dir=.", "rev-parse", "--git-dir"], folder=self._folder)
        except GitError:
            return False
        return True

    def _send(self, url: str, login: GitLogin | None, refspecs: list[str], run: Execution) -> None:
        doing = f"push to {urlsplit(url).hostname or url}"
        arguments = ["push", "--progress", "--no-verify", "--", url, *refspecs]
        self._git.run(
            arguments, login=login, folder=self._folder, timeout=TRANSFER_TIMEOUT, on_line=teller(doing, run.progress, run.now)
        )

    def _wait_for_lock(self, file: IO[str]) -> None:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._run.progress("another run is mirroring the same source", None)
                self._run.sleep(1.0)
            else:
                return


def _open_private(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")
