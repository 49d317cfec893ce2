"""The application: owns the session, the draft's keeper and the themes; carries events from the engine to the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from wizard.exitcodes import ExitCode
from wizard.flow import Step
from wizard.tui.messages import DraftsFound, EngineEvent, OpeningFailed, SessionOpened
from wizard.tui.pages.welcome import WelcomePage
from wizard.tui.run import MakeSession, OpenDrafts, WizardOutcome
from wizard.tui.screen import WizardScreen, load_page
from wizard.tui.theme import DARK, LIGHT

if TYPE_CHECKING:
    from textual.command import Provider

    from wizard.answers.draft import Draft, DraftStore
    from wizard.engine.apply import ApplyReport
    from wizard.engine.events import Event, Sink
    from wizard.engine.plan import Plan
    from wizard.engine.session import Session
    from wizard.report.log import Logbook
    from wizard.tui.drafts import DraftKeeper
    from wizard.tui.ending import Ending
    from wizard.tui.mending import Mended, Mending

COALESCE_SECONDS = 0.05
"""Events that come within this time are shown by one refresh."""


def utc_now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


def _commands() -> type[Provider]:
    from wizard.tui.commands import WizardCommands

    return WizardCommands


@runtime_checkable
class Live(Protocol):
    """A screen over the pages that follows the session."""

    def refresh_view(self) -> None:
        """Show the session as it is now."""


class WizardApp(App[WizardOutcome]):
    """The wizard."""

    TITLE = "ezgitops"
    CSS_PATH = "wizard.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {*App.COMMANDS, _commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True, tooltip="Leave. The draft is kept."),
        Binding("ctrl+c", "stop", "Stop", show=False, priority=True, tooltip="Stop what is running, or leave."),
    ]

    def __init__(
        self,
        *,
        make_session: MakeSession,
        drafts: OpenDrafts,
        answers_file: Path | None = None,
        prepare: Callable[[Draft], None] | None = None,
        sandbox_offered: bool = True,
        logbook: Logbook | None = None,
        preload: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = utc_now,
        environ: Mapping[str, str],
    ) -> None:
        """See ``wizard.tui.run.run``."""
        super().__init__()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self._make_session = make_session
        self._open_drafts = drafts
        self._prepare = prepare
        self._logbook = logbook
        self._preload = preload
        self.clock = clock
        self._screen_of_pages: WizardScreen | None = None
        self._refreshing: Timer | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._store: DraftStore | None = None
        self._stored = threading.Event()
        self.answers_file = answers_file
        self.sandbox_offered = sandbox_offered
        self.environ = environ
        self.session: Session | None = None
        self._mending: Mending | None = None
        self.keeper: DraftKeeper | None = None
        self.applying: threading.Event | None = None
        """Set it to stop the apply that is under way; None while none is."""
        self.saved_to: Path | None = None
        """The answers file that was written last."""
        self.plan_to_apply: Plan | None = None
        """The plan that the operator has confirmed."""
        self.ending: Ending | None = None
        """How the last apply ended."""
        self.log_path: Path | None = None
        """Where the last apply was logged."""

    def on_mount(self) -> None:
        """Show the frame first; everything else is loaded behind it."""
        self._screen_of_pages = WizardScreen()
        self.push_screen(self._screen_of_pages)

    def on_ready(self) -> None:
        """The first frame is painted: now load what the next pages need."""
        self._load()

    @property
    def frame(self) -> WizardScreen:
        """The wizard's screen, whatever lies over it."""
        if self._screen_of_pages is None:
            raise RuntimeError("the wizard has not been started")
        return self._screen_of_pages

    # --- opening a session ---

    @work(thread=True, group="load")
    def _load(self) -> None:
        store = self._open_drafts(self._warn)
        self._store = store
        self._stored.set()
        self.post_message(DraftsFound(store.list()))
        load_page(Step.ENVIRONMENT)
        self._preload()
        for step in Step:
            load_page(step)

    @work(thread=True, exclusive=True, group="drafts")
    def find_drafts(self) -> None:
        """Look for drafts again, once the present one is written."""
        self._stored.wait(10)
        if self.keeper is not None:
            self.keeper.flush()
        if self._store is not None:
            self.post_message(DraftsFound(self._store.list()))

    def open_session(self, source: str | Path | None = None) -> None:
        """Open a session in the background: new, from a draft's name, or from an answers file."""
        self._open(source)

    @work(thread=True, exclusive=True, group="open")
    def _open(self, source: str | Path | None) -> None:
        from wizard.tui.drafts import DraftKeeper, OpeningError, opened

        self._stored.wait(10)
        store = self._store if self._store is not None else self._open_drafts(self._warn)
        try:
            draft = opened(store, source, self._prepare)
        except OpeningError as error:
            self.post_message(OpeningFailed(error.lines))
            return
        keeper = DraftKeeper(store, name=source if isinstance(source, str) else None)
        load_page(Step.ENVIRONMENT)
        session = self._make_session(draft, on_edit=self._on_edit, ask_secret=self._ask_secret)
        self.post_message(SessionOpened(session, keeper))

    def _warn(self, message: str) -> None:
        self.notify(message, severity="warning", timeout=8)

    def _ask_secret(self, prompt: str) -> str:
        """Ask for a secret, from a thread of the engine. Raises CancelledByOperatorError when the operator does not tell it."""
        from strategies.ports import CancelledByOperatorError
        from wizard.tui.widgets.modals import PromptModal

        given: Queue[str | None] = Queue()
        text = "It is used for this run alone and written nowhere."
        self.call_from_thread(self.push_screen, PromptModal(prompt or "Secret", text, "", secret=True), given.put)
        answer = given.get()
        if answer is None:
            raise CancelledByOperatorError
        return answer

    async def on_session_opened(self, message: SessionOpened) -> None:
        """Start the session and show the first page with questions."""
        from wizard.tui.mending import Mending

        self.close_session()

        def tell(event: Event) -> None:
            self.post_message(EngineEvent(event))

        self.session, self.keeper = message.session, message.keeper
        self._mending = Mending(message.session, tell=tell, ended=self.post_message)
        self._unsubscribe = message.session.subscribe(tell)
        message.session.start()
        await self.frame.go(Step.ENVIRONMENT)

    def on_drafts_found(self, message: DraftsFound) -> None:
        """Let the welcome page offer them."""
        if isinstance(self.frame.page, WelcomePage):
            self.frame.page.offer_drafts(message.drafts)

    def on_opening_failed(self, message: OpeningFailed) -> None:
        """Let the welcome page say why."""
        if isinstance(self.frame.page, WelcomePage):
            self.frame.page.show_faults(message.lines)

    @property
    def mending(self) -> Mending:
        """What is being mended in this session."""
        if self._mending is None:
            raise RuntimeError("a page was shown before there was a session")
        return self._mending

    def on_mended(self, message: Mended) -> None:
        """Say how it ended."""
        if message.problem is None:
            self.notify(f"{message.title}: done.", timeout=4)
        else:
            self.notify(message.problem, title=f"{message.title}: failed", severity="error", timeout=15)
        self.refresh_soon()

    def close_session(self) -> None:
        """Let go of the session; its draft is written."""
        if self._mending is not None:
            self._mending.stop()
            self._mending = None
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.session is not None:
            self.session.close()
            self.session = None
        if self.keeper is not None:
            self.keeper.close()
            self.keeper = None

    def _on_edit(self, draft: Draft) -> None:
        if self.keeper is None or self.session is None:
            return
        name = self.session.effective("name")
        self.keeper.save(draft, name if isinstance(name, str) else None)

    def carry_out(self, plan: Plan, sink: Sink, cancel: threading.Event) -> ApplyReport:
        """Apply a plan and log it. Blocks; called from a thread. Raises what ``Session.apply`` raises."""
        if self.session is None:
            raise RuntimeError("there is no session to apply with")
        if self._logbook is None:
            return self.session.apply(plan, sink=sink, cancel=cancel)
        with self._logbook(plan.instance) as (log, path):
            self.log_path = path

            def both(event: Event) -> None:
                log(event)
                sink(event)

            return self.session.apply(plan, sink=both, cancel=cancel)

    # --- events ---

    def on_engine_event(self, message: EngineEvent) -> None:
        """Let the screen look at the event, and refresh it soon."""
        if self.frame.is_attached:
            self.frame.on_engine_event(message.event)
            self.refresh_soon()

    def refresh_soon(self) -> None:
        """Refresh the screen once for all that happens in the next moment."""
        if self._refreshing is None:
            self._refreshing = self.set_timer(COALESCE_SECONDS, self._refresh_now)

    def _refresh_now(self) -> None:
        self._refreshing = None
        if self.frame.is_attached:
            self.frame.refresh_view()
        for over in self.screen_stack[-1:]:  # there is none any more when the wizard is being left
            if over is not self.frame and isinstance(over, Live):
                over.refresh_view()

    # --- leaving ---

    def finish(self, outcome: WizardOutcome) -> None:
        """Leave with this outcome."""
        self.close_session()
        self.exit(outcome)

    def action_leave(self) -> None:
        """Quit: at once, because nothing is lost by it; while an apply runs, ask first."""
        if self.applying is not None:
            self._ask_to_stop()
            return
        if self.ending is not None:
            self.finish(WizardOutcome("finished" if self.ending.ok else "quit", self.ending.exit_code, self._farewell()))
        else:
            self.finish(WizardOutcome("quit", ExitCode.DONE, self._farewell()))

    def action_stop(self) -> None:
        """Ctrl+C: copy a selection, stop an apply after a question, or leave."""
        if isinstance(self.focused, Input) and self.focused.selected_text:
            self.copy_to_clipboard(self.focused.selected_text)
        elif self.applying is not None:
            self._ask_to_stop()
        else:
            self.finish(WizardOutcome("interrupted", ExitCode.INTERRUPTED, self._farewell()))

    def _ask_to_stop(self) -> None:
        from wizard.tui.widgets.modals import ConfirmModal

        if isinstance(self.screen, ConfirmModal):
            self.screen.dismiss(True)
            return
        text = "The calls now under way are finished, then it stops. Nothing is lost: run it again and it goes on from there."
        self.push_screen(ConfirmModal("Stop applying?", text, yes="Stop", no="Go on"), self._stop_applying)

    def _stop_applying(self, stop: bool | None) -> None:
        if stop and self.applying is not None:
            self.applying.set()

    def _farewell(self) -> str:
        from wizard.tui.farewell import Traces, farewell

        draft = self.keeper.flushed_name() if self.keeper is not None else None
        return farewell(self.ending, Traces(self.saved_to, self.log_path, draft), self.environ)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  # Textual's signature
        """The palette's own commands, without those that make no sense in a wizard."""
        yield SystemCommand("Theme: light or dark", "Switch between the two themes", self.action_switch_theme)
        yield SystemCommand("Quit", "Leave; the draft is kept", self.action_leave)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for any other theme that the environment asks for (``TEXTUAL_THEME``)."""
        return dict(DARK.variables)

    def action_switch_theme(self) -> None:
        """Switch between dark and light."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name
