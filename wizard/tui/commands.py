"""What the command palette offers besides Textual's own commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from wizard.flow import INFO, Step
from wizard.tui.widgets.modals import PromptModal

if TYPE_CHECKING:
    from wizard.tui.app import WizardApp


class WizardCommands(Provider):
    """Go to a page, read again, save the answers, copy the plan."""

    @property
    def _wizard(self) -> WizardApp:
        return cast("WizardApp", self.app)

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for name, help_text, run in self._commands():
            yield DiscoveryHit(name, run, help=help_text)

    async def search(self, query: str) -> Hits:
        """What fits."""
        matcher = self.matcher(query)
        for name, help_text, run in self._commands():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=help_text)

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        if self._wizard.session is None:
            return
        frame = self._wizard.frame
        for step in (Step.ENVIRONMENT, Step.STRATEGY, Step.DETAILS, Step.CHECKS, Step.PLAN):
            yield f"Go to {INFO[step].name}", INFO[step].heading, partial(self._wizard.call_later, frame.jump, step)
        yield "Read again", "Read everything again from AWS and the cluster", frame.action_reread
        yield "Save answers as…", "Write the answers to a file that replays them", self._save
        yield "Copy the plan as JSON", "The last plan, as `ezgitops plan --output json` prints it", self._copy_plan

    def _save(self) -> None:
        from wizard.tui.saving import save_answers, suggested_path

        session = self._wizard.session
        if session is None:
            return
        answers = session.complete()

        def save(given: str | None) -> None:
            if given is None:
                return
            path = Path(given).expanduser()
            problem = save_answers(path, answers, replace=self._wizard.saved_to)
            if problem is None:
                self._wizard.saved_to = path
                self._wizard.notify(f"Saved to {path}.", timeout=4)
            else:
                self._wizard.notify(problem, severity="error", timeout=8)

        self._wizard.push_screen(
            PromptModal("Save the answers", "It holds no secret, and can be replayed.", str(suggested_path(answers.name))), save
        )

    def _copy_plan(self) -> None:
        from wizard.tui.pages.plan import PlanPage

        page = self._wizard.frame.page
        plan = page.plan if isinstance(page, PlanPage) else self._wizard.plan_to_apply
        if plan is None:
            self._wizard.notify("There is no plan yet: go to the plan first.", severity="warning", timeout=4)
            return
        self._wizard.copy_to_clipboard(json.dumps(plan.to_json(), indent=2, default=str))
        self._wizard.notify("Copied.", timeout=2)
