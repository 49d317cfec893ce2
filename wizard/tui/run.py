"""Starts the wizard on this terminal. Nothing but Textual and the first page is loaded before the first frame."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TextIO, TypeAlias

from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.answers.draft import Draft, DraftStore
    from wizard.engine.session import Session
    from wizard.report.log import Logbook


class MakeSession(Protocol):
    """Makes the session for a draft; called in a background thread, so it may import the SDKs."""

    def __call__(
        self, draft: Draft, *, on_edit: Callable[[Draft], None], ask_secret: Callable[[str], str] | None = None
    ) -> Session:
        """The session, not yet started. ``on_edit`` gets the draft after every edit; any thread may call ``ask_secret``."""


OpenDrafts: TypeAlias = "Callable[[Callable[[str], None]], DraftStore]"
"""Opens the store of drafts (in a background thread); what it is given takes the store's warnings."""

Ended: TypeAlias = Literal["finished", "quit", "sandbox", "interrupted"]


@dataclass(frozen=True, slots=True)
class WizardOutcome:
    """How the wizard ended.

    ``sandbox``: the operator asked to try the sandbox, the caller starts the program again with ``--sandbox``.
    ``message`` is what is left to say on the terminal once the screen is gone (empty: nothing).
    """

    ended: Ended
    exit_code: ExitCode
    message: str = ""


def run(
    *,
    make_session: MakeSession,
    drafts: OpenDrafts,
    answers_file: Path | None = None,
    prepare: Callable[[Draft], None] | None = None,
    sandbox_offered: bool = True,
    logbook: Logbook | None = None,
    preload: Callable[[], None] = lambda: None,
    environ: Mapping[str, str],
) -> WizardOutcome:
    """Run the wizard until the operator leaves it.

    With ``answers_file`` the welcome page is passed over and the
    wizard opens on the environment with that file's answers; ``prepare`` puts what was given on the command line (``--set``)
    into the draft that the operator starts with. ``sandbox_offered`` shows the sandbox on the welcome page.
    ``logbook`` opens the log that each apply is written to; without it nothing is logged.
    ``preload`` loads what a session will need; it is called in a background thread while the first page is read.
    ``environ`` is the process's environment, read for NO_COLOR and HOME alone.
    """
    from wizard.tui.app import WizardApp

    app = WizardApp(
        make_session=make_session,
        drafts=drafts,
        answers_file=answers_file,
        prepare=prepare,
        sandbox_offered=sandbox_offered,
        logbook=logbook,
        preload=preload,
        environ=environ,
    )
    threading.Thread(target=_end_with_terminal, args=(sys.__stdin__,), name="terminal", daemon=True).start()
    outcome = app.run()
    if outcome is None:
        return WizardOutcome("interrupted", ExitCode.INTERRUPTED)
    return outcome


def _end_with_terminal(terminal: TextIO | None) -> None:
    """End as SIGHUP ends a program once the terminal has been closed. The draft is saved as it changes; nothing is lost.

    The kernel sends SIGHUP to the session's leader alone, and a leader such as make catches it and waits for its children:
    the wizard would go on for ever, reading a terminal that is not there.
    """
    if terminal is None or not terminal.isatty():
        return
    poller = select.poll()
    poller.register(terminal.fileno(), 0)
    if any(event & select.POLLHUP for _, event in poller.poll()):
        os.kill(os.getpid(), signal.SIGHUP)
