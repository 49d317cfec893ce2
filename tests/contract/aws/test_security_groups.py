"""Security groups as the EC2 API reference describes them."""

from __future__ import annotations

import pytest

VPC = "vpc-0a1b2c3d4e5f60718"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


@pytest.fixture(scope="module")
def ec2(account):
    return account.client("ec2")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Description": "HTTPS – from the VPC"}, "InvalidParameterValue"),
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"GroupName": "sg-mine"}, "InvalidParameterValue"),
        ({"GroupName": "prod-east-endpoints"}, "InvalidGroup.Duplicate"),
        ({"VpcId": "vpc-00000000000000000"}, "InvalidVpcID.NotFound"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_what_create_security_group_refuses(ec2, refusal, changes, code):
    """API_CreateSecurityGroup: character sets, names unique in the VPC."""
    assert refusal(ec2.create_security_group, **{"GroupName": "new", "Description": "new", "VpcId": VPC} | changes) == code


def test_a_new_group_lets_everything_out_until_the_rule_is_revoked(ec2):
    """VPC user guide, "Default security group rules"; API_RevokeSecurityGroupEgress."""
    group = ec2.create_security_group(GroupName="egress", Description="egress", VpcId=VPC)["GroupId"]
    seen = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    everywhere = [{"CidrIp": "0.0.0.0/0"}]
    assert [(p["IpProtocol"], p["IpRanges"]) for p in seen["IpPermissionsEgress"]] == [("-1", everywhere)]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": everywhere}])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"] == []


def test_a_rule_is_added_once_and_carries_tags(ec2, refusal):
    """API_AuthorizeSecurityGroupIngress: InvalidPermission.Duplicate; tags of rules."""
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "owner", "Value": "me"}]}]
    group = ec2.create_security_group(GroupName="rules", Description="rules", VpcId=VPC, TagSpecifications=tags)["GroupId"]
    rule = {**HTTPS, "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "machine CIDR"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    again = refusal(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])
    odd = {**HTTPS, "IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "it's odd"}]}
    assert again == "InvalidPermission.Duplicate"
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[odd]) == "InvalidParameterValue"
    by_tag = ec2.describe_security_groups(Filters=[{"Name": "tag:owner", "Values": ["me"]}])["SecurityGroups"]
    assert [(g["GroupId"], g["IpPermissions"][0]["IpRanges"]) for g in by_tag] == [(group, rule["IpRanges"])]


def test_a_group_in_use_is_not_deleted(account, ec2, refusal):
    """API_DeleteSecurityGroup: DependencyViolation until the endpoint's interfaces are gone."""
    group = ec2.create_security_group(GroupName="used", Description="used", VpcId=VPC)["GroupId"]
    other = ec2.create_security_group(GroupName="naming", Description="naming", VpcId=VPC)["GroupId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=VPC,
        ServiceName="com.amazonaws.us-east-2.kms",
        SubnetIds=["subnet-0aaaaaaaaaaaaaaaa"],
        SecurityGroupIds=[group],
    )["VpcEndpoint"]["VpcEndpointId"]
    assert refusal(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert refusal(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    account.clock.advance(1)
    pair = {**HTTPS, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    assert refusal(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[pair])
    ec2.delete_security_group(GroupId=group)
    assert refusal(ec2.describe_security_groups, GroupIds=[group]) == "InvalidGroup.NotFound"


def test_the_default_group_stays(ec2, refusal):
    """API_DeleteSecurityGroup."""
    filters = [{"Name": "group-name", "Values": ["default"]}]
    default = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    assert refusal(ec2.delete_security_group, GroupId=default) == "CannotDelete"
