"""What a request has to be allowed: each resource that it names or makes, by the keys that it carries.

Service authorization reference, "Actions, resources, and condition keys" for Amazon EC2, AWS IAM and AWS Systems Manager.
"""

from __future__ import annotations

import itertools
import json

import pytest

from tests.contract.aws.test_machines import GROUP, PARAMETER, SUBNET, image, profile, request
from wizard.sandbox.aws.views import Credential

MACHINE = "i-0c1b2c3d4e5f60010"
EC2 = "arn:aws:ec2:us-east-2:123456789012"
IAM = "arn:aws:iam::123456789012"
TAGS = [{"Key": "owner", "Value": "me"}]
TAGGED = [{"ResourceType": kind, "Tags": TAGS} for kind in ("instance", "volume", "network-interface")]
ASKED = {"StringEquals": {"aws:RequestTag/owner": "me"}}
numbers = itertools.count(1)


def allow(action, resource, condition=None):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}


LAUNCH = {
    "image": allow("ec2:RunInstances", "arn:aws:ec2:us-east-2::image/*", {"StringEquals": {"ec2:Owner": "amazon"}}),
    "instance": allow(
        "ec2:RunInstances",
        f"{EC2}:instance/*",
        {
            "StringEquals": {
                "aws:RequestTag/owner": "me",
                "ec2:InstanceType": "t4g.nano",
                "ec2:MetadataHttpTokens": "required",
            },
            "ArnEquals": {"ec2:InstanceProfile": f"{IAM}:instance-profile/proxy"},
        },
    ),
    "volume": allow("ec2:RunInstances", f"{EC2}:volume/*", {**ASKED, "Bool": {"ec2:Encrypted": "true"}}),
    "network-interface": allow(
        "ec2:RunInstances", f"{EC2}:network-interface/*", {"Bool": {"ec2:AssociatePublicIpAddress": "false"}}
    ),
    "subnet": allow("ec2:RunInstances", f"{EC2}:subnet/{SUBNET}"),
    "security-group": allow("ec2:RunInstances", f"{EC2}:security-group/{GROUP}"),
    "tags": allow("ec2:CreateTags", f"{EC2}:*/*", {"StringEquals": {"ec2:CreateAction": "RunInstances"}}),
    "role": allow("iam:PassRole", f"{IAM}:role/proxy", {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
}
"""What a launch takes, by what each statement is about."""


@pytest.fixture(scope="module")
def world(start_account):
    with start_account() as account:
        profile(account)
        yield account


def somebody(account, *statements):
    """Gives the clients of a user who may do this and nothing else."""
    iam, name = account.client("iam"), f"user-{next(numbers)}"
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": [allow("sts:GetCallerIdentity", "*"), *statements]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    credential = Credential(key["AccessKeyId"], f"{IAM}:user/{name}", key["SecretAccessKey"])
    return lambda service: account.client(service, credential)


def launching(account, **changes):
    return {
        **request(account),
        "TagSpecifications": TAGGED,
        "IamInstanceProfile": {"Name": "proxy"},
        "DryRun": True,
        **changes,
    }


def test_a_launch_takes_all_of_it(world, refusal):
    ec2 = somebody(world, *LAUNCH.values())("ec2")
    assert refusal(ec2.run_instances, **launching(world)) == "DryRunOperation"


@pytest.mark.parametrize("missing", list(LAUNCH))
def test_a_launch_fails_for_each_thing_that_it_lacks(world, refusal, missing):
    ec2 = somebody(world, *(one for name, one in LAUNCH.items() if name != missing))("ec2")
    assert refusal(ec2.run_instances, **launching(world)) == "UnauthorizedOperation"


@pytest.mark.parametrize(
    "changes",
    [
        {"InstanceType": "t4g.micro"},
        {"MetadataOptions": {"HttpTokens": "optional"}},
        {"MetadataOptions": {}},
        {"IamInstanceProfile": {"Name": "other"}},
        {"BlockDeviceMappings": []},
        {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": False}}]},
        {"TagSpecifications": TAGGED[:1]},
        {"TagSpecifications": []},
    ],
)
def test_a_launch_is_held_to_its_keys(world, refusal, changes):
    ec2 = somebody(world, *LAUNCH.values())("ec2")
    assert refusal(ec2.run_instances, **launching(world, **changes)) == "UnauthorizedOperation"


def test_a_machine_is_changed_by_the_tags_that_it_has(world, refusal):
    """StartInstances and so on: ``aws:ResourceTag`` of the instance."""
    world.client("ec2").create_tags(Resources=[MACHINE], Tags=[{"Key": "team", "Value": "a"}])
    for team, found in (("a", "DryRunOperation"), ("b", "UnauthorizedOperation")):
        calls = ["ec2:StartInstances", "ec2:TerminateInstances"]
        ec2 = somebody(world, allow(calls, f"{EC2}:instance/*", {"StringEquals": {"aws:ResourceTag/team": team}}))("ec2")
        assert refusal(ec2.start_instances, InstanceIds=[MACHINE], DryRun=True) == found
        assert refusal(ec2.terminate_instances, InstanceIds=[MACHINE], DryRun=True) == found


def test_tags_are_held_to_their_keys_and_to_the_machine(world, refusal):
    """ "Set operators for multivalued context keys": without tags, ForAllValues holds, and all tags would go."""
    mark = {"ForAllValues:StringEquals": {"aws:TagKeys": ["mark"]}}
    calls, machine = ["ec2:CreateTags", "ec2:DeleteTags"], f"{EC2}:instance/{MACHINE}"
    open_ec2 = somebody(world, allow(calls, machine, mark))("ec2")
    ec2 = somebody(world, allow(calls, machine, {**mark, "Null": {"aws:TagKeys": "false"}}))("ec2")
    one, two = [{"Key": "mark", "Value": "x"}], [{"Key": "mark", "Value": "x"}, {"Key": "Name", "Value": "y"}]
    ec2.create_tags(Resources=[MACHINE], Tags=one)
    ec2.delete_tags(Resources=[MACHINE], Tags=one)
    assert refusal(ec2.create_tags, Resources=[MACHINE], Tags=two) == "UnauthorizedOperation"
    assert refusal(ec2.create_tags, Resources=[GROUP], Tags=one) == "UnauthorizedOperation"
    assert refusal(ec2.delete_tags, Resources=[MACHINE]) == "UnauthorizedOperation"
    assert refusal(open_ec2.delete_tags, Resources=[MACHINE], DryRun=True) == "DryRunOperation"


def test_a_tagged_rule_is_decided_for_its_group_and_for_itself(world, refusal):
    call, group, rule = "ec2:AuthorizeSecurityGroupIngress", f"{EC2}:security-group/{GROUP}", f"{EC2}:security-group-rule/*"
    statements = [
        allow(call, group),
        allow(call, rule, ASKED),
        allow("ec2:CreateTags", rule, {"StringEquals": {"ec2:CreateAction": "AuthorizeSecurityGroupIngress"}}),
    ]
    permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    plain = {"GroupId": GROUP, "IpPermissions": [permission], "DryRun": True}
    tagged = {**plain, "TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": TAGS}]}
    assert refusal(somebody(world, *statements)("ec2").authorize_security_group_ingress, **tagged) == "DryRunOperation"
    for missing in statements:
        ec2 = somebody(world, *(one for one in statements if one is not missing))("ec2")
        assert refusal(ec2.authorize_security_group_ingress, **tagged) == "UnauthorizedOperation"
    # Without tags there is nothing to decide of the rule.
    assert refusal(somebody(world, statements[0])("ec2").authorize_security_group_ingress, **plain) == "DryRunOperation"


def test_a_rule_is_taken_away_by_the_right_to_its_group(world, refusal):
    ec2 = somebody(world, allow("ec2:RevokeSecurityGroupEgress", f"{EC2}:security-group/{GROUP}"))("ec2")
    found = world.client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [GROUP]}])
    rules = [one["SecurityGroupRuleId"] for one in found["SecurityGroupRules"] if one["IsEgress"]]
    asked = {"GroupId": GROUP, "SecurityGroupRuleIds": rules, "DryRun": True}
    assert refusal(ec2.revoke_security_group_egress, **asked) == "DryRunOperation"
    other = somebody(world, allow("ec2:RevokeSecurityGroupEgress", f"{EC2}:security-group-rule/*"))("ec2")
    assert refusal(other.revoke_security_group_egress, **asked) == "UnauthorizedOperation"


def test_a_profile_is_known_by_its_arn_and_takes_a_role_that_may_be_passed(world, refusal):
    world.client("iam").create_instance_profile(InstanceProfileName="empty", Path="/team/")
    add = {"InstanceProfileName": "empty", "RoleName": "proxy"}
    profiles = allow("iam:*InstanceProfile*", f"{IAM}:instance-profile/team/*")
    assert refusal(somebody(world, profiles)("iam").add_role_to_instance_profile, **add) == "AccessDenied"
    iam = somebody(world, profiles, LAUNCH["role"])("iam")
    iam.add_role_to_instance_profile(**add)
    assert iam.get_instance_profile(InstanceProfileName="empty")["InstanceProfile"]["Path"] == "/team/"
    assert refusal(iam.get_instance_profile, InstanceProfileName="proxy") == "AccessDenied"
    iam.create_instance_profile(InstanceProfileName="tagged", Path="/team/", Tags=TAGS)
    bare = somebody(world, allow("iam:CreateInstanceProfile", f"{IAM}:instance-profile/team/*"))("iam")
    assert refusal(bare.create_instance_profile, InstanceProfileName="x", Path="/team/", Tags=TAGS) == "AccessDenied"


def test_a_public_parameter_belongs_to_no_account(world, refusal):
    ssm = somebody(world, allow("ssm:GetParameter", f"arn:aws:ssm:us-east-2::parameter{PARAMETER}"))("ssm")
    assert ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"] == image(world)
    own = somebody(world, allow("ssm:GetParameter", "arn:aws:ssm:us-east-2:123456789012:parameter/*"))("ssm")
    assert refusal(own.get_parameter, Name=PARAMETER) == "AccessDeniedException"
