"""``prompt:`` references in the wizard: asked for in a modal, hidden, and given to the one who asked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from strategies.ports import CancelledByOperatorError
from tests.tui.driving import Operator, operating
from tests.tui.world import Stage
from wizard.answers.draft import Draft
from wizard.engine.session import Session
from wizard.flow import Step
from wizard.tui.app import WizardApp


def staged(directory: Path) -> tuple[WizardApp, list[Callable[[str], str]]]:
    """The wizard, and how its session asks for a secret once there is one."""
    stage = Stage(directory)
    asks: list[Callable[[str], str]] = []

    def make(draft: Draft, *, on_edit: Callable[[Draft], None], ask_secret: Callable[[str], str] | None = None) -> Session:
        assert ask_secret is not None
        asks.append(ask_secret)
        return stage.make_session(draft, on_edit=on_edit)

    app = WizardApp(make_session=make, drafts=lambda _warn: stage.store, environ={}, clock=stage.world.clock)
    return app, asks


async def asked(operator: Operator, pool: ThreadPoolExecutor, ask: Callable[[str], str]) -> Future[str]:
    """Ask from another thread, as a reader does; the modal is shown afterwards."""
    answer = pool.submit(ask, "Token of the bot")
    await operator.sees("Token of the bot", "written nowhere")
    return answer


async def test_it_is_typed_hidden_and_given_to_the_one_who_asked(tmp_path: Path) -> None:
    app, asks = staged(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        async with operating(app) as operator:
            await operator.to(Step.ENVIRONMENT)
            answer = await asked(operator, pool, asks[0])
            await operator.type("m4rk3r")
            assert "m4rk3r" not in operator.seen
            await operator.press("enter")
            await operator.until(answer.done, "the answer")
            assert answer.result() == "m4rk3r"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"m4rk3r" in path.read_bytes()] == []


async def test_it_may_be_refused(tmp_path: Path) -> None:
    app, asks = staged(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        async with operating(app) as operator:
            await operator.to(Step.ENVIRONMENT)
            answer = await asked(operator, pool, asks[0])
            await operator.press("escape")
            await operator.until(answer.done, "the refusal")
            with pytest.raises(CancelledByOperatorError):
                answer.result()
