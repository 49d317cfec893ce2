"""Which cluster this is for: what was found, and the few things that can be chosen otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from wizard.flow import Step
from wizard.tui.pages.asking import AskingPage
from wizard.tui.widgets.checks_panel import mark_of
from wizard.tui.widgets.field import Field
from wizard.tui.widgets.indicator import Indicator
from wizard.tui.wording import ago, duration

if TYPE_CHECKING:
    from textual.widget import Widget

_AGE_SECONDS = 5.0
EGRESS_CHECK = "network.egress-zero"
"""The check that says whether the cluster has a way out: the reason why this program exists, so it is told on this page."""


class EnvironmentPage(AskingPage):
    """Profile, region, cluster, VPC and Argo CD instance, with what each of them led to."""

    DEFAULT_CSS = """
    EnvironmentPage #egress { height: auto; padding: 0 1; }
    """
    tight = True
    step: ClassVar[Step] = Step.ENVIRONMENT

    def found(self) -> Sequence[Widget]:
        """The finding that concerns the whole environment, on top: it is why one is here."""
        return (Static("", id="egress"),)

    def __init__(self) -> None:
        super().__init__()
        self._indicator = Indicator()

    def first_focus(self) -> None:
        """The first field: while nothing has been read yet, every field looks as if it were missing."""
        for field in self.query(Field):
            field.focus_control()
            return

    def on_mount(self) -> None:
        """Let the age of the reading tick."""
        self.set_interval(_AGE_SECONDS, self.frame.show_status)

    @property
    def status(self) -> str:
        """Age and duration of the reading."""
        readings = self.session.situation().facts.readings.values()
        busy = bool(self.session.reading()) or not readings
        if self._indicator.follow(self, busy, self.frame.show_status):
            return "reading…"
        if not readings:
            return ""
        age = self.wizard.clock() - min(reading.at for reading in readings)
        return f"read {ago(age)} in {duration(max(reading.seconds for reading in readings))} · r reads again"

    def refresh_view(self, faults: Mapping[str, str]) -> None:
        """Fields, and the finding."""
        super().refresh_view(faults)
        finding = next((result for result in self.session.results() if result.check.id == EGRESS_CHECK), None)
        self.query_one("#egress").display = finding is not None
        if finding is not None:
            mark = mark_of(finding)
            said = "reading…" if finding.waiting else finding.verdict.evidence
            shown = Content.assemble(("Way out  ", "$quiet"), (f"{mark.icon} ", mark.style), said)
            self.query_one("#egress", Static).update(shown)
