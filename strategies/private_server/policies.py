"""What the operator needs in AWS with the private-server strategy. Pure.

A server that is there already needs nothing but looks; one that is made needs ``own_operator``.
"""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.iam import SEE, SEEN, Document, allow, document, finding, foresight, seen
from strategies.facts import Permission
from strategies.private_server import own_operator

_SEEN = ("ec2:DescribeNetworkAcls", "ec2:DescribeVpcPeeringConnections")
"""What lies between the nodes and the server."""


def operator_policy(answers: Answers) -> Document:
    """The least that the operator needs to plan, apply, look at and destroy this instance, for complete answers."""
    region, account, own = answers.aws.region or "", answers.aws.account or "", answers.private_server.own
    looks = sorted({*SEEN, *_SEEN, *(own_operator.SEEN if own.make else ())})
    statements: list[Json] = [
        allow(list(looks), "*", sid=SEE),
        *foresight(region, account, own.permissions_boundary if own.make else None),
        *finding(region, account),
    ]
    if own.make:
        statements += own_operator.statements(answers)
    return document(*statements)


def needed_permissions(answers: Answers) -> tuple[Permission, ...] | None:
    """What an apply does in AWS, for IAM's policy simulator; None while an answer for it is missing."""
    own = answers.private_server.own
    if None in (answers.aws.region, answers.aws.account, answers.name):
        return None
    if own.make and None in (own.image_id, own.subnet_id, own.role_name, own.zone, answers.aws.vpc_id):
        return None
    found = [Permission(seen(operator_policy(answers)), ("*",))]
    return tuple([*found, *own_operator.permissions(answers)] if own.make else found)
