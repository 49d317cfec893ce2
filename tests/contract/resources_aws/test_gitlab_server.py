"""GitLab on a machine of the plan: its scripts run on a stand-in of that machine, its volume and secrets in the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import HOLDS_TAG, DataVolumeResource, GitLabServerResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws.gitlab_server import GitLabServerHandler
from strategies.resources.aws.run_command import Ran, RunCommand
from strategies.resources.aws.volume import DataVolumeHandler, machine_made_of
from tests.contract.resources_aws.conftest import OWNER, CrashError, World
from tests.unit.private_server.own_machine import CONFIGURATION, HOST, SETUP, OwnMachine, certificate
from wizard.sandbox.machines.disks import attach

MACHINE = "i-0c1b2c3d4e5f60010"
ADDRESS, HOME = "10.1.1.10", "vpc-0e1b2c3d4e5f60718"
MARK = "-----BEGIN CERTIFICATE-----"


class OnStandIn(RunCommand):
    """Systems Manager with the one machine at the other end."""

    def __init__(self, world: World, machine: OwnMachine) -> None:
        super().__init__(world.clients)
        self.machine = machine
        self.scripts: list[str] = []

    def look(self, instance_id: str, script: str, *, seconds: int, comment: str) -> Ran:
        assert instance_id == MACHINE
        return self._run(script)

    def change(
        self, what: str, instance_id: str, script: str, run: Execution, *, seconds: int, comment: str
    ) -> Ran:  # fmt: skip
        with run.mutation("ssm:SendCommand", {"InstanceIds": [instance_id], "Parameters": {"commands": [script]}}):
            return self._run(script)

    def _run(self, script: str) -> Ran:
        self.scripts.append(script)
        ran, _ = self.machine.run(script)
        return Ran(ran.returncode, ran.stdout, ran.stderr)


class Scene:
    """The account's machine, its data volume, and what is behind the references."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.machine = OwnMachine.furnished(folder / "machine", folder / "volumes", folder / "secrets")
        self.pem, key = certificate()
        self.machine.certify(self.pem, key)
        self.command = OnStandIn(world, self.machine)
        self.handler = GitLabServerHandler(world.clients, lambda _reference: self.pem, self.command)
        found = world.clients.ec2.describe_instances(InstanceIds=[MACHINE])["Reservations"][0].get("Instances", [])[0]
        made_of = machine_made_of(found)
        self.volume = DataVolumeResource(
            address="aws.data-volume.server", title="", group=Group.AWS, owner=OWNER, name="ezgitops-prod-east-gitlab",
            vpc_id=HOME, subnet_id="subnet-0e0e0e0e0e0e0e0e0", private_address=ADDRESS, size_gib=50, made_of=made_of,
        )  # fmt: skip
        identity = DataVolumeHandler(world.clients).create(self.volume, world.run())["id"]
        attach(self.machine.root, self.machine.volumes, [identity])
        self.resource = GitLabServerResource(
            address="aws.gitlab-server.main", title="", group=Group.AWS, owner=OWNER, host=HOST, region="us-east-2",
            vpc_id=HOME, private_address=ADDRESS, volume_name=self.volume.name, made_of=made_of,
            configuration=CONFIGURATION, certificate="file:git.crt", certificate_secret=SETUP.certificate_secret,
            password_secret=SETUP.password_secret, token_secret=SETUP.token_secret, keys_secret=None, backup_folder=None,
        )  # fmt: skip

    def holds(self) -> str | None:
        """What the volume is marked to hold."""
        volumes = self.world.clients.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": [HOLDS_TAG]}])["Volumes"]
        return next((tag.get("Value") for tag in volumes[0].get("Tags", []) if tag.get("Key") == HOLDS_TAG), None)


@pytest.fixture
def scene(world: World, tmp_path: Path) -> Scene:
    # The stand-in's programs know the real time: a token made there ends by it.
    world.clock.now = datetime.now(UTC)
    return Scene(world, tmp_path)


def test_it_is_set_up_on_a_volume_that_is_marked_first(scene: Scene) -> None:
    handler, resource = scene.handler, scene.resource
    assert handler.plan(resource, handler.read(resource)).action is Action.CREATE
    run = scene.world.run()

    outputs = handler.create(resource, run)

    assert run.names == ["ec2:CreateTags", "ssm:SendCommand"]
    assert scene.holds() == "gitlab"
    assert (outputs["url"], outputs["server-state"], outputs["version"]) == (f"https://{HOST}", "ready", "17.6.1-ee")
    assert handler.plan(resource, handler.read(resource)).action is Action.NONE
    assert "MARKER" not in repr((run.calls, run.told, outputs, scene.command.scripts))


@pytest.mark.parametrize("call", ["ec2:CreateTags", "ssm:SendCommand"])
def test_a_crash_on_the_way_is_mended_by_the_next_run(scene: Scene, call: str) -> None:
    with pytest.raises(CrashError):
        scene.handler.create(scene.resource, scene.world.run(crash_after=call))
    assert scene.holds() == "gitlab"

    scene.handler.create(scene.resource, scene.world.run())

    assert scene.handler.plan(scene.resource, scene.handler.read(scene.resource)).action is Action.NONE


def _rewritten(scene: Scene) -> None:
    (scene.machine.root / "etc/gitlab/gitlab.rb").write_text(f"{CONFIGURATION}# by hand\n")


def _down(scene: Scene) -> None:
    (scene.machine.root / "up").unlink()


def _renewed(scene: Scene) -> None:
    scene.pem, key = certificate()
    scene.machine.certify(scene.pem, key)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_rewritten, "configuration"),
        (_down, "ready"),
        (_renewed, "certificate"),
    ],
)
def test_what_has_drifted_is_seen(scene: Scene, change: Callable[[Scene], None], path: str) -> None:
    scene.handler.create(scene.resource, scene.world.run())
    change(scene)

    planned = scene.handler.plan(scene.resource, scene.handler.read(scene.resource))

    assert planned.action is Action.UPDATE
    assert [one.path for one in planned.diff] == [path]
    assert MARK not in repr(planned)


def test_a_machine_that_is_about_to_be_made_anew_is_set_up_again(scene: Scene) -> None:
    scene.handler.create(scene.resource, scene.world.run())
    anew = replace(scene.resource, made_of=("ami-0917ab0000000000b", *scene.resource.made_of[1:]))

    planned = scene.handler.plan(anew, scene.handler.read(anew))

    assert (planned.action, planned.diff[0].path) == (Action.UPDATE, "machine")


def test_another_instances_server_is_a_conflict(scene: Scene) -> None:
    scene.handler.create(scene.resource, scene.world.run())
    staging = replace(scene.resource, owner=Owner("staging"))

    conflict = scene.handler.plan(staging, scene.handler.read(staging)).conflict

    assert conflict is not None
    assert "another instance" in conflict


def test_without_its_machine_there_is_nothing_yet(scene: Scene) -> None:
    elsewhere = replace(scene.resource, private_address="10.1.1.99")

    assert scene.handler.read(elsewhere) is None
    with pytest.raises(ResourceError) as caught:
        scene.handler.create(elsewhere, scene.world.run())
    assert caught.value.retryable


def test_a_failed_step_is_told_with_what_to_do(scene: Scene) -> None:
    (scene.machine.root / "broken").touch()

    with pytest.raises(ResourceError) as caught:
        scene.handler.create(scene.resource, scene.world.run())

    assert "gitlab-ctl reconfigure failed" in caught.value.why
    assert "There was an error running" in caught.value.why
    assert "/var/log/gitlab/reconfigure/" in caught.value.remedy


def test_it_goes_with_its_machine(scene: Scene) -> None:
    scene.handler.create(scene.resource, scene.world.run())

    assert list(scene.handler.owned(OWNER)) == []
