"""``prompt:`` references: asked for without an echo, before anything is read, and kept nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.program import SAMPLE, Program, calls
from tests.terminal import Terminal
from wizard.sandbox import scenario
from wizard.sandbox.launch import Sandbox

TOKEN = "t0ken-of-the-bot-77"
LABEL = "Token of the bot"
WIZARD = (sys.executable, "-m", "wizard")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The healthy world with a source repository that wants a token."""
    github = scenario.load("healthy").github.model_dump(mode="json")
    github["repositories"][0]["token"] = TOKEN
    file = tmp_path_factory.mktemp("scenario") / "private.yaml"
    file.write_text(yaml.safe_dump({"extends": "healthy", "description": "A private source", "github": github}))
    with Sandbox(str(file)) as sandbox:
        yield sandbox


@pytest.fixture
def program(private: Sandbox, tmp_path: Path) -> Program:
    """The program with answers that name the place of the token only."""
    text = SAMPLE.read_text(encoding="utf-8").replace("  username: null", "  username: bot")
    (tmp_path / "answers.yaml").write_text(text.replace("  password: null", f"  password: prompt:{LABEL}"), encoding="utf-8")
    return Program(tmp_path, dict(private.environ))


def on_a_terminal(program: Program, *arguments: str) -> Terminal:
    """The program on a terminal."""
    return Terminal([*WIZARD, *arguments], environ=program.environment(TERM="xterm-256color"), folder=program.folder)


def test_it_is_asked_for_on_the_terminal_and_not_shown(program: Program) -> None:
    with on_a_terminal(program, "apply", "-f", "answers.yaml") as terminal:
        terminal.sees(LABEL)
        terminal.type(TOKEN)
        terminal.sees("Apply this?")
        terminal.type("y")
        assert terminal.ends() == 0, terminal.seen
        assert terminal.seen.count(LABEL) == 1
        assert "Synced" in terminal.seen
        assert TOKEN not in terminal.seen
    kept = [f for f in Path(program.environ["XDG_STATE_HOME"]).rglob("*") if f.is_file()]
    assert kept
    assert [f for f in [*kept, *program.folder.rglob("*.yaml")] if TOKEN.encode() in f.read_bytes()] == []


def test_ctrl_c_at_the_question_ends_it(program: Program) -> None:
    with on_a_terminal(program, "plan", "-f", "answers.yaml") as terminal:
        terminal.sees(LABEL)
        terminal.interrupt()
        assert terminal.ends(seconds=20) == 130
        assert terminal.seen.count(LABEL) == 1
        assert "Traceback" not in terminal.seen


@pytest.mark.parametrize("command", ["plan", "apply", "mirror", "status"])
def test_without_a_terminal_it_is_listed_and_nothing_is_touched(command: str, program: Program, private: Sandbox) -> None:
    before = len(calls(private.control))
    result = program.run(command, "-f", "answers.yaml", *(["--yes"] if command == "apply" else []))
    assert result.code == 2, result.out + result.err
    assert f"prompt:{LABEL}" in result.err
    assert "env:NAME or file:PATH" in result.err
    assert [c for c in calls(private.control)[before:] if c["api"] == "aws" and c["mutating"]] == []
