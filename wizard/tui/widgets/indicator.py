"""When to say that something is under way: not for what is over at once, and never for a mere blink."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.timer import Timer

DELAY = 0.1
"""Seconds of work that nobody is told of. Up to this an answer is felt as immediate (Nielsen, Usability Engineering, 5.5)."""
LEAST = 1.0
"""Seconds that an indicator stays once it is shown, so that it can be read."""


class Indicator:
    """Follows one piece of work that may take long."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """``clock`` gives seconds that never run backwards."""
        self._clock = clock
        self._since: float | None = None
        self._shown: float | None = None
        self._timer: Timer | None = None

    @property
    def shown(self) -> bool:
        """True while the operator is to be told of the work."""
        return self._shown is not None

    def look(self, busy: bool) -> bool:
        """Note whether the work is under way now; gives ``shown``."""
        now = self._clock()
        if not busy:
            self._since = None
            if self._shown is not None and now - self._shown >= LEAST:
                self._shown = None
        else:
            self._since = now if self._since is None else self._since
            if self._shown is None and now - self._since >= DELAY:
                self._shown = now
        return self.shown

    def due(self) -> float | None:
        """Seconds until ``look`` may give another answer by itself; None when only the work can change it."""
        now = self._clock()
        if self._since is not None:
            return None if self.shown else max(0.0, DELAY - (now - self._since))
        return None if self._shown is None else max(0.0, LEAST - (now - self._shown))

    def follow(self, node: MessagePump, busy: bool, again: Callable[[], object]) -> bool:
        """``look``, and have ``again`` called on the node when the answer may be another one."""
        shown = self.look(busy)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        due = self.due()
        if due is not None:
            self._timer = node.set_timer(max(due, 0.01), again)
        return shown
