"""What every command is given: the environment, the arguments, and how a session is made. Tests give their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from wizard.exitcodes import ExitCode

if TYPE_CHECKING:
    from wizard.answers.draft import Draft
    from wizard.engine.session import Session


class MakeSession(Protocol):
    """Makes the session for a draft."""

    def __call__(
        self,
        draft: Draft,
        *,
        environ: Mapping[str, str],
        on_edit: Callable[[Draft], None] = ...,
        ask_secret: Callable[[str], str] | None = None,
    ) -> Session:
        """The session, not yet started."""


def _composed(
    draft: Draft,
    *,
    environ: Mapping[str, str],
    on_edit: Callable[[Draft], None] = lambda _draft: None,
    ask_secret: Callable[[str], str] | None = None,
) -> Session:
    from wizard.compose import make_session

    return make_session(draft, environ=environ, on_edit=on_edit, ask_secret=ask_secret)


def _launched(arguments: tuple[str, ...], scenario: str, latency: float) -> int:
    from wizard.commands.options import CommandError
    from wizard.sandbox.launch import SandboxError, run

    try:
        return run(list(arguments), scenario, latency)
    except SandboxError as error:
        raise CommandError(ExitCode.USAGE, f"The sandbox cannot be started: {error}") from error


@dataclass(frozen=True)
class Program:
    """``launch`` runs the program again with these arguments inside a sandbox and returns its exit code."""

    environ: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    make_session: MakeSession = _composed
    launch: Callable[[tuple[str, ...], str, float], int] = _launched

    @property
    def terminal(self) -> bool:
        """True when a human can be asked: input and output are a terminal, and this is no CI job (CI set)."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.environ.get("CI")
