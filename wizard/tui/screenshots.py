"""Takes a picture of every page of the real program, in the sandbox: ``python -m wizard.tui.screenshots FOLDER [STRATEGY..]``.

The program is run as its users run it, with the environment that ``ezgitops sandbox`` prints; this module only presses keys and
waits for what is to be seen. PNGs of the pages in the README are made where rsvg-convert is at hand.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from textual.events import Paste
from textual.pilot import Pilot

from wizard.compose import drafts, logbook, make_session
from wizard.flow import Step
from wizard.tui.app import WizardApp
from wizard.tui.pages.apply import ApplyPage
from wizard.tui.pages.plan import PlanPage
from wizard.tui.run import WizardOutcome

if TYPE_CHECKING:
    from wizard.answers.draft import Draft
    from wizard.engine.session import Session

SOURCE = "https://github.com/acme/cluster-config.git"
SIZES = {"": (120, 40), "-80x24": (80, 24)}
AS_PNG = ("plan", "done")
SERIES = (
    ("codecommit", ""),
    ("codecommit", "vpc-dns-off"),
    ("codecommit", "source-needs-helm-from-outside"),
    ("bastion-proxy", ""),
    ("bastion-proxy", "no-route-between-vpcs"),
    ("private-server", ""),
    ("private-server", "private-ca"),
)
"""Strategies with nothing: every page is taken; with a scenario: the page of checks alone."""
_FIELDS = {
    "private-server": (
        ("privateServer.repository.url", "https://gitlab.acme.example/platform/cluster-config.git"),
        ("privateServer.server.caFingerprint", ""),
        ("privateServer.server.adminToken", "env:GITLAB_TOKEN"),
    )
}
"""What is given on the page of details, where it is another thing than the source repository."""
_SHARED = ("welcome", "environment", "strategy")
"""Pages that are the same whatever the strategy: they are taken once."""
_DEADLINE = 180.0


class Photographer:
    """Walks through the wizard and takes a picture of each page."""

    def __init__(self, app: WizardApp, pilot: Pilot[WizardOutcome], folder: Path, suffix: str, strategy: str) -> None:
        self._app, self._pilot, self._folder, self._suffix, self._strategy = app, pilot, folder, suffix, strategy

    async def trouble(self, scenario: str) -> None:
        """To the checks in a world in which something is wrong: their page, or their list where it is not reached yet."""
        await self._to_details(lambda _name: asyncio.sleep(0))
        if self._strategy in _FIELDS:
            await self._paste(*_FIELDS[self._strategy][0])
            await self._pilot.press("f2")
        else:
            await self._source()
            await self._go("enter", Step.CHECKS)
        await self._read()
        await self._take(f"checks-{scenario}")

    async def _to_details(self, take: Callable[[str], Awaitable[None]]) -> None:
        await self._until(lambda: self._app.frame.page.is_mounted)
        await take("welcome")
        await self._go("enter", Step.ENVIRONMENT)
        await self._read()
        await self._until(lambda: not self._said("reading…"))
        await take("environment")
        await self._go("ctrl+n", Step.STRATEGY)
        await take("strategy")
        self._app.frame.page.query_one(f"#card-{self._strategy}").focus()
        await self._go("enter", Step.DETAILS)

    async def _source(self) -> None:
        if self._app.focused is not None:
            self._app.focused.post_message(Paste(SOURCE))
        await self._until(lambda: self._said("reachable") and not self._said("reading…"))
        await self._read()

    async def _answer(self) -> None:
        if self._strategy not in _FIELDS:
            await self._source()
            return
        for key, text in _FIELDS[self._strategy]:
            await self._paste(key, text)
        first = self._app.frame.page.query(".control").first()
        first.focus()
        await self._until(lambda: not self._said("reading…"))

    async def _paste(self, key: str, text: str) -> None:
        """Into the field of a question; what is confirmed instead of typed gets its key, and has no text."""
        control = f"#field-{key.replace('.', '-')} .control"
        await self._until(lambda: bool(self._app.frame.query(control)))
        self._app.frame.query_one(control).focus()
        await self._pilot.pause()
        if text:
            self._app.frame.query_one(control).post_message(Paste(text))
        else:
            await self._pilot.press("space")
        await self._until(lambda: bool(self._app.session and self._app.session.draft.get(key)))
        await self._read()
        self._app.frame.refresh_view()
        await self._pilot.pause()

    async def _read(self) -> None:
        await self._until(lambda: bool(self._app.session and not self._app.session.reading()))

    async def walk(self) -> None:
        """From the first page to the last."""
        await self._to_details(self._take)
        await self._answer()
        await self._take("details")
        await self._go("enter", Step.CHECKS)
        await self._read()
        await self._take("checks")
        await self._go("enter", Step.PLAN)
        await self._until(lambda: isinstance(page := self._app.frame.page, PlanPage) and page.plan is not None)
        await self._take("plan")
        await self._pilot.press("enter")
        await self._pilot.press("y")
        await self._until(lambda: isinstance(self._app.frame.page, ApplyPage))
        await self._until(self._half_way)
        await self._take("apply")
        await self._until(lambda: self._app.frame.step is Step.DONE)
        await self._take("done")

    def _half_way(self) -> bool:
        page = self._app.frame.page
        if not isinstance(page, ApplyPage):
            return True
        return sum(line.state == "done" for line in page.lines.values()) >= min(5, len(page.lines) // 2)

    def _said(self, text: str) -> bool:
        return text in self._app.export_screenshot(simplify=True).replace("&#160;", " ")

    async def _go(self, key: str, step: Step) -> None:
        await self._pilot.press(key)
        await self._until(lambda: self._app.frame.step is step and self._app.frame.page.is_mounted)

    async def _until(self, condition: Callable[[], bool]) -> None:
        end = monotonic() + _DEADLINE
        while not condition():
            if monotonic() > end:
                raise TimeoutError(f"the wizard stays on the page {self._app.frame.step}")
            await self._pilot.pause(0.05)

    async def _take(self, name: str) -> None:
        first = self._strategy == SERIES[0][0]
        if name in _SHARED and not first:
            return
        self._app.frame.refresh_view()
        self._app.clear_notifications()
        await self._pilot.pause(0.2)
        path = self._folder / f"{'' if first else f'{self._strategy}-'}{name}{self._suffix}.svg"
        path.write_text(_stable(self._app.export_screenshot(title="ezgitops", simplify=True)), encoding="utf-8")
        if first and not self._suffix and name in AS_PNG:
            _as_png(path)


def _stable(svg: str) -> str:
    """Without the identifier that is another one for each run, and with blanks that every renderer keeps."""
    return re.sub(r"terminal-\d+", "terminal", svg).replace("<svg ", '<svg xml:space="preserve" ', 1)


def _as_png(path: Path) -> None:
    program = shutil.which("rsvg-convert")
    if program is not None:
        subprocess.run([program, "--width", "1200", "--output", str(path.with_suffix(".png")), str(path)], check=True)


async def photograph(folder: Path, suffix: str, strategy: str, trouble: str) -> None:
    """Every page in one size, or the page of checks in a world of ``trouble``: the world that the environment names."""
    environ = dict(os.environ)

    def session(draft: Draft, *, on_edit: Callable[[Draft], None], ask_secret: Callable[[str], str] | None = None) -> Session:
        return make_session(draft, environ=environ, on_edit=on_edit, ask_secret=ask_secret)

    app = WizardApp(
        make_session=session, drafts=lambda warn: drafts(environ, warn=warn), logbook=logbook(environ), environ=environ
    )
    async with app.run_test(size=SIZES[suffix]) as pilot:
        photographer = Photographer(app, pilot, folder, suffix, strategy)
        await (photographer.trouble(trouble) if trouble else photographer.walk())
        app.close_session()


def main(arguments: list[str]) -> int:
    """Start a fresh sandbox for each series, and in its environment this module again, which takes the pictures."""
    folder = Path(arguments[0] if arguments else "screenshots").absolute()
    if any(argument.startswith("--size=") for argument in arguments):
        suffix, strategy, trouble = (argument.partition("=")[2] for argument in arguments[1:])
        asyncio.run(photograph(folder, suffix, strategy, trouble))
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    wished = arguments[1:]
    for suffix in SIZES:
        for strategy, trouble in SERIES:
            if wished and strategy not in wished:
                continue
            wanted = (f"--size={suffix}", f"--strategy={strategy}", f"--trouble={trouble}")
            command = [sys.executable, "-m", __spec__.name, str(folder), *wanted]
            with tempfile.TemporaryDirectory() as home:
                _in_sandbox(trouble or "healthy", command, home)
    return 0


def _in_sandbox(scenario: str, command: list[str], home: str) -> None:
    own = {**os.environ, "HOME": home}
    start = [sys.executable, "-m", "wizard", "sandbox", "--attached", "--scenario", scenario]
    with subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=own) as sandbox:
        if sandbox.stdin is None or sandbox.stdout is None:
            raise RuntimeError("the sandbox has no pipes")
        try:
            exports = json.loads(sandbox.stdout.readline())
            subprocess.run(command, env={**own, **exports, "TEXTUAL_ANIMATIONS": "none"}, cwd=home, check=True)
        finally:
            sandbox.stdin.close()  # it ends with its input


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
