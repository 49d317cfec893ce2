"""The first page: start anew, from an answers file, from a draft, or in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wizard.exitcodes import ExitCode
from wizard.flow import Step
from wizard.tui.pages.base import WizardPage
from wizard.tui.run import WizardOutcome
from wizard.tui.wording import ago

_INTRODUCTION = (
    "A cluster with egress zero cannot reach GitHub. ezgitops gives it a Git repository that Argo CD can sync from: "
    "it looks at your AWS account and your cluster, checks what is needed, shows a plan, and carries it out. "
    "Nothing is changed before you say yes."
)
_DRAFTS_SHOWN = 3


class WelcomePage(WizardPage):
    """Where to begin."""

    DEFAULT_CSS = """
    WelcomePage #introduction { height: auto; margin: 0 1 1 1; max-width: 90; color: $text-muted; }
    WelcomePage OptionList { height: auto; max-height: 16; border: none; background: transparent; max-width: 90; }
    WelcomePage #file { margin: 0 1; max-width: 90; background: $surface; display: none; }
    WelcomePage #faults { margin: 1 1; height: auto; color: $text-error; max-width: 90; }
    """
    step: ClassVar[Step] = Step.WELCOME

    def __init__(self) -> None:
        super().__init__()
        self._opening = False

    @property
    def forward_label(self) -> str | None:
        """The list itself says what can be done."""
        return "Start" if not self._opening else "Opening…"

    def compose(self) -> ComposeResult:
        """The ways to begin. Drafts are added once they are known."""
        yield Static(_INTRODUCTION, id="introduction")
        yield OptionList(*self._options(()), compact=True)
        yield Input(placeholder="path of an answers file, for example prod-east.ezgitops.yaml", id="file", compact=True)
        yield Static("", id="faults")

    def on_mount(self) -> None:
        """With an answers file on the command line there is nothing to choose. Who comes back has a draft to go on with."""
        self.first_focus()
        if self.wizard.session is not None:
            self.wizard.find_drafts()
        elif self.wizard.answers_file is not None:
            self._open(self.wizard.answers_file)

    def first_focus(self) -> None:
        """The list."""
        self.query_one(OptionList).focus()

    def offer_drafts(self, drafts: Sequence[tuple[str, datetime]]) -> None:
        """Put the newest drafts on top of the list: most who come back want to go on."""
        options = self.query_one(OptionList)
        moved_to = options.highlighted_option.id if options.highlighted_option is not None and options.highlighted else None
        options.clear_options()
        options.add_options(self._options(sorted(drafts, key=lambda draft: draft[1], reverse=True)[:_DRAFTS_SHOWN]))
        options.highlighted = options.get_option_index(moved_to) if moved_to is not None else 0

    def show_faults(self, lines: Sequence[str]) -> None:
        """Say why a file or a draft could not be opened."""
        self._opening = False
        shown = [*lines[:8], *([f"and {len(lines) - 8} more: `ezgitops check -f FILE` shows all"] if len(lines) > 8 else [])]
        self.query_one("#faults", Static).update(Content("\n".join(f"✖ {line}" for line in shown)))
        self.frame.refresh_view()

    def _options(self, drafts: Sequence[tuple[str, datetime]]) -> list[Option]:
        now = self.wizard.clock()
        options = [
            Option(_entry(f"Go on with {name}", f"a draft, last changed {ago(now - changed)}"), id=f"draft:{name}")
            for name, changed in drafts
        ]
        options += [
            Option(_entry("Set up a cluster", "read the environment, choose a strategy, see the plan"), id="new"),
            Option(_entry("Open an answers file", "go through what another run has saved, and apply it again"), id="file"),
        ]
        if self.wizard_offers_sandbox():
            options.append(
                Option(
                    _entry("Try it in the sandbox", "a small world on this machine; needs no account and no cluster"),
                    id="sandbox",
                )
            )
        return options

    def wizard_offers_sandbox(self) -> bool:
        """Whether the sandbox is on the list."""
        return self.wizard.sandbox_offered

    async def forward(self) -> None:
        """The button does what Enter does on the highlighted line."""
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        chosen = event.option.id or ""
        if chosen == "sandbox":
            self.wizard.finish(WizardOutcome("sandbox", ExitCode.DONE))
        elif chosen == "file":
            entry = self.query_one("#file", Input)
            entry.display = True
            entry.focus()
        elif chosen == "new":
            self._open(None)
        else:
            self._open(chosen.removeprefix("draft:"))

    @on(Input.Submitted, "#file")
    def _file_given(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._open(Path(event.value.strip()).expanduser())

    def _open(self, source: str | Path | None) -> None:
        if self._opening:
            return
        self._opening = True
        self.query_one("#faults", Static).update("")
        if isinstance(source, Path):
            self.wizard.answers_file = source
        self.wizard.open_session(source)
        self.frame.refresh_view()


def _entry(title: str, note: str) -> Content:
    return Content.assemble((title, "bold"), "\n", (f"  {note}", "$quiet"))
