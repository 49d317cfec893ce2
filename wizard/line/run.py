"""The wizard as text: the same flow as on the screen, one question at a time, append-only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from strategies.ports import ResourceError
from wizard.answers.document import load
from wizard.answers.draft import Draft, DraftStore
from wizard.answers.faults import AnswersError
from wizard.engine.session import Session
from wizard.exitcodes import ExitCode
from wizard.line.asker import BACK, Asker, Option, Prompt, asker_for
from wizard.line.walk import Walk
from wizard.report.log import Logbook

_NEW = "new"
"""Name of a draft whose instance is not known yet."""


class MakeSession(Protocol):
    """Makes the session for a draft."""

    def __call__(self, draft: Draft, *, on_edit: Callable[[Draft], None]) -> Session:
        """The session, not yet started. ``on_edit`` is called with the draft after every edit."""


def run(
    *,
    make_session: MakeSession,
    drafts: Callable[[], DraftStore],
    answers_file: Path | None = None,
    prepare: Callable[[Draft], None] | None = None,
    logbook: Logbook | None = None,
    environ: Mapping[str, str],
    asker: Asker | None = None,
    directory: Path | None = None,
) -> ExitCode:
    """Walk from what was found to ``Synced``.

    The arguments are those of the wizard on the screen; ``asker`` stands in for this process's terminal, and ``directory`` is
    where the answers are saved (the present folder). The draft is saved after every answer, so that Ctrl-C costs nothing.
    """
    desk = asker or asker_for(environ, sys.stdin, sys.stdout, plain=True)
    store = drafts()
    try:
        name, draft = _begin(desk, store, answers_file)
        if prepare is not None:
            prepare(draft)
    except AnswersError as error:
        for fault in error.faults:
            desk.say(str(fault))
        return ExitCode.USAGE
    except (EOFError, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    session = make_session(draft, on_edit=lambda edited: store.save(name, edited))
    try:
        # Before the readers, which would ask in the middle of a question.
        session.check_secrets("prompt")
        session.start()
        ended = Walk(session, desk, logbook, directory or Path()).walk()
    except ResourceError as error:
        desk.say(f"{error}. {error.remedy}")
        return ExitCode.USAGE
    except (EOFError, KeyboardInterrupt):
        desk.say()
        desk.say("Stopped before anything was made. What you answered is kept: start again to go on.")
        return ExitCode.INTERRUPTED
    finally:
        session.close()
    if ended is ExitCode.DONE:
        store.discard(name)
    return ended


def _begin(asker: Asker, store: DraftStore, answers_file: Path | None) -> tuple[str, Draft]:
    """The draft to begin with, and the name under which it is kept."""
    if answers_file is not None:
        return _free(store), load(answers_file).draft()
    kept = store.list()
    options = [Option(_NEW, "begin anew")]
    options += [Option(f"resume {name}", f"resume {name}", f"last changed {at:%Y-%m-%d %H:%M} UTC") for name, at in kept]
    while kept:
        asker.say("There are answers from before.")
        answer = asker.ask(Prompt("Begin with", f"resume {kept[0][0]}", options))
        if answer == _NEW:
            break
        resumed = store.load(answer.removeprefix("resume ")) if answer.startswith("resume ") else None
        if resumed is not None:
            return answer.removeprefix("resume "), resumed
        asker.say("There is nothing before this question." if answer == BACK else "That draft cannot be resumed.")
        kept = store.list()
    return _free(store), Draft()


def _free(store: DraftStore) -> str:
    """A name that no draft has."""
    taken = {name for name, _ in store.list()}
    name, number = _NEW, 2
    while name in taken:
        name, number = f"{_NEW}~{number}", number + 1
    return name
