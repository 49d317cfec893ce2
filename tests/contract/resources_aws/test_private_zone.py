"""Private names: a hosted zone that is one name, in one VPC."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import PrivateNameResource
from strategies.ports import ResourceError
from strategies.resources.aws.private_zone import PrivateNameHandler
from tests.contract.resources_aws.conftest import OWNER, VPC, CrashError, World

RESOURCE = PrivateNameResource(
    address="aws.private-name.server",
    title="private name",
    group=Group.AWS,
    owner=OWNER,
    name="gitlab.acme.example",
    vpc_id=VPC,
    target="10.0.1.20",
)


@pytest.fixture
def handler(world: World) -> PrivateNameHandler:
    return PrivateNameHandler(world.clients)


def _foreign(world: World, *, target: str | None = None) -> str:
    zone = world.clients.route53.create_hosted_zone(
        Name=RESOURCE.name,
        CallerReference="terraform-1",
        VPC={"VPCRegion": "us-east-2", "VPCId": VPC},
        HostedZoneConfig={"PrivateZone": True},
    )["HostedZone"]["Id"]
    if target is not None:
        _record(world, zone, RESOURCE.name, target)
    return zone


def _record(world: World, zone: str, name: str, target: str) -> None:
    world.clients.route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "CREATE",
                    "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": target}]},
                }
            ]
        },
    )


def test_the_zone_is_exactly_the_name_and_leads_to_the_address(world: World, handler: PrivateNameHandler) -> None:
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action is Action.CREATE

    run = world.run()
    outputs = handler.create(RESOURCE, run)

    assert run.names == ["route53:CreateHostedZone", "route53:ChangeTagsForResource", "route53:ChangeResourceRecordSets"]
    found = handler.read(RESOURCE)
    assert found is not None
    assert (found.owner, found.fields["target"], found.outputs) == (OWNER, "10.0.1.20", outputs)
    assert handler.plan(RESOURCE, found).action is Action.NONE
    assert world.server.private_name(RESOURCE.name) == "10.0.1.20"
    assert world.server.private_name(f"www.{RESOURCE.name}") is None


@pytest.mark.parametrize(
    "call", ["route53:CreateHostedZone", "route53:ChangeTagsForResource", "route53:ChangeResourceRecordSets"]
)
def test_a_crash_on_the_way_is_mended_by_the_next_run(world: World, handler: PrivateNameHandler, call: str) -> None:
    with pytest.raises(CrashError):
        handler.create(RESOURCE, world.run(crash_after=call))
    assert [one.fields["name"] for one in handler.owned(OWNER)] == [RESOURCE.name]

    handler.create(RESOURCE, world.run())

    assert len(list(handler.owned(OWNER))) == 1
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action is Action.NONE


def test_another_address_is_an_update(world: World, handler: PrivateNameHandler) -> None:
    handler.create(RESOURCE, world.run())
    moved = replace(RESOURCE, target="10.0.1.21")
    found = handler.read(moved)
    assert found is not None
    change = handler.plan(moved, found)
    assert (change.action, change.diff[0].before, change.diff[0].after) == (Action.UPDATE, "10.0.1.20", "10.0.1.21")

    handler.update(moved, found, world.run())

    assert handler.plan(moved, handler.read(moved)).action is Action.NONE


def test_a_foreign_zone_is_used_when_the_name_leads_there(world: World, handler: PrivateNameHandler) -> None:
    _foreign(world, target="10.0.1.20")

    change = handler.plan(RESOURCE, handler.read(RESOURCE))

    assert (change.action, change.conflict) == (Action.NONE, None)
    assert "not ours" in change.reason
    assert list(handler.owned(OWNER)) == []


@pytest.mark.parametrize(("target", "said"), [(None, "has no address there"), ("10.0.9.9", "leads to 10.0.9.9 there")])
def test_a_foreign_zone_is_a_conflict_when_it_does_not(
    world: World, handler: PrivateNameHandler, target: str | None, said: str
) -> None:
    _foreign(world, target=target)

    conflict = handler.plan(RESOURCE, handler.read(RESOURCE)).conflict

    assert conflict is not None
    assert said in conflict
    with pytest.raises(ResourceError):
        handler.create(RESOURCE, world.run())


def test_deleting_takes_the_record_and_the_zone(world: World, handler: PrivateNameHandler) -> None:
    handler.create(RESOURCE, world.run())
    handler.create(replace(RESOURCE, name="git.other.example", owner=Owner("other")), world.run())
    (found,) = handler.owned(OWNER)

    handler.delete(found, world.run())
    handler.delete(found, world.run())

    assert handler.read(RESOURCE) is None
    assert [one.fields["name"] for one in handler.owned(Owner("other"))] == ["git.other.example"]


def test_what_somebody_put_into_it_keeps_it(world: World, handler: PrivateNameHandler) -> None:
    zone = handler.create(RESOURCE, world.run())["id"]
    _record(world, zone, f"registry.{RESOURCE.name}", "10.0.1.30")
    (found,) = handler.owned(OWNER)

    with pytest.raises(ResourceError) as caught:
        handler.delete(found, world.run())

    assert "registry.gitlab.acme.example" in caught.value.why
    assert handler.read(RESOURCE) is not None
