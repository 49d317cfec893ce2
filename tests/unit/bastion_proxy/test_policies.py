"""The IAM policies of the bastion proxy: what the operator may do, and nothing beside it."""

from __future__ import annotations

import json

import pytest

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG
from strategies.bastion_proxy import policies
from strategies.bastion_proxy.permissions import needed_permissions
from strategies.kinds import SQUID_TAG
from tests.unit.bastion_proxy.bastion_answers import complete, new
from wizard.sandbox.aws.policy import Context, Decision, decide

EC2 = "arn:aws:ec2:us-east-2:123456789012"
SHELL = "arn:aws:ssm:us-east-2::document/AWS-RunShellScript"
MACHINE = f"{EC2}:instance/i-0c1b2c3d4e5f60010"
ANOTHER = f"{EC2}:instance/i-0d1b2c3d4e5f60099"
PROXY_GROUP = f"{EC2}:security-group/sg-0e5e5e5e5e5e5e5e5"
NODES_GROUP = f"{EC2}:security-group/sg-0d0d0d0d0d0d0d0d0"
RULE = f"{EC2}:security-group-rule/new"
PROFILE = "arn:aws:iam::123456789012:instance-profile/prod-east-egress-proxy"
ROLE = "arn:aws:iam::123456789012:role/prod-east-egress-proxy"
OURS = {f"aws:ResourceTag/{INSTANCE_TAG}": "prod-east"}
OTHERS = {f"aws:ResourceTag/{INSTANCE_TAG}": "prod-west"}
ASKED = {f"aws:RequestTag/{INSTANCE_TAG}": "prod-east"}
LAUNCHED = {
    **ASKED,
    "ec2:InstanceType": "t4g.nano",
    "ec2:MetadataHttpTokens": "required",
    "ec2:InstanceProfile": PROFILE,
}
BOUNDARY = "arn:aws-us-gov:iam::123456789012:policy/workload-boundary"
EXISTING = {"method": "existing", "url": "http://proxy.acme.example:3128"}
WITH_NODES = complete(bastion_proxy__network__worker_group_id="sg-0d0d0d0d0d0d0d0d0")


def may(answers: Answers, action: str, resource: str, context: Context | None = None) -> bool:
    return decide([policies.operator_policy(answers)], action, resource, context=context) is Decision.ALLOWED


@pytest.mark.parametrize(
    "answers",
    [
        complete(),
        WITH_NODES,
        complete(bastion_proxy__proxy=EXISTING),
        new(),
        new(bastion_proxy__network={"worker_group_id": None}),
    ],
)
def test_what_is_needed_is_what_the_documented_policy_grants(answers: Answers) -> None:
    needed = needed_permissions(answers)
    assert needed is not None
    for permission in needed:
        for action in permission.actions:
            for resource in permission.resources:
                assert may(answers, action, resource, dict(permission.context)), (action, resource)


@pytest.mark.parametrize("name", ["prod-east", "a" * 30])
@pytest.mark.parametrize("region", ["us-east-2", "us-gov-west-1"])
def test_it_fits_into_a_managed_policy_and_grants_no_everything(name: str, region: str) -> None:
    made = {
        "vpc_id": "vpc-0e1b2c3d4e5f60718",
        "subnet_id": "subnet-0e0e0e0e0e0e0e0e0",
        "role_name": f"{name}-egress-proxy",
        "role_path": "/platform/",
        "permissions_boundary": BOUNDARY,
    }
    for answers in (complete(name=name, aws__region=region), new(name=name, aws__region=region, bastion_proxy__instance=made)):
        document = json.dumps(policies.operator_policy(answers), separators=(",", ":"))
        assert len(document) <= 6144, "IAM quotas: characters of a managed policy, white space apart"
        assert '"Action":"*"' not in document


@pytest.mark.parametrize(
    ("resource", "tags", "allowed"),
    [
        (SHELL, {}, True),
        (SHELL.replace("AWS-RunShellScript", "AWS-RunPowerShellScript"), {}, False),
        (SHELL.replace("::document", ":123456789012:document"), {}, False),
        (MACHINE, {}, True),
        (ANOTHER, {}, False),
        (ANOTHER, OURS, False),
    ],
)
def test_commands_go_with_one_document_to_one_machine(resource: str, tags: dict[str, str], allowed: bool) -> None:
    assert may(complete(), "ssm:SendCommand", resource, tags) is allowed


@pytest.mark.parametrize(("value", "allowed"), [("prod-east", True), ("prod-west", False), (None, False)])
def test_commands_go_to_our_own_machine_where_one_is_made(value: str | None, allowed: bool) -> None:
    tags = {} if value is None else {f"ssm:resourceTag/{INSTANCE_TAG}": value}
    assert may(new(), "ssm:SendCommand", ANOTHER, tags) is allowed


@pytest.mark.parametrize("action", ["ec2:CreateTags", "ec2:DeleteTags"])
def test_a_machine_gets_and_loses_one_tag_and_keeps_its_others(action: str) -> None:
    """EC2 API reference, DeleteTags: without tags, all that a user gave are deleted."""
    for answers, tags in ((complete(), {}), (new(), OURS)):
        assert may(answers, action, MACHINE, {**tags, "aws:TagKeys": (SQUID_TAG,)})
        assert not may(answers, action, MACHINE, {**tags, "aws:TagKeys": (SQUID_TAG, "Name")})
        assert not may(answers, action, MACHINE, tags)
    assert not may(complete(), action, ANOTHER, {"aws:TagKeys": (SQUID_TAG,)})
    assert not may(new(), action, MACHINE, {**OTHERS, "aws:TagKeys": (SQUID_TAG,)})


def test_rules_are_tagged_and_in_the_groups_that_were_answered() -> None:
    inward, outward = "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"
    assert may(WITH_NODES, inward, PROXY_GROUP)
    assert may(WITH_NODES, outward, NODES_GROUP)
    assert not may(WITH_NODES, inward, NODES_GROUP)
    assert not may(WITH_NODES, outward, PROXY_GROUP)
    assert not may(complete(), outward, NODES_GROUP)
    assert may(WITH_NODES, inward, RULE, ASKED)
    assert not may(WITH_NODES, inward, RULE)
    assert may(WITH_NODES, "ec2:CreateTags", RULE, {**ASKED, "ec2:CreateAction": "AuthorizeSecurityGroupIngress"})
    assert not may(WITH_NODES, "ec2:CreateTags", RULE, ASKED)


def test_a_proxy_of_somebody_elses_is_only_looked_at() -> None:
    statements = policies.operator_policy(complete(bastion_proxy__proxy=EXISTING))["Statement"]
    assert isinstance(statements, list)
    for statement in statements:
        assert isinstance(statement, dict)
        given = statement["Action"]
        for action in given if isinstance(given, list) else [given]:
            assert str(action).partition(":")[2].startswith(("Describe", "Get", "List", "Simulate")), action


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("instance/new", LAUNCHED),
        ("volume/new", {**ASKED, "ec2:Encrypted": "true"}),
        ("security-group/sg-1", OURS),
        ("subnet/subnet-0e0e0e0e0e0e0e0e0", {}),
        ("network-interface/new", {}),
    ],
)
def test_one_machine_is_launched_as_it_was_asked_for(kind: str, context: dict[str, str]) -> None:
    assert may(new(), "ec2:RunInstances", f"{EC2}:{kind}", context)
    for key in context:
        assert not may(new(), "ec2:RunInstances", f"{EC2}:{kind}", {**context, key: "other"}), key
        assert not may(new(), "ec2:RunInstances", f"{EC2}:{kind}", {k: v for k, v in context.items() if k != key}), key


def test_an_image_is_amazons_and_a_subnet_the_one_answered() -> None:
    image = "arn:aws:ec2:us-east-2::image/ami-1"
    assert may(new(), "ec2:RunInstances", image, {"ec2:Owner": "amazon"})
    assert not may(new(), "ec2:RunInstances", image, {"ec2:Owner": "210987654321"})
    assert not may(new(), "ec2:RunInstances", f"{EC2}:subnet/subnet-0aaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("call", ["StartInstances", "TerminateInstances", "ModifyInstanceMetadataOptions"])
def test_machines_of_others_are_left_alone(call: str) -> None:
    assert may(new(), f"ec2:{call}", MACHINE, OURS)
    assert not may(new(), f"ec2:{call}", MACHINE, OTHERS)
    assert not may(new(), f"ec2:{call}", MACHINE)
    assert not may(complete(), f"ec2:{call}", MACHINE, OURS)


def test_its_role_is_passed_to_ec2_alone() -> None:
    assert may(new(), "iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"})
    assert not may(new(), "iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"})
    assert not may(new(), "iam:PassRole", f"{ROLE}-2", {"iam:PassedToService": "ec2.amazonaws.com"})
    assert may(new(), "iam:AddRoleToInstanceProfile", PROFILE)
    assert not may(new(), "iam:AddRoleToInstanceProfile", f"{PROFILE}-2")


def test_the_machine_may_hear_of_commands_and_answer_them() -> None:
    policy = json.dumps(policies.machine(new()))
    for word in ("GetParameter", "GetDocument", "DataChannel", "s3:", "PutInventory", "*:"):
        assert word not in policy
