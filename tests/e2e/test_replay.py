"""The answers file, replayed: to `Synced`, again without a change, and away again."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.e2e.program import SAMPLE, Program, calls
from tests.programs import needs

if TYPE_CHECKING:
    from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(SAMPLE))


def actions(result_events: list[dict[str, object]]) -> dict[str, str]:
    """Address to action, from the planned changes of a run."""
    found: dict[str, str] = {}
    for event in result_events:
        change = event["change"]
        assert isinstance(change, dict)
        found[str(change["address"])] = str(change["action"])
    return found


def test_first_apply_reaches_synced_and_the_second_changes_nothing(program: Program, sandbox: Sandbox) -> None:
    before = program.run("plan", *FILE, "--output", "json", "--detailed-exitcode")
    assert before.code == 4, before.err
    planned = actions(before.of("planned_change"))
    assert "create" in planned.values()

    first = program.run("apply", *FILE, "--yes", "--output", "json")
    assert first.code == 0, first.out[-3000:] + first.err
    [verdict] = first.of("verify_complete")
    assert verdict["ok"] is True
    done = {str(e["address"]) for e in first.of("apply_complete")}
    assert done == {address for address, action in planned.items() if action != "none"}

    after = program.run("plan", *FILE, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out
    assert set(actions(after.of("planned_change")).values()) == {"none"}

    recorded = len([c for c in calls(sandbox.control) if c["mutating"]])
    second = program.run("apply", *FILE, "--yes", "--output", "json")
    assert second.code == 0, second.out[-3000:]
    assert second.of("apply_complete") == []
    assert second.of("verify_complete")[0]["ok"] is True
    mutating = [c for c in calls(sandbox.control) if c["mutating"]][recorded:]
    # The hard refresh that asks Argo CD for its word is the one call left; the refresher's pod goes on by itself.
    assert [(c["verb"], c["resource"]) for c in mutating if c["api"] == "cluster" and c["user"] == "operator"] == [
        ("patch", "applications.argoproj.io")
    ]
    assert {c["operation"] for c in mutating if c["api"] == "aws"} <= {"AssumeRoleWithWebIdentity"}


def test_the_same_plan_and_the_same_end_in_another_sandbox(tmp_path_factory, program: Program) -> None:  # type: ignore[no-untyped-def]
    from wizard.sandbox.launch import Sandbox

    with Sandbox() as other:
        elsewhere = Program(tmp_path_factory.mktemp("other"), dict(other.environ))
        here, there = (p.run("plan", *FILE, "--output", "json") for p in (program, elsewhere))
        assert here.code == there.code == 0
        assert [e["change"] for e in here.of("planned_change")] == [e["change"] for e in there.of("planned_change")]


def test_text_output_can_be_read(program: Program) -> None:
    applied = program.run("apply", *FILE, "--yes")
    assert applied.code == 0, applied.out + applied.err
    assert "Synced" in applied.out
    assert "ezgitops apply -f" in applied.out
    assert "gitops_git_repo_url" in applied.out
    assert "\x1b[" not in applied.out
    status = program.run("status", *FILE)
    assert status.code == 0, status.out + status.err
    assert "Synced" in status.out


def test_destroy_keeps_the_filled_repository_unless_it_is_named(program: Program, sandbox: Sandbox) -> None:
    assert program.run("apply", *FILE, "--yes").code == 0
    kept = program.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
    assert kept.code == 0, kept.out + kept.err
    left = program.run("plan", *FILE, "--output", "json")
    planned = actions(left.of("planned_change"))
    assert {a for a, action in planned.items() if action == "none" and "repository" in a} != set()
    assert {a for a, action in planned.items() if action == "create"} != set()

    gone = program.run(
        "destroy", "prod-east", "--yes", "prod-east", "--delete-repository", "prod-east-cluster-config", "--output", "json"
    )
    assert gone.code == 0, gone.out + gone.err
    fresh = actions(program.run("plan", *FILE, "--output", "json").of("planned_change"))
    assert not any("repository" in address and action == "none" for address, action in fresh.items())
    again = program.run("destroy", "prod-east", "--yes", "prod-east")
    assert again.code == 0, again.out + again.err


def test_destroy_asks_for_the_right_name(program: Program) -> None:
    wrong = program.run("destroy", "prod-east", "--yes", "prod-west")
    assert wrong.code == 2
    assert "prod-east" in wrong.err


@needs("kubectl")
@needs("aws")
def test_kubectl_and_aws_see_what_was_made(program: Program) -> None:
    assert program.run("apply", *FILE, "--yes").code == 0
    environ = program.environment()

    def ask(*command: str) -> str:
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60).stdout

    applications = json.loads(ask("kubectl", "get", "applications.argoproj.io", "-n", "openshift-gitops", "-o", "json"))
    assert [a["status"]["sync"]["status"] for a in applications["items"]] == ["Synced"]
    secret = json.loads(
        ask("kubectl", "get", "secret", "-n", "openshift-gitops", "-o", "json", "repo-prod-east-cluster-config")
    )
    assert set(secret["data"]) >= {"url", "username", "password", "forceHttpBasicAuth"}
    assert ask("kubectl", "auth", "can-i", "create", "secrets", "-n", "openshift-gitops").strip() == "yes"
    repositories = json.loads(ask("aws", "codecommit", "list-repositories", "--output", "json"))
    assert [r["repositoryName"] for r in repositories["repositories"]] == ["prod-east-cluster-config"]
    endpoints = json.loads(ask("aws", "ec2", "describe-vpc-endpoints", "--output", "json"))
    assert "com.amazonaws.us-east-2.git-codecommit" in {e["ServiceName"] for e in endpoints["VpcEndpoints"]}
