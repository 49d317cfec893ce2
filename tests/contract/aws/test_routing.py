"""Between the networks of an account: peering connections, routes, network ACLs, rules for what goes out."""

from __future__ import annotations

import pytest

CLUSTER, EGRESS = "vpc-0a1b2c3d4e5f60718", "vpc-0e1b2c3d4e5f60718"
PEERING = "pcx-0e1b2c3d4e5f60718"
CLUSTER_TABLE, EGRESS_MAIN, EGRESS_PRIVATE = "rtb-0a1b2c3d4e5f60718", "rtb-0e0e0e0e0e0e0e0e0", "rtb-0e0e0e0e0e0e0e0e1"
TARGETS = ("GatewayId", "NatGatewayId", "VpcPeeringConnectionId", "TransitGatewayId")


@pytest.fixture
def healthy(start_account):
    """Not the shared account: the tests below start others."""
    with start_account() as account:
        yield account


def routes(client, table):
    """Range to target and state."""
    (found,) = client.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return {
        route["DestinationCidrBlock"]: (next(route[key] for key in TARGETS if route.get(key)), route["State"])
        for route in found["Routes"]
        if "DestinationCidrBlock" in route
    }


def test_the_healthy_networks_lead_to_each_other_and_one_of_them_leads_out(healthy):
    ec2 = healthy.client("ec2")
    peered = (PEERING, "active")
    assert routes(ec2, CLUSTER_TABLE) == {
        "10.0.0.0/16": ("local", "active"),
        "10.1.0.0/16": peered,
        "10.20.0.0/16": ("tgw-0f1b2c3d4e5f60718", "active"),
    }
    local = ("local", "active")
    assert routes(ec2, EGRESS_MAIN) == {
        "10.1.0.0/16": local,
        "0.0.0.0/0": ("igw-0e1b2c3d4e5f60718", "active"),
        "10.0.0.0/16": peered,
    }
    assert routes(ec2, EGRESS_PRIVATE) == {
        "10.1.0.0/16": local,
        "0.0.0.0/0": ("nat-0e1b2c3d4e5f60718", "active"),
        "10.0.0.0/16": peered,
    }
    (table,) = ec2.describe_route_tables(RouteTableIds=[EGRESS_PRIVATE])["RouteTables"]
    assert [one["SubnetId"] for one in table["Associations"]] == ["subnet-0e0e0e0e0e0e0e0e0"]


def test_peering_connections_are_found_by_their_ends(healthy, refusal):
    """EC2 API reference, "DescribeVpcPeeringConnections"."""
    ec2 = healthy.client("ec2")

    def ids(name, value):
        found = ec2.describe_vpc_peering_connections(Filters=[{"Name": name, "Values": [value]}])
        return [one["VpcPeeringConnectionId"] for one in found["VpcPeeringConnections"]]

    assert ids("requester-vpc-info.vpc-id", CLUSTER) == ids("accepter-vpc-info.vpc-id", EGRESS) == [PEERING]
    assert ids("requester-vpc-info.vpc-id", EGRESS) == ids("status-code", "pending-acceptance") == []
    (peering,) = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[PEERING])["VpcPeeringConnections"]
    assert (peering["Status"]["Code"], peering["AccepterVpcInfo"]["CidrBlock"]) == ("active", "10.1.0.0/16")
    unknown = [{"Name": "state", "Values": ["active"]}]
    assert refusal(ec2.describe_vpc_peering_connections, Filters=unknown) == "InvalidParameterValue"
    missing = refusal(ec2.describe_vpc_peering_connections, VpcPeeringConnectionIds=["pcx-0aaaaaaaaaaaaaaaa"])
    assert missing == "InvalidVpcPeeringConnectionId.NotFound"


def test_a_route_to_what_does_not_carry_is_a_blackhole(start_account):
    """VPC peering guide, "Update your route tables"; EC2 API reference, "Route"."""
    waiting = [{"id": PEERING, "vpcs": [CLUSTER, EGRESS], "state": "pending-acceptance"}]
    with start_account({"peerings": waiting}) as account:
        ec2 = account.client("ec2")
        assert routes(ec2, CLUSTER_TABLE)["10.1.0.0/16"] == (PEERING, "blackhole")
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=PEERING)
        assert routes(ec2, CLUSTER_TABLE)["10.1.0.0/16"] == (PEERING, "active")
        ec2.delete_nat_gateway(NatGatewayId="nat-0e1b2c3d4e5f60718")
        assert routes(ec2, EGRESS_PRIVATE)["0.0.0.0/0"] == ("nat-0e1b2c3d4e5f60718", "blackhole")


def test_a_transit_gateway_in_the_place_of_the_peering_connection(start_account):
    gateway = "tgw-0e1b2c3d4e5f60718"
    changes = {
        "peerings": [],
        "transit_gateways": [{"id": gateway, "vpcs": [CLUSTER, EGRESS]}],
        "vpcs.0.main_routes": {"10.1.0.0/16": gateway},
        "vpcs.1.main_routes": {},
        "vpcs.1.route_tables.0.routes": {"10.0.0.0/16": gateway},
    }
    with start_account(changes) as account:
        ec2 = account.client("ec2")
        assert routes(ec2, CLUSTER_TABLE)["10.1.0.0/16"] == (gateway, "active")
        attached = ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        assert {(one["TransitGatewayId"], one["VpcId"]) for one in attached} == {(gateway, CLUSTER), (gateway, EGRESS)}


def test_a_network_acl_takes_the_place_of_the_default_one(start_account):
    """VPC user guide, "Network ACL rules": numbered entries, and a last one that denies what none of them matched."""
    entries = [{"number": 100, "outbound": True, "action": "allow", "protocol": "tcp", "ports": [443, 443]}]
    acl = {"id": "acl-0e1b2c3d4e5f60718", "subnets": ["subnet-0e0e0e0e0e0e0e0e0"], "entries": entries}
    with start_account({"vpcs.1.network_acls": [acl]}) as account:
        ec2 = account.client("ec2")
        by_subnet = [{"Name": "association.subnet-id", "Values": ["subnet-0e0e0e0e0e0e0e0e0"]}]
        (found,) = ec2.describe_network_acls(Filters=by_subnet)["NetworkAcls"]
        assert (found["NetworkAclId"], found["IsDefault"]) == (acl["id"], False)
        told = {(e["RuleNumber"], e["Egress"], e["RuleAction"], e["Protocol"], e["CidrBlock"]) for e in found["Entries"]}
        anything = "0.0.0.0/0"
        assert told == {
            (100, True, "allow", "6", anything),
            (32767, True, "deny", "-1", anything),
            (32767, False, "deny", "-1", anything),
        }
        assert [e["PortRange"] for e in found["Entries"] if e["RuleNumber"] == 100] == [{"From": 443, "To": 443}]


def test_what_a_group_lets_out_is_what_the_scenario_says(start_account):
    rules = [{"cidr": "10.0.0.0/16", "port": 443}, {"group": "sg-0e0e0e0e0e0e0e0e0", "port": 53}]
    with start_account({"vpcs.0.security_groups.1.egress": rules}) as account:
        in_group = [{"Name": "group-id", "Values": ["sg-0d0d0d0d0d0d0d0d0"]}]
        found = account.client("ec2").describe_security_group_rules(Filters=in_group)["SecurityGroupRules"]
        told = [
            (rule["FromPort"], rule["IpProtocol"], rule.get("CidrIpv4") or rule["ReferencedGroupInfo"]["GroupId"])
            for rule in found
            if rule["IsEgress"]
        ]
        assert told == [(443, "tcp", "10.0.0.0/16"), (53, "tcp", "sg-0e0e0e0e0e0e0e0e0")]


def test_machines_that_are_stopped_or_not_heard_of(start_account):
    """SSM API reference, "InstanceInformation": ConnectionLost; a machine that was never heard of is not in the list."""
    proxy, bastion = "i-0c1b2c3d4e5f60010", "i-0b1b2c3d4e5f60009"

    def heard(account):
        found = account.client("ssm").describe_instance_information()["InstanceInformationList"]
        return {one["InstanceId"]: one["PingStatus"] for one in found}

    with start_account({"vpcs.1.instances.0.state": "stopped", "vpcs.0.instances.3.ssm": "none"}) as account:
        ec2 = account.client("ec2")
        (instance,) = ec2.describe_instances(InstanceIds=[proxy])["Reservations"][0]["Instances"]
        assert (instance["State"]["Name"], instance["InstanceType"]) == ("stopped", "t4g.nano")
        assert heard(account) == {proxy: "ConnectionLost"}
        ec2.start_instances(InstanceIds=[proxy])
        assert heard(account) == {proxy: "ConnectionLost"}
        account.clock.advance(5)
        assert heard(account) == {proxy: "Online"}
    with start_account({"vpcs.1.instances.0.ssm": "lost"}) as account:
        assert heard(account) == {bastion: "Online", proxy: "ConnectionLost"}
