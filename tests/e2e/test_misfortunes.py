"""What an operator's machine and cloud do wrong: the run says what, why and what to do, loses nothing, and can go on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.program import SAMPLE, Program, calls
from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(SAMPLE))
DENIED = "iam:CreateRole"


def test_a_reader_that_leaves_does_not_stop_an_apply(program: Program) -> None:
    command = [sys.executable, "-m", "wizard", "apply", *FILE, "--yes"]
    with subprocess.Popen(
        command, cwd=program.folder, env=program.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()
        assert run.wait(timeout=120) == 0, said
    assert "Traceback" not in said
    assert program.run("plan", *FILE, "--detailed-exitcode").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this platform")
@pytest.mark.parametrize("output", ["text", "json"])
def test_output_that_cannot_be_written_is_a_failure_and_no_traceback(output: str, looking: Program) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wizard", "plan", *FILE, "--output", output],
            cwd=looking.folder, env=looking.environment(), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            timeout=120,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_cannot_be_written_stops_before_anything_is_touched(
    looking: Program, shared_sandbox: Sandbox
) -> None:
    file = looking.folder / "file"
    file.touch()
    before = len([c for c in calls(shared_sandbox.control) if c["mutating"] and c["api"] == "aws"])
    result = looking.run("apply", *FILE, "--yes", environ={"XDG_STATE_HOME": str(file)})
    assert result.code == 1
    assert "nothing was touched" in result.err
    assert "XDG_STATE_HOME" in result.err
    assert [c for c in calls(shared_sandbox.control) if c["mutating"] and c["api"] == "aws"][before:] == []


def test_one_reason_is_told_once(looking: Program) -> None:
    result = looking.run("plan", *FILE, environ={"KUBECONFIG": str(looking.folder / "none")})
    assert result.code == 1
    assert result.err.count("there is no kubeconfig") == 1
    assert "oc login" in result.err


def test_without_git_it_says_what_to_install(looking: Program) -> None:
    bare = looking.folder / "bin"
    bare.mkdir()
    result = looking.run("plan", *FILE, environ={"PATH": str(bare)})
    assert shutil.which("git")
    assert result.code == 1
    assert "git is not installed" in result.err


def test_one_denied_call_fails_alone_and_says_what_to_ask_for(tmp_path: Path) -> None:
    file = tmp_path / "denied.yaml"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": DENIED, "Resource": "*"}]}
    scenario = {"extends": "healthy", "description": "x", "aws": {"operator": {"policies": {"operator": policy}}}}
    file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    with Sandbox(str(file)) as sandbox:
        result = Program(tmp_path, dict(sandbox.environ)).run("apply", *FILE, "--yes")
    assert result.code == 1, result.out
    assert f"may not call {DENIED}" in result.out
    assert f"Ask for {DENIED}" in result.out
    assert "needs Credential refresher" in result.out
