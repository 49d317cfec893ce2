"""The first frame waits for nothing that only later pages need; meanwhile the first page is read, all of it is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from tests.tui.driving import operating
from tests.tui.world import Stage
from wizard.flow import Step

HEAVY = {"boto3", "botocore", "kubernetes", "moto", "pydantic", "strategies.answers", "wizard.engine.session"}
PROBE = """
import asyncio, json, os, sys
import wizard.cli
import wizard.commands.wizard
from pathlib import Path
from wizard.compose import drafts, logbook, preload
from wizard.tui.app import WizardApp

seen = {}

class Probe(WizardApp):
    CSS_PATH = Path(wizard.tui.app.__file__).with_name("wizard.tcss")
    def on_ready(self):
        seen["first frame"] = sorted(sys.modules)
        super().on_ready()

async def main():
    environ = dict(os.environ)
    app = Probe(make_session=None, drafts=lambda warn: drafts(environ, warn=warn), logbook=logbook(environ),
                preload=preload, environ=environ)
    async with app.run_test(size=(80, 24)) as pilot:
        await app.workers.wait_for_complete()
        seen["after it"] = sorted(sys.modules)
        app.exit()

asyncio.run(main())
print(json.dumps(seen))
"""


def test_the_first_frame_loads_no_sdk_and_no_model_and_both_are_there_soon_after(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm"}
    here = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=120, cwd=here, env=environ
    )
    seen = {name: set(modules) for name, modules in json.loads(done.stdout.splitlines()[-1]).items()}
    assert seen["first frame"] & HEAVY == set()
    assert {"boto3", "kubernetes.client", "wizard.tui.pages.done", "strategies.resources.world"} <= seen["after it"]


async def test_loading_and_making_a_session_block_nothing_on_the_screen(tmp_path: Path) -> None:
    stage, loading, making = Stage(tmp_path), threading.Event(), threading.Event()

    def make_session(*args: object, **more: object) -> object:
        making.wait(20)
        return stage.make_session(*args, **more)  # type: ignore[arg-type]  # passed on as it came

    app = stage.app(make_session=make_session, preload=lambda: loading.wait(20) and None)
    try:
        async with operating(app) as operator:
            await operator.sees("Set up a cluster")
            await operator.press("f1")
            await operator.sees("Start anew, from an answers file")
            await operator.press("escape")
            await operator.press("enter")
            await operator.sees("Opening…")
            await operator.press("f1")
            await operator.sees("Start anew, from an answers file")
            await operator.press("escape")
            making.set()
            await operator.on(Step.ENVIRONMENT)
    finally:
        loading.set()
        making.set()
