"""A GitLab of one's own, replayed: from nothing to `Synced` in one apply, a day later, killed on the way, and away again."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import Program, calls
from tests.e2e.servers import actions, apply, bad, file, refreshed, secret, watched
from tests.e2e.test_interrupted import kill_after
from wizard.sandbox.launch import Sandbox

GIVEN = file("own")
HOST = "git.acme.internal"
DAYS = 3 * 86_400
KEPT = {"aws.data-volume.server", "aws.stored-secret.keys"}

pytestmark = pytest.mark.slow


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Program, Sandbox]]:
    """The program in an account where there is no Git server yet."""
    with Sandbox("own-server") as sandbox:
        yield Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(tmp_path / "state")}), sandbox


def advance(control: str, seconds: int) -> None:
    """Move the sandbox's clock."""
    body = json.dumps({"seconds": seconds}).encode()
    request = urllib.request.Request(f"{control}/clock/advance", data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def mutations(sandbox: Sandbox) -> list[str]:
    """What was changed in AWS and by the operator in the cluster, in order."""
    return [
        str(one["operation"] if one["api"] == "aws" else f"{one['verb']} {one['resource']}")
        for one in calls(sandbox.control)
        if one["mutating"] and (one["api"] == "aws" or one["user"] == "operator")
    ]


def test_from_nothing_to_synced_and_again_without_a_change(own: tuple[Program, Sandbox]) -> None:
    program, sandbox = own
    checked = program.run("check", *GIVEN, "--output", "json")
    assert (checked.code, bad(checked)) == (0, {}), checked.err
    before = program.run("plan", *GIVEN, "--output", "json", "--detailed-exitcode")
    assert before.code == 4, before.out[-3000:] + before.err
    assert set(actions(before).values()) == {"create"}
    assert "not asked" not in before.out

    apply(program, GIVEN)

    after = program.run("plan", *GIVEN, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err
    done = len(mutations(sandbox))
    assert apply(program, GIVEN).of("apply_complete") == []
    # Systems Manager has no other way to look at a machine than to run a command there.
    assert set(mutations(sandbox)[done:]) == {"SendCommand", "patch applications.argoproj.io"}
    state = "".join(one.read_text() for one in (program.folder / "state").rglob("*") if one.is_file())
    assert "BEGIN" not in state
    assert "glpat-" not in state


def test_days_later_its_token_has_ended_and_nothing_is_amiss(own: tuple[Program, Sandbox]) -> None:
    program, sandbox = own
    apply(program, GIVEN)
    advance(sandbox.control, DAYS)

    state = program.run("status", *GIVEN)
    assert state.code == 0, state.out + state.err
    assert "0 missing or drifted" in state.out
    assert "the same branches and tags on both sides" in state.out
    again = program.run("plan", *GIVEN, "--detailed-exitcode")
    assert again.code == 0, again.out + again.err

    held = secret(program.environ)
    with watched(program.environ) as seen:
        renewed = program.run("renew", *GIVEN, "--yes")
        assert renewed.code == 0, renewed.out + renewed.err
        refreshed(program.environ)
    assert seen.complaints == []
    assert secret(program.environ) != held
    assert program.run("plan", *GIVEN, "--detailed-exitcode").code == 0


def test_an_operator_who_does_not_reach_it_is_told_so_and_nothing_is_made_anew(own: tuple[Program, Sandbox]) -> None:
    """As without the VPN: AWS and the cluster answer, the server's name leads nowhere."""
    program, sandbox = own
    apply(program, GIVEN)
    done = len(mutations(sandbox))
    away = Program(program.folder, {**program.environ, "NO_PROXY": f"{program.environ['NO_PROXY']},{HOST}"})

    planned = away.run("plan", *GIVEN, "--output", "json", "--detailed-exitcode")
    assert planned.code == 0, planned.out[-3000:] + planned.err
    assert "taken as it was left" in planned.out
    assert away.run("apply", *GIVEN, "--yes").code == 0
    assert set(mutations(sandbox)[done:]) == {"SendCommand", "patch applications.argoproj.io"}


@pytest.mark.parametrize(("event", "count"), [("apply_start", 9), ("apply_complete", 9), ("apply_complete", 12)])
def test_killed_on_the_way_it_can_be_run_again(own: tuple[Program, Sandbox], event: str, count: int) -> None:
    program, _ = own
    process = program.start("apply", *GIVEN, "--yes", "--output", "json")
    kill_after(process, event, count, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    apply(program, GIVEN)

    after = program.run("plan", *GIVEN, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out[-3000:] + after.err


def test_it_goes_but_for_its_data_and_comes_again_with_it(own: tuple[Program, Sandbox]) -> None:
    program, sandbox = own
    apply(program, GIVEN)
    advance(sandbox.control, DAYS)

    gone = program.run("destroy", "prod-east", *GIVEN, "--yes", "prod-east")
    assert gone.code == 0, gone.out + gone.err
    assert "kept: it holds the server's data" in gone.out
    assert "stays on" not in gone.out
    once_more = program.run("destroy", "prod-east", *GIVEN, "--yes", "prod-east", "--output", "json")
    assert once_more.code == 0, once_more.out + once_more.err
    assert once_more.of("apply_complete") == []

    fresh = actions(program.run("plan", *GIVEN, "--output", "json"))
    assert {one for one, action in fresh.items() if action != "create"} <= KEPT | {"aws.stored-secret.root-password"}
    apply(program, GIVEN)
