"""The one screen of the wizard: rail, heading, page, checks beside it or a tally under it, buttons, keys."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Button, Footer, Static

from wizard.flow import Obstacle, Step, obstacles, preceding, reachable
from wizard.tui.pages.base import Described, WizardPage
from wizard.tui.pages.welcome import WelcomePage
from wizard.tui.widgets.rail import Rail

if TYPE_CHECKING:
    from wizard.engine.events import Event
    from wizard.tui.app import WizardApp

MIN_WIDTH, MIN_HEIGHT = 80, 24
_PAGES = {
    Step.ENVIRONMENT: ("environment", "EnvironmentPage"),
    Step.STRATEGY: ("strategy", "StrategyPage"),
    Step.DETAILS: ("details", "DetailsPage"),
    Step.CHECKS: ("checks", "ChecksPage"),
    Step.PLAN: ("plan", "PlanPage"),
    Step.APPLY: ("apply", "ApplyPage"),
    Step.DONE: ("done", "DonePage"),
}
_WITH_CHECKS = (Step.ENVIRONMENT, Step.STRATEGY, Step.DETAILS)


def load_page(step: Step) -> type[WizardPage]:
    """The class of a page. Its module is loaded now, so that the first frame does not pay for the last page."""
    if step is Step.WELCOME:
        return WelcomePage
    module, name = _PAGES[step]
    return cast("type[WizardPage]", getattr(import_module(f"wizard.tui.pages.{module}"), name))


class WizardScreen(Screen[None]):
    """Shows one page at a time, built from the session's draft each time it is shown."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  # Textual's own annotation
    VERTICAL_BREAKPOINTS = [(0, "-short"), (36, "-tall")]  # noqa: RUF012  # Textual's own annotation
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "forward", "Go on", tooltip="Accept what is shown and go on."),
        Binding("ctrl+n", "forward", "Go on", show=False, tooltip="Go on from within any field."),
        Binding("escape", "back", "Back", tooltip="One page back. Nothing that was typed is lost."),
        Binding("r,f5", "reread", "Reread", key_display="r", tooltip="Read everything again from AWS and the cluster."),
        Binding("c,f2", "checks", "Checks", key_display="c", tooltip="Show every check."),
        Binding("f1", "help", "Help", key_display="?", tooltip="What this page is for, and its keys."),
        Binding("question_mark", "help", "Help", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.step = Step.WELCOME
        self.page: WizardPage = WelcomePage()
        self._moving = False
        self._refused: str | None = None
        """The reason for which the operator was last kept on this page."""
        self._wanted = False
        """The operator wants to go on as soon as everything has been read."""
        self._at: DOMNode | None = None
        """What is described: the field with the focus."""

    @property
    def wizard(self) -> WizardApp:
        """The application."""
        return cast("WizardApp", self.app)

    def compose(self) -> ComposeResult:
        """The frame around the page."""
        yield Rail()
        with Horizontal(id="heading"):
            yield Static(self.page.heading, id="title")
            yield Static("", id="status")
        with Horizontal(id="middle"):
            with Vertical(id="body"):
                yield self.page
            yield Container(id="aside")
        yield Static("", id="describe")
        yield Static("", id="tally")
        with Horizontal(id="buttons"):
            yield Button("‹ Back", id="back", compact=True)
            yield Static("", id="reason")
            yield Button("Go on ›", id="forward", variant="primary", compact=True)
        yield Footer(compact=True, show_command_palette=True)
        yield Static("", id="too-small")

    def on_mount(self) -> None:
        """Show the first page's frame."""
        self._frame()

    # --- moving ---

    async def go(self, step: Step) -> None:
        """Show a page, built anew from the draft."""
        if self._moving or (step is self.step and self.page.is_mounted and step is not Step.WELCOME):
            return
        if self.step is Step.DONE and self.wizard.session is not None:
            self.wizard.session.refresh()  # what was known before the apply is not true any more
        self._moving = True
        try:
            page = load_page(step)()
            body = self.query_one("#body")
            await body.remove_children()
            self.step, self.page, self._refused, self._wanted = step, page, None, False
            await body.mount(page)
            await self._show_aside()
        finally:
            self._moving = False
        self.query_one("#describe", Static).update("")
        self._frame()
        self.refresh_view()
        self.refresh_bindings()
        page.first_focus()

    async def advance(self) -> None:
        """Go to the next page, unless something stands in the way: then say what, and go to it."""
        place = list(Step).index(self.step) + 1
        reason = self._in_the_way()
        if reason is not None:
            self._refused = reason.reason
            self._wanted = reason.passing
            self._frame()
            if not reason.passing:
                self.app.bell()
                if reason.key is not None:
                    self.page.reveal(reason.key)
            return
        if place < len(Step):
            await self.go(list(Step)[place])

    async def action_forward(self) -> None:
        """What the page means by going on."""
        await self.page.forward()

    async def action_back(self) -> None:
        """One page back."""
        before = preceding(self.step)
        if before is not None:
            await self.go(before)

    async def on_rail_chosen(self, message: Rail.Chosen) -> None:
        """Go to a step of the rail, when every page before it is complete."""
        await self.jump(message.step)

    async def jump(self, step: Step) -> None:
        """Go to any page that can be shown now; say why not otherwise."""
        session = self.wizard.session
        if self.step is Step.APPLY or step in (Step.APPLY, Step.DONE) or session is None:
            self.notify("Not from here.", severity="warning", timeout=3)
        elif list(Step).index(step) <= list(Step).index(self.step) or reachable(step, session):
            await self.go(step)
        else:
            self.notify("A page before it is not complete yet.", severity="warning", timeout=4)

    def action_reread(self) -> None:
        """Read every fact again."""
        if self.wizard.session is not None:
            self.wizard.session.refresh()

    async def action_checks(self) -> None:
        """Show every check, from any page that has them in sight."""
        if self.wizard.session is None:
            return
        from wizard.tui.widgets.checks_modal import ChecksModal

        self.app.push_screen(ChecksModal(self.wizard.session, self.wizard.mending))

    def action_help(self) -> None:
        """Explain the page."""
        from wizard.tui.widgets.modals import HelpModal

        bindings = [shown.binding for shown in self.active_bindings.values()]
        self.app.push_screen(HelpModal(self.step, bindings, self._about_focused(whole=True)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's
        """Keys that mean nothing on this page are not shown."""
        if action == "back":
            return preceding(self.step) is not None
        if action == "reread":
            return self.step in (*_WITH_CHECKS, Step.CHECKS)
        if action == "checks":
            return self.step in _WITH_CHECKS
        if action == "forward":
            return self.page.forward_label is not None
        return True

    @on(Button.Pressed, "#forward")
    async def _forward_pressed(self) -> None:
        await self.page.forward()

    @on(Button.Pressed, "#back")
    async def _back_pressed(self) -> None:
        await self.action_back()

    # --- showing ---

    def on_engine_event(self, event: Event) -> None:
        """Let the page look at one event."""
        self.page.on_engine_event(event)

    def refresh_view(self) -> None:
        """Show the session as it is now, everywhere on the screen."""
        session = self.wizard.session
        if session is not None and self.page.is_mounted:
            faults = {fault.key: _sentence(fault.message, fault.suggestion) for fault in reversed(session.draft.faults())}
            self.page.refresh_view(faults)
            self._show_tally()
        self._frame()
        if self._wanted and not self._moving:
            reason = self._in_the_way()
            if reason is None or not reason.passing:
                self._wanted = False
                self.call_later(self.advance)

    def show_status(self) -> None:
        """Show the page's status anew, and nothing else."""
        self.query_one("#status", Static).update(Content.styled(self.page.status, "$quiet"))

    def _frame(self) -> None:
        rail = self.query_one(Rail)
        rail.step = self.step
        rail.failed = self.page.failed
        self.query_one("#title", Static).update(Content(self.page.heading))
        self.show_status()
        self.query_one("#back", Button).display = preceding(self.step) is not None
        forward = self.query_one("#forward", Button)
        label = self.page.forward_label
        forward.display = label is not None
        if str(forward.label) != f"{label} ›":
            forward.label = f"{label} ›"
            forward.refresh(layout=True)  # Textual keeps a button's width when its label changes
        reason = self._in_the_way()
        said = Content("")
        if reason is not None:
            refused = self._refused == reason.reason and not reason.passing
            style = "$text-error" if refused else "$text-warning"
            said = Content.styled(f"✖ {reason.reason}" if refused else reason.reason, style)
        self.query_one("#reason", Static).update(said)
        forward.set_class(reason is not None, "-waiting")

    def _in_the_way(self) -> Obstacle | None:
        own = self.page.blocked()
        if own is not None:
            return Obstacle(own)
        session = self.wizard.session
        if session is None or self.step is Step.WELCOME:
            return None
        found = obstacles(self.step, session)
        if not found:
            return None
        lasting = [obstacle for obstacle in found if not obstacle.passing]
        first = (lasting or list(found))[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return replace(first, reason=first.reason + more)

    async def _show_aside(self) -> None:
        aside = self.query_one("#aside")
        wanted = self.step in _WITH_CHECKS
        self.set_class(wanted, "-with-checks")
        if wanted and not aside.children and self.wizard.session is not None:
            from wizard.tui.widgets.checks_panel import ChecksPanel

            await aside.mount(ChecksPanel(self.wizard.session))

    def _show_tally(self) -> None:
        session = self.wizard.session
        if session is None or self.step not in _WITH_CHECKS:
            return
        from wizard.tui.widgets.checks_panel import ChecksPanel, tally

        results = session.results()
        self.query_one("#tally", Static).update(tally(results))
        for panel in self.query(ChecksPanel):
            panel.show(results)

    def on_descendant_focus(self) -> None:
        """Say what the focused field is for. Who moves about does not want to go on any more."""
        at = self._described()
        if at is not self._at:  # one whose control was exchanged is where it was
            self._at, self._wanted = at, False
        self.describe()

    def describe(self) -> None:
        """Show what there is to say about the focused widget."""
        said = self._about_focused(whole=False)
        if said is not None:
            self.query_one("#describe", Static).update(said)

    def _about_focused(self, *, whole: bool) -> Content | None:
        at = self._described()
        return at.about(whole=whole) if isinstance(at, Described) else None

    def _described(self) -> DOMNode | None:
        """What has the focus and can say what it is for."""
        above = self.focused.ancestors_with_self if self.focused is not None else ()
        return next((node for node in above if isinstance(node, Described)), None)

    def on_resize(self, event: events.Resize) -> None:
        """Say so plainly when there is too little room, instead of a broken picture."""
        small = event.size.width < MIN_WIDTH or event.size.height < MIN_HEIGHT
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(
                f"The wizard needs {MIN_WIDTH} columns and {MIN_HEIGHT} lines.\n"
                f"This terminal has {event.size.width} and {event.size.height}.\n\n"
                "Make it larger, or leave with ctrl+q\nand run: ezgitops --plain"
            )

    @work(exclusive=True, group="go")
    async def go_later(self, step: Step) -> None:
        """Show a page from a callback that cannot wait for it."""
        await self.go(step)


def _sentence(message: str, suggestion: str | None) -> str:
    return f"{message} ({suggestion})" if suggestion else message
