"""Every check over the page: for a terminal too narrow for the panel, and to mend what stands in the way of the page itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList

from wizard.tui.widgets.checks_list import ChecksList
from wizard.tui.wording import count

if TYPE_CHECKING:
    from wizard.engine.session import Session
    from wizard.tui.mending import Mending


class ChecksModal(ModalScreen[None]):
    """The list of the checks page, with the same keys."""

    DEFAULT_CSS = """
    ChecksModal { align: center top; }
    ChecksModal > Vertical { width: 100%; height: 1fr; background: $surface; border: round $primary; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,c,q", "dismiss", "Close", key_display="esc"),
        Binding("r,f5", "reread", "Reread", key_display="r"),
    ]

    def __init__(self, session: Session, mending: Mending) -> None:
        super().__init__()
        self._session, self._mending = session, mending

    def compose(self) -> ComposeResult:
        """The list in a box."""
        with Vertical() as box:
            box.border_title = count(len(self._session.results()), "check")
            yield ChecksList(self._session, self._mending)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.query_one(ChecksList).focus()

    def refresh_view(self) -> None:
        """Show the session as it is now."""
        self.query_one(ChecksList).refresh_view()

    def action_reread(self) -> None:
        """Read every fact again."""
        self._session.refresh()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter closes."""
        event.stop()
        self.dismiss()
