"""Each page at both sizes: what it must show, and nothing beyond the edge."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button

from strategies.base import Check, Mend, Remedy, Situation, Status, Verdict
from strategies.facts import AWS_IDENTITY, AWS_VPCS, SOURCE, FactError
from strategies.ports import ResourceError
from tests.fakes import FakeWorld, passing, thing
from tests.tui.driving import LARGE, SMALL, URL, operating
from tests.tui.world import CHECKS, RESOURCES, Stage
from wizard.engine.plan import SavedPlan
from wizard.flow import Step
from wizard.tui.pages.plan import PlanPage
from wizard.tui.widgets.checks_panel import ChecksPanel
from wizard.tui.widgets.field import Field

BOTH = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
WORDS = {
    Step.WELCOME: ("Set up a cluster", "Open an answers file", "Try it in the sandbox", "Start"),
    Step.ENVIRONMENT: ("Which cluster is this for?", "AWS profile", "prod-east", "vpc-0a1b2c3d4e5f60718", "Strategy ›"),
    Step.STRATEGY: ("AWS CodeCommit", "recommended here", "about $22 a month", "not in this version", "Details ›"),
    Step.DETAILS: ("Source repository", "prod-east-cluster-config", "one small workload in the cluster", "More", "Checks ›"),
    Step.CHECKS: ("Is everything ready?", "4 of 4 done", "Title of aws.expiry", "aws mend --now", "3 checks", "Plan ›"),
    Step.PLAN: ("Plan for prod-east", "5 to create", "+ create", "▾ AWS", "▾ Cluster", "▾ Git", "Apply ›"),
}


@BOTH
@pytest.mark.parametrize("step", list(WORDS))
async def test_a_page_says_what_it_must_and_its_buttons_are_in_sight(tmp_path: Path, size: tuple[int, int], step: Step) -> None:
    async with operating(Stage(tmp_path).app(), size) as operator:
        await operator.to(step)
        await operator.sees(*WORDS[step])
        await operator.until(lambda: "? Help" in operator.seen.splitlines()[-1], "the keys")
        await operator.pilot.pause()
        frame = operator.app.frame
        screen = frame.region
        for button in frame.query(Button):
            if button.display:
                assert screen.contains_region(button.region), button.id
                assert button.region.width >= len(str(button.label))
        body = frame.query_one("#body").region
        for widget in frame.page.walk_children():
            assert widget.region.width == 0 or widget.region.right <= body.right, widget


async def test_the_checks_stand_beside_the_page_when_there_is_room_and_in_a_line_when_not(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), LARGE) as operator:
        await operator.to(Step.ENVIRONMENT)
        await operator.sees("Checks  4 of 4 done")
        assert operator.app.frame.query_one(ChecksPanel).region.width > 0
        await operator.pilot.resize_terminal(80, 24)
        await operator.sees("⚠ 1 warn  ✔ 3 pass")
        await operator.until(lambda: operator.app.frame.query_one(ChecksPanel).region.width == 0, "the panel to go")
        await operator.press("f2")
        await operator.sees("4 checks", "seen by aws.expiry")
        await operator.press("escape")


async def test_the_checks_follow_the_world(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app(), LARGE) as operator:
        await operator.to(Step.ENVIRONMENT)
        await operator.sees("✔ Title of aws.identity")
        stage.world.facts[AWS_IDENTITY.id] = FactError("the token has expired", "sign in again")
        await operator.press("f5")
        await operator.sees("? Title of aws.identity", "the token has expired")


async def test_the_verdict_stands_under_the_field(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with operating(stage.app()) as operator:
        await operator.to(Step.DETAILS)
        await operator.type(URL)
        await operator.sees("✔ reachable, 3 branches, 2 tags")
        stage.world.facts[SOURCE.id] = FactError("no such repository")
        await operator.type("x")
        await operator.sees("✖ no such repository")


async def test_what_a_field_is_filled_with_stays_a_suggestion(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.DETAILS)
        await operator.type(URL)
        await operator.sees("✔ reachable, 3 branches, 2 tags")
        inputs = [field for field in operator.app.frame.query(Field) if field.query("Input.control")]
        assert len(inputs) > 1
        assert [field.key for field in inputs if operator.draft(field.key) is not None] == ["source.url"]


async def test_who_comes_back_stands_in_the_field_that_is_wrong(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.DETAILS)
        await operator.type(URL)
        await operator.sees("✔ reachable, 3 branches, 2 tags")
        operator.app.frame.query_one("#field-source-revision", Field).focus_control()
        await operator.type("..wrong")
        await operator.until(lambda: "..wrong" in str(operator.draft("source.revision")), "the branch")
        await operator.press("escape")
        await operator.on(Step.STRATEGY)
        await operator.press("enter")
        await operator.on(Step.DETAILS)
        await operator.until(lambda: operator.app.frame.query("#field-source-revision .control:focus"), "the wrong field")


async def test_a_missing_answer_keeps_the_page_and_says_so(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.DETAILS)
        await operator.press("enter")
        await operator.sees("✖ Source repository is missing")
        assert operator.app.frame.step is Step.DETAILS


async def test_a_field_appears_when_another_answer_makes_it_relevant(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), LARGE) as operator:
        await operator.to(Step.DETAILS)
        assert not list(operator.app.frame.query("#field-codecommit-credentials-userName"))
        operator.app.frame.query_one("#field-codecommit-credentials-method", Field).focus_control()
        await operator.press("down", "space")
        await operator.sees("IAM user  ", "prod-east-argocd")
        assert operator.draft("codecommit.credentials.method") == "git-credentials"
        await operator.press("up", "space")
        await operator.until(lambda: not operator.app.frame.query("#field-codecommit-credentials-userName"), "the field to go")


async def test_advanced_questions_are_folded_away(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app(), LARGE) as operator:
        await operator.to(Step.DETAILS)
        await operator.sees("More, all defaults: KMS key, Prune and 1 more")
        operator.app.frame.query_one("#more CollapsibleTitle").focus()
        await operator.press("enter")
        await operator.sees("[ ] no", "env:NAME, file:PATH")
        operator.app.frame.query_one("#field-application-syncPolicy-prune", Field).focus_control()
        await operator.press("space")
        await operator.sees("[x] yes", "More, 1 change")
        assert operator.draft("application.syncPolicy.prune") is True


async def test_an_unavailable_strategy_is_not_taken(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.STRATEGY)
        await operator.press("down", "enter")
        await operator.sees("Proxy on a bastion is not in this")
        assert operator.draft("strategy") is None
        assert operator.app.frame.step is Step.STRATEGY


async def test_enter_while_a_check_runs_goes_on_once_it_has_passed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, checks=(passing("aws.sts", AWS_IDENTITY.id),))
    async with operating(stage.app()) as operator:
        await operator.to(Step.DETAILS)
        operator.paste(URL)
        await operator.until(lambda: operator.draft("source.url") == URL, "the URL")
        await operator.read()
        await operator.press("enter")
        await operator.on(Step.CHECKS)
        gate = stage.world.gates[AWS_IDENTITY.id] = threading.Event()
        assert operator.app.session is not None
        operator.app.session.refresh(AWS_IDENTITY.id)
        await operator.sees("1 check is still running")
        await operator.press("enter")
        assert operator.app.frame.step is Step.CHECKS
        gate.set()
        await operator.on(Step.PLAN)


async def test_a_blocking_check_keeps_the_page(tmp_path: Path) -> None:
    stage = Stage(tmp_path, checks=(passing("aws.sts", AWS_IDENTITY.id, status=Status.FAIL),))
    async with operating(stage.app()) as operator:
        await operator.to(Step.CHECKS)
        await operator.sees("✖ fail", "It matters.", "→ Mend it.", "$ aws mend --now")
        await operator.press("a")
        await operator.sees("has to be mended")
        assert operator.draft("acceptWarnings") is None
        await operator.press("enter")
        await operator.sees("✖ Title of aws.sts failed")
        assert operator.app.frame.step is Step.CHECKS
        await operator.press("y")
        assert operator.app.clipboard == "aws mend --now"


async def test_a_named_warning_is_accepted_and_that_is_taken_back(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.CHECKS)
        await operator.sees("⚠ warn    Title of aws.expiry")
        await operator.press("a")
        await operator.sees("✔ accepted")
        assert operator.draft("acceptWarnings") == ["aws.expiry"]
        await operator.press("a")
        await operator.until(lambda: "accepted" not in operator.seen, "the warning as it was")
        assert operator.draft("acceptWarnings") is None
        await operator.press("down", "a")
        await operator.sees("Only a warning can be accepted")


async def test_the_checks_that_passed_unfold(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.CHECKS)
        assert "seen by aws.identity" not in operator.seen
        await operator.press("space")
        await operator.sees("seen by aws.identity")


async def test_a_line_of_the_plan_shows_its_diff(tmp_path: Path) -> None:
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.PLAN)
        await operator.press("d")
        await operator.sees("does not exist", "+ value: a")
        assert operator.seen.count("does not exist") == 1
        await operator.press("d")
        await operator.until(lambda: "+ value: a" not in operator.seen, "the diff to fold")
        await operator.press("e")
        await operator.sees('"format": "ezgitops.dev/plan/v1"')


async def test_the_plan_is_written_to_a_file_and_never_over_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "prod-east.plan.json"
    async with operating(Stage(tmp_path).app()) as operator:
        await operator.to(Step.PLAN)
        await operator.press("e")
        await operator.sees("w writes to a file")
        await operator.press("w")
        await operator.sees("Write to a file")
        await operator.press("enter")
        await operator.until(file.exists, "the file")
        page = operator.app.frame.page
        assert isinstance(page, PlanPage)
        assert page.plan is not None
        SavedPlan.parse(file.read_text()).check(page.plan)
        assert file.stat().st_mode & 0o077 == 0
        file.write_text("mine\n")
        await operator.press("w")
        await operator.sees("Write to a file")
        await operator.press("enter")
        await operator.sees("prod-east.plan.json exists")
    assert file.read_text() == "mine\n"


async def test_a_long_title_is_cut_and_never_wrapped(tmp_path: Path) -> None:
    title = "A title that is by far longer than a line of eighty columns can hold, and so it has to be cut somewhere"
    stage = Stage(tmp_path, resources=(replace(RESOURCES[0], title=title), *RESOURCES[1:]))
    async with operating(stage.app()) as operator:
        await operator.to(Step.PLAN)
        await operator.sees("+ create    A title that is by far")
        assert "cut somewhere" not in operator.seen
        assert "…" in next(line for line in operator.seen.splitlines() if "A title" in line)


async def test_a_conflict_stands_on_top_and_is_not_applied(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.world.foreign(thing(RESOURCES[1].address, value="other"))
    async with operating(stage.app()) as operator:
        await operator.to(Step.PLAN)
        await operator.sees("▾ Conflicts", "✖ conflict", "is not ours and differs", "a conflict stands in the way")
        await operator.press("enter")
        assert operator.app.frame.step is Step.PLAN
        assert stage.world.calls == []


async def test_answers_are_saved_from_the_plan_and_never_over_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod-east.ezgitops.yaml").write_text("mine: true\n")
    async with operating(Stage(tmp_path).app(), LARGE) as operator:
        await operator.to(Step.PLAN)
        await operator.press("s")
        await operator.sees("Save the answers")
        await operator.press("enter")
        await operator.sees("holds something else")
        await operator.press("s")
        await operator.sees("Save the answers")
        await operator.press("home", *"my-")
        await operator.press("enter")
        await operator.until(lambda: (tmp_path / "my-prod-east.ezgitops.yaml").exists(), "the file")
    assert (tmp_path / "prod-east.ezgitops.yaml").read_text() == "mine: true\n"
    assert URL in (tmp_path / "my-prod-east.ezgitops.yaml").read_text()


def mendable(world: FakeWorld) -> Check:
    """A check that fails until its operation was carried out, and has a key for it."""

    def judge(_situation: Situation) -> Verdict:
        if ("vpc.enable-dns", {"vpc": "vpc-1"}) in world.mended:
            return Verdict(Status.PASS, "DNS is on")
        mend = Mend(
            "Turn DNS on",
            "Turns on DNS support of vpc-1.",
            edits={"application.project": "platform"},
            operation="vpc.enable-dns",
            arguments={"vpc": "vpc-1"},
            refreshes=(AWS_VPCS.id,),
        )
        return Verdict(Status.FAIL, "DNS is off", Remedy("Turn it on.", "aws ec2 modify-vpc-attribute", mend))

    return Check("aws.vpc-dns", "DNS in the VPC", "It matters.", judge, (AWS_VPCS.id,))


async def test_one_key_mends_after_it_was_said_what_will_be_done(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.checks = (*CHECKS, mendable(stage.world))
    async with operating(stage.app()) as operator:
        await operator.to(Step.CHECKS)
        await operator.sees("✖ fail    DNS in the VPC", "m  Turn DNS on", "m Mend")
        await operator.press("m")
        await operator.sees("Turn DNS on?", "Turns on DNS support of vpc-1.", "By hand:  aws ec2 modify-vpc-attribute")
        await operator.press("escape", "m")
        assert stage.world.mended == []
        await operator.sees("Turn DNS on?")
        await operator.press("y")
        await operator.sees("Turn DNS on: done.", "✔ pass    ▸ 4 checks")
        assert operator.app.frame.step is Step.CHECKS
        assert operator.draft("application.project") == "platform"
        await operator.until(lambda: "m Mend" not in operator.seen, "the key to go")
    assert stage.world.mended == [("vpc.enable-dns", {"vpc": "vpc-1"})]


async def test_a_mend_that_fails_says_why_and_what_to_do(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.checks = (*CHECKS, mendable(stage.world))
    stage.world.errors["mend", "vpc.enable-dns"] = [ResourceError("DNS", "not authorized.", "Ask for ec2:ModifyVpcAttribute.")]
    async with operating(stage.app(), LARGE) as operator:
        await operator.to(Step.ENVIRONMENT)
        await operator.press("f2")
        await operator.sees("m  Turn DNS on")
        await operator.press("m")
        await operator.sees("Turn DNS on?")
        await operator.press("y")
        await operator.sees("Turn DNS on: failed", "not authorized. Ask for", "✖ fail    DNS in the VPC")
