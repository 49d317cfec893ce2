"""A GitLab of one's own in the sandbox: every resource made by its handler, set up through Systems Manager, and gone again."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from pathlib import Path

import pytest

from strategies.answers import Answers
from strategies.base import Action, Owner, Ref
from strategies.ports import Site
from strategies.private_server import own
from strategies.resources.aws.clients import AwsSessions
from strategies.resources.world import AwsAndClusterWorld
from tests.recording import RecordingRun
from tests.unit.private_server.own_complete import complete
from tests.unit.private_server.own_machine import certificate
from wizard.sandbox.scenario import load
from wizard.sandbox.world import SandboxWorld

HOST = "git.acme.internal"
VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "subnet-0cccccccccccccccc"]


class PatientRun(RecordingRun):
    """Writes down, and really waits: the machine takes its time."""

    def sleep(self, seconds: float) -> None:
        """Wait, a moment in the place of more."""
        super().sleep(seconds)
        time.sleep(min(seconds, 0.3))


def _endpoints(sandbox: SandboxWorld) -> None:
    """What the check ``own.endpoints`` asks for."""
    ec2 = AwsSessions(sandbox.environ).clients("prod-east", "us-east-2").ec2
    group = next(
        one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] == "prod-east-endpoints"
    )
    for short in ("ssm", "ssmmessages", "ec2messages", "secretsmanager"):
        ec2.create_vpc_endpoint(
            VpcEndpointType="Interface", VpcId=VPC, ServiceName=f"com.amazonaws.us-east-2.{short}",
            SubnetIds=SUBNETS, SecurityGroupIds=[group], PrivateDnsEnabled=True,
        )  # fmt: skip


def _apply(site: Site, answers: Answers, run: PatientRun) -> list[tuple[str, Action]]:
    """Plan and carry out each resource after what it needs."""
    done = []
    for one in own.resources(answers):
        handler = site.handler(one)
        observed = handler.read(one)
        change = handler.plan(one, observed)
        assert change.conflict is None, change.conflict
        outputs = dict(observed.outputs) if observed is not None else {}
        if change.action is Action.CREATE or (observed is None and change.action is not Action.NONE):
            outputs = dict(handler.create(one, run))
        elif change.action is Action.UPDATE and observed is not None:
            outputs = dict(handler.update(one, observed, run))
        run.outputs |= {(one.address, name): value for name, value in outputs.items()}
        assert all(run.output(Ref(one.address, name)) for name in outputs if name in ("id", "url"))
        done.append((one.address, change.action))
    return done


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    pem, key = certificate(HOST)
    (tmp_path / "git.crt").write_text(pem)
    (tmp_path / "git.key").write_text(key)
    files = {"certificate": f"file:{tmp_path}/git.crt", "private_key": f"file:{tmp_path}/git.key"}
    made = complete(**files, backup_bucket="acme-git-backups")
    return made.model_copy(update={"aws": made.aws.model_copy(update={"profile": "prod-east"})})


def test_a_gitlab_of_ones_own_comes_up_stays_and_goes_but_for_its_data(answers: Answers, tmp_path: Path) -> None:
    with SandboxWorld(load("healthy")) as sandbox:
        _endpoints(sandbox)
        site = AwsAndClusterWorld(sandbox.environ, cache=tmp_path / "cache").site(answers)
        run = PatientRun(owner=Owner("prod-east"))

        made = _apply(site, answers, run)

        assert {action for _, action in made} == {Action.CREATE}
        assert {action for _, action in _apply(site, answers, run)} == {Action.NONE}
        machines = sandbox._machines
        port = machines.web("10.0.0.20") if machines is not None else None
        assert port is not None
        token = site.resolve_secret("aws-secretsmanager:ezgitops/prod-east/gitlab/administrator-token")
        assert _user(port, token, tmp_path / "git.crt") == "root"
        key = (tmp_path / "git.key").read_text()
        said = repr((run.mutations, run.told, run.outputs))
        assert token not in said
        assert key.splitlines()[1] not in said

        kept = _destroy(site, run)

        assert sorted(kept) == ["ezgitops-prod-east-gitlab", "ezgitops/prod-east/gitlab/keys"]


def _user(port: int, token: str, ca: Path) -> str:
    """Who the token is, told by a server whose certificate is the one that was handed over."""
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False  # the port is on loopback; the chain is what is looked at
    request = urllib.request.Request(f"https://127.0.0.1:{port}/api/v4/user", headers={"PRIVATE-TOKEN": token, "Host": HOST})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with direct.open(request, timeout=20) as answer:
        found: dict[str, str] = json.loads(answer.read())
        return found["username"]


def _destroy(site: Site, run: PatientRun) -> list[str]:
    """Delete what carries the marks, higher ranks first, as destroy does; the names of what is kept."""
    kept = []
    ours = ("ec2-instance", "instance-profile", "iam-role", "security-group", "data-volume", "private-name", "stored-secret")
    for kind in sorted(ours, key=lambda one: -site.handlers()[one].rank):
        handler = site.handlers()[kind]
        for thing in handler.owned(Owner("prod-east")):
            if thing.filled:
                kept.append(str(thing.fields["name"]))
            else:
                handler.delete(thing, run)
    return kept
