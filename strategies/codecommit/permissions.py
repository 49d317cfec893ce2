"""What an apply of the CodeCommit strategy must be allowed in AWS, for IAM's policy simulator. Pure.

``policies.operator_policy`` grants all of it, and also what changing and destroying need.
"""

from __future__ import annotations

from collections.abc import Iterator

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG
from strategies.codecommit import policies, urls
from strategies.common import aws_names
from strategies.common.iam import seen
from strategies.facts import Permission

_REPOSITORY = (
    "codecommit:CreateRepository",
    "codecommit:GetRepository",
    "codecommit:GitPull",
    "codecommit:GitPush",
    "codecommit:ListTagsForResource",
    "codecommit:TagResource",
    "codecommit:UpdateDefaultBranch",
)
_ROLE = (
    "iam:CreateRole",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListRolePolicies",
    "iam:ListRoleTags",
    "iam:PutRolePolicy",
    "iam:TagRole",
)
_USER = (
    "iam:CreateServiceSpecificCredential",
    "iam:CreateUser",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListServiceSpecificCredentials",
    "iam:ListUserPolicies",
    "iam:ListUserTags",
    "iam:PutUserPolicy",
    "iam:TagUser",
)


def needed_permissions(answers: Answers) -> tuple[Permission, ...] | None:
    """Every action that apply makes, on the resources that it makes it on; None while an answer for it is missing."""
    aws, codecommit = answers.aws, answers.codecommit
    if None in (aws.region, aws.account, aws.vpc_id, answers.name, codecommit.repository.name) or not aws.subnet_ids:
        return None
    return (
        Permission(seen(policies.operator_policy(answers)), ("*",)),
        Permission(_REPOSITORY, (policies.repository_arn(answers),)),
        *_identities(answers),
        *_network(answers),
    )


def _identities(answers: Answers) -> Iterator[Permission]:
    credentials, mirror = answers.codecommit.credentials, answers.codecommit.mirror
    boundary = credentials.permissions_boundary
    context = (("iam:PermissionsBoundary", boundary),) if boundary is not None else ()
    if credentials.method == "iam-role":
        if credentials.role_name is not None:
            yield Permission(_ROLE, (urls.reader_role_arn(answers),), context)
    elif credentials.user_name is not None:
        user = aws_names.user_arn(answers.aws.region or "", answers.aws.account or "", credentials.path, credentials.user_name)
        yield Permission(_USER, (user,), context)
    if mirror.keep != "by-hand" and mirror.role_name is not None:
        yield Permission(_ROLE, (urls.mirror_role_arn(answers),), context)


def _network(answers: Answers) -> Iterator[Permission]:
    """Each call is decided for every resource that it names, by tags that it asks for or that the resource has by then."""
    region, instance = answers.aws.region or "", answers.name or ""
    ec2 = f"arn:{aws_names.partition(region)}:ec2:{region}:{answers.aws.account}"
    asked, ours = (f"aws:RequestTag/{INSTANCE_TAG}", instance), (f"aws:ResourceTag/{INSTANCE_TAG}", instance)
    group, endpoint = (f"{ec2}:security-group/*",), (f"{ec2}:vpc-endpoint/*",)
    yield Permission(("ec2:CreateSecurityGroup", "ec2:CreateTags"), group, (asked, ("ec2:CreateAction", "CreateSecurityGroup")))
    yield Permission(("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"), group, (ours,))
    yield Permission(("ec2:CreateVpcEndpoint", "ec2:CreateTags"), endpoint, (asked, ("ec2:CreateAction", "CreateVpcEndpoint")))
    yield Permission(("ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint"), (f"{ec2}:vpc/{answers.aws.vpc_id}",))
    yield Permission(("ec2:CreateVpcEndpoint",), tuple(f"{ec2}:subnet/{one}" for one in answers.aws.subnet_ids or ()))
    yield Permission(("route53:AssociateVPCWithHostedZone",), ("*",))
