"""Opens a draft, and saves it as it changes, without ever making the keyboard wait for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.answers.draft import Draft, DraftStore

UNNAMED = "new"
"""Name of a draft whose instance is not known yet."""


class OpeningError(Exception):
    """There is no draft to go on with; ``lines`` say why."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def opened(store: DraftStore, source: str | Path | None, prepare: Callable[[Draft], None] | None) -> Draft:
    """A draft: an empty one, that of an answers file (a path), or one that was kept (its name), which is not prepared again.

    Raises OpeningError with every fault of the file, or when the kept draft cannot be read.
    """
    from wizard.answers.document import load
    from wizard.answers.draft import Draft
    from wizard.answers.faults import AnswersError

    if isinstance(source, str):
        kept = store.load(source)
        if kept is None:
            raise OpeningError(f"The draft {source} is damaged or gone; start anew.")
        return kept
    try:
        draft = Draft() if source is None else load(source).draft()
        if prepare is not None:
            prepare(draft)
    except AnswersError as error:
        raise OpeningError(*(str(fault) for fault in error.faults)) from error
    return draft


class DraftKeeper:
    """Writes the newest state of one draft in a thread of its own; states that were overtaken meanwhile are left out."""

    def __init__(self, store: DraftStore, *, name: str | None = None) -> None:
        """``name`` is the draft that was resumed, None for a new one."""
        self._store = store
        self._name = name
        self._taken = {taken for taken, _ in store.list()} - {name}
        self._pending: tuple[str, Draft] | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._writing = False
        self._thread = threading.Thread(target=self._write_on, name="drafts", daemon=True)
        self._thread.start()

    def save(self, draft: Draft, instance: str | None) -> None:
        """Have this state written. ``instance`` names the draft as soon as it is known."""
        with self._changed:
            self._pending = (self._free(instance or UNNAMED), draft.copy())
            self._changed.notify_all()

    def flushed_name(self) -> str | None:
        """Have everything written, and give the name under which it is kept; None when there is nothing."""
        self.flush()
        with self._changed:
            return self._name

    def flush(self, timeout: float = 2.0) -> bool:
        """Wait until everything is written; False when that took longer than ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._pending is None and not self._writing, timeout)

    def discard(self) -> None:
        """Forget the draft: what it held has been applied and saved as answers."""
        self.flush()
        with self._changed:
            if self._name is not None:
                self._store.discard(self._name)
                self._name = None

    def close(self) -> None:
        """Write what is left and stop."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(2.0)

    def _free(self, wanted: str) -> str:
        if self._name is not None and (wanted == UNNAMED or self._name == wanted or self._name.startswith(f"{wanted}~")):
            return self._name
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}~{number}", number + 1
        return name

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._pending is not None)
                if self._pending is None:
                    return
                (name, draft), self._pending, self._writing = self._pending, None, True
            try:
                self._store.save(name, draft)
                if self._name is not None and self._name != name:
                    self._store.discard(self._name)
            finally:
                with self._changed:
                    self._name, self._writing = name, False
                    self._changed.notify_all()
