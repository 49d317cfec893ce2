"""Servers that do not mean well: the program ends by itself, says what it saw, and writes nothing to the terminal but text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program import Program, Result, calls
from tests.e2e.servers import OFFERED, bad, file
from wizard.sandbox.launch import Sandbox

SCENARIO = """\
apiVersion: sandbox.ezgitops.dev/v1alpha1
description: The company's GitLab does not mean well
extends: healthy
servers:
  - {{name: gitlab, hostile: {{kind: {kind}}}}}
"""

pytestmark = [pytest.mark.slow, OFFERED]

NOT_GITLAB = "is not known as GitLab"
KINDS = {
    "endless-body": ("its answer is longer than", "its answer is longer than"),
    "huge-header": ("its headers are longer than any server's", "its headers are longer than any server's"),
    "redirect-loop": (NOT_GITLAB, "/again"),
    "redirect-to-metadata": ("sends to http://169.254.169.254", "sends to http://169.254.169.254"),
    "redirect-to-plain-http": ("sends to http://gitlab.acme.example", "sends to http://gitlab.acme.example"),
    "wrong-content-type": (NOT_GITLAB, "with image/png where JSON belongs"),
    "html-for-json": (NOT_GITLAB, "with text/html; charset=utf-8 where JSON belongs"),
    "broken-json": ("its answer is longer than", "with JSON that is none"),
    "slow-drip": ("it gave no whole answer within", "it gave no whole answer within"),
    "silence": ("it gave no whole answer within", "it gave no whole answer within"),
}
"""What is said of each: by the check of the server, and by what would change something."""


def world(folder: Path, kind: str) -> str:
    """The healthy world, but for its GitLab."""
    path = folder / "hostile.yaml"
    path.write_text(SCENARIO.format(kind=kind), encoding="utf-8")
    return str(path)


def program(folder: Path, sandbox: Sandbox) -> Program:
    """The program in that world."""
    return Program(folder, {**sandbox.environ, "XDG_STATE_HOME": str(folder / "state")})


def clean(result: Result) -> None:
    """Nothing that a terminal acts upon, no traceback, no token."""
    told = result.out + result.err
    assert all(line.isprintable() for line in told.splitlines())
    assert "Traceback" not in told
    assert "sandbox-gitlab-casey-api" not in told


@pytest.mark.parametrize("kind", KINDS)
def test_each_ends_in_words_and_nothing_is_touched(tmp_path: Path, kind: str) -> None:
    seen, refused = KINDS[kind]
    with Sandbox(world(tmp_path, kind)) as sandbox:
        run = program(tmp_path, sandbox)
        looked = run.run("check", *file("gitlab"), "--output", "json", seconds=200)
        assert looked.code == 3, looked.out[-3000:] + looked.err
        assert seen in bad(looked)["server.reachable"]
        clean(looked)
        # A plan looks as an apply does, so one of those that end at once is enough.
        for command in (("apply", "--yes"), *((("plan",),) if kind == "html-for-json" else ())):
            ended = run.run(*command, *file("gitlab"), seconds=200)
            assert ended.code == 1, ended.out[-3000:] + ended.err
            assert "nothing was touched" in ended.err
            assert "gitlab.acme.example" in ended.err
            assert refused in ended.err
            clean(ended)
        changed = {(one["api"], one.get("resource")) for one in calls(sandbox.control) if one["mutating"]}
    assert changed == {("cluster", "jobs.batch")}, "the look from inside is a Job, and the only thing that is made"


def test_names_with_control_characters_are_shown_without(tmp_path: Path) -> None:
    with Sandbox(world(tmp_path, "control-characters")) as sandbox:
        run = program(tmp_path, sandbox)
        for command in (("check",), ("plan",), ("apply", "--yes")):
            done = run.run(*command, *file("gitlab"), seconds=200)
            assert done.code == 0, done.out[-3000:] + done.err
            clean(done)
