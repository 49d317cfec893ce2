"""Security groups: read, plan, create, update, delete, owned."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError

from strategies.base import Action, Group, Owner
from strategies.kinds import SecurityGroupResource
from strategies.ports import ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.security_group import SecurityGroupHandler, uncovered
from tests.contract.resources_aws.conftest import OWNER, SUBNETS, VPC, CrashError, World

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

RESOURCE = SecurityGroupResource(
    address="aws.security-group.endpoints",
    title="security group",
    group=Group.AWS,
    owner=OWNER,
    name="ezgitops-prod-east-endpoints",
    vpc_id=VPC,
    description="nodes to endpoints",
    ingress_cidrs=("10.0.0.0/16",),
)


@pytest.fixture
def handler(world: World) -> SecurityGroupHandler:
    return SecurityGroupHandler(world.clients)


def test_it_lets_in_what_is_asked_and_nothing_out(world: World, handler: SecurityGroupHandler) -> None:
    assert handler.plan(RESOURCE, handler.read(RESOURCE)).action is Action.CREATE

    outputs = handler.create(RESOURCE, world.run())

    found = handler.read(RESOURCE)
    assert found is not None
    assert found.owner == OWNER
    assert found.outputs == outputs
    assert found.fields["ingress"] == ["tcp 443 from 10.0.0.0/16"]
    assert found.fields["egress"] == []
    assert handler.plan(RESOURCE, found).action is Action.NONE


@pytest.mark.parametrize("call", ["ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress"])
def test_a_crash_on_the_way_is_mended_by_the_next_run(world: World, handler: SecurityGroupHandler, call: str) -> None:
    with pytest.raises(CrashError):
        handler.create(RESOURCE, world.run(crash_after=call))
    half = handler.read(RESOURCE)
    assert half is not None
    assert handler.plan(RESOURCE, half).action is Action.UPDATE

    handler.create(RESOURCE, world.run())

    found = handler.read(RESOURCE)
    assert found is not None
    assert handler.plan(RESOURCE, found).action is Action.NONE
    assert [one.provider_id for one in handler.owned(OWNER)] == [half.provider_id]


def test_rules_are_changed_in_place_and_strange_ones_go(world: World, handler: SecurityGroupHandler) -> None:
    group = handler.create(RESOURCE, world.run())["id"]
    world.clients.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    asked = replace(RESOURCE, ingress_cidrs=("10.0.0.0/20", "10.1.0.0/16"))
    found = handler.read(asked)
    assert found is not None
    change = handler.plan(asked, found)
    assert change.action is Action.UPDATE
    assert change.diff[0].before == ["tcp 22 from 0.0.0.0/0", "tcp 443 from 10.0.0.0/16"]

    run = world.run()
    handler.update(asked, found, run)

    assert run.names == ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
    again = handler.read(asked)
    assert again is not None
    assert again.fields["ingress"] == ["tcp 443 from 10.0.0.0/20", "tcp 443 from 10.1.0.0/16"]
    assert handler.plan(asked, again).action is Action.NONE


PROXY = replace(RESOURCE, name="ezgitops-prod-east-proxy", port=3128, egress=(("0.0.0.0/0", 443),))


def test_what_may_go_out_is_let_out_before_the_rest_is_shut(world: World, handler: SecurityGroupHandler) -> None:
    change = handler.plan(PROXY, handler.read(PROXY))
    assert [one.after for one in change.diff if one.path == "egress"] == [["tcp 443 to 0.0.0.0/0"]]
    run = world.run()

    group = handler.create(PROXY, run)["id"]

    outward = [name for name in run.names if name.endswith("Egress")]
    assert outward == ["ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupEgress"]
    found = handler.read(PROXY)
    assert found is not None
    assert found.fields["ingress"] == ["tcp 3128 from 10.0.0.0/16"]
    assert found.fields["egress"] == ["tcp 443 to 0.0.0.0/0"]
    assert handler.plan(PROXY, found).action is Action.NONE
    world.clients.ec2.authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    drifted = handler.read(PROXY)
    assert drifted is not None
    assert handler.plan(PROXY, drifted).diff[0].before == ["tcp 443 to 0.0.0.0/0", "udp 53 to 0.0.0.0/0"]
    again = world.run()
    handler.update(PROXY, drifted, again)
    assert again.names == ["ec2:RevokeSecurityGroupEgress"]


def test_a_foreign_group_has_to_let_out_what_is_asked(world: World, handler: SecurityGroupHandler) -> None:
    """The group ``bastion`` of the account lets nothing in; it is opened, and then lets out too little."""
    asked = replace(PROXY, name="bastion")
    group = "sg-0ba5ba5ba5ba5ba5b"
    world.clients.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=3128, ToPort=3128, CidrIp="10.0.0.0/8"
    )
    found = handler.read(asked)
    assert found is not None
    assert handler.plan(asked, found).conflict is None
    world.clients.ec2.revoke_security_group_egress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    shut = handler.read(asked)
    assert shut is not None
    conflict = handler.plan(asked, shut).conflict
    assert conflict is not None
    assert "does not let TCP 443 out to 0.0.0.0/0" in conflict
    assert "aws ec2 authorize-security-group-egress" in conflict


def test_a_foreign_group_is_used_when_it_fits_and_a_conflict_when_not(world: World, handler: SecurityGroupHandler) -> None:
    asked = replace(RESOURCE, name="prod-east-endpoints")
    found = handler.read(asked)
    assert found is not None
    fits = handler.plan(asked, found)
    assert (fits.action, fits.conflict) == (Action.NONE, None)
    assert "not ours" in fits.reason

    wider = replace(asked, ingress_cidrs=("10.0.0.0/16", "10.9.0.0/16"))
    conflict = handler.plan(wider, found).conflict

    assert conflict is not None
    assert "10.9.0.0/16" in conflict
    assert "aws ec2 authorize-security-group-ingress" in conflict
    with pytest.raises(ResourceError):
        handler.create(asked, world.run())


def test_deleting_waits_for_interfaces_and_then_says_what_holds_it(world: World, handler: SecurityGroupHandler) -> None:
    group = handler.create(RESOURCE, world.run())["id"]
    world.clients.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=VPC,
        ServiceName="com.amazonaws.us-east-2.kms",
        SubnetIds=list(SUBNETS),
        SecurityGroupIds=[group],
    )
    found = handler.read(RESOURCE)
    assert found is not None
    run = world.run()

    with pytest.raises(ResourceError) as caught:
        handler.delete(found, run)

    assert "network interface" in caught.value.why
    assert group in caught.value.remedy
    assert run.told


def test_deleting_what_is_gone_is_success(world: World, handler: SecurityGroupHandler) -> None:
    handler.create(RESOURCE, world.run())
    handler.create(replace(RESOURCE, name="other", owner=Owner("other")), world.run())
    found = list(handler.owned(OWNER))
    assert len(found) == 1

    handler.delete(found[0], world.run())
    handler.delete(found[0], world.run())

    assert handler.read(RESOURCE) is None


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (["10.0.0.0/20"], ["10.0.0.0/16"], []),
        (["10.0.0.0/16"], ["10.0.0.0/20"], ["10.0.0.0/16"]),
        (["10.0.0.0/16", "10.1.0.0/16"], ["0.0.0.0/0"], []),
        (["10.0.0.0/16"], ["::/0"], ["10.0.0.0/16"]),
        ([], [], []),
    ],
)
def test_coverage_of_ranges(wanted: list[str], found: list[str], expected: list[str]) -> None:
    assert uncovered(wanted, found) == expected


class Lagging(AwsClients):
    """EC2 where a group just made is not known at first: the second look, or the second call, finds it."""

    refused = 0
    looks = 0

    @property
    def ec2(self) -> EC2Client:
        real = super().ec2

        def authorize(**request: object) -> object:
            self.refused += 1
            if self.refused == 1:
                told = {"Error": {"Code": "InvalidGroup.NotFound", "Message": "The security group does not exist"}}
                raise ClientError(told, "AuthorizeSecurityGroupIngress")  # type: ignore[arg-type]  # as much as is looked at
            return real.authorize_security_group_ingress(**request)  # type: ignore[arg-type]

        def rules(**request: object) -> object:
            self.looks += 1
            return {"SecurityGroupRules": []} if self.looks == 1 else real.describe_security_group_rules(**request)  # type: ignore[arg-type]

        lagging = SimpleNamespace(
            create_security_group=real.create_security_group,
            authorize_security_group_ingress=authorize,
            describe_security_group_rules=rules,
            revoke_security_group_egress=real.revoke_security_group_egress,
        )
        return cast("EC2Client", lagging)


def test_a_group_that_is_not_known_everywhere_yet_still_gets_its_rules(world: World, handler: SecurityGroupHandler) -> None:
    clients = Lagging(world.sessions.environ, "prod-east", "us-east-2")

    SecurityGroupHandler(clients).create(RESOURCE, world.run())

    found = handler.read(RESOURCE)
    assert found is not None
    assert (clients.refused, clients.looks) == (2, 2)
    assert (found.fields["ingress"], found.fields["egress"]) == (["tcp 443 from 10.0.0.0/16"], [])


def test_more_ports_and_a_prefix_list_by_its_name(world: World, handler: SecurityGroupHandler) -> None:
    asked = replace(RESOURCE, more_ports=(22,), egress=(("10.0.0.0/16", 443), ("com.amazonaws.us-east-2.s3", 443)))

    run = world.run()
    handler.create(asked, run)

    found = handler.read(asked)
    assert found is not None
    assert found.fields["ingress"] == ["tcp 22 from 10.0.0.0/16", "tcp 443 from 10.0.0.0/16"]
    assert found.fields["egress"] == ["tcp 443 to 10.0.0.0/16", "tcp 443 to com.amazonaws.us-east-2.s3"]
    assert handler.plan(asked, found).action is Action.NONE

    without = replace(asked, egress=asked.egress[:1])
    change = handler.plan(without, handler.read(without))
    assert [one.path for one in change.diff] == ["egress"]
    handler.update(without, found, world.run())
    again = handler.read(without)
    assert again is not None
    assert again.fields["egress"] == ["tcp 443 to 10.0.0.0/16"]


def test_a_prefix_list_that_the_region_lacks_is_named(world: World, handler: SecurityGroupHandler) -> None:
    with pytest.raises(ResourceError, match=r"com\.amazonaws\.us-east-2\.nothing"):
        handler.create(replace(RESOURCE, egress=(("com.amazonaws.us-east-2.nothing", 443),)), world.run())
