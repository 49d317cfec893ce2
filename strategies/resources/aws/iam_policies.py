"""Inline policies of IAM roles and users: read together, put, and taken away before their holder goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from botocore.exceptions import ClientError

from strategies.base import Json
from strategies.ports import Execution
from strategies.resources.aws import documents
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.parallel import together

MISSING = "NoSuchEntity"
EXISTS = "EntityAlreadyExists"
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)


def read_role_policy(clients: AwsClients, role: str, policy: str) -> Mapping[str, Json] | None:
    """An inline policy of a role, or None."""
    try:
        return documents.parse(clients.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
    except ClientError as error:
        if code(error) == MISSING:
            return None
        raise


def read_user_policy(clients: AwsClients, user: str, policy: str) -> Mapping[str, Json] | None:
    """An inline policy of a user, or None."""
    try:
        return documents.parse(clients.iam.get_user_policy(UserName=user, PolicyName=policy)["PolicyDocument"])
    except ClientError as error:
        if code(error) == MISSING:
            return None
        raise


def role_policies(clients: AwsClients, role: str) -> list[Mapping[str, Json]]:
    """Every inline policy of a role."""
    names = [
        name for page in clients.iam.get_paginator("list_role_policies").paginate(RoleName=role) for name in page["PolicyNames"]
    ]
    found = together([partial(read_role_policy, clients, role, name) for name in names])
    return [document for document in found if document is not None]


def remove_role_policies(clients: AwsClients, role: str, run: Execution) -> None:
    """Delete inline policies and detach managed ones: IAM deletes no role that has any."""
    iam = clients.iam
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            with run.mutation("iam:DeleteRolePolicy", {"RoleName": role, "PolicyName": name}):
                iam.delete_role_policy(RoleName=role, PolicyName=name)
    for attached in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for policy in attached["AttachedPolicies"]:
            arn = policy.get("PolicyArn", "")
            with run.mutation("iam:DetachRolePolicy", {"RoleName": role, "PolicyArn": arn}):
                iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def remove_user_policies(clients: AwsClients, user: str, run: Execution) -> None:
    """Delete inline policies and detach managed ones: IAM deletes no user that has any."""
    iam = clients.iam
    for page in iam.get_paginator("list_user_policies").paginate(UserName=user):
        for name in page["PolicyNames"]:
            with run.mutation("iam:DeleteUserPolicy", {"UserName": user, "PolicyName": name}):
                iam.delete_user_policy(UserName=user, PolicyName=name)
    for attached in iam.get_paginator("list_attached_user_policies").paginate(UserName=user):
        for policy in attached["AttachedPolicies"]:
            arn = policy.get("PolicyArn", "")
            with run.mutation("iam:DetachUserPolicy", {"UserName": user, "PolicyArn": arn}):
                iam.detach_user_policy(UserName=user, PolicyArn=arn)


def once_propagated(call: Callable[[], object], run: Execution) -> None:
    """Make a call that names an identity made a moment ago, again while IAM does not know it everywhere yet.

    IAM user guide, "Changes that I make are not always immediately visible".
    """
    for pause in _PAUSES:
        try:
            call()
            return
        except ClientError as error:
            if code(error) != MISSING:
                raise
        run.progress("waits until IAM knows it everywhere, usually some seconds")
        run.sleep(pause)
    call()


def boundary_of(entity: Mapping[str, object]) -> str | None:
    """ARN of the permissions boundary of a role or user as IAM gives it."""
    boundary = entity.get("PermissionsBoundary")
    return cast("Mapping[str, str]", boundary).get("PermissionsBoundaryArn") if isinstance(boundary, Mapping) else None
