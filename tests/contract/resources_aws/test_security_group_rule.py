"""Rules of ours in groups of others: read, plan, create, delete, owned."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from strategies.base import Action, Group, Owner
from strategies.kinds import SecurityGroupRuleResource
from strategies.ports import ResourceError
from strategies.resources.aws.security_group_rule import SecurityGroupRuleHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

PROXY_GROUP, WORKER_GROUP = "sg-0e5e5e5e5e5e5e5e5", "sg-0d0d0d0d0d0d0d0d0"
INBOUND = SecurityGroupRuleResource(
    address="aws.security-group-rule.proxy.10.0.0.0/16",
    title="rule",
    group=Group.AWS,
    owner=OWNER,
    group_id=PROXY_GROUP,
    outbound=False,
    port=3128,
    cidr="10.0.0.0/16",
    description="ezgitops prod-east: nodes to the proxy",
)
OUTBOUND = replace(INBOUND, group_id=WORKER_GROUP, outbound=True, cidr="10.1.1.10/32")


@pytest.fixture
def handler(world: World) -> SecurityGroupRuleHandler:
    return SecurityGroupRuleHandler(world.clients)


def shut(world: World) -> None:
    """The nodes' group lets nothing out."""
    world.clients.ec2.revoke_security_group_egress(
        GroupId=WORKER_GROUP, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


@pytest.mark.parametrize("resource", [INBOUND, OUTBOUND], ids=["inbound", "outbound"])
def test_a_rule_is_added_with_its_tags_and_taken_away_again(
    world: World, handler: SecurityGroupRuleHandler, resource: SecurityGroupRuleResource
) -> None:
    shut(world)
    assert handler.plan(resource, handler.read(resource)).action is Action.CREATE
    run = world.run()

    outputs = handler.create(resource, run)

    found = handler.read(resource)
    assert found is not None
    assert (found.owner, found.outputs) == (OWNER, outputs)
    assert handler.plan(resource, found).action is Action.NONE
    assert [one.provider_id for one in handler.owned(OWNER)] == [found.provider_id]
    assert list(handler.owned(Owner("other"))) == []
    assert len(run.calls) == 1

    handler.delete(found, world.run())
    handler.delete(found, world.run())

    assert handler.read(resource) is None
    assert list(handler.owned(OWNER)) == []


def test_what_was_there_before_stays(world: World, handler: SecurityGroupRuleHandler) -> None:
    """The other rules of the group are not looked at, changed or tagged."""
    before = rules(world, WORKER_GROUP)
    handler.create(replace(INBOUND, group_id=WORKER_GROUP), world.run())
    for one in handler.owned(OWNER):
        handler.delete(one, world.run())
    assert rules(world, WORKER_GROUP) == before


@pytest.mark.parametrize(
    ("cidr", "low", "high", "fits"),
    [
        ("10.0.0.0/16", 3128, 3128, True),
        ("10.0.0.0/8", 3000, 4000, True),
        ("10.0.0.0/20", 3128, 3128, False),
        ("10.0.0.0/16", 8080, 8080, False),
    ],
)
def test_a_rule_of_somebody_else_s_is_used_when_it_lets_the_same_through(
    world: World, handler: SecurityGroupRuleHandler, cidr: str, low: int, high: int, fits: bool
) -> None:
    world.clients.ec2.authorize_security_group_ingress(
        GroupId=PROXY_GROUP, IpProtocol="tcp", FromPort=low, ToPort=high, CidrIp=cidr
    )
    change = handler.plan(INBOUND, handler.read(INBOUND))
    assert change.action is (Action.NONE if fits else Action.CREATE)
    assert change.conflict is None
    if fits:
        assert "not ours" in change.reason
        assert cidr in change.reason


def test_a_group_that_lets_everything_out_needs_no_rule(handler: SecurityGroupRuleHandler) -> None:
    change = handler.plan(OUTBOUND, handler.read(OUTBOUND))
    assert change.action is Action.NONE
    assert "everything to 0.0.0.0/0" in change.reason


def test_a_rule_of_another_instance_is_used_and_stays_its_own(world: World, handler: SecurityGroupRuleHandler) -> None:
    theirs = replace(INBOUND, owner=Owner("staging"))
    made = handler.create(theirs, world.run())
    change = handler.plan(INBOUND, handler.read(INBOUND))
    assert change.action is Action.NONE
    assert "of the instance staging" in change.reason
    assert handler.create(INBOUND, world.run()) == made
    assert list(handler.owned(OWNER)) == []


def test_a_changed_port_is_a_new_rule_beside_the_old_one(world: World, handler: SecurityGroupRuleHandler) -> None:
    handler.create(replace(INBOUND, cidr="10.0.0.0/8"), world.run())
    assert handler.plan(INBOUND, handler.read(INBOUND)).action is Action.CREATE
    handler.create(INBOUND, world.run())
    words = {str(one.fields["rule"]) for one in handler.owned(OWNER)}
    assert words == {"tcp 3128 from 10.0.0.0/8", "tcp 3128 from 10.0.0.0/16"}


def test_a_crash_after_the_call_leaves_nothing_twice(world: World, handler: SecurityGroupRuleHandler) -> None:
    with pytest.raises(CrashError):
        handler.create(INBOUND, world.run(crash_after="ec2:AuthorizeSecurityGroupIngress"))
    assert handler.plan(INBOUND, handler.read(INBOUND)).action is Action.NONE
    handler.create(INBOUND, world.run())
    assert len(list(handler.owned(OWNER))) == 1


def test_a_group_that_is_gone_is_said(world: World, handler: SecurityGroupRuleHandler) -> None:
    missing = replace(INBOUND, group_id="sg-0123456789abcdef0")
    assert handler.read(missing) is None
    with pytest.raises(ResourceError) as caught:
        handler.create(missing, world.run())
    assert caught.value.why == "there is no such group"


def test_the_sandbox_refuses_the_same_rule_twice(world: World, handler: SecurityGroupRuleHandler) -> None:
    """EC2 API reference, "Client error codes": InvalidPermission.Duplicate."""
    handler.create(INBOUND, world.run())
    with pytest.raises(ClientError, match=r"InvalidPermission\.Duplicate"):
        world.clients.ec2.authorize_security_group_ingress(
            GroupId=PROXY_GROUP, IpProtocol="tcp", FromPort=3128, ToPort=3128, CidrIp="10.0.0.0/16"
        )


def rules(world: World, group: str) -> list[object]:
    found = world.clients.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return [(one["SecurityGroupRuleId"], one.get("Tags")) for one in found["SecurityGroupRules"]]
