"""The healthy account's network, and its resources by tag."""

from __future__ import annotations

VPC = "vpc-0a1b2c3d4e5f60718"
EGRESS_VPC = "vpc-0e1b2c3d4e5f60718"
PEERING = "pcx-0e1b2c3d4e5f60718"
NAME = "com.amazonaws.us-east-2.git-codecommit"


def test_the_healthy_network_is_closed_and_has_fixed_ids(account):
    """No internet gateway, no NAT gateway, and the ids that saved answers name."""
    ec2 = account.client("ec2")
    here = [{"Name": "vpc-id", "Values": [VPC]}]
    attached = [{"Name": "attachment.vpc-id", "Values": [VPC]}]
    assert [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]] == [VPC, EGRESS_VPC]
    assert ec2.describe_internet_gateways(Filters=attached)["InternetGateways"] == []
    assert ec2.describe_nat_gateways(Filters=here)["NatGateways"] == []
    subnets = {s["SubnetId"]: (s["AvailabilityZone"], s["CidrBlock"]) for s in ec2.describe_subnets(Filters=here)["Subnets"]}
    assert subnets == {
        "subnet-0aaaaaaaaaaaaaaaa": ("us-east-2a", "10.0.0.0/20"),
        "subnet-0bbbbbbbbbbbbbbbb": ("us-east-2b", "10.0.16.0/20"),
        "subnet-0cccccccccccccccc": ("us-east-2c", "10.0.32.0/20"),
    }
    tagged = [{"Name": "tag:kubernetes.io/role/internal-elb", "Values": ["1"]}]
    assert len(ec2.describe_subnets(Filters=tagged)["Subnets"]) == 3
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = ec2.describe_vpc_attribute(VpcId=VPC, Attribute=attribute)
        assert answer[attribute[0].upper() + attribute[1:]] == {"Value": True}


def test_resources_are_found_by_their_tags(account):
    """Resource Groups Tagging API, API_GetResources: "does not currently support IAM users and roles"."""
    tags = {"ezgitops.dev/instance": "prod-east"}
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    ec2 = account.client("ec2")
    repository = account.client("codecommit").create_repository(repositoryName="found", tags=tags)["repositoryMetadata"]
    group = ec2.create_security_group(
        GroupName="found",
        Description="found",
        VpcId=VPC,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": pairs}],
    )["GroupId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=VPC,
        ServiceName=NAME,
        SubnetIds=["subnet-0aaaaaaaaaaaaaaaa"],
        TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": pairs}],
    )["VpcEndpoint"]["VpcEndpointId"]
    account.client("iam").create_user(UserName="not-found", Tags=pairs)
    filters = [{"Key": "ezgitops.dev/instance", "Values": ["prod-east"]}]
    tagging = account.client("resourcegroupstaggingapi")
    found = [r["ResourceARN"] for r in tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]]
    prefix = "arn:aws:ec2:us-east-2:123456789012"
    assert sorted(found) == sorted([repository["Arn"], f"{prefix}:security-group/{group}", f"{prefix}:vpc-endpoint/{endpoint}"])


def test_systems_manager_tells_what_it_manages(account, refusal):
    """SSM API reference, "DescribeInstanceInformation": filters, and pages of 5 to 50."""
    ssm = account.client("ssm")
    found = ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["Online"]}])
    assert [(i["InstanceId"], i["PlatformName"], i["IPAddress"]) for i in found["InstanceInformationList"]] == [
        ("i-0b1b2c3d4e5f60009", "Amazon Linux", "10.0.2.5"),
        ("i-0c1b2c3d4e5f60010", "Amazon Linux", "10.1.1.10"),
    ]
    lost = ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["ConnectionLost"]}])
    assert lost["InstanceInformationList"] == []
    assert refusal(ssm.describe_instance_information, Filters=[{"Key": "Ping", "Values": ["x"]}]) == "InvalidFilterKey"
