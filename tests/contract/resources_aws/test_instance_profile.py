"""Instance profiles: read, plan, create, update, delete, owned; and a role that one of them holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import InstanceProfileResource
from strategies.ports import ResourceError
from strategies.resources.aws.iam_role import IamRoleHandler
from strategies.resources.aws.instance_profile import InstanceProfileHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

NAME = "prod-east-egress-proxy"
RESOURCE = InstanceProfileResource(
    address="aws.instance-profile.proxy", title="instance profile", group=Group.AWS, owner=OWNER, name=NAME, path="/"
)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def role(world: World, name: str = NAME) -> None:
    world.clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))


@pytest.fixture
def handler(world: World) -> InstanceProfileHandler:
    role(world)
    return InstanceProfileHandler(world.clients)


def test_it_is_made_with_its_role_and_removed_again(world: World, handler: InstanceProfileHandler) -> None:
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action is Action.CREATE

    outputs = handler.create(RESOURCE, world.run())

    found = handler.read(RESOURCE)
    assert found is not None
    assert (found.owner, found.outputs, found.fields["roles"]) == (OWNER, outputs, [NAME])
    assert handler.plan(RESOURCE, found).action is Action.NONE
    assert [one.provider_id for one in handler.owned(OWNER)] == [NAME]
    assert list(handler.owned(Owner("other"))) == []

    for one in handler.owned(OWNER):
        handler.delete(one, world.run())
        handler.delete(one, world.run())
    assert handler.read(RESOURCE) is None
    world.clients.iam.delete_role(RoleName=NAME)


@pytest.mark.parametrize("call", ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"])
def test_a_crash_on_the_way_is_mended_by_the_next_run(world: World, handler: InstanceProfileHandler, call: str) -> None:
    with pytest.raises(CrashError):
        handler.create(RESOURCE, world.run(crash_after=call))
    handler.create(RESOURCE, world.run())
    found = handler.read(RESOURCE)
    assert found is not None
    assert handler.plan(RESOURCE, found).action is Action.NONE


def test_a_deletion_that_was_killed_is_finished(world: World, handler: InstanceProfileHandler) -> None:
    handler.create(RESOURCE, world.run())
    (found,) = handler.owned(OWNER)
    with pytest.raises(CrashError):
        handler.delete(found, world.run(crash_after="iam:RemoveRoleFromInstanceProfile"))
    (left,) = handler.owned(OWNER)
    handler.delete(left, world.run())
    assert list(handler.owned(OWNER)) == []


def test_another_role_in_ours_gives_way(world: World, handler: InstanceProfileHandler) -> None:
    handler.create(RESOURCE, world.run())
    role(world, "strange")
    iam = world.clients.iam
    iam.remove_role_from_instance_profile(InstanceProfileName=NAME, RoleName=NAME)
    iam.add_role_to_instance_profile(InstanceProfileName=NAME, RoleName="strange")
    found = handler.read(RESOURCE)
    assert found is not None
    change = handler.plan(RESOURCE, found)
    assert (change.action, change.diff[0].before) == (Action.UPDATE, "strange")
    run = world.run()
    handler.update(RESOURCE, found, run)
    assert run.names == ["iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile"]
    again = handler.read(RESOURCE)
    assert again is not None
    assert again.fields["roles"] == [NAME]


def test_another_path_is_a_conflict_that_says_how_to_have_it(world: World, handler: InstanceProfileHandler) -> None:
    handler.create(RESOURCE, world.run())
    moved = replace(RESOURCE, path="/platform/")
    change = handler.plan(moved, handler.read(moved))
    assert change.conflict is not None
    assert "from the path / to /platform/" in change.conflict
    assert "bastionProxy.instance.roleName" in change.conflict


@pytest.mark.parametrize(("held", "fits"), [(NAME, True), ("strange", False), (None, False)])
def test_a_foreign_profile_is_used_when_it_holds_the_role(
    world: World, handler: InstanceProfileHandler, held: str | None, fits: bool
) -> None:
    role(world, "strange")
    iam = world.clients.iam
    iam.create_instance_profile(InstanceProfileName=NAME)
    if held is not None:
        iam.add_role_to_instance_profile(InstanceProfileName=NAME, RoleName=held)
    change = handler.plan(RESOURCE, handler.read(RESOURCE))
    assert change.action is Action.NONE
    assert (change.conflict is None) is fits
    with pytest.raises(ResourceError):
        handler.create(RESOURCE, world.run())
    assert list(handler.owned(OWNER)) == []


def test_the_profile_goes_before_the_role() -> None:
    assert InstanceProfileHandler.rank > IamRoleHandler.rank
