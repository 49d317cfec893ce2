"""Which cluster this is for: what was found, and the few things that can be chosen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from wizard.flow import Step
from wizard.found import Finding, findings, read_at, seconds
from wizard.tui.pages.asking import AskingPage
from wizard.tui.theme import CHECK_MARKS, WAITING
from wizard.tui.wording import ago, duration

if TYPE_CHECKING:
    from textual.widget import Widget

_AGE_SECONDS = 5.0


class EnvironmentPage(AskingPage):
    """Profile, region, context, VPC and Argo CD instance, with what each of them led to."""

    DEFAULT_CSS = """
    EnvironmentPage #found { height: auto; padding: 0 1; margin-bottom: 1; }
    EnvironmentPage Field .hint { min-height: 0; }
    """
    step: ClassVar[Step] = Step.ENVIRONMENT

    def found(self) -> Sequence[Widget]:
        """The findings, under the fields that they come from."""
        return (Static("", id="found"),)

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
        return f"read {ago(datetime.now(UTC) - at)} in {duration(seconds(situation))} · r reads again"

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Fields and findings."""
        super().refresh_view(faults)
        lines = [_line(finding) for finding in findings(self.session.situation(), datetime.now(UTC))]
        self.query_one("#found", Static).update(Content("\n").join(lines))


def _line(finding: Finding) -> Content:
    mark = WAITING if finding.status is None else CHECK_MARKS[finding.status.value]
    line = Content.assemble((f"{mark.icon} ", mark.style), (f"{finding.title:<12}", "bold"), finding.text)
    return line + Content.styled(f" - {finding.remedy}", "$text-muted") if finding.remedy else line
