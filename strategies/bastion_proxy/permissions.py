"""What an apply of the bastion proxy must be allowed in AWS, for IAM's policy simulator. Pure.

``policies.operator_policy`` grants all of it, and also what changing and destroying need.
"""

from __future__ import annotations

from collections.abc import Iterator

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG
from strategies.bastion_proxy import policies
from strategies.common import aws_names
from strategies.common.iam import seen
from strategies.facts import Permission
from strategies.kinds import SQUID_TAG

_ROLE = (
    "iam:CreateRole",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:PutRolePolicy",
    "iam:TagRole",
)
_PROFILE = (
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:GetInstanceProfile",
    "iam:TagInstanceProfile",
)
_RULES = ("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress")


def needed_permissions(answers: Answers) -> tuple[Permission, ...] | None:
    """Every action that apply makes, on the resources that it makes it on; None while an answer for it is missing."""
    asked = answers.bastion_proxy
    if None in (answers.aws.region, answers.aws.account, answers.name):
        return None
    if asked.proxy.method == "instance" and asked.instance.id is None:
        return None
    if asked.proxy.method == "new" and None in (asked.instance.vpc_id, asked.instance.subnet_id, asked.instance.role_name):
        return None
    found = [Permission(seen(policies.operator_policy(answers)), ("*",))]
    if asked.proxy.method != "existing":
        found += [*_commands(answers), *_rules(answers)]
    if asked.proxy.method == "new":
        found += [*_identity(answers), *_machine(answers)]
    return tuple(found)


def _commands(answers: Answers) -> Iterator[Permission]:
    shell, target = policies.command_targets(answers)
    instance = answers.name or ""
    tagged = ((f"ssm:resourceTag/{INSTANCE_TAG}", instance),) if answers.bastion_proxy.proxy.method == "new" else ()
    ours = ((f"aws:ResourceTag/{INSTANCE_TAG}", instance),) if tagged else ()
    yield Permission(("ssm:SendCommand",), (shell,))
    yield Permission(("ssm:SendCommand",), (target,), tagged)
    yield Permission(("ec2:CreateTags",), (target,), (("aws:TagKeys", SQUID_TAG), *ours))


def _rules(answers: Answers) -> Iterator[Permission]:
    """A tagged rule is decided for its group, for the rule, and for its tags."""
    asked = (f"aws:RequestTag/{INSTANCE_TAG}", answers.name or "")
    rules = (_ec2(answers, "security-group-rule/*"),)
    for group, call in policies.foreign_groups(answers).items():
        yield Permission((f"ec2:{call}",), (_ec2(answers, f"security-group/{group}"),))
        yield Permission((f"ec2:{call}", "ec2:CreateTags"), rules, (asked, ("ec2:CreateAction", call)))


def _identity(answers: Answers) -> Iterator[Permission]:
    boundary = answers.bastion_proxy.instance.permissions_boundary
    context = (("iam:PermissionsBoundary", boundary),) if boundary is not None else ()
    yield Permission(_ROLE, (policies.role_arn(answers),), context)
    yield Permission(_PROFILE, (policies.profile_arn(answers),))
    yield Permission(
        ("iam:PassRole",), (policies.role_arn(answers),), (("iam:PassedToService", policies.ec2_principal(answers)),)
    )


def _machine(answers: Answers) -> Iterator[Permission]:
    """Each call is decided for everything that it takes or makes, by tags asked for or had by then."""
    instance, place = answers.name or "", answers.bastion_proxy.instance
    asked, ours = (f"aws:RequestTag/{INSTANCE_TAG}", instance), (f"aws:ResourceTag/{INSTANCE_TAG}", instance)
    group = (_ec2(answers, "security-group/*"),)
    yield Permission(("ec2:CreateSecurityGroup", "ec2:CreateTags"), group, (asked, ("ec2:CreateAction", "CreateSecurityGroup")))
    yield Permission(("ec2:CreateSecurityGroup",), (_ec2(answers, f"vpc/{place.vpc_id}"),))
    yield Permission(
        ("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"),
        group,
        (ours,),
    )
    yield Permission(("ssm:GetParameter",), (policies.parameter_arn(answers),))
    region = answers.aws.region or ""
    image = f"arn:{aws_names.partition(region)}:ec2:{region}::image/*"
    yield Permission(("ec2:RunInstances",), (image,), (("ec2:Owner", "amazon"),))
    yield Permission(
        ("ec2:RunInstances",),
        (_ec2(answers, "instance/*"),),
        (
            asked,
            ("ec2:InstanceType", place.type),
            ("ec2:MetadataHttpTokens", "required"),
            ("ec2:InstanceProfile", policies.profile_arn(answers)),
        ),
    )
    yield Permission(("ec2:RunInstances",), (_ec2(answers, "volume/*"),), (asked, ("ec2:Encrypted", "true")))
    near = (_ec2(answers, f"subnet/{place.subnet_id}"), _ec2(answers, "network-interface/*"))
    yield Permission(("ec2:RunInstances",), near)
    yield Permission(("ec2:RunInstances",), group, (ours,))
    tagged = tuple(_ec2(answers, f"{kind}/*") for kind in ("instance", "network-interface", "volume"))
    yield Permission(("ec2:CreateTags",), tagged, (asked, ("ec2:CreateAction", "RunInstances")))


def _ec2(answers: Answers, what: str) -> str:
    region = answers.aws.region or ""
    return f"arn:{aws_names.partition(region)}:ec2:{region}:{answers.aws.account}:{what}"
