"""Nothing that was typed is lost: not by Back, not by a wrong value, not by a closed terminal. And no secret is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Collapsible, Input

from tests.tui.driving import LARGE, SMALL, URL, Operator, operating
from tests.tui.world import Stage
from wizard.answers.draft import Draft
from wizard.flow import Step
from wizard.tui.drafts import DraftKeeper
from wizard.tui.widgets.field import Field


def _typed(operator: Operator, key: str) -> str:
    return operator.app.frame.query_one(f"#field-{key.replace('.', '-')} Input", Input).value


async def test_back_and_forward_keep_every_key_stroke_also_of_a_wrong_value(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.DETAILS)
        await operator.type("git@github.com:acme")
        await operator.until(lambda: operator.draft("source.url") == "git@github.com:acme", "the draft")
        await operator.sees("✖")
        for back in (Step.STRATEGY, Step.ENVIRONMENT, Step.WELCOME):
            await operator.press("escape")
            await operator.on(back)
        for forth in (Step.ENVIRONMENT, Step.STRATEGY, Step.DETAILS):
            await operator.app.frame.go(forth)
        assert _typed(operator, "source.url") == "git@github.com:acme"
        assert operator.draft("source.url") == "git@github.com:acme"
        await operator.press("enter")
        await operator.sees("✖ Source repository")
        assert operator.app.frame.step is Step.DETAILS


async def test_who_goes_back_to_the_welcome_goes_on_with_the_draft(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.DETAILS)
        operator.paste(URL)
        await operator.until(lambda: operator.draft("source.url") == URL, "the draft")
        for back in (Step.STRATEGY, Step.ENVIRONMENT, Step.WELCOME):
            await operator.press("escape")
            await operator.on(back)
        await operator.sees("Go on with prod-east")
        await operator.press("enter")
        await operator.on(Step.ENVIRONMENT)
        assert operator.draft("source.url") == URL


async def test_who_goes_back_from_an_answers_file_chooses_anew(tmp_path: Path) -> None:
    file = tmp_path / "prod-east.ezgitops.yaml"
    file.write_text(f"apiVersion: ezgitops.dev/v1\nkind: Answers\nsource:\n  url: {URL}\n...\n", encoding="utf-8")
    async with operating(Stage(tmp_path).app(answers_file=file), SMALL) as operator:
        await operator.on(Step.ENVIRONMENT)
        await operator.press("escape")
        await operator.on(Step.WELCOME)
        await operator.sees("Set up a cluster")
        await operator.press("enter")
        await operator.on(Step.ENVIRONMENT)
        assert operator.draft("source.url") is None


async def test_a_field_that_is_emptied_takes_the_suggestion_again_once_it_is_left(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.DETAILS)
        operator.app.frame.query_one("#field-codecommit-repository-name", Field).focus_control()
        await operator.press("end", "x")
        await operator.until(lambda: operator.draft("codecommit.repository.name") == "prod-east-cluster-configx", "the edit")
        await operator.press("ctrl+u")
        await operator.until(lambda: operator.draft("codecommit.repository.name") is None, "the edit to be taken back")
        assert _typed(operator, "codecommit.repository.name") == ""
        await operator.press("tab")
        await operator.until(
            lambda: _typed(operator, "codecommit.repository.name") == "prod-east-cluster-config", "the suggestion"
        )


async def test_a_killed_wizard_goes_on_where_it_was(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    app = stage.app()
    async with operating(app) as operator:
        await operator.to(Step.DETAILS)
        operator.paste(URL)
        await operator.until(lambda: operator.draft("source.url") == URL, "the draft")
        assert app.keeper is not None
        assert app.keeper.flush()
        # What a SIGKILL leaves is what is on the disk now.
        (name, _changed), *others = stage.store.list()
        left = stage.store.load(name)
    assert (name, others) == ("prod-east", [])
    assert left is not None
    assert left.get("source.url") == URL
    async with operating(stage.app()) as operator:
        await operator.sees("Go on with prod-east", "a draft, last changed")
        await operator.press("enter")
        await operator.on(Step.ENVIRONMENT)
        await operator.app.frame.go(Step.DETAILS)
        assert _typed(operator, "source.url") == URL
        assert operator.draft("strategy") == "codecommit"


async def test_a_secret_typed_in_the_place_of_a_reference_is_masked_and_kept_nowhere(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app(), LARGE) as operator:
        await operator.to(Step.DETAILS)
        operator.app.frame.query_one("#more", Collapsible).collapsed = False
        await operator.sees("Password")
        field = operator.app.frame.query_one("#field-source-password", Field)
        field.focus_control()
        await operator.until(lambda: operator.app.focused is field.query_one(Input), "the focus")
        operator.paste("ghp_marker0123456789marker0123456789mark")
        await operator.sees("not kept: give a reference")
        assert "marker" not in operator.seen
        assert operator.draft("source.password") is None
        await operator.press("ctrl+u")
        await operator.type("env:TOKEN")
        await operator.until(lambda: operator.draft("source.password") == "env:TOKEN", "the reference")
        await operator.sees("env:TOKEN")
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"marker" not in path.read_bytes(), path


@pytest.mark.parametrize("leaving", ["tab", "enter", "ctrl+n"])
async def test_a_prompts_label_is_taken_whole(leaving: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app(), LARGE) as operator:
        await operator.to(Step.DETAILS)
        operator.app.frame.query_one("#more", Collapsible).collapsed = False
        await operator.sees("Password")
        field = operator.app.frame.query_one("#field-source-password", Field)
        field.focus_control()
        await operator.until(lambda: operator.app.focused is field.query_one(Input), "the focus")
        for part in ("prompt:", "Token of", " the bot"):
            await operator.type(part)
            await operator.sees("you are asked for it once you leave this field")
            assert operator.draft("source.password") is None
        await operator.press(leaving)
        await operator.until(lambda: operator.draft("source.password") == "prompt:Token of the bot", "the reference")
        # Only what is typed waits, not what stands there.
        field.focus_control()
        await operator.until(lambda: operator.app.focused is field.query_one(Input), "the focus")
        assert operator.draft("source.password") == "prompt:Token of the bot"


def test_a_second_draft_of_the_same_instance_does_not_replace_the_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for url in ("https://one", "https://two"):
        keeper = DraftKeeper(stage.store)
        keeper.save(Draft({"source": {"url": url}}), None)
        keeper.save(Draft({"source": {"url": url}}), "prod-east")
        keeper.close()
    assert sorted(name for name, _ in stage.store.list()) == ["prod-east", "prod-east~2"]
