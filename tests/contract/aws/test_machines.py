"""Machines and instance profiles: refused, pending, running, heard of by Systems Manager, and gone.

EC2, IAM and SSM API references.
"""

from __future__ import annotations

import json

import pytest

SUBNET, VPC = "subnet-0e0e0e0e0e0e0e0e0", "vpc-0e1b2c3d4e5f60718"
PUBLIC_SUBNET = "subnet-0e0e0e0e0e0e0e0e1"
GROUP = "sg-0e5e5e5e5e5e5e5e5"
PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
AGENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"], "Resource": "*"}
    ],
}


@pytest.fixture
def fresh(start_account):
    with start_account() as account:
        yield account


def image(account):
    return account.client("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"]


def profile(account, name="proxy", policy=AGENT):
    """A role and its profile, known everywhere."""
    iam = account.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    if policy is not None:
        iam.put_role_policy(RoleName=name, PolicyName="agent", PolicyDocument=json.dumps(policy))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    account.clock.advance(10)
    return name


def request(account, **changes):
    interface = {
        "DeviceIndex": 0,
        "SubnetId": SUBNET,
        "PrivateIpAddress": "10.1.1.20",
        "Groups": [GROUP],
        "AssociatePublicIpAddress": False,
        **changes.pop("interface", {}),
    }
    return {
        "ImageId": image(account),
        "InstanceType": "t4g.nano",
        "MinCount": 1,
        "MaxCount": 1,
        "NetworkInterfaces": [interface],
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": 8, "DeleteOnTermination": True},
            }
        ],
        **changes,
    }


def seen(account, instance):
    (reservation,) = account.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return reservation["Instances"][0]


def heard(account, instance):
    filters = [{"Key": "InstanceIds", "Values": [instance]}]
    found = account.client("ssm").describe_instance_information(Filters=filters)["InstanceInformationList"]
    return found[0]["PingStatus"] if found else None


def launch(account, **changes):
    return account.client("ec2").run_instances(**request(account, **changes))["Instances"][0]["InstanceId"]


def test_the_public_parameter_names_an_image_that_is_there(fresh):
    """SSM user guide, "Calling AMI public parameters"."""
    (found,) = fresh.client("ec2").describe_images(ImageIds=[image(fresh)])["Images"]
    assert (found["Architecture"], found["RootDeviceName"]) == ("arm64", "/dev/xvda")


def test_a_machine_is_pending_then_running_then_heard_of_then_gone(fresh):
    name = profile(fresh)
    tags = [{"ResourceType": kind, "Tags": [{"Key": "a", "Value": kind}]} for kind in ("instance", "volume")]
    instance = launch(fresh, IamInstanceProfile={"Name": name}, TagSpecifications=tags)
    machine = seen(fresh, instance)
    assert (machine["State"]["Name"], heard(fresh, instance)) == ("pending", None)
    assert machine["MetadataOptions"]["HttpTokens"] == "required"
    assert machine["IamInstanceProfile"]["Arn"].endswith(":instance-profile/proxy")
    assert "PublicIpAddress" not in machine
    assert machine["Tags"] == [{"Key": "a", "Value": "instance"}]
    fresh.clock.advance(2)
    machine = seen(fresh, instance)
    assert (machine["State"]["Name"], heard(fresh, instance)) == ("running", None)
    ec2 = fresh.client("ec2")
    volume = machine["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    (disk,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert (disk["Encrypted"], disk["VolumeType"], disk["Tags"]) == (True, "gp3", [{"Key": "a", "Value": "volume"}])
    fresh.clock.advance(5)
    assert heard(fresh, instance) == "Online"

    ec2.terminate_instances(InstanceIds=[instance])
    assert seen(fresh, instance)["State"]["Name"] == "shutting-down"
    assert addresses(ec2, "10.1.1.20") != []
    ec2.terminate_instances(InstanceIds=[instance])
    fresh.clock.advance(5)
    assert seen(fresh, instance)["State"]["Name"] == "terminated"
    assert addresses(ec2, "10.1.1.20") == []
    assert heard(fresh, instance) is None


@pytest.mark.parametrize("why", ["no profile", "no rights", "no way out", "shut group"])
def test_a_machine_that_does_not_get_through_is_never_heard_of(fresh, why):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}
    name = profile(fresh, policy=policy if why == "no rights" else AGENT)
    if why == "shut group":
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        fresh.client("ec2").revoke_security_group_egress(GroupId=GROUP, IpPermissions=everything)
    where = {"SubnetId": PUBLIC_SUBNET, "PrivateIpAddress": "10.1.0.20"} if why == "no way out" else {}
    given = {} if why == "no profile" else {"IamInstanceProfile": {"Name": name}}
    instance = launch(fresh, interface=where, **given)
    fresh.clock.advance(600)
    assert seen(fresh, instance)["State"]["Name"] == "running"
    assert heard(fresh, instance) is None


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound", "does not exist"),
        ({"InstanceType": "t4g.gigantic"}, "InvalidParameterValue", "t4g.gigantic"),
        ({"InstanceType": "t3.nano"}, "InvalidParameterValue", "matching architectures"),
        ({"interface": {"PrivateIpAddress": "10.1.1.10"}}, "InvalidIPAddress.InUse", "10.1.1.10 is in use"),
        ({"interface": {"PrivateIpAddress": "10.1.2.10"}}, "InvalidParameterValue", "does not fall within the subnet"),
        ({"interface": {"PrivateIpAddress": "10.1.1.3"}}, "InvalidParameterValue", "reserved address range"),
        ({"interface": {"PrivateIpAddress": "10.1.1.255"}}, "InvalidParameterValue", "reserved address range"),
        ({"interface": {"SubnetId": "subnet-0123456789abcdef0"}}, "InvalidSubnetID.NotFound", "subnet-0123456789abcdef0"),
        ({"interface": {"Groups": ["sg-0123456789abcdef0"]}}, "InvalidGroup.NotFound", "sg-0123456789abcdef0"),
        ({"interface": {"Groups": ["sg-0d0d0d0d0d0d0d0d0"]}}, "InvalidParameter", "different networks"),
        ({"IamInstanceProfile": {"Name": "nobody"}}, "InvalidParameterValue", "Invalid IAM Instance Profile name"),
        ({"SubnetId": SUBNET}, "InvalidParameterCombination", "subnet ID may not be specified"),
        ({"SecurityGroupIds": [GROUP]}, "InvalidParameterCombination", "security groups may not be specified"),
    ],
)
def test_what_ec2_refuses(fresh, changes, code, message):
    with pytest.raises(fresh.client("ec2").exceptions.ClientError, match=message) as caught:
        launch(fresh, **changes)
    assert caught.value.response["Error"]["Code"] == code


def test_a_profile_just_made_is_not_known_to_ec2_at_once(fresh, refusal):
    """IAM user guide, "Troubleshoot IAM": changes are not always immediately visible."""
    iam, ec2 = fresh.client("iam"), fresh.client("ec2")
    iam.create_role(RoleName="late", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_instance_profile(InstanceProfileName="late")
    fresh.clock.advance(60)
    asked = request(fresh, IamInstanceProfile={"Name": "late"})
    with pytest.raises(ec2.exceptions.ClientError, match="has no associated IAM Roles"):
        ec2.run_instances(**asked)
    iam.add_role_to_instance_profile(InstanceProfileName="late", RoleName="late")
    assert refusal(ec2.run_instances, **asked) == "InvalidParameterValue"
    fresh.clock.advance(60)
    assert ec2.run_instances(**asked)["Instances"][0]["InstanceId"]


def test_the_same_token_gives_the_same_machine(fresh, refusal):
    """EC2 API reference, "Ensuring idempotency"."""
    first = launch(fresh, ClientToken="once")
    assert launch(fresh, ClientToken="once") == first
    other = request(fresh, ClientToken="once", InstanceType="t4g.micro")
    assert refusal(fresh.client("ec2").run_instances, **other) == "IdempotentParameterMismatch"


def test_a_dry_run_launches_nothing(fresh, refusal):
    ec2 = fresh.client("ec2")
    assert refusal(ec2.run_instances, DryRun=True, **request(fresh)) == "DryRunOperation"
    assert addresses(ec2, "10.1.1.20") == []


def test_a_profile_holds_one_role_and_a_role_in_a_profile_stays(fresh, refusal):
    """IAM API reference, "AddRoleToInstanceProfile", "DeleteRole", "DeleteInstanceProfile", "ListInstanceProfiles"."""
    iam = fresh.client("iam")
    name = profile(fresh, name="held")
    iam.create_role(RoleName="second", AssumeRolePolicyDocument=json.dumps(TRUST))
    for role in ("held", "second"):
        assert refusal(iam.add_role_to_instance_profile, InstanceProfileName=name, RoleName=role) == "LimitExceeded"
    iam.delete_role_policy(RoleName="held", PolicyName="agent")
    assert refusal(iam.delete_role, RoleName="held") == "DeleteConflict"
    assert refusal(iam.delete_instance_profile, InstanceProfileName=name) == "DeleteConflict"
    assert refusal(iam.remove_role_from_instance_profile, InstanceProfileName=name, RoleName="second") == "NoSuchEntity"
    iam.tag_instance_profile(InstanceProfileName=name, Tags=[{"Key": "a", "Value": "b"}])
    (listed,) = [one for one in iam.list_instance_profiles()["InstanceProfiles"] if one["InstanceProfileName"] == name]
    assert "Tags" not in listed
    assert [role["RoleName"] for role in listed["Roles"]] == ["held"]
    assert iam.list_instance_profile_tags(InstanceProfileName=name)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName="held")
    iam.delete_instance_profile(InstanceProfileName=name)
    assert refusal(iam.list_instance_profile_tags, InstanceProfileName=name) == "NoSuchEntity"


def addresses(ec2, address):
    filters = [{"Name": "private-ip-address", "Values": [address]}]
    return ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
