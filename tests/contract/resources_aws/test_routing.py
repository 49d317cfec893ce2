"""Routes, network ACLs, taken addresses and the agent of the proxy's machine, as they are read from the account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from strategies.answers import Answers
from strategies.base import Situation
from strategies.facts import (
    AWS_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_PROFILES,
    AWS_PROXY_AGENT,
    AWS_ROUTING,
    AWS_TAKEN_ADDRESSES,
    AwsProfiles,
    Facts,
    Instance,
    ManagedInstance,
    NetworkAcl,
    Reading,
    Route,
    Routing,
)
from strategies.ports import Reader
from strategies.resources.aws.routing import routing_readers
from tests.contract.resources_aws.conftest import SUBNETS, VPC, StartWorld, World

BASTION = "i-0b1b2c3d4e5f60009"
EGRESS_VPC = "vpc-0e1b2c3d4e5f60718"
EGRESS_SUBNET = "subnet-0e0e0e0e0e0e0e0e0"
PEERING = "pcx-0e1b2c3d4e5f60718"


def situation(method: str = "instance", *, strategy: str = "bastion-proxy", **instance: str) -> Situation:
    answers = Answers.model_validate(
        {
            "aws": {"profile": "prod-east", "region": "us-east-2"},
            "name": "prod-east",
            "strategy": strategy,
            "bastionProxy": {"proxy": {"method": method}, "instance": instance},
        }
    )
    profiles = AwsProfiles(("prod-east",), "prod-east", "us-east-2")
    return Situation(answers, Facts({AWS_PROFILES.id: Reading(profiles, None, datetime(2026, 11, 23, tzinfo=UTC), 0.0)}))


def readers(world: World) -> Mapping[str, Reader]:
    return {one.fact_id: one for one in routing_readers(world.sessions)}


def routing(world: World) -> Routing:
    found = readers(world)[AWS_ROUTING.id].read(situation())
    assert isinstance(found, Routing)
    return found


def test_another_strategy_pays_nothing(world: World) -> None:
    for reader in readers(world).values():
        assert reader.inputs(situation(strategy="codecommit")) is None
        assert reader.inputs(Situation(Answers(strategy="bastion-proxy"), Facts())) is None


def test_for_a_proxy_of_somebody_else_nothing_is_asked(world: World) -> None:
    world.server.stop()
    for reader in readers(world).values():
        existing = situation("existing")
        assert reader.inputs(existing) is not None
        assert reader.read(existing) is None


def test_the_main_table_holds_for_subnets_that_no_other_names(world: World) -> None:
    table = routing(world).table_of(SUBNETS[0])

    assert table is not None
    assert (table.vpc_id, set(table.subnet_ids)) == (VPC, set(SUBNETS))
    assert Route("10.0.0.0/16", "local") in table.routes


def test_a_route_whose_target_is_gone_is_told_apart(world: World) -> None:
    ec2 = world.clients.ec2
    peering = ec2.create_vpc_peering_connection(VpcId=VPC, PeerVpcId=ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])
    name = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    table = ec2.create_route_table(VpcId=VPC)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=SUBNETS[0])
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=name)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", VpcPeeringConnectionId=name)

    found = routing(world)
    held = found.table_of(SUBNETS[0])
    assert held is not None
    assert (held.id, held.subnet_ids) == (table, (SUBNETS[0],))
    assert Route("10.9.0.0/16", name) in held.routes
    assert any(one.id == name and one.state == "active" and VPC in one.vpc_ids for one in found.peerings)
    other = found.table_of(SUBNETS[1])
    assert other is not None
    assert other.id != table


def test_peering_connections_that_may_not_be_read_are_named(start_world: StartWorld) -> None:
    def without_peerings(scenario: dict[str, object]) -> None:
        operator = scenario["operator"]
        assert isinstance(operator, dict)
        actions = ["ec2:DescribeRouteTables", "ec2:DescribeSubnets"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        operator["policies"] = {"Network": {"Version": "2012-10-17", "Statement": [statement]}}

    with start_world(without_peerings) as world:
        found = routing(world)
    assert (found.peerings, found.unseen) == ((), ("ec2:DescribeVpcPeeringConnections",))
    assert found.table_of(SUBNETS[0]) is not None


def test_network_acls_with_their_entries_in_order(world: World) -> None:
    ec2 = world.clients.ec2
    acl = ec2.create_network_acl(VpcId=VPC)["NetworkAcl"]["NetworkAclId"]
    for number, action, egress in ((200, "deny", False), (100, "allow", False), (100, "allow", True)):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, Protocol="6", RuleAction=action, Egress=egress,
            CidrBlock="10.0.0.0/16", PortRange={"From": 3128, "To": 3128},
        )  # fmt: skip
    found = readers(world)[AWS_NETWORK_ACLS.id].read(situation())

    assert isinstance(found, tuple)
    made = next(one for one in found if one.id == acl)
    assert isinstance(made, NetworkAcl)
    inbound = [(rule.number, rule.allow, rule.low) for rule in made.rules if not rule.outbound and rule.number < 32767]
    assert inbound == [(100, True, 3128), (200, False, 3128)]
    assert any(set(one.subnet_ids) >= set(SUBNETS) for one in found)


def test_taken_addresses_of_the_subnet_in_which_a_machine_is_made(world: World) -> None:
    reader = readers(world)[AWS_TAKEN_ADDRESSES.id]

    assert reader.inputs(situation("new")) is None
    found = reader.read(situation("new", subnetId=SUBNETS[0]))
    assert isinstance(found, frozenset)
    assert {"10.0.1.17", "10.0.2.5"} <= found
    assert reader.read(situation("instance", id=BASTION)) is None


def test_what_systems_manager_knows_of_the_machine(world: World) -> None:
    reader = readers(world)[AWS_PROXY_AGENT.id]

    found = reader.read(situation(id=BASTION))
    assert isinstance(found, ManagedInstance)
    assert (found.ping, found.platform, found.kind) == ("Online", "Amazon Linux 2023", "Linux")
    assert reader.read(situation(id="i-0a1b2c3d4e5f60001")) == ManagedInstance("i-0a1b2c3d4e5f60001")
    assert reader.read(situation()) is None


def test_the_machine_that_was_made_is_found_by_its_mark(world: World) -> None:
    reader, asked = readers(world)[AWS_PROXY_AGENT.id], situation("new")
    assert reader.inputs(asked) is None
    made = Instance(BASTION, "proxy", VPC, SUBNETS[0], "10.0.2.5", (), instance="prod-east")
    known = Situation(asked.answers, asked.facts.with_reading(AWS_INSTANCES.id, Reading((made,), None, datetime.now(UTC), 0.0)))
    found = reader.read(known)
    assert isinstance(found, ManagedInstance)
    assert found.ping == "Online"


@pytest.mark.parametrize("fact", [AWS_ROUTING.id, AWS_NETWORK_ACLS.id, AWS_PROXY_AGENT.id])
def test_it_is_read_for_a_machine_that_is_chosen(world: World, fact: str) -> None:
    assert readers(world)[fact].inputs(situation(id=BASTION)) is not None
