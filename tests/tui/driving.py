"""Drives the wizard as an operator does, and waits for what is to be seen instead of for a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from textual.events import Paste
from textual.pilot import Pilot

from wizard.flow import Step
from wizard.tui.app import WizardApp
from wizard.tui.pages.plan import PlanPage
from wizard.tui.run import WizardOutcome

SMALL, LARGE = (80, 24), (120, 40)
URL = "https://github.com/acme/cluster-config.git"
DEADLINE = 20.0


def text_of(app: WizardApp) -> str:
    """What stands on the screen."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


class Operator:
    """An operator in front of the wizard."""

    def __init__(self, app: WizardApp, pilot: Pilot[WizardOutcome]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def seen(self) -> str:
        """What is on the screen."""
        return text_of(self.app)

    async def until_done(self, seconds: float) -> None:
        """Wait for the last page as long as an apply may take."""
        await self.until(lambda: self.app.frame.step is Step.DONE, "the last page", seconds)

    async def until(self, condition: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
        """Wait until ``condition`` holds. Fails with what is on the screen when it does not in time."""
        end = monotonic() + seconds
        while not condition():
            if monotonic() > end:
                raise AssertionError(f"waited in vain for: {what}\n{self.seen}")
            await self.pilot.pause()
            await asyncio.sleep(0.01)

    async def sees(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        for text in texts:
            await self.until(lambda text=text: text in self.seen, text)  # type: ignore[misc]

    async def on(self, step: Step) -> None:
        """Wait until a page is shown and settled."""
        await self.until(lambda: self.app.frame.step is step and self.app.frame.page.is_mounted, f"page {step}")
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*text)

    def paste(self, text: str) -> None:
        """Paste a text into the focused field."""
        assert self.app.focused is not None
        self.app.focused.post_message(Paste(text))

    async def to(self, step: Step) -> None:
        """Walk to a page with the shortest answers, from the welcome page."""
        await self.until(lambda: self.app.frame.page.is_mounted, "the first page")
        if step is Step.WELCOME:
            return
        await self.sees("Set up a cluster")
        await self.press("enter")
        await self.on(Step.ENVIRONMENT)
        await self.read()
        if step is Step.ENVIRONMENT:
            return
        await self.press("ctrl+n")
        await self.on(Step.STRATEGY)
        if step is Step.STRATEGY:
            return
        await self.press("enter")
        await self.on(Step.DETAILS)
        if step is Step.DETAILS:
            return
        self.paste(URL)
        await self.until(lambda: self.draft("source.url") == URL, "the URL in the draft")
        await self.read()
        await self.press("enter")
        await self.on(Step.CHECKS)
        if step is Step.CHECKS:
            return
        await self.press("enter")
        await self.on(Step.PLAN)
        await self.until(lambda: isinstance(page := self.app.frame.page, PlanPage) and page.plan is not None, "the plan")
        await self.pilot.pause()

    async def apply(self) -> None:
        """Confirm the plan and wait for the last page."""
        await self.press("enter")
        await self.until(lambda: type(self.app.screen).__name__ == "ConfirmModal", "the question")
        await self.press("y")
        await self.on(Step.DONE)

    async def leave(self, *keys: str) -> WizardOutcome:
        """Press keys that end the wizard; gives how it ended."""
        for key in keys:
            if self.app.return_value is None:
                await self.pilot.press(key)
        end = monotonic() + DEADLINE
        while self.app.return_value is None:
            assert monotonic() < end, self.seen
            await asyncio.sleep(0.01)
        return self.app.return_value

    async def read(self) -> None:
        """Wait until nothing is being read and the screen shows it."""
        session = self.app.session
        assert session is not None
        await self.until(lambda: not session.reading(), "the readings")
        self.app.frame.refresh_view()
        await self.pilot.pause()

    def draft(self, key: str) -> object:
        """What the draft holds for a key."""
        assert self.app.session is not None
        return self.app.session.draft.get(key)


@asynccontextmanager
async def operating(app: WizardApp, size: tuple[int, int] = SMALL) -> AsyncIterator[Operator]:
    """Run the wizard in a terminal of this size."""
    async with app.run_test(size=size, notifications=True) as pilot:
        yield Operator(app, pilot)
