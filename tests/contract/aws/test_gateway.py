"""What every service shares: who may call, what is recorded, and what the sandbox does not have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

CALLS = [
    ("sts", "get_caller_identity", {}),
    ("iam", "list_roles", {}),
    ("ec2", "describe_vpcs", {}),
    ("codecommit", "list_repositories", {}),
]


def codes(account, credential):
    found = []
    for service, operation, arguments in CALLS:
        with pytest.raises(ClientError) as caught:
            getattr(account.client(service, credential), operation)(**arguments)
        found.append(caught.value.response["Error"]["Code"])
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"access_key_id": "ASIAUNKNOWNUNKNOWN00"},
            ["InvalidClientTokenId", "InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException"],
        ),
        (
            {"session_token": "another"},
            ["InvalidClientTokenId", "InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException"],
        ),
        (
            {"secret_access_key": "wrong"},
            ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException"],
        ),
    ],
)
def test_credentials_that_are_refused(account, changes, expected):
    """IAM API reference, "Common errors"; EC2 API reference, "Error codes"; CodeCommit API reference, "Common errors"."""
    assert codes(account, replace(account.server.operator, **changes)) == expected


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("s3", "list_buckets", {}),
        ("rds", "describe_db_instances", {}),
        ("codecommit", "list_pull_requests", {"repositoryName": "x"}),
        ("sts", "decode_authorization_message", {"EncodedMessage": "x"}),
        ("ec2", "describe_verified_access_groups", {}),
    ],
)
def test_what_the_sandbox_does_not_have_is_said_plainly(account, service, operation, arguments):
    """A 400, which no SDK tries again, instead of moto's page of HTML with status 500."""
    with pytest.raises(ClientError) as caught:
        getattr(account.client(service), operation)(**arguments)
    assert caught.value.response["Error"]["Code"] == "NotImplementedInSandbox"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_calls_are_recorded(account):
    """The benchmark computes the longest chain of dependent calls from these."""
    before = len(account.server.calls())
    codecommit = account.client("codecommit")
    codecommit.create_repository(repositoryName="recorded")
    with pytest.raises(ClientError):
        codecommit.create_repository(repositoryName="recorded")
    codecommit.get_repository(repositoryName="recorded")
    calls = account.server.calls()[before:]
    assert [(c.service, c.operation, c.mutating, c.status, c.error) for c in calls] == [
        ("codecommit", "CreateRepository", True, 200, None),
        ("codecommit", "CreateRepository", True, 400, "RepositoryNameExistsException"),
        ("codecommit", "GetRepository", False, 200, None),
    ]
    assert all(call.started <= call.ended for call in calls)
