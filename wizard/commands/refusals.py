"""Why the engine did not go on, as the error that ends a command: what happened, what was touched, what to do, exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from strategies.ports import ResourceError
from wizard.commands.options import CommandError
from wizard.commands.parts import grouped
from wizard.engine.apply import ConflictError
from wizard.engine.lock import LockedError
from wizard.engine.plan import StalePlanError
from wizard.engine.session import IncompleteError
from wizard.engine.survey import SurveyError
from wizard.exitcodes import ExitCode


class Fail(Protocol):
    """Makes the error to raise, and tells of it."""

    def __call__(self, code: ExitCode, summary: str, details: Sequence[str] = ()) -> CommandError:
        """The error with its exit code, its first line and the lines below."""


@contextmanager
def refusals(fail: Fail) -> Iterator[None]:
    """What the engine refuses in here ends the run: CommandError with the exit code that fits."""
    try:
        yield
    except StalePlanError as error:
        summary = "The world has changed since the plan was made; nothing was touched. Plan again."
        raise fail(ExitCode.CHECKS, summary, error.differences) from error
    except ConflictError as error:
        raise fail(ExitCode.CHECKS, f"In conflict: {error}; nothing was touched.") from error
    except LockedError as error:
        raise fail(
            ExitCode.LOCKED, f"{error}; nothing was touched.", ["Wait until it has ended, then run this again."]
        ) from error
    except SurveyError as error:
        details = grouped(error.errors)
        raise fail(ExitCode.FAILED, "The world could not be looked at; nothing was touched.", details) from error
    except IncompleteError as error:
        raise fail(ExitCode.USAGE, f"{error}; nothing was touched.") from error


@contextmanager
def secrets_needed(fail: Fail) -> Iterator[None]:
    """A secret that cannot be had in here ends the run (2)."""
    with refusals(fail):
        try:
            yield
        except ResourceError as error:
            raise fail(ExitCode.USAGE, f"{error}; nothing was touched.", [error.remedy]) from error


@contextmanager
def journalled(fail: Fail) -> Iterator[None]:
    """A journal that cannot be written in here ends the run (1)."""
    with refusals(fail):
        try:
            yield
        except OSError as error:
            # Only opening it names a file; a write that fails comes later, when calls have been made.
            opened = error.filename is None
            said = "what was made stands, nothing more was begun" if opened else "nothing was touched"
            what = str(error.strerror or error) if opened else f"{error.strerror or error}: {error.filename}"
            remedy = "Make room there, or let XDG_STATE_HOME name a folder that can be written; then run it again."
            raise fail(ExitCode.FAILED, f"The journal cannot be written ({what}); {said}.", [remedy]) from error
