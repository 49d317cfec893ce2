"""The keys mean the same in every field: Enter goes on, Space chooses, Escape closes what is open and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Collapsible

from strategies.base import Kind, Page, Question, Status, Verdict
from strategies.facts import AWS_PROFILES, CLUSTER_INFO, AwsProfiles, FactError
from tests.fakes import passing
from tests.tui.driving import SMALL, operating
from tests.tui.world import CHECKS, QUESTIONS, Stage
from wizard.flow import Step
from wizard.tui.pages.environment import EGRESS_CHECK
from wizard.tui.widgets.drop_down import DropDown
from wizard.tui.widgets.field import Field, Line


async def test_enter_accepts_what_was_found_with_one_key(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.ENVIRONMENT)
        operator.app.frame.query_one("#field-aws-profile", Field).focus_control()
        await operator.until(lambda: isinstance(operator.app.focused, DropDown), "the focus")
        await operator.sees("⏎ Go on", "space Choose")
        await operator.press("enter")
        await operator.on(Step.STRATEGY)
        assert operator.draft("aws.profile") is None


@pytest.mark.parametrize("key", ["space", "down"])
async def test_a_menu_opens_and_escape_closes_the_menu_alone(tmp_path: Path, key: str) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.ENVIRONMENT)
        field = operator.app.frame.query_one("#field-aws-profile", Field)
        field.focus_control()
        menu = field.query_one(DropDown)
        await operator.until(lambda: menu.has_focus, "the focus")
        await operator.press(key)
        await operator.until(lambda: menu.expanded, "the menu")
        await operator.press("escape")
        await operator.until(lambda: menu.has_focus and not menu.expanded, "the menu to close")
        assert operator.app.frame.step is Step.ENVIRONMENT
        await operator.press("escape")
        await operator.on(Step.WELCOME)


async def test_enter_in_an_open_menu_chooses_and_stays(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app()) as operator:
        await operator.to(Step.ENVIRONMENT)
        field = operator.app.frame.query_one("#field-aws-profile", Field)
        field.focus_control()
        menu = field.query_one(DropDown)
        await operator.until(lambda: menu.has_focus, "the focus")
        await operator.press("space")
        await operator.until(lambda: menu.expanded, "the menu")
        other = next(choice.value for choice in field._choices if choice.value != menu.value)
        await operator.type(other)
        await operator.press("enter")
        await operator.until(lambda: operator.draft("aws.profile") == other, "the choice")
        await operator.until(lambda: menu.has_focus and not menu.expanded, "the menu to close")
        assert operator.app.frame.step is Step.ENVIRONMENT


async def test_enter_takes_the_line_under_the_cursor_and_goes_on(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.DETAILS)
        await operator.type("https://github.com/acme/cluster-config.git")
        await operator.until(lambda: operator.draft("source.url"), "the URL")
        await operator.read()
        operator.app.frame.query_one("#field-codecommit-credentials-method", Field).focus_control()
        await operator.press("down", "enter")
        await operator.on(Step.CHECKS)
        assert operator.draft("codecommit.credentials.method") == "git-credentials"


async def test_a_field_that_is_folded_away_is_shown_when_it_stands_in_the_way(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.ENVIRONMENT)
        assert operator.app.session is not None
        operator.app.session.edit("aws.account", "12")
        await operator.press("ctrl+n")
        await operator.sees("✖ Account")
        assert not operator.app.frame.query_one("#more", Collapsible).collapsed
        await operator.until(
            lambda: any(
                isinstance(node, Field) and node.key == "aws.account" for node in getattr(operator.app.focused, "ancestors", ())
            ),
            "the focus",
        )


async def test_a_long_verdict_takes_one_line_and_is_told_whole_while_its_field_has_the_focus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "a finding that goes on for longer than its line, up to its last word"
    asked = Question(
        "aws.partition", "Partition", "The help of the field.", Page.ENVIRONMENT, kind=Kind.TEXT,
        judge=lambda _: Verdict(Status.PASS, long),
    )  # fmt: skip
    stage = Stage(tmp_path, questions=(asked, *QUESTIONS))
    async with operating(stage.app(), SMALL) as operator:
        await operator.to(Step.ENVIRONMENT)
        await operator.sees("up to its last word")
        shown = [line for line in operator.seen.splitlines() if "a finding that goes on" in line]
        assert len(shown) == 2
        assert "…" in shown[0]
        operator.app.frame.query_one("#field-name", Field).focus_control()
        await operator.until(lambda: "up to its last word" not in operator.seen, "the other field's help")


async def test_the_finding_about_the_way_out_stands_on_top(tmp_path: Path) -> None:
    stage = Stage(tmp_path, checks=(*CHECKS, passing(EGRESS_CHECK, CLUSTER_INFO.id)))
    async with operating(stage.app(), SMALL) as operator:
        await operator.to(Step.ENVIRONMENT)
        await operator.sees("Way out")
        lines = operator.seen.splitlines()
        way_out = next(place for place, line in enumerate(lines) if "Way out" in line)
        first = next(place for place, line in enumerate(lines) if "AWS profile" in line)
        assert way_out < first
        assert f"seen by {EGRESS_CHECK}" in lines[way_out]


async def test_what_nothing_was_found_for_is_given_by_hand(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.world.facts[AWS_PROFILES.id] = FactError("the configuration cannot be read", "Mend it.")
    async with operating(stage.app()) as operator:
        await operator.to(Step.ENVIRONMENT)
        field = operator.app.frame.query_one("#field-aws-profile", Field)
        await operator.until(lambda: field.query(Line), "a line to type into")
        field.focus_control()
        await operator.type("prod")
        await operator.until(lambda: operator.draft("aws.profile") == "prod", "what was typed")
        await operator.press("f5")
        await operator.read()
        assert field.query_one(Line).value == "prod"
        stage.world.facts[AWS_PROFILES.id] = AwsProfiles(("prod-east", "staging"), "prod-east", "us-east-2")
        await operator.press("f5")
        await operator.until(lambda: field.query(DropDown), "the list")
        assert field.query_one(DropDown).value == "prod"
