"""The IAM policies of the operator of a private server: what may be done, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG
from strategies.common import iam
from strategies.kinds import HOLDS_TAG
from strategies.private_server import policies, rights
from tests.unit.private_server.own_complete import complete
from wizard.answers import document
from wizard.sandbox.aws.policy import Context, Decision, decide

EC2 = "arn:aws:ec2:us-east-2:123456789012"
ROLE = "arn:aws:iam::123456789012:role/prod-east-gitlab"
SECRETS = "arn:aws:secretsmanager:us-east-2:123456789012:secret:ezgitops/prod-east/gitlab"
ZONE = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"
OURS = {f"aws:ResourceTag/{INSTANCE_TAG}": "prod-east"}
OTHERS = {f"aws:ResourceTag/{INSTANCE_TAG}": "prod-west"}
ASKED = {f"aws:RequestTag/{INSTANCE_TAG}": "prod-east"}
LAUNCHED = {
    **ASKED,
    "ec2:InstanceType": "m6i.large",
    "ec2:MetadataHttpTokens": "required",
    "ec2:InstanceProfile": ROLE.replace(":role/", ":instance-profile/"),
}
BUCKET = "acme-git-backups"


def may(action: str, resource: str, context: Context | None = None, answers: Answers | None = None) -> bool:
    policy = policies.operator_policy(complete(backup_bucket=BUCKET) if answers is None else answers)
    return decide([policy], action, resource, context=context) is Decision.ALLOWED


def test_what_is_needed_is_what_the_documented_policy_grants() -> None:
    for answers in (complete(), complete(backup_bucket=BUCKET), complete(make=False)):
        needed = policies.needed_permissions(answers)
        assert needed is not None
        for permission in needed:
            for action in permission.actions:
                for resource in permission.resources:
                    assert may(action, resource, dict(permission.context), answers), (action, resource)


@pytest.mark.parametrize(("name", "region"), [("prod-east", "us-east-2"), ("a" * 30, "us-gov-west-1")])
def test_it_is_parted_into_managed_policies_that_have_room_for_it(name: str, region: str) -> None:
    bounded = "arn:aws-us-gov:iam::123456789012:policy/workload-boundary"
    filled = complete(backup_bucket="b" * 63, role_name=f"{name}-gitlab", role_path="/platform/", permissions_boundary=bounded)
    answers = filled.model_copy(update={"name": name, "aws": filled.aws.model_copy(update={"region": region})})
    whole = policies.operator_policy(answers)
    parts = iam.parts(whole)
    assert [part["Version"] for part in parts] == [iam.VERSION] * len(parts)
    assert [one for part in parts for one in listed(part["Statement"])] == listed(whole["Statement"])
    assert max(iam.size(part) for part in parts) <= 6144
    assert len(parts) == 2


def test_a_policy_that_fits_stays_in_one_part() -> None:
    policy = policies.operator_policy(complete(make=False))
    assert iam.parts(policy) == (policy,)


def test_every_server_that_is_there_takes_the_same_rights(repository_root: Path) -> None:
    samples = (repository_root / "docs" / "examples").glob("answers-private-server-*.yaml")
    there = [one for one in (document.load(file).draft().answers() for file in samples) if not one.private_server.own.make]
    assert len(there) >= 5
    assert all(policies.operator_policy(one) == policies.operator_policy(there[0]) for one in there)
    assert all(rights.operator_roles(one) == rights.operator_roles(there[0]) for one in there)


@pytest.mark.parametrize(
    ("kind", "context"),
    [
        ("instance/new", LAUNCHED),
        ("volume/new", {**ASKED, "ec2:Encrypted": "true"}),
        ("security-group/sg-1", OURS),
        ("subnet/subnet-0aaaaaaaaaaaaaaaa", {}),
        ("network-interface/new", {}),
    ],
)
def test_one_machine_is_launched_as_it_was_asked_for(kind: str, context: dict[str, str]) -> None:
    assert may("ec2:RunInstances", f"{EC2}:{kind}", context)
    for key in context:
        assert not may("ec2:RunInstances", f"{EC2}:{kind}", {**context, key: "other"}), key
        assert not may("ec2:RunInstances", f"{EC2}:{kind}", {k: v for k, v in context.items() if k != key}), key


def test_an_image_and_a_subnet_are_those_that_were_answered() -> None:
    assert may("ec2:RunInstances", "arn:aws:ec2:us-east-2::image/ami-0917ab0000000000a")
    assert not may("ec2:RunInstances", "arn:aws:ec2:us-east-2::image/ami-0917ab0000000000b")
    assert not may("ec2:RunInstances", f"{EC2}:subnet/subnet-0bbbbbbbbbbbbbbbb")


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("TerminateInstances", "instance/i-0c1b2c3d4e5f60010"),
        ("AttachVolume", "instance/i-0c1b2c3d4e5f60010"),
        ("AttachVolume", "volume/vol-0c1b2c3d4e5f60010"),
        ("DeleteVolume", "volume/vol-0c1b2c3d4e5f60010"),
        ("DeleteSecurityGroup", "security-group/sg-0c1b2c3d4e5f60010"),
        ("AuthorizeSecurityGroupIngress", "security-group/sg-0c1b2c3d4e5f60010"),
    ],
)
def test_what_belongs_to_others_is_left_alone(call: str, kind: str) -> None:
    assert may(f"ec2:{call}", f"{EC2}:{kind}", OURS)
    assert not may(f"ec2:{call}", f"{EC2}:{kind}", OTHERS)
    assert not may(f"ec2:{call}", f"{EC2}:{kind}")


def test_a_volume_of_ours_is_marked_and_its_other_tags_stay() -> None:
    volume = f"{EC2}:volume/vol-0c1b2c3d4e5f60010"
    assert may("ec2:CreateTags", volume, {**OURS, "aws:TagKeys": (HOLDS_TAG,)})
    assert not may("ec2:CreateTags", volume, {**OURS, "aws:TagKeys": (HOLDS_TAG, INSTANCE_TAG)})
    assert not may("ec2:CreateTags", volume, {**OTHERS, "aws:TagKeys": (HOLDS_TAG,)})
    assert may("ec2:CreateTags", volume, {**ASKED, "ec2:CreateAction": "CreateVolume"})
    assert not may("ec2:CreateTags", volume, ASKED)


def test_the_name_that_is_set_is_the_servers() -> None:
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    assert may("route53:ChangeResourceRecordSets", ZONE, {key: ("git.acme.internal",)})
    assert not may("route53:ChangeResourceRecordSets", ZONE, {key: ("www.acme.internal",)})


def test_roots_password_and_the_keys_are_never_read() -> None:
    assert may("secretsmanager:GetSecretValue", f"{SECRETS}/certificate-AbCdEf")
    assert may("secretsmanager:GetSecretValue", f"{SECRETS}/administrator-token-AbCdEf")
    for secret in ("root-password", "keys"):
        assert may("secretsmanager:DescribeSecret", f"{SECRETS}/{secret}-AbCdEf")
        assert not may("secretsmanager:GetSecretValue", f"{SECRETS}/{secret}-AbCdEf")
        assert not may("secretsmanager:PutSecretValue", f"{SECRETS}/{secret}-AbCdEf")
    assert not may("secretsmanager:DescribeSecret", f"{SECRETS.replace('prod-east', 'prod-west')}/certificate-AbCdEf")


def listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
