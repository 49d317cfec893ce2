"""``ezgitops`` without a command: the wizard on the screen, or one question after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from wizard.commands.options import SANDBOX, CommandError, Options, launched
from wizard.commands.program import Program
from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.answers.draft import Draft
    from wizard.engine.session import Session


def run_wizard(program: Program, options: Options) -> int:
    """Open the wizard. Raises CommandError (2) where there is no terminal to open it on."""
    if not program.terminal:
        raise CommandError(
            ExitCode.USAGE,
            "The wizard needs a terminal, and there is none here (or CI is set).",
            ["Run `ezgitops plan -f FILE` and `ezgitops apply -f FILE --yes` with an answers file.", "See ezgitops --help."],
        )
    return _line(program, options) if _wants_text(program, options) else _screen(program, options)


def _wants_text(program: Program, options: Options) -> bool:
    dumb = program.environ.get("TERM", "dumb") == "dumb"
    return options.plain or dumb or bool(program.environ.get("ACCESSIBLE"))


def _screen(program: Program, options: Options) -> int:
    from wizard.compose import drafts, logbook, preload
    from wizard.sandbox.needs import missing
    from wizard.tui.run import run

    outcome = run(
        make_session=_Sessions(program),
        drafts=lambda warn: drafts(program.environ, warn=warn),
        answers_file=options.file,
        prepare=_prepare(program, options),
        sandbox_offered=not missing(),
        logbook=logbook(program.environ),
        preload=preload,
        environ=program.environ,
    )
    if outcome.message:
        click.echo(outcome.message)
    if outcome.ended == "sandbox":
        return launched(program, SANDBOX, 0.0)
    return int(outcome.exit_code)


def _line(program: Program, options: Options) -> int:
    from wizard.compose import drafts, logbook
    from wizard.line.run import run

    return run(
        make_session=_Sessions(program, ask_secret=lambda prompt: str(click.prompt(prompt, hide_input=True, err=True))),
        drafts=lambda: drafts(program.environ, warn=lambda message: print(message, file=sys.stderr)),
        answers_file=options.file,
        prepare=_prepare(program, options),
        logbook=logbook(program.environ),
        environ=program.environ,
    )


class _Sessions:
    """Makes sessions in the program's world."""

    def __init__(self, program: Program, ask_secret: Callable[[str], str] | None = None) -> None:
        self._program, self._ask_secret = program, ask_secret

    def __call__(
        self, draft: Draft, *, on_edit: Callable[[Draft], None], ask_secret: Callable[[str], str] | None = None
    ) -> Session:
        """The session for a draft, not yet started."""
        return self._program.make_session(
            draft, environ=self._program.environ, on_edit=on_edit, ask_secret=ask_secret or self._ask_secret
        )


def _prepare(program: Program, options: Options) -> Callable[[Draft], None]:
    def prepare(draft: Draft) -> None:
        from wizard.answers import overrides

        overrides.apply(draft, options.sets, program.environ)

    return prepare
