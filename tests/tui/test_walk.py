"""The whole road: from the first page to the last, with what can go wrong on the last stretch."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from strategies.base import Group
from strategies.ports import ResourceError, SyncReport
from tests.fakes import thing
from tests.tui.driving import LARGE, SMALL, URL, Operator, operating
from tests.tui.world import RESOURCES, Stage
from wizard.answers.document import load
from wizard.engine.lock import locked
from wizard.exitcodes import ExitCode
from wizard.flow import Step

ROLE, ENDPOINT, MIRROR, SECRET = (RESOURCES[place].address for place in (1, 2, 3, 4))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def _applied(operator: Operator) -> None:
    await operator.to(Step.PLAN)
    await operator.apply()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_from_the_first_page_to_synced_with_keys_alone(tmp_path: Path, size: tuple[int, int]) -> None:
    stage = Stage(tmp_path)
    app = stage.app()
    async with operating(app, size) as operator:
        await _applied(operator)
        await operator.sees(
            "Done", "Clone URL", "ezgitops apply -f prod-east.ezgitops.yaml --yes", "ezgitops destroy prod-east"
        )
        await operator.sees("gitops_git_repo_url =")
        await operator.press("y")
        assert app.clipboard.startswith("https://git-codecommit")
        outcome = await operator.leave("enter")
    assert (outcome.ended, outcome.exit_code) == ("finished", ExitCode.DONE)
    assert "--yes" in outcome.message
    assert len(stage.world.things) == len(RESOURCES)
    assert load(tmp_path / "prod-east.ezgitops.yaml").draft().answers().source.url == URL
    assert stage.store.list() == []


async def test_what_argo_cd_says_is_the_last_word(tmp_path: Path) -> None:
    stage = Stage(tmp_path, verified=True)
    async with operating(stage.app(), LARGE) as operator:
        await _applied(operator)
        await operator.sees("✔ Argo CD is Synced and Healthy at 3f2c9d1", "5 made")
        assert stage.world.refreshes > 0


async def test_argo_cd_that_does_not_sync_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    stage = Stage(tmp_path, verified=True)
    stage.world.syncs = [SyncReport("Unknown", "Unknown", None, ("ComparisonError: authentication required",), None, "")]
    app = stage.app()
    async with operating(app, LARGE) as operator:
        await _applied(operator)
        await operator.sees("Not done", "Argo CD is not Synced", "authentication required", "✖ Apply")
        assert (await operator.leave("ctrl+q")).exit_code is ExitCode.FAILED


async def test_a_failing_resource_says_what_why_and_what_now_and_can_be_run_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.world.errors[("create", ROLE)] = [
        ResourceError("The IAM role was not made", "AccessDenied", "Ask for iam:CreateRole.")
    ]
    async with operating(stage.app()) as operator:
        await _applied(operator)
        await operator.sees(
            "✖ The IAM role was not made", "why:  AccessDenied", "now:  Ask for iam:CreateRole.", "1 change was not begun"
        )
        assert SECRET not in stage.world.things
        assert MIRROR in stage.world.things
        await operator.press("r")
        await operator.on(Step.PLAN)
        await operator.sees("2 to create · 3 unchanged")
        await operator.apply()
        await operator.sees("Done")
    assert len(stage.world.things) == len(RESOURCES)


async def test_back_from_the_last_page_an_answer_is_changed_and_planned_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    app = stage.app()
    async with operating(app) as operator:
        await _applied(operator)
        await operator.sees("Done")
        for step in (Step.PLAN, Step.CHECKS, Step.DETAILS):
            await operator.press("escape")
            await operator.on(step)
        stage.resources = (*RESOURCES, thing("cluster.application.other", group=Group.CLUSTER))
        operator.app.frame.query_one("#field-codecommit-repository-name Input").focus()
        await operator.press("end", "2")
        await operator.until(lambda: operator.draft("codecommit.repository.name") == "prod-east-cluster-config2", "the edit")
        await operator.read()
        await operator.press("enter")
        await operator.on(Step.CHECKS)
        await operator.press("enter")
        await operator.on(Step.PLAN)
        await operator.sees("1 to create · 5 unchanged")
        await operator.apply()
        await operator.sees("Done")
        outcome = await operator.leave("enter")
    assert "cluster.application.other" in stage.world.things
    assert "draft" not in outcome.message


async def test_stopping_finishes_what_is_under_way_and_no_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    gate = threading.Barrier(2)
    stage.world.barriers[("create", ENDPOINT)] = gate
    stage.resources = (thing(ENDPOINT), thing(SECRET, ENDPOINT, group=Group.CLUSTER))
    app = stage.app()
    async with operating(app) as operator:
        await operator.to(Step.PLAN)
        await operator.press("enter")
        await operator.sees("Apply to prod-east?")
        await operator.press("y")
        await operator.on(Step.APPLY)
        await operator.sees("running", "waits for: git-code")
        await operator.press("ctrl+c")
        await operator.sees("Stop applying?")
        await operator.press("enter")
        await operator.sees("Stopping after the calls now under way")
        gate.wait(10)
        await operator.on(Step.DONE)
        await operator.sees("Stopped", "run it again to go on")
        assert SECRET not in stage.world.things
        assert (await operator.leave("ctrl+c")).exit_code is ExitCode.INTERRUPTED


async def test_a_run_elsewhere_is_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    lock = stage.world.lock_file(tmp_path / "state" / "prod-east", "123456789012", "us-east-2")
    with locked(lock, "prod-east", clock=stage.world.clock):
        app = stage.app()
        async with operating(app, LARGE) as operator:
            await _applied(operator)
            await operator.sees("Another run is working on this instance")
            assert (await operator.leave("ctrl+q")).exit_code is ExitCode.LOCKED


async def test_a_world_that_changed_after_the_plan_is_not_touched(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app(), LARGE) as operator:
        await operator.to(Step.PLAN)
        stage.world.clock.sleep(60)
        stage.world.foreign(RESOURCES[0])
        await operator.apply()
        await operator.sees("The world has changed since the plan was made", "confirm it again")
        assert stage.world.calls == []


async def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app()) as operator:
        await _applied(operator)
    calls = len(stage.world.calls)
    app = stage.app(answers_file=tmp_path / "prod-east.ezgitops.yaml")
    async with operating(app) as operator:
        await operator.on(Step.ENVIRONMENT)
        await operator.read()
        for step in (Step.STRATEGY, Step.DETAILS, Step.CHECKS, Step.PLAN):
            await operator.press("ctrl+n")
            await operator.on(step)
        await operator.sees("Nothing to change", "5 unchanged", "Verify ›")
        await operator.apply()
        await operator.sees("Done")
    assert len(stage.world.calls) == calls


async def test_the_sandbox_is_asked_for_by_the_outcome(tmp_path: Path) -> None:
    app = Stage(tmp_path).app()
    async with operating(app) as operator:
        await operator.sees("Try it in the sandbox")
        await operator.press("end")
        assert (await operator.leave("enter")).ended == "sandbox"


async def test_a_faulty_answers_file_is_told_fault_by_fault(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("apiVersion: ezgitops.dev/v1\nkind: Answers\nnmae: x\nsource: {url: 5}\n")
    app = Stage(tmp_path).app(answers_file=tmp_path / "bad.yaml")
    async with operating(app, LARGE) as operator:
        await operator.sees("bad.yaml:3", "nmae", "did you mean name", "bad.yaml:4")
        assert operator.app.frame.step is Step.WELCOME
