"""Every check, the worst first, with what was seen and what mends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wizard.flow import Step
from wizard.tui.pages.base import WizardPage
from wizard.tui.theme import CHECK_MARKS
from wizard.tui.widgets.checks_panel import mark_of
from wizard.tui.widgets.lines import Lines
from wizard.tui.wording import count

if TYPE_CHECKING:
    from strategies.base import CheckResult

_FOLDED = ("pass", "skipped")
_INDENT = " " * 10


class ChecksPage(WizardPage):
    """The results, live."""

    DEFAULT_CSS = """
    ChecksPage { overflow-y: hidden; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "Unfold", tooltip="Show or hide the checks that passed."),
        Binding(
            "a",
            "accept",
            "Accept",
            tooltip="Accept the warning under the cursor, or take that back. It is saved in the answers.",
        ),
        Binding("y", "copy", "Copy", tooltip="Copy the command that mends the check under the cursor."),
    ]
    step: ClassVar[Step] = Step.CHECKS

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self._unfolded = False
        self._shown: tuple[tuple[CheckResult, ...], frozenset[str], bool] | None = None

    def compose(self) -> ComposeResult:
        """The list."""
        yield Lines()

    def on_mount(self) -> None:
        """Fill it."""
        self.refresh_view({})

    def first_focus(self) -> None:
        """The list."""
        self.query_one(Lines).focus()

    @property
    def status(self) -> str:
        """How many are done."""
        results = self.session.results()
        waiting = sum(1 for result in results if result.waiting)
        running = f" · {waiting} running" if waiting else ""
        return f"{len(results) - waiting} of {len(results)} done{running} · r again"

    def refresh_view(self, faults: Mapping[str, str]) -> None:  # noqa: ARG002  # faults belong to fields
        """Show the results; the cursor stays on its check."""
        results = self.session.results()
        seen = (results, self._accepted, self._unfolded)
        if self._shown == seen:
            return
        self._shown = seen
        listing = self.query_one(Lines)
        here = listing.highlighted_option.id if listing.highlighted_option is not None else None
        listing.clear_options()
        listing.add_options(self._options(results))
        ids = [option.id for option in listing.options]
        listing.highlighted = ids.index(here) if here in ids else (0 if ids else None)

    def _options(self, results: Sequence[CheckResult]) -> list[Option]:
        open_ones = [result for result in results if result.waiting or result.status.value not in _FOLDED]
        options = [Option(self._entry(result), id=result.check.id) for result in open_ones]
        for status in _FOLDED:
            these = [result for result in results if not result.waiting and result.status.value == status]
            if not these:
                continue
            mark = CHECK_MARKS[status]
            sign = "▾" if self._unfolded else "▸"
            head = Content.assemble((f"{mark.icon} {mark.word:<8}", mark.style), f"{sign} {count(len(these), 'check')}")
            if not self._unfolded:
                names = ", ".join(result.check.title for result in these)
                head += Content.styled(f"\n{self._wrapped(names)}", "$quiet")
            options.append(Option(head, id=f"fold-{status}"))
            if self._unfolded:
                options += [Option(self._entry(result), id=result.check.id) for result in these]
        return options

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter goes on."""
        event.stop()
        await self.forward()

    def action_fold(self) -> None:
        """Show or hide what passed."""
        self._unfolded = not self._unfolded
        self.refresh_view({})

    @property
    def _accepted(self) -> frozenset[str]:
        return frozenset(self.session.complete().accept_warnings)

    def action_accept(self) -> None:
        """Accept the warning under the cursor, or take that back."""
        result = self._under_cursor()
        if result is None or result.status.value != "warn":
            self.notify("Only a warning can be accepted; what blocks the apply has to be mended.", timeout=4)
            return
        accepted = list(self.session.complete().accept_warnings)
        if result.check.id in accepted:
            accepted.remove(result.check.id)
        else:
            accepted.append(result.check.id)
        self.session.edit("acceptWarnings", accepted or None)
        self.frame.refresh_view()

    def reveal(self, key: str) -> None:
        """Put the cursor on the check that stands in the way; on the page of a question that does, the operator goes back."""
        listing = self.query_one(Lines)
        for place, option in enumerate(listing.options):
            if option.id == key:
                listing.highlighted = place

    def _under_cursor(self) -> CheckResult | None:
        option = self.query_one(Lines).highlighted_option
        return next((one for one in self.session.results() if option is not None and one.check.id == option.id), None)

    def action_copy(self) -> None:
        """Copy the remedy's command of the check under the cursor."""
        result = self._under_cursor()
        remedy = result.verdict.remedy if result is not None else None
        if remedy is None or remedy.command is None:
            self.notify("There is no command for this one.", timeout=3)
            return
        self.app.copy_to_clipboard(remedy.command)
        self.notify("Copied.", timeout=2)

    def _entry(self, result: CheckResult) -> Content:
        mark = mark_of(result)
        accepted = result.status.value == "warn" and result.check.id in self._accepted
        blocks = ("   blocks the apply", "$text-error") if result.blocks else ("", "")
        if accepted:
            blocks = ("   ✔ accepted", "$text-success")
        vantage = (f"   from: {result.check.vantage.value}", "$quiet")
        lines = [Content.assemble((f"{mark.icon} {mark.word:<8}", mark.style), (result.check.title, "bold"), vantage, blocks)]
        if result.waiting:
            return lines[0]
        lines.append(Content(self._wrapped(result.verdict.evidence)))
        if result.status.value in ("fail", "warn"):
            lines.append(Content.styled(self._wrapped(result.check.why), "$quiet"))
        remedy = result.verdict.remedy
        if remedy is not None:
            lines.append(Content.styled(self._wrapped(f"→ {remedy.text}"), "$text-primary"))
            if remedy.command is not None:
                lines.append(Content.assemble(f"{_INDENT}$ ", (remedy.command, "bold"), ("   y copies", "$quiet")))
        return Content("\n").join(lines)

    def _wrapped(self, text: str) -> str:
        width = max(40, self.size.width - 4)
        lines = [
            wrap(line, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
            for line in text.splitlines()
        ]
        return "\n".join(part for line in lines for part in line)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._shown = None
        self.refresh_view({})
