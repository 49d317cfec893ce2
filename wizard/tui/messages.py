"""What threads tell the application."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from wizard.engine.events import Event
    from wizard.engine.session import Session
    from wizard.tui.drafts import DraftKeeper


class EngineEvent(Message):
    """Something that happened in the engine, on its way to the screen."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class SessionOpened(Message):
    """A session is ready for the pages."""

    def __init__(self, session: Session, keeper: DraftKeeper) -> None:
        super().__init__()
        self.session = session
        self.keeper = keeper


class DraftsFound(Message):
    """The drafts that can be gone on with: name, and when it was last changed."""

    def __init__(self, drafts: Sequence[tuple[str, datetime]]) -> None:
        super().__init__()
        self.drafts = drafts


class OpeningFailed(Message):
    """A draft or an answers file could not be opened: what the operator is told."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__()
        self.lines = lines
