"""The real wizard in the sandbox, and what its tests wait for and look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tui.driving import Operator
from wizard.compose import drafts, logbook, make_session
from wizard.sandbox.launch import Sandbox
from wizard.tui.app import WizardApp

DEADLINE = 120.0


@contextmanager
def wizard(scenario: str, state: Path) -> Iterator[WizardApp]:
    """The real wizard, in a sandbox of this scenario."""
    with Sandbox(scenario) as sandbox:
        environ = {**os.environ, **sandbox.environ, "XDG_STATE_HOME": str(state)}
        yield WizardApp(
            make_session=lambda draft, on_edit, ask_secret=None: make_session(
                draft, environ=environ, on_edit=on_edit, ask_secret=ask_secret
            ),
            drafts=lambda warn: drafts(environ, warn=warn),
            logbook=logbook(environ),
            environ=environ,
        )


async def read(operator: Operator) -> None:
    """Wait until nothing is being read and the screen shows it."""
    session = operator.app.session
    assert session is not None
    await operator.until(lambda: not session.reading(), "the readings", DEADLINE)
    operator.app.frame.refresh_view()
    await operator.pilot.pause()


def failing(operator: Operator) -> list[str]:
    """Ids of the checks that fail."""
    assert operator.app.session is not None
    return [result.check.id for result in operator.app.session.results() if result.status.value == "fail"]
