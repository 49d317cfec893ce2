"""IAM policy documents as data, and what the operator needs with every strategy. Pure.

Action names and what they can be held to: AWS service authorization reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from strategies.base import Json
from strategies.common import aws_names

VERSION = "2012-10-17"

Document = dict[str, Json]

ROOM = 6144
"""Characters that a managed policy has room for."""

SEE = "See"
"""Id of the statement of an operator's policy that lets everything be seen that has no resource of its own."""

SEEN = (
    "codecommit:ListRepositories",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "iam:ListAccountAliases",
    "iam:ListInstanceProfiles",
    "iam:ListRoles",
    "iam:ListUsers",
    "route53:ListHostedZones",
    "secretsmanager:ListSecrets",
    "ssm:DescribeInstanceInformation",
)
"""What is read of any account, whatever is built in it: its networks, and what ``destroy`` looks through for what is ours."""

ROLE_ACTIONS = (
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
"""What making, changing and removing a role with an inline policy takes, and looking whether it is as it should be."""

MESSAGES = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:OpenControlChannel",
)
"""How Systems Manager's agent on a machine hears of commands and answers them. Not the data channels: those are for interactive
sessions alone (SSM user guide, "Reference: ec2messages, ssmmessages, and other API operations")."""


def document(*statements: Json) -> Document:
    """A policy of these statements."""
    return {"Version": VERSION, "Statement": list(statements)}


def allow(actions: str | list[Json], resource: str | list[Json], condition: Json = None, sid: str | None = None) -> Document:
    """One statement that allows."""
    statement: Document = {} if sid is None else {"Sid": sid}
    statement |= {"Effect": "Allow", "Action": actions, "Resource": resource}
    if condition is not None:
        statement["Condition"] = condition
    return statement


def foresight(region: str, account: str, boundary: str | None) -> list[Json]:
    """What the checks ask before anything is made: whether these rights are there, and the permissions boundary."""
    iam = f"arn:{aws_names.partition(region)}:iam::{account}"
    # The simulator wants a role with its path, which the session of a single sign-on does not tell.
    ourself = f"{iam}:role/aws-reserved/sso.amazonaws.com/*"
    looks = (
        allow("iam:GetRole", ourself, sid="FindOurself")
        if boundary is None
        else allow(["iam:GetPolicy", "iam:GetRole"], [boundary, ourself], sid="FindOurselfAndBoundary")
    )
    return [allow("iam:SimulatePrincipalPolicy", [f"{iam}:role/*", f"{iam}:user/*"], sid="AskTheSimulator"), looks]


def finding(region: str, account: str) -> list[Json]:
    """What ``destroy`` finds ours by. Nothing lists roles, users, profiles, repositories or hosted zones by their tags:
    the tags of each are read."""
    partition = aws_names.partition(region)
    reads: list[Json] = [
        "codecommit:ListTagsForResource",
        "iam:ListInstanceProfileTags",
        "iam:ListRoleTags",
        "iam:ListUserTags",
        "route53:ListTagsForResources",
    ]
    owners: list[Json] = [
        f"arn:{partition}:codecommit:{region}:{account}:*",
        f"arn:{partition}:iam::{account}:*",
        f"arn:{partition}:route53:::hostedzone/*",
    ]
    return [allow(reads, owners, sid="FindOurs")]


def parts(policy: Mapping[str, Json]) -> tuple[Document, ...]:
    """The policy as managed policies that each have room for their statements; together they allow the same.

    An identity may have ten managed policies of 6,144 characters each, white space apart (IAM user guide, "IAM and AWS STS
    quotas").
    """
    statements = policy["Statement"]
    found: list[list[Json]] = [[]]
    for statement in statements if isinstance(statements, list) else []:
        if found[-1] and size(document(*found[-1], statement)) > ROOM:
            found.append([])
        found[-1].append(statement)
    return tuple(document(*one) for one in found)


def size(policy: Mapping[str, Json]) -> int:
    """Characters of a policy as IAM counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def seen(policy: Mapping[str, Json]) -> tuple[str, ...]:
    """The actions of an operator's policy that have no resource of their own and only read."""
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else []
    found = next((one for one in listed if isinstance(one, dict) and one.get("Sid") == SEE), None)
    actions = found["Action"] if isinstance(found, dict) else None
    return tuple(str(action) for action in actions) if isinstance(actions, list) else ()
