"""Killed, stopped, locked out: run it again and it ends as one clean run does."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import SAMPLE, Program
from tests.e2e.test_bastion import FILE as BASTION
from tests.e2e.test_bastion import NEW
from tests.e2e.test_replay import actions

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(SAMPLE))


def world(program: Program) -> dict[str, object]:
    """What stands in AWS and in the cluster of ours, without what is different in every run (ids, times, passwords)."""
    import boto3
    import yaml

    config = yaml.safe_load(open(program.environ["KUBECONFIG"], encoding="utf-8"))  # noqa: PTH123, SIM115
    assert config
    session = boto3.Session(profile_name="prod-east", region_name="us-east-2")
    ec2, iam, codecommit = (session.client(name) for name in ("ec2", "iam", "codecommit"))
    endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    return {
        "endpoints": sorted((e["ServiceName"], e["State"], tuple(sorted(e["SubnetIds"]))) for e in endpoints),
        "groups": sorted((g["GroupName"], len(g["IpPermissions"]), len(g["IpPermissionsEgress"])) for g in groups),
        "roles": sorted((r["RoleName"], tuple(iam.list_role_policies(RoleName=r["RoleName"])["PolicyNames"]))
                        for r in iam.list_roles()["Roles"]),
        "repositories": sorted(r["repositoryName"] for r in codecommit.list_repositories()["repositories"]),
    }  # fmt: skip


def kill_after(process: subprocess.Popen[str], event: str, count: int, number: signal.Signals) -> list[dict[str, object]]:
    """Read events until ``count`` of one type were seen, send the signal, and read the rest."""
    seen: list[dict[str, object]] = []
    assert process.stdout is not None
    left = count
    for line in process.stdout:
        seen.append(json.loads(line))
        if seen[-1]["type"] == event:
            left -= 1
            if left == 0:
                process.send_signal(number)
    process.wait(60)
    return seen


@pytest.mark.parametrize(
    ("event", "count"), [("apply_start", 1), ("apply_complete", 1), ("apply_complete", 4), ("apply_complete", 8)]
)
def test_killed_at_any_instant_it_can_be_run_again(
    event: str, count: int, program: Program, sandbox_environ: dict[str, str]
) -> None:
    from wizard.sandbox.launch import Sandbox

    process = program.start("apply", *FILE, "--yes", "--output", "json")
    kill_after(process, event, count, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    again = program.run("apply", *FILE, "--yes", "--output", "json")
    assert again.code == 0, again.out[-3000:] + again.err
    after = program.run("plan", *FILE, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.of("planned_change")
    ended = world(program)
    assert len(ended["repositories"]) == 1  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, Sandbox() as clean:
        for name, value in clean.environ.items():
            patch.setenv(name, value)
        reference = Program(program.folder, dict(clean.environ))
        assert reference.run("apply", *FILE, "--yes").code == 0
        assert world(reference) == ended


def kill_in(process: subprocess.Popen[str], state: Path, call: str, phase: str) -> None:
    """Kill a run as soon as its journal has the line of a call: ``before`` or ``after`` it."""
    told = threading.Thread(target=process.communicate)
    told.start()
    wanted = {"call": call, "phase": phase}
    while process.poll() is None:
        lines = [line for journal in state.rglob("*.journal.jsonl") for line in journal.read_text().splitlines(keepends=True)]
        records = (json.loads(line) for line in lines if line.endswith("\n"))
        if any(wanted.items() <= record.items() for record in records):
            process.kill()
            break
        told.join(0.01)
    told.join()


def made() -> dict[str, list[str]]:
    """What stands in AWS of a bastion proxy that was made."""
    import boto3

    session = boto3.Session(profile_name="prod-east", region_name="us-east-2")
    ec2, iam = session.client("ec2"), session.client("iam")
    ours = [{"Name": "tag:ezgitops.dev/instance", "Values": ["prod-east"]}]
    alive = [*ours, {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]}]
    groups = ec2.describe_instances(Filters=alive)["Reservations"]
    profiles = iam.list_instance_profiles()["InstanceProfiles"]
    return {
        "machines": [one["PrivateIpAddress"] for group in groups for one in group["Instances"]],
        "groups": [one["GroupName"] for one in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]],
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"].startswith("prod-east")],
        "profiles": [one["InstanceProfileName"] for one in profiles if one["InstanceProfileName"].startswith("prod-east")],
    }


@pytest.mark.parametrize(
    ("call", "phase"),
    [
        ("iam:AddRoleToInstanceProfile", "before"),
        ("ec2:RunInstances", "before"),
        ("ec2:RunInstances", "after"),
        ("ssm:SendCommand", "before"),
        ("ssm:SendCommand", "after"),
    ],
)
def test_a_machine_half_made_is_finished_and_one_half_made_goes_away(
    call: str, phase: str, sandbox: Sandbox, sandbox_environ: dict[str, str], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    program = Program(tmp_path, {**sandbox.environ, "XDG_STATE_HOME": str(state)})

    def half() -> None:
        for journal in state.rglob("*.journal.jsonl"):
            journal.unlink()
        process = program.start("apply", *BASTION, *NEW, "--yes", "--output", "json")
        kill_in(process, state, call, phase)
        assert process.returncode == -signal.SIGKILL

    def away() -> None:
        gone = program.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
        assert gone.code == 0, gone.out[-3000:] + gone.err
        assert made() == before

    before = made()
    half()
    again = program.run("apply", *BASTION, *NEW, "--yes", "--output", "json")
    assert again.code == 0, again.out[-3000:] + again.err
    planned = program.run("plan", *BASTION, *NEW, "--output", "json", "--detailed-exitcode")
    assert planned.code == 0, planned.of("planned_change")
    whole = made()
    assert whole["machines"] == ["10.1.1.20"]
    assert {name: len(found) - len(before[name]) for name, found in whole.items()} == dict.fromkeys(whole, 1)
    away()
    half()
    away()


def test_ctrl_c_stops_after_the_calls_under_way(program: Program) -> None:
    process = program.start("apply", *FILE, "--yes", "--output", "json")
    events = kill_after(process, "apply_complete", 1, signal.SIGINT)
    assert process.returncode == 130, events[-3:]
    assert any(e["type"] == "apply_skipped" for e in events)
    assert program.run("apply", *FILE, "--yes").code == 0


def test_two_runs_of_one_instance_do_not_meet(program: Program) -> None:
    first = program.start("apply", *FILE, "--yes", "--output", "json")
    started = threading.Event()
    lines: list[str] = []

    def read() -> None:
        assert first.stdout is not None
        for line in first.stdout:
            lines.append(line)
            if '"apply_start"' in line:
                started.set()
        started.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert started.wait(60)
    # Held where it is: however slow this machine is, the second one meets it.
    first.send_signal(signal.SIGSTOP)
    try:
        second = program.run("apply", *FILE, "--yes")
    finally:
        first.send_signal(signal.SIGCONT)
    reader.join(240)
    assert first.wait(60) == 0, lines[-5:]
    assert second.code == 5, second.err
    assert str(first.pid) in second.err


def test_a_plan_of_another_world_is_refused(program: Program, sandbox_environ: dict[str, str], sandbox: Sandbox) -> None:
    import boto3

    saved = program.folder / "plan.json"
    assert program.run("plan", *FILE, "--out", str(saved)).code == 0
    codecommit = boto3.Session(profile_name="prod-east", region_name="us-east-2").client("codecommit")
    codecommit.create_repository(repositoryName="prod-east-cluster-config")
    refused = program.run("apply", *FILE, "--yes", "--plan", str(saved))
    assert refused.code == 3, refused.out + refused.err
    assert "changed" in refused.err + refused.out


def test_drift_is_seen_and_mended(program: Program, sandbox_environ: dict[str, str]) -> None:
    import boto3

    assert program.run("apply", *FILE, "--yes").code == 0
    iam = boto3.Session(profile_name="prod-east", region_name="us-east-2").client("iam")
    [role] = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("prod-east-")]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    drifted = program.run("status", *FILE)
    assert drifted.code != 0
    assert role in drifted.out
    planned = program.run("plan", *FILE, "--output", "json")
    assert "update" in actions(planned.of("planned_change")).values()
    assert program.run("apply", *FILE, "--yes").code == 0
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == [policy]
