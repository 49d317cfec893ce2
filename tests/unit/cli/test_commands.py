"""The commands against a world in memory: what they print, what they touch, and the code they end with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from strategies.base import Check, Owner, Page, Question, Status
from strategies.common.questions import ENVIRONMENT
from strategies.ports import ResourceError, SyncReport
from tests.fakes import FakeStrategy, FakeWorld, passing, thing
from wizard.answers.draft import Draft
from wizard.cli import cli
from wizard.commands.options import without_sandbox
from wizard.commands.program import Program
from wizard.engine.lock import locked
from wizard.engine.session import Session

ANSWERS = """\
apiVersion: ezgitops.dev/v1
kind: Answers
name: prod-east
strategy: codecommit
argocd: {namespace: openshift-gitops, name: openshift-gitops}
application: {name: cluster-config}
source: {url: "https://github.com/acme/cluster-config.git", revision: main}
"""
THINGS = (thing("aws.app", "aws.base"), thing("aws.base"))
REQUIRED = Question(key="source.url", title="Source repository", help="", page=Page.DETAILS, required=True)


class Desk:
    """Runs commands on one world and one state folder, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world, self.checks = folder, FakeWorld(), (passing("one"),)
        self.checks: tuple[Check, ...]
        self.questions: tuple[Question, ...] = (REQUIRED,)
        self.launched: list[tuple[tuple[str, ...], str, float]] = []
        self.file = folder / "answers.yaml"
        self.file.write_text(ANSWERS)

    def session(
        self,
        draft: Draft,
        *,
        environ: Mapping[str, str],
        on_edit: Callable[[Draft], None] = lambda _draft: None,
        ask_secret: Callable[[str], str] | None = None,
    ) -> Session:
        return Session(
            self.world,
            draft,
            strategies={"codecommit": FakeStrategy(made=lambda _: THINGS)},
            clock=self.world.clock,
            on_edit=on_edit,
            questions=self.questions,
            checks=self.checks,
            directory=lambda name: self.folder / "state" / "ezgitops" / name,
            pause=self.world.clock.pause,
            debounce=0.0,
        )

    def run(self, *arguments: str) -> Result:
        environ = {"XDG_STATE_HOME": str(self.folder / "state"), "TERM": "xterm"}

        def launch(rest: tuple[str, ...], scenario: str, latency: float) -> int:
            self.launched.append((rest, scenario, latency))
            return 4

        program = Program(environ=environ, arguments=arguments, make_session=self.session, launch=launch)
        return CliRunner().invoke(cli, list(arguments), obj=program)

    def on_file(self, command: str, *more: str) -> Result:
        return self.run(command, "-f", str(self.file), *more)

    def touched(self) -> bool:
        return bool(self.world.calls)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_plan_then_apply_then_nothing_to_change(desk: Desk) -> None:
    planned = desk.on_file("plan", "--detailed-exitcode")
    assert planned.exit_code == 4, planned.output
    assert "2 to create" in planned.stdout
    assert not desk.touched()
    applied = desk.on_file("apply", "--yes")
    assert applied.exit_code == 0, applied.output
    for said in ("Synced and Healthy", "gitops_git_repo_url", "ezgitops apply -f", "ezgitops destroy prod-east", ".log"):
        assert said in applied.stdout
    assert "\x1b[" not in applied.output
    before = list(desk.world.calls)
    again = desk.on_file("apply", "--yes")
    assert again.exit_code == 0
    assert "Nothing to change" in again.stdout
    assert desk.world.calls == before
    assert desk.on_file("plan", "--detailed-exitcode").exit_code == 0
    assert desk.on_file("status").exit_code == 0


def test_json_is_events_and_nothing_else(desk: Desk) -> None:
    events = lines(desk.on_file("apply", "--yes", "--output", "json"))
    types = [e["type"] for e in events]
    assert {"planned_change", "change_summary", "apply_start", "apply_complete", "verify_complete", "outputs"} <= set(types)
    assert all("@timestamp" in e for e in events)
    [log] = (desk.folder / "state" / "ezgitops" / "prod-east").glob("*.log")
    assert log.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["type"] for line in log.read_text().splitlines()] == types


def test_unattended_it_never_asks(desk: Desk) -> None:
    unconfirmed = desk.on_file("apply")
    assert unconfirmed.exit_code == 2
    assert "--yes" in unconfirmed.stderr
    desk.file.write_text(ANSWERS.replace("source: ", "#"))
    missing = desk.on_file("apply", "--yes")
    assert missing.exit_code == 2
    assert "source.url (Source repository)" in missing.stderr
    assert "--set source.url=VALUE" in missing.stderr
    assert desk.run().exit_code == 2
    assert not desk.touched()


def test_every_fault_is_told(desk: Desk) -> None:
    desk.file.write_text(ANSWERS.replace("revision:", "revison:") + "strategie: x\n")
    wrong = desk.on_file("plan", "--set", "aws.account=12")
    assert wrong.exit_code == 2
    assert "revison" in wrong.stderr
    assert "strategie" in wrong.stderr
    assert desk.run("plan", "-f", "nowhere.yaml").exit_code == 2


def test_a_failed_check_stops_and_says_how_to_mend_it(desk: Desk) -> None:
    desk.checks = (passing("bad", status=Status.FAIL), passing("note", status=Status.WARN))
    for command in (("check",), ("apply", "--yes"), ("plan",)):
        result = desk.on_file(*command)
        assert result.exit_code == 3, command
        assert "aws mend --now" in result.output
    assert not desk.touched()


def test_checks_are_picked_and_left_out_by_id_and_pattern(desk: Desk) -> None:
    desk.checks = (passing("aws.bad", status=Status.FAIL), passing("aws.good"), passing("git.good"))
    assert desk.on_file("check").exit_code == 3
    for arguments, shown in (
        (("--skip", "aws.bad"), {"aws.good", "git.good"}),
        (("--only", "*.good"), {"aws.good", "git.good"}),
        (("--only", "aws.*", "--skip", "*.bad"), {"aws.good"}),
    ):
        result = desk.on_file("check", *arguments)
        assert result.exit_code == 0, result.output
        assert {check.id for check in desk.checks if check.title in result.stdout} == shown
    told = [json.loads(line) for line in desk.on_file("check", "--only", "git.good", "--output", "json").stdout.splitlines()]
    assert {event["result"]["id"] for event in told if event["type"] == "check_result"} == {"git.good"}
    wrong = desk.on_file("check", "--only", "aws.god")
    assert wrong.exit_code == 2
    assert "Did you mean aws.good?" in wrong.stderr


def test_warnings_stop_nothing_and_can_be_accepted(desk: Desk) -> None:
    desk.checks = (passing("note", status=Status.WARN),)
    loud = desk.on_file("apply", "--yes")
    assert loud.exit_code == 0
    assert "seen by note" in loud.stderr
    assert "seen by note" not in desk.on_file("apply", "--yes", "--set", "acceptWarnings=[note]").stderr


def test_conflicts_and_stale_plans_are_refused(desk: Desk) -> None:
    saved = desk.folder / "plan.json"
    assert desk.on_file("plan", "--out", str(saved)).exit_code == 0
    assert saved.stat().st_mode & 0o777 == 0o600
    desk.world.foreign(thing("aws.base"), Owner("prod-east"))
    stale = desk.on_file("apply", "--yes", "--plan", str(saved))
    assert stale.exit_code == 3
    assert "aws.base: was create, now none" in stale.stderr
    desk.world.foreign(thing("aws.base", value="other"))
    conflict = desk.on_file("apply", "--yes")
    assert conflict.exit_code == 3
    assert "not ours" in conflict.stderr
    assert desk.on_file("apply", "--yes", "--plan", str(desk.file)).exit_code == 2
    assert not desk.touched()


def test_a_held_lock_names_its_holder(desk: Desk) -> None:
    lock = desk.world.lock_file(desk.folder / "state" / "ezgitops" / "prod-east")
    with locked(lock, "prod-east", clock=desk.world.clock):
        result = desk.on_file("apply", "--yes")
    assert result.exit_code == 5
    assert "process " in result.stderr
    assert not desk.touched()


def test_failures_end_with_one(desk: Desk) -> None:
    desk.world.errors = {("create", "aws.app"): [ResourceError("App", "denied", "Ask for the right.")]}
    failed = desk.on_file("apply", "--yes")
    assert failed.exit_code == 1
    assert "Ask for the right." in failed.stdout
    desk.world.errors = {("read", "aws.app"): [ResourceError("App", "no answer", "Connect the VPN.")]}
    blind = desk.on_file("status")
    assert blind.exit_code == 1
    assert "Connect the VPN." in blind.stderr


def test_status_tells_drift_and_argo_cds_word(desk: Desk) -> None:
    assert desk.on_file("apply", "--yes").exit_code == 0
    desk.world.things.pop("aws.app")
    desk.world.syncs = [SyncReport("OutOfSync", "Degraded", "abc", (), None, "pods crash")]
    result = desk.on_file("status")
    assert result.exit_code == 1
    assert "1 missing or drifted" in result.stdout
    assert "OutOfSync, Degraded" in result.stdout


def test_destroy_wants_the_name(desk: Desk) -> None:
    assert desk.on_file("apply", "--yes").exit_code == 0
    for arguments in (
        ("destroy",),
        ("destroy", "prod-east"),
        ("destroy", "prod-east", "--yes", "prod-west"),
        ("destroy", "No!"),
    ):
        assert desk.run(*arguments).exit_code == 2
    assert set(desk.world.things) == {"aws.app", "aws.base"}
    assert desk.run("destroy", "prod-east", "--yes", "prod-east").exit_code == 0
    assert desk.world.things == {}
    again = desk.run("destroy", "prod-east", "--yes", "prod-east")
    assert again.exit_code == 0
    assert "nothing of prod-east" in again.stderr


@pytest.mark.parametrize("remembered", [True, False])
def test_destroy_without_answers_reads_where_one_is_and_nothing_else(desk: Desk, remembered: bool) -> None:
    assert desk.on_file("apply", "--yes").exit_code == 0
    if not remembered:
        shutil.rmtree(desk.folder / "state")
    desk.world.reads.clear()
    desk.questions = (REQUIRED, *ENVIRONMENT)
    result = desk.run("destroy", "prod-east", "--yes", "prod-east")
    assert result.exit_code == 0
    assert desk.world.things == {}
    assert {fact for fact, _ in desk.world.reads} <= {fact for question in ENVIRONMENT for fact in question.needs}
    assert "account 123456789012, region us-east-2, kubeconfig context prod-east" in result.stderr


@pytest.mark.parametrize(
    ("given", "scenario", "latency"),
    [
        (("--sandbox", "plan", "-f", "x"), "healthy", 0.0),
        (("plan", "--sandbox", "-f", "x"), "healthy", 0.0),
        (("plan", "-f", "x", "--sandbox=foreign-endpoint", "--latency", "150ms"), "foreign-endpoint", 0.15),
        (("plan", "--latency=1s", "-f", "x", "--sandbox"), "healthy", 1.0),
    ],
)
def test_the_sandbox_runs_the_same_command_line(desk: Desk, given: tuple[str, ...], scenario: str, latency: float) -> None:
    assert desk.run(*given).exit_code == 4
    assert desk.launched == [(("plan", "-f", "x"), scenario, latency)]


def test_what_stands_after_two_dashes_is_left_alone() -> None:
    assert without_sandbox(["destroy", "--sandbox", "--", "--sandbox"]) == ("destroy", "--", "--sandbox")


def test_latency_without_the_sandbox_is_a_mistake(desk: Desk) -> None:
    result = desk.run("plan", "--latency", "150ms")
    assert result.exit_code == 2
    assert desk.run("plan", "--sandbox", "--latency", "soon").exit_code == 2


def test_every_command_explains_itself(desk: Desk) -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        result = desk.run(name, "--help")
        assert result.exit_code == 0
        assert len(result.stdout) > 80
