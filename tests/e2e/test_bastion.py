"""The bastion proxy, replayed on real Squid where there is one: to `Synced`, again without a change, and away again."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.e2e.program import ROOT, Program, Result, calls

if TYPE_CHECKING:
    from wizard.sandbox.launch import Sandbox

FILE = ("-f", str(ROOT / "docs" / "examples" / "answers-bastion-proxy.yaml"))
PROXY = "i-0c1b2c3d4e5f60010"


def actions(result: Result) -> dict[str, str]:
    """Address to action, from the planned changes of a run."""
    found: dict[str, str] = {}
    for event in result.of("planned_change"):
        change = event["change"]
        assert isinstance(change, dict)
        found[str(change["address"])] = str(change["action"])
    return found


def state(result: Result) -> dict[str, object]:
    """What `status` says beside the plan."""
    told = [event["data"] for event in result.of("diagnostic") if event["summary"] == "status"]
    assert len(told) == 1, result.out[-2000:]
    assert isinstance(told[0], dict)
    return told[0]


def control(sandbox: Sandbox, where: str, **body: object) -> None:
    """Do something to the sandbox that the product knows nothing of."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{sandbox.control}/{where}", data=data, method="POST")  # noqa: S310 - the sandbox's own
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - a loopback URL of the sandbox
        assert answer.status == 200


def apply(program: Program, *more: str) -> Result:
    done = program.run("apply", *FILE, "--yes", "--output", "json", *more)
    assert done.code == 0, done.out[-3000:] + done.err
    assert done.of("verify_complete")[0]["ok"] is True
    return done


def test_first_apply_reaches_synced_and_the_second_changes_nothing(program: Program, sandbox: Sandbox) -> None:
    before = program.run("plan", *FILE, "--output", "json", "--detailed-exitcode")
    assert before.code == 4, before.out[-3000:] + before.err
    assert set(actions(before).values()) <= {"create", "update"}
    apply(program)
    after = program.run("plan", *FILE, "--output", "json", "--detailed-exitcode")
    assert after.code == 0, after.out
    recorded = len([c for c in calls(sandbox.control) if c["mutating"]])
    assert apply(program).of("apply_complete") == []
    mutating = [c for c in calls(sandbox.control) if c["mutating"]][recorded:]
    assert [(c["verb"], c["resource"]) for c in mutating if c["api"] == "cluster" and c["user"] == "operator"] == [
        ("patch", "applications.argoproj.io")
    ]
    # A look at the machine is a command too; it changes nothing there.
    assert {c["operation"] for c in mutating if c["api"] == "aws"} <= {"SendCommand"}


def test_status_tells_of_the_proxy_and_of_its_death(program: Program, sandbox: Sandbox) -> None:
    apply(program)
    well = program.run("status", *FILE, "--output", "json")
    assert well.code == 0, well.out[-3000:] + well.err
    told = state(well)
    assert (told["proxy-state"], told["allow-list"]) == ("running", "as asked")
    assert told["last-connection"] is not None
    assert "CONNECT github.com:443 from 10.0.1.17: 200" in str(told["last-request"])

    control(sandbox, "machines/squid", id=PROXY, running=False)
    dead = program.run("status", *FILE, "--output", "json")
    assert dead.code == 1
    assert "aws.squid.proxy" in str(state(dead)["drifted"])

    control(sandbox, "machines/squid", id=PROXY, running=True)
    assert program.run("status", *FILE, "--output", "json").code == 0


def test_what_is_changed_on_the_machine_is_put_back(program: Program, sandbox: Sandbox) -> None:
    apply(program)
    control(sandbox, "machines/file", id=PROXY, path="/etc/squid/ezgitops.conf", text="http_port 3128\nhttp_access allow all\n")
    drifted = program.run("status", *FILE, "--output", "json")
    assert state(drifted)["drifted"] == ["aws.squid.proxy"]
    assert [e["address"] for e in apply(program).of("apply_complete")] == ["aws.squid.proxy"]
    assert program.run("status", *FILE, "--output", "json").code == 0


def test_another_allow_list_is_an_update(program: Program) -> None:
    apply(program)
    more = ("--set", "bastionProxy.allow.hosts=github.com,acme.github.io")
    widened = program.run("plan", *FILE, *more, "--output", "json")
    assert actions(widened)["aws.squid.proxy"] == "update"
    apply(program, *more)
    back = apply(program)
    assert [e["address"] for e in back.of("apply_complete")] == ["aws.squid.proxy"]


def test_destroy_needs_no_answers_and_leaves_the_machine(program: Program) -> None:
    apply(program)
    gone = program.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    fresh = actions(program.run("plan", *FILE, "--output", "json"))
    assert set(fresh.values()) <= {"create", "update"}, fresh
    again = program.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
    assert again.code == 0
    assert again.of("planned_change") == []


NEW = (
    "--set", "bastionProxy.proxy.method=new",
    "--set", "bastionProxy.proxy.url=http://10.1.1.20:3128",
    "--set", "bastionProxy.instance.id=null",
    "--set", "bastionProxy.instance.vpcId=vpc-0e1b2c3d4e5f60718",
    "--set", "bastionProxy.instance.subnetId=subnet-0e0e0e0e0e0e0e0e0",
    "--set", "bastionProxy.instance.roleName=prod-east-egress-proxy",
    "--set", "bastionProxy.network.proxyGroupId=null",
)  # fmt: skip


def test_a_machine_that_is_made_and_taken_away(program: Program) -> None:
    apply(program, *NEW)
    assert program.run("plan", *FILE, *NEW, "--output", "json", "--detailed-exitcode").code == 0
    gone = program.run("destroy", "prod-east", "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    assert set(actions(program.run("plan", *FILE, *NEW, "--output", "json")).values()) == {"create"}


def test_another_type_makes_the_machine_anew_and_squid_with_it(program: Program) -> None:
    apply(program, *NEW)
    larger = (*NEW, "--set", "bastionProxy.instance.type=t4g.micro")
    planned = actions(program.run("plan", *FILE, *larger, "--output", "json"))
    assert {address: action for address, action in planned.items() if action != "none"} == {
        "aws.instance.proxy": "replace",
        "aws.squid.proxy": "replace",
    }
    assert [e["address"] for e in apply(program, *larger).of("apply_complete")] == ["aws.instance.proxy", "aws.squid.proxy"]
    assert program.run("plan", *FILE, *larger, "--output", "json", "--detailed-exitcode").code == 0
    assert program.run("status", *FILE, *larger, "--output", "json").code == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("bastionProxy.allow.hosts", "a.example; rm -rf /", "host name"),
        ("bastionProxy.allow.hosts", "*.github.io", "everything below"),
        ("bastionProxy.proxy.url", "socks5://10.1.1.10:1080", "SOCKS"),
        ("source.url", "git@github.com:acme/cluster-config.git", "SOCKS"),
        ("cluster.machineCidrs", "10.0.0.0/16\nhttp_access allow all", "control character"),
    ],
)
def test_what_would_reach_squid_or_a_shell_is_refused_with_its_key(looking: Program, key: str, value: str, said: str) -> None:
    refused = looking.run("plan", *FILE, "--set", f"{key}={value}")
    assert refused.code == 2
    assert key in refused.err
    assert said in refused.err
