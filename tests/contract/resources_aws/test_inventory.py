"""Security groups, instances and what Systems Manager reaches, as they are read from the account."""

from __future__ import annotations

import pytest

from strategies.answers import Answers
from strategies.base import Situation
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    Ingress,
    ManagedInstances,
    PrivateZone,
)
from strategies.ports import FactFailureError, Reader
from strategies.private_server.answers import PrivateServerAnswers
from strategies.resources.aws.inventory import inventory_readers
from tests.contract.resources_aws.conftest import VPC, StartWorld, World
from tests.contract.resources_aws.test_readers import situation


def reader(world: World, fact_id: str) -> Reader:
    return next(one for one in inventory_readers(world.sessions) if one.fact_id == fact_id)


def test_groups_with_what_they_let_in_by_range_and_by_group(world: World) -> None:
    world.clients.ec2.authorize_security_group_ingress(
        GroupId="sg-0ba5ba5ba5ba5ba5b",
        IpPermissions=[
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0d0d0d0d0d0d0d0d0"}]},
            {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        ],
    )
    found = reader(world, AWS_SECURITY_GROUPS.id).read(situation())

    assert isinstance(found, tuple)
    groups = {one.id: one for one in found}
    assert groups["sg-0e0e0e0e0e0e0e0e0"].sources(443) == ("10.0.0.0/16",)
    assert groups["sg-0e0e0e0e0e0e0e0e0"].sources(80) == ()
    assert groups["sg-0ba5ba5ba5ba5ba5b"].ingress == (Ingress("sg-0d0d0d0d0d0d0d0d0", 0, 65535),)
    assert groups["sg-0d0d0d0d0d0d0d0d0"].clusters == ("prod-east-x7k2p",)


def test_what_a_group_lets_out(world: World) -> None:
    """A group lets everything out until somebody takes that rule away (VPC user guide, "Default security groups")."""
    group, ec2 = "sg-0ba5ba5ba5ba5ba5b", world.clients.ec2
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]

    def egress() -> tuple[Ingress, ...] | None:
        found = reader(world, AWS_SECURITY_GROUPS.id).read(situation())
        assert isinstance(found, tuple)
        return next(iter(one.egress for one in found if one.id == group))  # type: ignore[no-any-return]  # read as object

    assert egress() == (Ingress("0.0.0.0/0", 0, 65535),)
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)  # type: ignore[arg-type]  # a plain literal
    assert egress() == ()


def test_an_instance_that_is_stopped_is_there(world: World) -> None:
    world.clients.ec2.stop_instances(InstanceIds=["i-0b1b2c3d4e5f60009"])
    world.clients.ec2.create_tags(
        Resources=["i-0b1b2c3d4e5f60009"],
        Tags=[{"Key": "ezgitops.dev/owner", "Value": "ezgitops"}, {"Key": "ezgitops.dev/instance", "Value": "prod-east"}],
    )
    found = reader(world, AWS_INSTANCES.id).read(situation())

    assert isinstance(found, tuple)
    stopped = next(one for one in found if one.id == "i-0b1b2c3d4e5f60009")
    assert (stopped.state, stopped.up, stopped.instance) == ("stopped", False, "prod-east")


def test_instances_and_which_are_nodes_of_a_cluster(world: World) -> None:
    world.clients.ec2.terminate_instances(InstanceIds=["i-0a1b2c3d4e5f60003"])
    found = reader(world, AWS_INSTANCES.id).read(situation())

    assert isinstance(found, tuple)
    instances = {one.id: one for one in found}
    assert "i-0a1b2c3d4e5f60003" not in instances
    node, bastion = instances["i-0a1b2c3d4e5f60001"], instances["i-0b1b2c3d4e5f60009"]
    assert (node.vpc_id, node.subnet_id, node.address) == (VPC, "subnet-0aaaaaaaaaaaaaaaa", "10.0.1.17")
    assert (node.security_group_ids, node.clusters, node.rosa_name) == (
        ("sg-0d0d0d0d0d0d0d0d0",),
        ("prod-east-x7k2p",),
        "prod-east",
    )
    assert (bastion.name, bastion.clusters, bastion.rosa_name) == ("bastion", (), None)


def test_what_systems_manager_reaches(world: World) -> None:
    found = reader(world, AWS_MANAGED_INSTANCES.id).read(situation())
    machines = ("i-0b1b2c3d4e5f60009", "i-0c1b2c3d4e5f60010")
    assert found == ManagedInstances(dict.fromkeys(machines, "Amazon Linux 2023"))


def test_a_right_that_is_missing_costs_one_fact(start_world: StartWorld) -> None:
    def without_ssm(scenario: dict[str, object]) -> None:
        operator = scenario["operator"]
        assert isinstance(operator, dict)
        statement = {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}
        operator["policies"] = {"Network": {"Version": "2012-10-17", "Statement": [statement]}}

    with start_world(without_ssm) as world:
        assert reader(world, AWS_INSTANCES.id).read(situation())
        with pytest.raises(FactFailureError) as caught:
            reader(world, AWS_MANAGED_INSTANCES.id).read(situation())

    assert "ssm:DescribeInstanceInformation" in caught.value.error.message


def test_private_zones_of_the_vpc(start_world: StartWorld) -> None:
    def with_zone(scenario: dict[str, object]) -> None:
        vpcs = scenario["vpcs"]
        assert isinstance(vpcs, list)
        vpcs[0]["private_zones"] = [{"name": "git-codecommit.us-east-2.amazonaws.com"}, {"name": "acme.internal"}]

    def made(own: bool) -> PrivateServerAnswers:
        return PrivateServerAnswers.model_validate({"own": {"make": own}})

    asked = Answers.model_validate({"aws": {"profile": "prod-east", "region": "us-east-2", "vpcId": VPC}})
    with start_world(with_zone) as world:
        found = reader(world, AWS_PRIVATE_ZONES.id).read(Situation(asked, situation().facts))
        zones = reader(world, AWS_PRIVATE_ZONES.id)
        assert zones.inputs(situation()) is None
        for own in (True, False):
            server = asked.model_copy(update={"strategy": "private-server", "private_server": made(own)})
            assert (zones.inputs(Situation(server, situation().facts)) is not None) is own

    assert found == (
        PrivateZone("git-codecommit.us-east-2.amazonaws.com", "123456789012"),
        PrivateZone("acme.internal", "123456789012"),
    )
