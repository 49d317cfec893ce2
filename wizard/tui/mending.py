"""What one key mends, in the background: told of while it goes on, and its end said wherever the operator is by then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from strategies.base import CheckResult, Mend
    from wizard.engine.events import Event, Sink
    from wizard.engine.session import Session


class Mended(Message):
    """A mend has ended. ``problem`` says why it failed and what to do; None when it was done."""

    def __init__(self, title: str, problem: str | None) -> None:
        super().__init__()
        self.title = title
        self.problem = problem


class Mending:
    """The mends of one session. ``tell`` is called from threads with what happens, ``ended`` once with how it ended."""

    def __init__(self, session: Session, *, tell: Sink, ended: Callable[[Mended], object]) -> None:
        self._session, self._tell, self._ended = session, tell, ended
        self._under_way: dict[str, str] = {}
        self._stop = threading.Event()

    def of(self, check_id: str) -> str | None:
        """What is said of the mend of this check; None while there is none under way."""
        return self._under_way.get(check_id)

    def start(self, result: CheckResult, mend: Mend) -> None:
        """Begin, unless this check is being mended already."""
        if result.check.id in self._under_way:
            return
        self._under_way[result.check.id] = "begun"
        threading.Thread(target=self._run, args=(result.check.id, mend), name=f"mend {result.check.id}", daemon=True).start()

    def stop(self) -> None:
        """Let the calls under way end and begin no other."""
        self._stop.set()

    def _run(self, check_id: str, mend: Mend) -> None:
        problem: str | None = None
        try:
            self._session.mend(mend, sink=lambda event: self._heard(check_id, event), stop=self._stop)
        except Exception as error:
            # The end of a thread is a true boundary: an error that is raised on here would be told to nobody.
            problem = _told(error)
        finally:
            self._under_way.pop(check_id, None)
        self._ended(Mended(mend.title, problem))

    def _heard(self, check_id: str, event: Event) -> None:
        from wizard.engine.events import ApplyProgress

        if isinstance(event, ApplyProgress):
            self._under_way[check_id] = event.message
        self._tell(event)


def _told(error: Exception) -> str:
    from strategies.ports import CancelledByOperatorError, ResourceError
    from wizard.engine.lock import LockedError

    match error:
        case ResourceError():
            return f"{error.why} {error.remedy}"
        case LockedError():
            return f"{error}. Try again when it has ended."
        case CancelledByOperatorError():
            return "stopped; what was begun stays."
        case OSError():
            return f"{error.strerror or error}: {error.filename or ''}"
        case _:
            return f"{type(error).__name__}: {error}. This is a mistake of the program. Please report it with the log."
