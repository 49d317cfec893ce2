"""Ways between two VPCs: each step of a connection can stop it, and is named (VPC user guide)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.contract.aws.conftest import Account, Start

NODE, PROXY, PORT = "10.0.1.17", "10.1.1.10", 3128
HERE, THERE = "vpc-0a1b2c3d4e5f60718", "vpc-0e1b2c3d4e5f60718"
NODE_GROUP, PROXY_GROUP = "sg-0d0d0d0d0d0d0d0d0", "sg-0e5e5e5e5e5e5e5e5"
PROXY_INSTANCE = "i-0c1b2c3d4e5f60010"


def _vpc(vpc_id: str, cidr: str, table: str, subnet: str, group: str, instance: str, address: str) -> dict[str, object]:
    return {
        "id": vpc_id,
        "name": vpc_id,
        "cidr": cidr,
        "main_route_table": table,
        "subnets": [{"id": subnet, "name": subnet, "zone": "us-east-2a", "cidr": address.rpartition(".")[0] + ".0/24"}],
        "security_groups": [{"id": group, "name": group, "description": "test"}],
        "instances": [
            {"id": instance, "name": instance, "subnet": subnet, "address": address, "security_groups": [group]},
            {
                "id": instance[:-1] + "f", "name": "neighbour", "subnet": subnet, "address": address + "0",
                "security_groups": [group],
            },
        ],
    }  # fmt: skip


VPCS = [
    _vpc(HERE, "10.0.0.0/16", "rtb-0a", "subnet-0aaaaaaaaaaaaaaaa", NODE_GROUP, "i-0a1b2c3d4e5f60001", "10.0.1.17"),
    _vpc(THERE, "10.1.0.0/16", "rtb-0e", "subnet-0e0e0e0e0e0e0e0e0", PROXY_GROUP, PROXY_INSTANCE, "10.1.1.10"),
]


class Ways:
    """The two VPCs, joined by a peering connection with routes both ways and a rule for the proxy's port."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.ec2 = account.client("ec2")
        self.pcx = self.ec2.create_vpc_peering_connection(VpcId=HERE, PeerVpcId=THERE)["VpcPeeringConnection"][
            "VpcPeeringConnectionId"
        ]

    def join(self) -> None:
        """Everything that a connection needs."""
        self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=self.pcx)
        self.route("rtb-0a", "10.1.0.0/16")
        self.route("rtb-0e", "10.0.0.0/16")
        self.rule("authorize_security_group_ingress", PROXY_GROUP, "10.0.0.0/16")

    def route(self, table: str, cidr: str) -> None:
        """A route through the peering connection."""
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, VpcPeeringConnectionId=self.pcx)

    def rule(self, operation: str, group: str, source: str, *, port: int = PORT) -> None:
        """Add or revoke a rule for a range or a group."""
        permission: dict[str, object] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        if source.startswith("sg-"):
            permission["UserIdGroupPairs"] = [{"GroupId": source}]
        else:
            permission["IpRanges"] = [{"CidrIp": source}]
        getattr(self.ec2, operation)(GroupId=group, IpPermissions=[permission])

    def let_nothing_out(self, group: str) -> None:
        """Take the default rule of a group away."""
        everything: Mapping[str, object] = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])

    def acl(self, vpc_id: str, number: int, *, egress: bool, action: str, ports: tuple[int, int], cidr: str) -> None:
        """An entry in the VPC's network ACL, before the one that lets everything through."""
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
        acl = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
        self.ec2.create_network_acl_entry(
            NetworkAclId=acl, RuleNumber=number, Protocol="6", RuleAction=action, Egress=egress, CidrBlock=cidr,
            PortRange={"From": ports[0], "To": ports[1]},
        )  # fmt: skip

    def seen(self, source: str = NODE, target: str = PROXY, port: int = PORT) -> str:
        """What stops the connection; empty: nothing."""
        return self.account.server.obstacle(source, target, port) or ""


@pytest.fixture
def ways(start_account: Start) -> Iterator[Ways]:
    """Two VPCs that are not joined yet."""
    with start_account({"vpcs": VPCS}) as account:
        yield Ways(account)


def test_what_is_joined_is_reached_both_ways_and_only_at_open_ports(ways: Ways) -> None:
    ways.join()
    assert ways.seen() == ""
    assert ways.seen(port=22) == f"no security group of {PROXY} lets TCP 22 from {NODE} in"
    assert ways.seen(PROXY, NODE) == f"no security group of {NODE} lets TCP {PORT} from {PROXY} in"
    assert ways.seen(source="10.0.9.9") == "nothing has the address 10.0.9.9"
    assert "nothing in vpc-0e1b2c3d4e5f60718 has the address 10.1.1.77" in ways.seen(target="10.1.1.77")
    assert [ways.account.server.is_machine(one) for one in (NODE, PROXY, "10.1.1.77")] == [True, True, False]


def test_a_subnet_of_its_own_is_crossed_without_a_route_or_an_acl(ways: Ways) -> None:
    ways.acl(HERE, 10, egress=True, action="deny", ports=(0, 65535), cidr="10.0.0.0/8")
    ways.rule("authorize_security_group_ingress", NODE_GROUP, NODE_GROUP)
    assert ways.seen(NODE, "10.0.1.170") == ""


def _no_route(ways: Ways) -> None:
    ways.ec2.delete_route(RouteTableId="rtb-0a", DestinationCidrBlock="10.1.0.0/16")


def _no_way_back(ways: Ways) -> None:
    ways.ec2.delete_route(RouteTableId="rtb-0e", DestinationCidrBlock="10.0.0.0/16")


def _a_narrower_route_leads_elsewhere(ways: Ways) -> None:
    gateway = ways.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ways.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=HERE)
    ways.ec2.create_route(RouteTableId="rtb-0a", DestinationCidrBlock="10.1.1.0/24", GatewayId=gateway)


def _another_table_is_the_subnets(ways: Ways) -> None:
    table = ways.ec2.create_route_table(VpcId=HERE)["RouteTable"]["RouteTableId"]
    ways.ec2.associate_route_table(RouteTableId=table, SubnetId="subnet-0aaaaaaaaaaaaaaaa")


def _peering_gone(ways: Ways) -> None:
    ways.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=ways.pcx)


def _stopped(ways: Ways) -> None:
    ways.ec2.stop_instances(InstanceIds=[PROXY_INSTANCE])


def _nothing_goes_out(ways: Ways) -> None:
    ways.let_nothing_out(NODE_GROUP)


def _another_port_alone_goes_out(ways: Ways) -> None:
    ways.let_nothing_out(NODE_GROUP)
    ways.rule("authorize_security_group_egress", NODE_GROUP, "10.1.0.0/16", port=443)


def _rule_taken_back(ways: Ways) -> None:
    ways.rule("revoke_security_group_ingress", PROXY_GROUP, "10.0.0.0/16")


def _acl_out(ways: Ways) -> None:
    ways.acl(HERE, 10, egress=True, action="deny", ports=(3000, 4000), cidr="10.1.0.0/16")


def _acl_in(ways: Ways) -> None:
    ways.acl(THERE, 10, egress=False, action="deny", ports=(PORT, PORT), cidr=f"{NODE}/32")


def _acl_answers(ways: Ways) -> None:
    ways.acl(THERE, 10, egress=True, action="deny", ports=(40000, 40010), cidr="10.0.0.0/16")


def _acl_answers_in(ways: Ways) -> None:
    ways.acl(HERE, 10, egress=False, action="allow", ports=(32768, 50000), cidr="10.1.0.0/16")
    ways.acl(HERE, 20, egress=False, action="deny", ports=(1024, 65535), cidr="0.0.0.0/0")


Break = Callable[[Ways], None]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (_no_route, "route table rtb-0a of subnet-0aaaaaaaaaaaaaaaa has no route to 10.1.1.10"),
        (_no_way_back, "no way leads back: route table rtb-0e of subnet-0e0e0e0e0e0e0e0e0 has no route to 10.0.1.17"),
        (_a_narrower_route_leads_elsewhere, "route 10.1.1.0/24 of rtb-0a leads to igw-"),
        (_another_table_is_the_subnets, "of subnet-0aaaaaaaaaaaaaaaa has no route to 10.1.1.10"),
        (_peering_gone, ", which is deleted (blackhole)"),
        (_stopped, "no machine runs at 10.1.1.10"),
        (_nothing_goes_out, "no security group of 10.0.1.17 lets TCP 3128 out to 10.1.1.10"),
        (_another_port_alone_goes_out, "no security group of 10.0.1.17 lets TCP 3128 out to 10.1.1.10"),
        (_rule_taken_back, "no security group of 10.1.1.10 lets TCP 3128 from 10.0.1.17 in"),
        (_acl_out, "of subnet-0aaaaaaaaaaaaaaaa does not let TCP 3128 out to 10.1.1.10"),
        (_acl_in, "of subnet-0e0e0e0e0e0e0e0e0 does not let TCP 3128 in from 10.0.1.17"),
        (_acl_answers, "of subnet-0e0e0e0e0e0e0e0e0 does not let TCP 32768-60999, where the answers go, out to 10.0.1.17"),
        (_acl_answers_in, "of subnet-0aaaaaaaaaaaaaaaa does not let TCP 32768-60999, where the answers go, in from 10.1.1.10"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_each_step_can_stop_it(ways: Ways, wrong: Break, told: str) -> None:
    ways.join()
    wrong(ways)
    assert told in ways.seen()


def test_a_peering_connection_that_nobody_accepted_carries_nothing(ways: Ways) -> None:
    ways.route("rtb-0a", "10.1.0.0/16")
    assert ", which is pending-acceptance (blackhole)" in ways.seen()


def test_a_terminated_machine_is_not_there(ways: Ways) -> None:
    ways.join()
    ways.ec2.terminate_instances(InstanceIds=[PROXY_INSTANCE])
    assert ways.seen() == f"no machine runs at {PROXY}", "it is shutting down"
    ways.account.clock.advance(600)
    assert not ways.account.server.is_machine(PROXY)
    assert f"nothing in {THERE} has the address {PROXY}" in ways.seen()


def test_groups_of_the_other_vpc_can_be_named(ways: Ways) -> None:
    """VPC peering guide, "Update your security groups to reference peer security groups"."""
    ways.join()
    ways.rule("revoke_security_group_ingress", PROXY_GROUP, "10.0.0.0/16")
    ways.rule("authorize_security_group_ingress", PROXY_GROUP, NODE_GROUP)
    assert ways.seen() == ""


def test_a_transit_gateway_carries_between_attached_vpcs(ways: Ways) -> None:
    """Transit gateways guide, "How transit gateways work"."""
    ways.rule("authorize_security_group_ingress", PROXY_GROUP, "10.0.0.0/16")
    ec2: Any = ways.ec2
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    for table, cidr in (("rtb-0a", "10.1.0.0/16"), ("rtb-0e", "10.0.0.0/16")):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, TransitGatewayId=gateway)
    attach = {HERE: "subnet-0aaaaaaaaaaaaaaaa", THERE: "subnet-0e0e0e0e0e0e0e0e0"}
    assert f"{gateway}, to which {HERE} is not attached" in ways.seen()
    for vpc, subnet in attach.items():
        assert ways.seen() != ""
        ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet])
    assert ways.seen() == ""


BEYOND = {
    "vpcs": VPCS,
    "transit_gateways": [{"id": "tgw-1", "vpcs": [HERE], "beyond": ["10.20.0.0/16"]}, {"id": "tgw-2", "vpcs": [THERE]}],
}


@pytest.fixture
def beyond(start_account: Start) -> Iterator[Ways]:
    """The same with transit gateways, one of them with a way out of AWS."""
    with start_account(BEYOND) as account:
        yield Ways(account)


@pytest.mark.parametrize(
    ("cidr", "gateway", "target", "told"),
    [
        ("10.20.0.0/16", "tgw-1", "10.20.0.11", None),
        ("10.8.0.0/16", "tgw-1", "10.20.0.11", "route table rtb-0a of subnet-0aaaaaaaaaaaaaaaa has no route to 10.20.0.11"),
        ("10.0.0.0/8", "tgw-1", "10.30.0.11", "tgw-1 knows no way to 10.30.0.11"),
        ("10.20.0.0/16", "tgw-2", "10.20.0.11", f"tgw-2 is not attached to {HERE}"),
        ("10.0.0.0/8", "tgw-1", "10.0.77.1", "route 10.0.0.0/16 of rtb-0a leads to this VPC alone"),
    ],
)
def test_a_transit_gateway_leads_to_the_companys_own_network(
    beyond: Ways, cidr: str, gateway: str, target: str, told: str | None
) -> None:
    beyond.ec2.create_route(RouteTableId="rtb-0a", DestinationCidrBlock=cidr, TransitGatewayId=gateway)
    assert beyond.account.server.obstacle_outside(NODE, target, 443) == told


def test_a_peering_connection_does_not_lead_there(beyond: Ways) -> None:
    beyond.join()
    beyond.route("rtb-0a", "10.20.0.0/16")
    found = beyond.account.server.obstacle_outside(NODE, "10.20.0.11", 443)
    assert found is not None
    assert found.startswith(f"route 10.20.0.0/16 of rtb-0a leads to {beyond.pcx}")


def test_what_the_nodes_group_and_acl_let_out(beyond: Ways) -> None:
    beyond.ec2.create_route(RouteTableId="rtb-0a", DestinationCidrBlock="10.20.0.0/16", TransitGatewayId="tgw-1")
    beyond.let_nothing_out(NODE_GROUP)
    told = f"no security group of {NODE} lets TCP 443 out to 10.20.0.11"
    assert beyond.account.server.obstacle_outside(NODE, "10.20.0.11", 443) == told
    beyond.acl(HERE, 50, egress=False, action="deny", ports=(1024, 65535), cidr="10.20.0.0/16")
    assert "network ACL" in str(beyond.account.server.obstacle_outside(NODE, "10.20.0.11", 443))
