"""Every check, the worst first, with what was seen, what mends it, and the keys that do it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from wizard.tui.theme import CHECK_MARKS, WORK_MARKS
from wizard.tui.widgets.checks_panel import mark_of
from wizard.tui.widgets.lines import Lines
from wizard.tui.widgets.modals import ConfirmModal
from wizard.tui.wording import count

if TYPE_CHECKING:
    from strategies.base import CheckResult, Mend
    from wizard.engine.session import Session
    from wizard.tui.mending import Mending

_FOLDED = ("pass", "skipped")
_INDENT = " " * 10
_LONGEST_COMMAND = 200
"""A longer one stands under the check alone: the question is about what will be done."""


class ChecksList(Lines):
    """The results, live: ``refresh_view`` brings it in step with the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mend", "Mend", tooltip="Do what mends the check under the cursor, after saying what will be done."),
        Binding("y", "copy", "Copy", tooltip="Copy the command that mends the check under the cursor."),
        Binding(
            "a", "accept", "Accept",
            tooltip="Accept the warning under the cursor, or take that back. It is saved in the answers.",
        ),
        Binding("space", "fold", "More", tooltip="Show or hide the checks that passed."),
    ]  # fmt: skip

    def __init__(self, session: Session, mending: Mending) -> None:
        super().__init__()
        self._session, self._mending = session, mending
        self._unfolded = False
        self._shown: object = None

    def on_mount(self) -> None:
        """Fill it."""
        self.refresh_view()

    def refresh_view(self) -> None:
        """Show the results; the cursor stays on its check."""
        results = self._session.results()
        mended = tuple((result.check.id, said) for result in results if (said := self._mending.of(result.check.id)))
        seen = (results, self._accepted, self._unfolded, mended)
        if self._shown == seen:
            return
        self._shown = seen
        here = self.highlighted_option.id if self.highlighted_option is not None else None
        self.clear_options()
        self.add_options(self._entries(results))
        ids = [option.id for option in self.options]
        self.highlighted = ids.index(here) if here in ids else (0 if ids else None)
        self.refresh_bindings()

    def reveal(self, check_id: str) -> None:
        """Put the cursor on a check."""
        for place, option in enumerate(self.options):
            if option.id == check_id:
                self.highlighted = place

    def on_resize(self) -> None:
        """Wrap anew."""
        self._shown = None
        self.refresh_view()

    # --- keys ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        """The key that mends is shown where there is something that it can do."""
        return action != "mend" or self._mend() is not None

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Another check, other keys."""
        event.stop()
        self.refresh_bindings()

    def _mend(self) -> Mend | None:
        result = self._under_cursor()
        remedy = result.verdict.remedy if result is not None and not result.waiting else None
        return remedy.mend if remedy is not None else None

    def action_fold(self) -> None:
        """Show or hide what passed."""
        self._unfolded = not self._unfolded
        self.refresh_view()

    def action_accept(self) -> None:
        """Accept the warning under the cursor, or take that back."""
        result = self._under_cursor()
        if result is None or result.status.value != "warn":
            self.notify("Only a warning can be accepted; what blocks the apply has to be mended.", timeout=4)
            return
        accepted = [*self._accepted]
        if result.check.id in accepted:
            accepted.remove(result.check.id)
        else:
            accepted.append(result.check.id)
        self._session.edit("acceptWarnings", accepted or None)
        self.refresh_view()

    def action_copy(self) -> None:
        """Copy the remedy's command of the check under the cursor."""
        result = self._under_cursor()
        remedy = result.verdict.remedy if result is not None else None
        if remedy is None or remedy.command is None:
            self.notify("There is no command for this one.", timeout=3)
            return
        self.app.copy_to_clipboard(remedy.command)
        self.notify("Copied.", timeout=2)

    def action_mend(self) -> None:
        """Say what would be done about the check under the cursor, and do it once that is agreed to."""
        result, mend = self._under_cursor(), self._mend()
        if result is None or mend is None or result.verdict.remedy is None:
            return
        command = result.verdict.remedy.command

        def agreed(yes: bool | None) -> None:
            if yes:
                self._mending.start(result, mend)
                self.refresh_view()

        by_hand = command if command is not None and len(command) <= _LONGEST_COMMAND else None
        text = Content.assemble(mend.says, *((("\n\nBy hand:  ", "$quiet"), by_hand) if by_hand is not None else ()))
        self.app.push_screen(ConfirmModal(f"{mend.title}?", text, yes="Do it", no="Leave it"), agreed)

    # --- inside ---

    @property
    def _accepted(self) -> tuple[str, ...]:
        return tuple(self._session.complete().accept_warnings)

    def _under_cursor(self) -> CheckResult | None:
        option = self.highlighted_option
        return next((one for one in self._session.results() if option is not None and one.check.id == option.id), None)

    def _entries(self, results: Sequence[CheckResult]) -> list[Option]:
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

    def _entry(self, result: CheckResult) -> Content:
        mark = mark_of(result)
        lines = [
            Content.assemble(
                (f"{mark.icon} {mark.word:<8}", mark.style),
                (result.check.title, "bold"),
                (f"   from: {result.check.vantage.value}", "$quiet"),
                self._note(result),
            )
        ]
        if result.waiting:
            return lines[0]
        lines.append(Content(self._wrapped(result.verdict.evidence)))
        if result.status.value in ("fail", "warn"):
            lines.append(Content.styled(self._wrapped(result.check.why), "$quiet"))
        remedy = result.verdict.remedy
        if remedy is not None:
            lines.append(Content.styled(self._wrapped(f"→ {remedy.text}"), "$text-primary"))
            if remedy.command is not None:
                lines.append(self._keyed("y", f"$ {remedy.command}", "bold"))
            lines += self._about_mend(result, remedy.mend)
        return Content("\n").join(lines)

    def _note(self, result: CheckResult) -> tuple[str, str]:
        if result.status.value == "warn" and result.check.id in self._accepted:
            return ("   ✔ accepted", "$text-success")
        return ("   blocks", "$text-error") if result.blocks else ("", "")

    def _about_mend(self, result: CheckResult, mend: Mend | None) -> list[Content]:
        said = self._mending.of(result.check.id)
        if said is not None:
            mark = WORK_MARKS["running"]
            return [Content.styled(self._wrapped(f"{mark.icon} mending: {said}"), mark.style)]
        if mend is None:
            return []
        return [self._keyed("m", mend.title)]

    def _keyed(self, key: str, text: str, style: str = "") -> Content:
        """A key and what it does, each line of it under the first."""
        indent = f"{_INDENT}   "
        said = wrap(
            text,
            max(40, self.size.width - 4),
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
        )
        body = Content.styled("\n".join(said)[len(indent) :], style)
        return Content.assemble(_INDENT, (key, "bold $primary"), "  ") + body

    def _wrapped(self, text: str) -> str:
        width = max(40, self.size.width - 4)
        lines = [
            wrap(line, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
            for line in text.splitlines()
        ]
        return "\n".join(part for line in lines for part in line)
