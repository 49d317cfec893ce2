"""Interface endpoints: read, plan (create, none, update, foreign, conflict), create, wait, update, delete, owned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Action, Group, Json, Owner, Ref
from strategies.kinds import SecurityGroupResource, VpcEndpointResource
from strategies.ports import ResourceError
from strategies.resources.aws import documents
from strategies.resources.aws.security_group import SecurityGroupHandler
from strategies.resources.aws.vpc_endpoint import VpcEndpointHandler
from tests.contract.resources_aws.conftest import OWNER, SUBNETS, VPC, CrashError, Run, StartWorld, World

GROUP = "aws.security-group.endpoints"
ARN = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"


def policy(arn: str) -> Mapping[str, Json]:
    condition: Json = {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}
    allow: Json = {"Effect": "Allow", "Principal": "*", "Action": "codecommit:GitPull", "Resource": arn, "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [allow]}


RESOURCE = VpcEndpointResource(
    address="aws.vpc-endpoint.git",
    title="endpoint",
    group=Group.AWS,
    owner=OWNER,
    service_name="com.amazonaws.us-east-2.git-codecommit",
    vpc_id=VPC,
    subnet_ids=SUBNETS,
    security_group=GROUP,
    client_cidrs=("10.0.0.0/16",),
    policy=policy(ARN),
    calls=(("codecommit:GitPull", ARN),),
)
ROLE = "arn:aws:iam::123456789012:role/prod-east-argocd-reader"
STS = replace(
    RESOURCE,
    address="aws.vpc-endpoint.sts",
    service_name="com.amazonaws.us-east-2.sts",
    policy=None,
    calls=(("sts:AssumeRoleWithWebIdentity", ROLE),),
)


@pytest.fixture
def handler(world: World) -> VpcEndpointHandler:
    return VpcEndpointHandler(world.clients)


@pytest.fixture
def run(world: World) -> Run:
    """A run in which the security group has been made."""
    group = SecurityGroupResource(
        address=GROUP, title="group", group=Group.AWS, owner=OWNER, name="made", vpc_id=VPC, description="nodes",
        ingress_cidrs=("10.0.0.0/16",),
    )  # fmt: skip
    made = SecurityGroupHandler(world.clients).create(group, world.run())
    return world.run(outputs={Ref(GROUP, "id"): made["id"]})


def foreign(world: World, **changes: object) -> str:
    """Make an endpoint as somebody else would; gives its id once it is available."""
    request: dict[str, object] = {
        "VpcEndpointType": "Interface",
        "VpcId": VPC,
        "ServiceName": RESOURCE.service_name,
        "SubnetIds": list(SUBNETS),
        "SecurityGroupIds": ["sg-0e0e0e0e0e0e0e0e0"],
        "PrivateDnsEnabled": True,
        **changes,
    }
    made = world.clients.ec2.create_vpc_endpoint(**request)  # type: ignore[arg-type]  # keywords chosen by the test
    world.run().sleep(60)
    return made["VpcEndpoint"]["VpcEndpointId"]


def test_it_is_made_waited_for_and_then_left_alone(handler: VpcEndpointHandler, run: Run) -> None:
    assert handler.read(RESOURCE) is None
    assert handler.plan(RESOURCE, None).action is Action.CREATE

    outputs = handler.create(RESOURCE, run)

    assert run.names == ["ec2:CreateVpcEndpoint"]
    assert run.told[0] == "pending, usually 2 minutes"
    found = handler.read(RESOURCE)
    assert found is not None
    assert found.owner == OWNER
    assert found.fields["state"] == "available"
    assert found.outputs["id"] == outputs["id"]
    change = handler.plan(RESOURCE, found)
    assert (change.action, change.diff) == (Action.NONE, ())


def test_a_crash_after_the_call_makes_no_second_endpoint(world: World, handler: VpcEndpointHandler, run: Run) -> None:
    run.crash_after = "ec2:CreateVpcEndpoint"
    with pytest.raises(CrashError):
        handler.create(RESOURCE, run)
    half = handler.read(RESOURCE)
    assert half is not None
    waits = handler.plan(RESOURCE, half)
    assert waits.action is Action.UPDATE
    assert [one.path for one in waits.diff] == ["state"]

    run.crash_after = None
    outputs = handler.create(RESOURCE, run)

    assert outputs["id"] == half.provider_id
    assert [one.provider_id for one in handler.owned(OWNER)] == [half.provider_id]


def test_waiting_goes_on_after_a_kill(handler: VpcEndpointHandler, run: Run) -> None:
    run.crash_after = "ec2:CreateVpcEndpoint"
    with pytest.raises(CrashError):
        handler.create(RESOURCE, run)
    half = handler.read(RESOURCE)
    assert half is not None
    run.calls.clear()

    outputs = handler.update(RESOURCE, half, run)

    assert outputs["id"] == half.provider_id
    assert run.names == []


def test_subnets_policy_and_group_are_changed_in_place(world: World, handler: VpcEndpointHandler, run: Run) -> None:
    endpoint = handler.create(replace(RESOURCE, subnet_ids=SUBNETS[:2], policy=None), run)["id"]
    ours = run.outputs[Ref(GROUP, "id")]
    closed = world.clients.ec2.create_security_group(GroupName="closed", Description="closed", VpcId=VPC)["GroupId"]
    world.clients.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=[closed], RemoveSecurityGroupIds=[ours])
    found = handler.read(RESOURCE)
    assert found is not None
    change = handler.plan(RESOURCE, found)
    assert change.action is Action.UPDATE
    assert {one.path for one in change.diff} == {"subnets", "policy", "reachable from"}

    handler.update(RESOURCE, found, run)

    again = handler.read(RESOURCE)
    assert again is not None
    assert handler.plan(RESOURCE, again).action is Action.NONE
    assert again.fields["subnet_ids"] == list(SUBNETS)


def test_the_policy_goes_back_to_full_access(handler: VpcEndpointHandler, run: Run) -> None:
    handler.create(RESOURCE, run)
    asked = replace(RESOURCE, policy=None)
    found = handler.read(asked)
    assert found is not None
    assert [one.path for one in handler.plan(asked, found).diff] == ["policy"]

    handler.update(asked, found, run)

    again = handler.read(asked)
    assert again is not None
    assert handler.plan(asked, again).action is Action.NONE


def test_the_endpoint_that_the_cluster_came_with_is_used(handler: VpcEndpointHandler) -> None:
    found = handler.read(STS)
    assert found is not None

    change = handler.plan(STS, found)

    assert (change.action, change.conflict) == (Action.NONE, None)
    assert change.reason == "already there, fits, not ours: used as it is"
    assert change.provider_id == "vpce-05700000000000002"


def test_a_foreign_endpoint_that_shuts_the_nodes_out_is_a_conflict(handler: VpcEndpointHandler) -> None:
    asked = replace(STS, client_cidrs=("10.0.0.0/16", "10.77.0.0/16"))
    found = handler.read(asked)
    assert found is not None

    conflict = handler.plan(asked, found).conflict

    assert conflict is not None
    assert "10.77.0.0/16" in conflict
    assert "--group-id sg-0e0e0e0e0e0e0e0e0" in conflict


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        (documents.FULL_ACCESS, True),
        (policy(ARN), True),
        (policy("arn:aws:codecommit:us-east-2:123456789012:prod-east-*"), True),
        (policy("arn:aws:codecommit:us-east-2:123456789012:another"), False),
        (
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
                    {"Effect": "Deny", "Principal": "*", "Action": "codecommit:Git*", "Resource": "*"},
                ],
            },
            False,
        ),
    ],
    ids=["full access", "this repository", "pattern", "another repository", "denied"],
)
def test_a_foreign_endpoint_fits_when_its_policy_lets_the_pull_through(
    world: World, handler: VpcEndpointHandler, document: Mapping[str, Json], fits: bool
) -> None:
    foreign(world, PolicyDocument=documents.dump(document))
    found = handler.read(RESOURCE)
    assert found is not None

    change = handler.plan(RESOURCE, found)

    assert change.action is Action.NONE
    assert (change.conflict is None) == fits
    if change.conflict is not None:
        assert ARN in change.conflict


def test_a_perimeter_around_sts_shuts_the_clusters_token_out(world: World, handler: VpcEndpointHandler) -> None:
    allow: Json = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}},
    }
    document = documents.dump({"Version": "2012-10-17", "Statement": [allow]})
    world.clients.ec2.modify_vpc_endpoint(VpcEndpointId="vpce-05700000000000002", PolicyDocument=document)
    found = handler.read(STS)
    assert found is not None

    conflict = handler.plan(STS, found).conflict

    assert conflict is not None
    assert f"sts:AssumeRoleWithWebIdentity on {ROLE}" in conflict


def test_a_foreign_endpoint_that_failed_is_a_conflict(start_world: StartWorld) -> None:
    def failed(scenario: dict[str, object]) -> None:
        vpcs = scenario["vpcs"]
        assert isinstance(vpcs, list)
        next(one for one in vpcs[0]["endpoints"] if one["service"] == "sts")["failed"] = True

    with start_world(failed) as world:
        handler = VpcEndpointHandler(world.clients)
        found = handler.read(STS)
        assert found is not None
        conflict = handler.plan(STS, found).conflict

    assert conflict is not None
    assert "has failed" in conflict


def test_the_endpoint_of_another_instance_names_that_instance(handler: VpcEndpointHandler, run: Run) -> None:
    other = replace(RESOURCE, owner=Owner("other"), policy=policy("arn:aws:codecommit:us-east-2:123456789012:other"))
    handler.create(other, run)
    found = handler.read(RESOURCE)
    assert found is not None

    conflict = handler.plan(RESOURCE, found).conflict

    assert conflict is not None
    assert "full-access for other" in conflict


def test_a_foreign_endpoint_without_private_dns_is_not_in_the_way(world: World, handler: VpcEndpointHandler, run: Run) -> None:
    foreign(world, PrivateDnsEnabled=False)

    assert handler.read(RESOURCE) is None
    assert handler.create(RESOURCE, run)["id"]


def test_an_endpoint_that_comes_in_between_is_told(world: World, handler: VpcEndpointHandler, run: Run) -> None:
    foreign(world)

    with pytest.raises(ResourceError) as caught:
        handler.create(RESOURCE, run)

    assert "private DNS name" in caught.value.why
    assert "describe-vpc-endpoints" in caught.value.remedy


def test_it_is_deleted_and_its_name_can_be_used_again(handler: VpcEndpointHandler, run: Run) -> None:
    first = handler.create(RESOURCE, run)["id"]
    owned = list(handler.owned(OWNER))
    assert [one.provider_id for one in owned] == [first]

    handler.delete(owned[0], run)
    handler.delete(owned[0], run)

    assert handler.read(RESOURCE) is None
    assert handler.create(RESOURCE, run)["id"] != first


def test_the_end_of_a_long_wait_is_noticed_soon_for_its_length_and_without_asking_all_the_time(start_world: StartWorld) -> None:
    def slow(scenario: dict[str, object]) -> None:
        services = scenario["endpoint_services"]
        assert isinstance(services, dict)
        services["pending_seconds"] = 150

    with start_world(slow) as world:
        run = world.run(outputs={Ref(GROUP, "id"): "sg-0e0e0e0e0e0e0e0e0"})
        before, began = len(world.server.calls()), run.now()

        VpcEndpointHandler(world.clients).create(RESOURCE, run)

        waited = (run.now() - began).total_seconds()
        assert 150 <= waited <= 165
        assert len(world.server.calls()) - before <= 40
