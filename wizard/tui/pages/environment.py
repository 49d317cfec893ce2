"""Which cluster this is for: what was found, and the few things that can be chosen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from wizard.flow import Step
from wizard.found import findings, read_at, seconds
from wizard.tui.pages.asking import AskingPage
from wizard.tui.theme import CHECK_MARKS, WAITING
from wizard.tui.wording import ago, duration

if TYPE_CHECKING:
    from textual.widget import Widget

_AGE_SECONDS = 5.0


class EnvironmentPage(AskingPage):
    """Profile, region, context, VPC and Argo CD instance, with what each of them led to."""

    DEFAULT_CSS = """
    EnvironmentPage #found { height: auto; padding: 0 1; margin: 1 0; }
    EnvironmentPage #found Horizontal { height: auto; }
    EnvironmentPage .finding-title { width: 24; height: 1; }
    EnvironmentPage .finding-text { width: 1fr; height: auto; }
    """
    tight = True
    step: ClassVar[Step] = Step.ENVIRONMENT

    def found(self) -> Sequence[Widget]:
        """The findings, under the fields that they come from."""
        rows = [
            Horizontal(Static(classes="finding-title"), Static(classes="finding-text"))
            for _ in findings(self.session.situation(), self.wizard.clock())
        ]
        return (Vertical(*rows, id="found"),)

    def on_mount(self) -> None:
        """Let the age of the reading tick."""
        self.set_interval(_AGE_SECONDS, self.wizard.refresh_soon)

    @property
    def status(self) -> str:
        """Age of the reading."""
        situation = self.session.situation()
        at = read_at(situation)
        if at is None:
            return "reading…"
        return f"read {ago(self.wizard.clock() - at)} in {duration(seconds(situation))} · r reads again"

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Fields and findings."""
        super().refresh_view(faults)
        rows = self.query("#found Horizontal").results(Horizontal)
        for row, finding in zip(rows, findings(self.session.situation(), self.wizard.clock()), strict=True):
            mark = WAITING if finding.status is None else CHECK_MARKS[finding.status.value]
            title, text = row.query(Static).results(Static)
            title.update(Content.assemble((f"{mark.icon} ", mark.style), (finding.title, "bold")))
            text.update(Content(finding.text) + Content.styled(f" - {finding.remedy}" if finding.remedy else "", "$quiet"))
