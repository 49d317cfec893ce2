"""Policy documents compared by meaning, and AWS errors in the operator's words. No network."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from strategies.base import Json
from strategies.common.logins import login
from strategies.common.passages import Passage, passage
from strategies.resources.aws.documents import FULL_ACCESS, same
from strategies.resources.aws.errors import explain


def document(*statements: Json) -> Mapping[str, Json]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_form_does_not_matter_and_meaning_does() -> None:
    one: Json = {"Sid": "a", "Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "x"}
    listed: Json = {"Effect": "Allow", "Action": ["codecommit:gitpull"], "Resource": ["x"]}
    wider: Json = {"Effect": "Allow", "Action": ["codecommit:GitPull", "codecommit:GitPush"], "Resource": "x"}
    assert same(document(one), {"Version": "2012-10-17", "Statement": listed})
    assert not same(document(one), document(wider))
    assert not same(document(one), None)
    assert same(document(one, wider), document(wider, one))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (FULL_ACCESS["Statement"], Passage.OPEN),
        ([{"Effect": "Allow", "Action": "codecommit:Git*", "Resource": "arn:r"}], Passage.OPEN),
        ([{"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "arn:other"}], Passage.SHUT),
        ([{"Effect": "Allow", "NotAction": "codecommit:GitPush", "Resource": "*"}], Passage.OPEN),
        ([{"Effect": "Allow", "NotAction": "codecommit:*", "Resource": "*"}], Passage.SHUT),
        ([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}}], Passage.CONDITIONAL),
        (
            [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:x": "true"}}},
            ],
            Passage.CONDITIONAL,
        ),
        ([], Passage.SHUT),
    ],
)
def test_what_a_policy_lets_through(statements: list[Json], expected: Passage) -> None:
    assert passage(document(*statements), "codecommit:GitPull", "arn:r") is expected


def refused(code: str, message: str = "no", operation: str = "CreateRole") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "service", "why", "remedy", "retryable"),
    [
        (refused("AccessDenied"), "iam", "iam:CreateRole", "Ask for iam:CreateRole", False),
        (
            refused("AccessDenied", "User: x is not authorized to perform: iam:TagRole on resource: y"),
            "iam",
            "may not call iam:TagRole",
            "Ask for iam:TagRole",
            False,
        ),
        (
            refused("AccessDenied", "not authorized to perform: iam:CreateRole, explicit deny in a service control policy"),
            "iam",
            "denied by a service control policy",
            "ask its owner",
            False,
        ),
        (refused("ExpiredToken"), "sts", "expired", "Log in again", False),
        (refused("SignatureDoesNotMatch", "The request signature we calculated"), "sts", "does not accept", "Log in", False),
        (
            refused("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"),
            "sts",
            "clock",
            "Set the clock",
            False,
        ),
        (refused("Throttling"), "ec2", "throttling", "run it again", True),
        (refused("ServiceUnavailable"), "ec2", "error of its own", "run it again", True),
        (refused("LimitExceeded", "two at most"), "iam", "two at most", "quota", False),
        (refused("OperationNotAllowedException"), "codecommit", "not open to this account", "another strategy", False),
        (boto.NoCredentialsError(), "sts", "no usable AWS credentials", "Log in", False),
        (boto.UnauthorizedSSOTokenError(), "sts", "SSO login has ended", "Log in again", False),
        (boto.EndpointConnectionError(endpoint_url="https://x"), "ec2", "https://x", "HTTPS_PROXY", True),
        (boto.SSLError(endpoint_url="https://x", error="self-signed"), "ec2", "self-signed", "AWS_CA_BUNDLE", False),
    ],
)
def test_errors_say_why_and_what_to_do(
    error: ClientError | BotoCoreError, service: str, why: str, remedy: str, retryable: bool
) -> None:
    said = explain(error, service, login(None, "prod-east"))
    assert why in said.why
    assert remedy in said.remedy
    assert said.retryable is retryable


def test_an_expired_login_names_the_profile_quoted_for_a_shell() -> None:
    said = explain(refused("ExpiredToken"), "sts", login(None, "my team's"))
    assert said.command == "aws sso login --profile 'my team'\"'\"'s'"
