"""What the screen looks like where it is hard: no colour, little room, the other theme; and the ways to get help."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from strategies.base import Status
from tests.tui.driving import LARGE, SMALL, operating
from tests.tui.world import Stage
from wizard.flow import Step
from wizard.tui.theme import ACTION_MARKS, CHECK_MARKS, DARK, LIGHT, WORK_MARKS


def test_every_state_has_an_icon_and_a_word_of_its_own() -> None:
    assert {status.value for status in Status} == set(CHECK_MARKS)
    for marks in (CHECK_MARKS, ACTION_MARKS, WORK_MARKS):
        assert len({mark.word for mark in marks.values()}) == len(marks)
        assert all(mark.icon and mark.word for mark in marks.values())


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_text_is_readable_on_its_background(theme: object) -> None:
    chosen = DARK if theme is DARK else LIGHT
    background = Color.parse(chosen.background or "")
    for text in (
        chosen.foreground or "",
        chosen.variables["quiet"],
        chosen.error or "",
        chosen.warning or "",
        chosen.success or "",
    ):
        contrast = _contrast(Color.parse(text), background)
        assert contrast >= 4.5, (text, contrast)  # WCAG 2.2, 1.4.3, level AA


def _contrast(one: Color, other: Color) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


async def test_without_colour_text_stands_out_from_its_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.DETAILS)
        assert operator.app.no_color
        grey = 0
        for strip in operator.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(operator.app._filters[-1], operator.app.screen.background_colors[1]):
                style = segment.style
                if style is None or not any(map(str.isalnum, segment.text)) or style.color is None or style.bgcolor is None:
                    continue
                text, ground = style.color.triplet, style.bgcolor.triplet
                assert text is not None
                assert ground is not None
                assert text.red == text.green == text.blue
                assert abs(text.red - ground.red) > 40, segment.text
                grey += 1
        assert grey > 20


async def test_too_small_a_terminal_is_told_and_recovers(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), (79, 23)) as operator:
        await operator.sees("The wizard needs 80 columns and 24 lines.", "This terminal has 79 and 23.")
        await operator.pilot.resize_terminal(80, 24)
        await operator.sees("Set up a cluster")


async def test_help_explains_the_page_and_its_keys(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.CHECKS)
        await operator.press("question_mark")
        await operator.sees("Each prerequisite, the worst first", "Copy the command that mends the check")
        await operator.press("escape")
        await operator.until(lambda: operator.app.screen is operator.app.frame, "the page again")


async def test_the_palette_goes_to_a_page_and_not_past_an_open_question(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), LARGE) as operator:
        await operator.to(Step.DETAILS)
        await operator.press("ctrl+p")
        await operator.until(lambda: operator.app.screen is not operator.app.frame, "the palette")
        await operator.type("go to plan")
        await operator.sees("Go to Plan")
        await operator.press("enter")
        await operator.sees("A page before it is not complete yet.")
        await operator.app.frame.jump(Step.ENVIRONMENT)
        await operator.on(Step.ENVIRONMENT)


async def test_the_theme_can_be_switched(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        operator.app.action_switch_theme()
        assert operator.app.theme == LIGHT.name
        await operator.sees("Set up a cluster")


async def test_a_click_on_the_rail_goes_back(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), SMALL) as operator:
        await operator.to(Step.DETAILS)
        await operator.pilot.click("Rail", offset=(14, 0))
        await operator.on(Step.ENVIRONMENT)
