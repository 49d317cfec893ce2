"""What should be synced, and under which names."""

from __future__ import annotations

from typing import ClassVar

from wizard.flow import Step
from wizard.tui.pages.asking import AskingPage


class DetailsPage(AskingPage):
    """The questions of the chosen strategy."""

    step: ClassVar[Step] = Step.DETAILS
