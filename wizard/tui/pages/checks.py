"""Every check, the worst first, with what was seen and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import OptionList

from wizard.flow import Step
from wizard.tui.pages.base import WizardPage
from wizard.tui.widgets.checks_list import ChecksList


class ChecksPage(WizardPage):
    """The results, live. Being here is asking for checks: from now on what only the cluster can know is looked at too."""

    DEFAULT_CSS = """
    ChecksPage { overflow-y: hidden; }
    """
    step: ClassVar[Step] = Step.CHECKS

    def compose(self) -> ComposeResult:
        """The list."""
        yield ChecksList(self.session, self.wizard.mending)

    def on_mount(self) -> None:
        """Look at everything."""
        self.session.probe()

    def first_focus(self) -> None:
        """The list."""
        self.query_one(ChecksList).focus()

    @property
    def status(self) -> str:
        """How many are done."""
        results = self.session.results()
        waiting = sum(1 for result in results if result.waiting)
        running = f" · {waiting} running" if waiting else ""
        return f"{len(results) - waiting} of {len(results)} done{running} · r again"

    def refresh_view(self, faults: Mapping[str, str]) -> None:  # noqa: ARG002  # faults belong to fields
        """Show the results."""
        self.query_one(ChecksList).refresh_view()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter goes on."""
        event.stop()
        await self.forward()

    def reveal(self, key: str) -> None:
        """Put the cursor on the check that stands in the way; on the page of a question that does, the operator goes back."""
        self.query_one(ChecksList).reveal(key)
