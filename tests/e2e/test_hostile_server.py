"""Servers that do not mean well: the program ends by itself, says what it saw, and writes nothing to the terminal but text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import Program
from tests.e2e.servers import OFFERED, bad, file

SCENARIO = """\
apiVersion: sandbox.ezgitops.dev/v1alpha1
description: The company's GitLab does not mean well
extends: healthy
servers:
  - {{name: gitlab, hostile: {{kind: {kind}}}}}
"""

pytestmark = [pytest.mark.slow, OFFERED]


KINDS = (
    "endless-body", "huge-header", "redirect-loop", "redirect-to-metadata", "wrong-content-type", "html-for-json", "slow-drip",
    "silence",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_ends_and_says_what_is_amiss(tmp_path: Path, kind: str) -> None:
    world = tmp_path / "hostile.yaml"
    world.write_text(SCENARIO.format(kind=kind), encoding="utf-8")
    program = Program(tmp_path, {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")})
    result = program.run("check", *file("gitlab"), f"--sandbox={world}", "--output", "json", seconds=200)
    assert result.code == 3, result.out[-3000:] + result.err
    told = {name: evidence for name, evidence in bad(result).items() if name.startswith("server.")}
    assert told
    assert all(evidence.isprintable() and "Traceback" not in evidence for evidence in told.values())
    assert "Traceback" not in result.err


@pytest.mark.parametrize("kind", KINDS)
def test_an_apply_ends_before_anything_is_touched(tmp_path: Path, kind: str) -> None:
    world = tmp_path / "hostile.yaml"
    world.write_text(SCENARIO.format(kind=kind), encoding="utf-8")
    program = Program(tmp_path, {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")})
    result = program.run("apply", *file("gitlab"), "--yes", f"--sandbox={world}", seconds=200)
    assert result.code == 1, result.out[-3000:] + result.err
    told = result.out + result.err
    assert "nothing was touched" in told
    assert "gitlab.acme.example" in told
    assert "Traceback" not in told
    assert all(line.isprintable() for line in told.splitlines())
    assert "sandbox-gitlab-casey-api" not in told


@pytest.mark.parametrize("command", [("check",), ("apply", "--yes")])
def test_names_with_control_characters_are_shown_without(tmp_path: Path, command: tuple[str, ...]) -> None:
    world = tmp_path / "hostile.yaml"
    world.write_text(SCENARIO.format(kind="control-characters"), encoding="utf-8")
    program = Program(tmp_path, {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")})
    result = program.run(*command, *file("gitlab"), f"--sandbox={world}", seconds=200)
    assert result.code == 0, result.out[-3000:] + result.err
    assert all(line.isprintable() for line in (result.out + result.err).splitlines())
