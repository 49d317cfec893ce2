"""VPC endpoints as the EC2 API reference and the AWS PrivateLink guide describe them."""

from __future__ import annotations

import json

import pytest

VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "subnet-0cccccccccccccccc"]
GROUP = "sg-0e0e0e0e0e0e0e0e0"
PREFIX = "com.amazonaws.us-east-2."


@pytest.fixture(scope="module")
def ec2(account):
    return account.client("ec2")


def asked(service: str, **changes: object) -> dict[str, object]:
    """Arguments of CreateVpcEndpoint for an interface endpoint that AWS would make."""
    return {
        "VpcEndpointType": "Interface",
        "VpcId": VPC,
        "ServiceName": PREFIX + service,
        "SubnetIds": SUBNETS,
        "SecurityGroupIds": [GROUP],
        "PrivateDnsEnabled": True,
    } | changes


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VpcId": "vpc-00000000000000000"}, "InvalidVpcID.NotFound"),
        ({"ServiceName": PREFIX + "no-such-service"}, "InvalidServiceName"),
        ({"ServiceName": PREFIX + "s3"}, "InvalidParameter"),
        ({"SubnetIds": ["subnet-00000000000000000"]}, "InvalidSubnetID.NotFound"),
        ({"SubnetIds": [SUBNETS[0], SUBNETS[0]]}, "DuplicateSubnetsInSameZone"),
        ({"SecurityGroupIds": ["sg-00000000000000000"]}, "InvalidGroup.NotFound"),
        ({"ServiceName": PREFIX + "sts"}, "InvalidParameter"),
        ({"PolicyDocument": "{"}, "InvalidPolicyDocument"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_what_create_vpc_endpoint_refuses(ec2, refusal, changes, code):
    """API_CreateVpcEndpoint; EC2 API reference, "Error codes". The STS endpoint of the VPC has the private name already."""
    before = {e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
    assert refusal(ec2.create_vpc_endpoint, **asked("kms", **changes)) == code
    assert {e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints()["VpcEndpoints"]} == before


def test_a_second_endpoint_may_do_without_the_private_name(ec2):
    """PrivateLink guide, "Private DNS": one endpoint for each private name in a VPC."""
    made = ec2.create_vpc_endpoint(**asked("sts", PrivateDnsEnabled=False))["VpcEndpoint"]
    assert made["PrivateDnsEnabled"] is False
    assert all("vpce" in entry["DnsName"] for entry in made["DnsEntries"])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])


def test_an_endpoint_is_pending_then_available_then_deleting_then_gone(account, ec2, refusal):
    """API_VpcEndpoint, "State"; API_DeleteVpcEndpoints."""
    made = ec2.create_vpc_endpoint(
        **asked("logs", TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "owner", "Value": "me"}]}])
    )["VpcEndpoint"]
    endpoint_id = made["VpcEndpointId"]
    assert made["State"] == "pending"
    assert account.server.endpoint("logs") is None
    account.clock.advance(2)
    by_tag = ec2.describe_vpc_endpoints(Filters=[{"Name": "tag:owner", "Values": ["me"]}])["VpcEndpoints"]
    assert [(e["VpcEndpointId"], e["State"]) for e in by_tag] == [(endpoint_id, "available")]
    assert account.server.endpoint("logs").endpoint_id == endpoint_id
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint_id])["Unsuccessful"] == []
    assert ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"][0]["State"] == "deleting"
    account.clock.advance(1)
    assert refusal(ec2.describe_vpc_endpoints, VpcEndpointIds=[endpoint_id]) == "InvalidVpcEndpointId.NotFound"
    again = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint_id])["Unsuccessful"]
    assert [u["Error"]["Code"] for u in again] == ["InvalidVpcEndpointId.NotFound"]


def test_names_and_interfaces_of_an_endpoint(ec2):
    """PrivateLink guide, "Access an AWS service using an interface VPC endpoint": DNS names, network interfaces."""
    made = ec2.create_vpc_endpoint(**asked("git-codecommit"))["VpcEndpoint"]
    endpoint_id = made["VpcEndpointId"]
    names = [entry["DnsName"] for entry in made["DnsEntries"]]
    assert names[0].startswith(endpoint_id)
    assert names[0].endswith(".git-codecommit.us-east-2.vpce.amazonaws.com")
    assert [name.split(".")[0].rpartition("-us-east-2")[2] for name in names[1:4]] == ["a", "b", "c"]
    assert names[4] == "git-codecommit.us-east-2.amazonaws.com"
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert {i["Description"] for i in interfaces} == {f"VPC Endpoint Interface {endpoint_id}"}
    assert sorted(i["SubnetId"] for i in interfaces) == SUBNETS
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint_id])


def test_the_same_client_token_makes_one_endpoint(ec2):
    """EC2 API reference, "Ensuring idempotency"."""
    made = [ec2.create_vpc_endpoint(**asked("ssm", ClientToken="once"))["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)]
    assert made[0] == made[1]
    ec2.delete_vpc_endpoints(VpcEndpointIds=made[:1])


def test_an_endpoint_is_changed_in_place(account, ec2, refusal):
    """API_ModifyVpcEndpoint."""
    made = ec2.create_vpc_endpoint(**asked("monitoring", SubnetIds=SUBNETS[:1]))["VpcEndpoint"]["VpcEndpointId"]
    group = ec2.create_security_group(GroupName="more", Description="more", VpcId=VPC)["GroupId"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made,
        AddSubnetIds=SUBNETS[1:2],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[GROUP],
        PolicyDocument=json.dumps(policy),
    )
    account.clock.advance(2)
    seen = ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0]
    assert (seen["SubnetIds"], [g["GroupId"] for g in seen["Groups"]]) == (SUBNETS[:2], [group])
    assert json.loads(seen["PolicyDocument"]) == policy
    view = account.server.endpoint("monitoring")
    assert view.ingress == ()
    assert not view.permits(account.server.operator.principal_arn, "logs:Anything", "*")
    ec2.modify_vpc_endpoint(VpcEndpointId=made, ResetPolicy=True)
    assert account.server.endpoint("monitoring").permits(account.server.operator.principal_arn, "logs:Anything", "*")
    assert refusal(ec2.modify_vpc_endpoint, VpcEndpointId=made, AddSecurityGroupIds=["sg-00000000000000000"]) == (
        "InvalidGroup.NotFound"
    )
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made])


def test_the_other_side_sees_who_may_connect(account):
    """What the security group of the STS endpoint lets in decides who reaches it."""
    view = account.server.endpoint("sts")
    assert "sts.us-east-2.amazonaws.com" in view.dns_names
    assert view.admits("10.0.17.3")
    assert not view.admits("10.0.17.3", 80)
    assert not view.admits("192.168.1.1")
    assert account.server.endpoint("git-codecommit-fips") is None


@pytest.mark.parametrize("attribute", ["dns_support", "dns_hostnames"])
def test_private_dns_needs_both_dns_attributes(account, refusal, attribute):
    """PrivateLink guide, "Private DNS": enableDnsSupport and enableDnsHostnames."""
    vpc = account.client("ec2")
    name = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}[attribute]
    vpc.modify_vpc_attribute(VpcId=VPC, **{name: {"Value": False}})
    try:
        assert refusal(vpc.create_vpc_endpoint, **asked("codecommit")) == "InvalidParameter"
    finally:
        vpc.modify_vpc_attribute(VpcId=VPC, **{name: {"Value": True}})


def test_services_are_listed_with_their_zones(ec2, refusal):
    """API_DescribeVpcEndpointServices."""
    answer = ec2.describe_vpc_endpoint_services(ServiceNames=[PREFIX + "git-codecommit"])
    assert answer["ServiceNames"] == [PREFIX + "git-codecommit"]
    detail = answer["ServiceDetails"][0]
    assert detail["AvailabilityZones"] == ["us-east-2a", "us-east-2b", "us-east-2c"]
    assert detail["PrivateDnsName"] == "git-codecommit.us-east-2.amazonaws.com"
    gateways = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])["ServiceNames"]
    assert gateways == [PREFIX + "dynamodb", PREFIX + "s3"]
    assert refusal(ec2.describe_vpc_endpoint_services, ServiceNames=[PREFIX + "none"]) == "InvalidServiceName"


def test_a_gateway_endpoint_for_the_same_table_is_refused(ec2, refusal):
    """API_CreateVpcEndpoint: RouteAlreadyExists."""
    tables = ["rtb-0a1b2c3d4e5f60718"]
    code = refusal(ec2.create_vpc_endpoint, VpcId=VPC, ServiceName=PREFIX + "s3", RouteTableIds=tables)
    assert code == "RouteAlreadyExists"
