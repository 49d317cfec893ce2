"""Data volumes: made, attached, grown, kept once something was put on them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Action, Group
from strategies.kinds import HOLDS_TAG, DataVolumeResource
from strategies.ports import ResourceError
from strategies.resources.aws.volume import DataVolumeHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

MACHINE = "i-0c1b2c3d4e5f60010"
OTHER = "10.9.9.9"
RESOURCE = DataVolumeResource(
    address="aws.data-volume.server",
    title="data volume",
    group=Group.AWS,
    owner=OWNER,
    name="ezgitops-prod-east-gitlab",
    vpc_id="vpc-0e1b2c3d4e5f60718",
    subnet_id="subnet-0e0e0e0e0e0e0e0e0",
    private_address="10.1.1.10",
    size_gib=50,
    made_of=("", "", ""),
)


@pytest.fixture
def handler(world: World) -> DataVolumeHandler:
    return DataVolumeHandler(world.clients)


def _made_of(world: World) -> tuple[str, str, str]:
    machine = world.clients.ec2.describe_instances(InstanceIds=[MACHINE])["Reservations"][0]["Instances"][0]  # type: ignore[typeddict-item]
    profile = machine.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]
    return machine["ImageId"], machine["InstanceType"], profile  # type: ignore[typeddict-item]


def test_it_is_made_encrypted_and_attached(world: World, handler: DataVolumeHandler) -> None:
    asked = replace(RESOURCE, made_of=_made_of(world))
    assert handler.plan(asked, handler.read(asked)).action is Action.CREATE

    run = world.run()
    outputs = handler.create(asked, run)

    assert run.names == ["ec2:CreateVolume", "ec2:AttachVolume"]
    found = handler.read(asked)
    assert found is not None
    assert (found.owner, found.filled, found.fields["attached_to"]) == (OWNER, False, MACHINE)
    assert (found.fields["zone"], found.fields["size_gib"], found.fields["encrypted"]) == ("us-east-2a", 50, True)
    assert found.outputs["id"] == outputs["id"]
    assert handler.plan(asked, found).action is Action.NONE


@pytest.mark.parametrize("call", ["ec2:CreateVolume", "ec2:AttachVolume"])
def test_a_crash_on_the_way_makes_no_second_one(world: World, handler: DataVolumeHandler, call: str) -> None:
    asked = replace(RESOURCE, made_of=_made_of(world))
    with pytest.raises(CrashError):
        handler.create(asked, world.run(crash_after=call))

    handler.create(asked, world.run())

    assert len(list(handler.owned(OWNER))) == 1
    assert handler.plan(asked, handler.read(asked)).action is Action.NONE


def test_it_grows_and_does_not_shrink(world: World, handler: DataVolumeHandler) -> None:
    asked = replace(RESOURCE, made_of=_made_of(world))
    handler.create(asked, world.run())
    larger = replace(asked, size_gib=80)
    found = handler.read(larger)
    assert found is not None
    change = handler.plan(larger, found)
    assert (change.action, change.diff[0].path) == (Action.UPDATE, "size")

    handler.update(larger, found, world.run())

    again = handler.read(asked)
    assert again is not None
    assert again.fields["size_gib"] == 80
    conflict = handler.plan(asked, again).conflict
    assert conflict is not None
    assert "does not shrink" in conflict


def test_a_machine_that_is_about_to_be_made_anew_gets_it_again(world: World, handler: DataVolumeHandler) -> None:
    asked = replace(RESOURCE, made_of=_made_of(world))
    handler.create(asked, world.run())
    anew = replace(asked, made_of=("ami-0917ab0000000000b", *asked.made_of[1:]))

    change = handler.plan(anew, handler.read(anew))

    assert (change.action, change.diff[0].path) == (Action.UPDATE, "attached to")


def test_a_subnet_in_another_zone_is_a_conflict(world: World, handler: DataVolumeHandler) -> None:
    handler.create(replace(RESOURCE, made_of=_made_of(world)), world.run())
    elsewhere = replace(RESOURCE, subnet_id="subnet-0bbbbbbbbbbbbbbbb")

    conflict = handler.plan(elsewhere, handler.read(elsewhere)).conflict

    assert conflict is not None
    assert "us-east-2b" in conflict
    assert "aws ec2 create-snapshot" in conflict


def test_one_that_may_hold_data_is_filled(world: World, handler: DataVolumeHandler) -> None:
    volume = handler.create(replace(RESOURCE, made_of=_made_of(world)), world.run())["id"]
    world.clients.ec2.create_tags(Resources=[volume], Tags=[{"Key": HOLDS_TAG, "Value": "gitlab"}])

    (found,) = handler.owned(OWNER)

    assert (found.filled, found.fields["name"]) == (True, RESOURCE.name)


def test_without_a_machine_it_says_so_and_can_go_on_later(world: World, handler: DataVolumeHandler) -> None:
    with pytest.raises(ResourceError) as caught:
        handler.create(replace(RESOURCE, private_address=OTHER), world.run())

    assert caught.value.retryable
    assert OTHER in caught.value.why


def test_deleting_waits_for_the_machine_and_what_is_gone_is_success(world: World, handler: DataVolumeHandler) -> None:
    volume = handler.create(replace(RESOURCE, made_of=_made_of(world)), world.run())["id"]
    (found,) = handler.owned(OWNER)
    with pytest.raises(ResourceError) as caught:
        handler.delete(found, world.run())
    assert "still has it" in caught.value.why

    world.clients.ec2.detach_volume(VolumeId=volume, InstanceId=MACHINE, Device=RESOURCE.device)
    handler.delete(found, world.run())
    handler.delete(found, world.run())

    assert list(handler.owned(OWNER)) == []
