"""The real program against the whole small world: once by the pilot, once in a real terminal with keys alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import pytest

from strategies.common import COMMON_CHECKS
from strategies.facts import SOURCE
from strategies.registry import STRATEGIES
from tests.programs import needs
from tests.tui.driving import SMALL, URL, operating
from wizard.answers.document import load
from wizard.compose import drafts, logbook, make_session
from wizard.exitcodes import ExitCode
from wizard.flow import Step
from wizard.tui.app import WizardApp

DEADLINE = 120.0
READ = "✔ no default route"
"""What is read last on the environment page: a round of readings may end before what it has found is asked for more."""


@pytest.mark.slow
async def test_the_pilot_walks_to_synced(
    sandbox_environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    environ = dict(os.environ)
    app = WizardApp(
        make_session=lambda draft, on_edit, ask_secret=None: make_session(
            draft, environ=environ, on_edit=on_edit, ask_secret=ask_secret
        ),
        drafts=lambda warn: drafts(environ, warn=warn),
        logbook=logbook(environ),
        environ=environ,
    )
    async with operating(app, SMALL) as operator:
        await operator.to(Step.DETAILS)
        operator.paste(URL)
        await operator.until(lambda: operator.draft("source.url") == URL, "the URL")
        assert app.session is not None
        await operator.until(lambda: app.session and app.session.situation().facts.known(SOURCE.id), "the source")
        await operator.read()
        await operator.press("enter")
        await operator.on(Step.CHECKS)
        await operator.press("enter")
        await operator.on(Step.PLAN)
        await operator.sees("to create")
        await operator.press("enter")
        await operator.sees("Apply to prod-east?")
        await operator.press("y")
        await operator.until_done(DEADLINE)
        await operator.sees("✔ Argo CD is Synced and Healthy")
        assert (await operator.leave("enter")).exit_code is ExitCode.DONE
    assert load(tmp_path / "prod-east.ezgitops.yaml").draft().faults() == ()
    assert app.log_path is not None
    assert app.log_path.stat().st_mode & 0o077 == 0


class Terminal:
    """A real terminal of 80 columns and 24 lines, on a tmux server of its own."""

    def __init__(self, home: Path) -> None:
        self._server, self._home = "", home

    def start(self, *command: str) -> None:
        """Run a command in it. The server is a new one each time: one that was just ended may still hold its socket."""
        self._server = f"ezgitops-{uuid4().hex[:8]}"
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", "-c", str(self._home), "-s", "t", *command)

    def stop(self) -> None:
        """End it and what runs in it."""
        if self._server:
            self._tmux("kill-server", check=False)

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", "-t", "t", *keys)

    @property
    def seen(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "t", check=False)

    def sees(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        end = monotonic() + DEADLINE
        for text in texts:
            while text not in self.seen:
                assert monotonic() < end, f"waited in vain for: {text}\n{self.seen}"
                sleep(0.1)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        command = ["tmux", "-L", self._server, *arguments]
        environ = {**os.environ, "HOME": str(self._home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, check=check, capture_output=True, text=True, env=environ).stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal that is closed in the end."""
    one = Terminal(tmp_path)
    yield one
    one.stop()


@needs("tmux")
@pytest.mark.tmux
@pytest.mark.slow
def test_in_a_terminal_of_80_by_24_keys_alone_lead_to_synced_also_after_a_kill(terminal: Terminal, tmp_path: Path) -> None:
    program = (sys.executable, "-m", "wizard", "--sandbox")
    number = len(COMMON_CHECKS) + len(STRATEGIES["codecommit"].checks())
    terminal.start(*program)
    terminal.sees("Set up a cluster")
    terminal.press("Enter")
    terminal.sees("Which cluster is this for?", "✔ us-east-2, where the cluster runs", "r reads again", READ)
    terminal.press("C-n")
    terminal.sees("recommended here")
    terminal.press("Enter")
    terminal.sees("What should be synced")
    terminal.press("-l", URL)
    terminal.sees("✔ reachable, 14 branches")
    terminal.press("Escape")
    terminal.sees("● AWS CodeCommit")
    terminal.stop()

    terminal.start(*program)
    terminal.sees("Go on with prod-east")
    terminal.press("Enter")
    terminal.sees("Which cluster is this for?", "✔ us-east-2, where the cluster runs", "r reads again", READ)
    terminal.press("C-n")
    terminal.sees("● AWS CodeCommit")
    terminal.press("Enter")
    terminal.sees(URL, "✔ reachable, 14 branches")
    terminal.press("C-n")
    terminal.sees("Is everything ready?", f"{number} of {number} done")
    terminal.press("Enter")
    terminal.sees("Plan for prod-east", "to create")
    terminal.press("Enter")
    terminal.sees("Apply to prod-east?")
    terminal.press("y")
    terminal.sees("✔ Argo CD is Synced and Healthy")
    assert (tmp_path / "prod-east.ezgitops.yaml").exists()
