"""What every page is: a scrolling column that is filled from the session, and knows what Enter means on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, cast, runtime_checkable

from textual.containers import VerticalScroll
from textual.content import Content

from wizard.flow import INFO, Step

if TYPE_CHECKING:
    from wizard.engine.events import Event
    from wizard.engine.session import Session
    from wizard.tui.app import WizardApp
    from wizard.tui.screen import WizardScreen


@runtime_checkable
class Described(Protocol):
    """A widget of which there is something to say while it has the focus."""

    def about(self, *, whole: bool) -> Content:
        """What is said: for the lines below the page, or ``whole`` for the help."""


class WizardPage(VerticalScroll):
    """A page of the wizard. Its widgets hold nothing that the session does not: it can be built anew at any time."""

    DEFAULT_CSS = """
    WizardPage { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    step: ClassVar[Step]
    can_focus = False

    @property
    def wizard(self) -> WizardApp:
        """The application."""
        return cast("WizardApp", self.app)

    @property
    def frame(self) -> WizardScreen:
        """The screen around the page."""
        return cast("WizardScreen", self.screen)

    @property
    def session(self) -> Session:
        """The session. Pages after the welcome page are shown only once there is one."""
        session = self.wizard.session
        if session is None:
            raise RuntimeError("a page was shown before there was a session")
        return session

    @property
    def heading(self) -> str:
        """The question that the page settles."""
        return INFO[self.step].heading

    @property
    def status(self) -> str:
        """What stands at the right of the heading, as markup-free text."""
        return ""

    @property
    def failed(self) -> bool:
        """True when the step before this page did not succeed."""
        return False

    @property
    def forward_label(self) -> str | None:
        """What the button that goes on says; None hides it."""
        place = list(Step).index(self.step) + 1
        return INFO[list(Step)[place]].name

    def first_focus(self) -> None:
        """Put the focus where the operator starts."""

    def reveal(self, key: str) -> None:
        """Lead the operator to what stands in the way: the key of a question or the id of a check."""

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Show the session as it is now. ``faults`` are the draft's, by key. Called often; must be cheap."""

    def on_engine_event(self, event: Event) -> None:
        """Look at one event of the stream, before ``refresh_view``."""

    def blocked(self) -> str | None:
        """Why going on is not possible, beyond what the flow says."""
        return None

    async def forward(self) -> None:
        """Enter, or the button: go on to the next page."""
        await self.frame.advance()
