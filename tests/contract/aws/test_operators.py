"""Servers that differ in what the operator may do, in latency, or in what was there before."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError


def test_a_session_that_is_over_is_refused(start_account):
    """A profile whose SSO session has ended: ExpiredToken and its forms."""
    with start_account({"operator": {"session_seconds": 0}}) as expired:
        found = []
        for service, operation in (
            ("sts", "get_caller_identity"),
            ("iam", "list_roles"),
            ("ec2", "describe_vpcs"),
            ("codecommit", "list_repositories"),
        ):
            with pytest.raises(ClientError) as caught:
                getattr(expired.client(service), operation)()
            found.append(caught.value.response["Error"]["Code"])
        assert found == ["ExpiredToken", "ExpiredToken", "RequestExpired", "ExpiredTokenException"]


def test_an_operator_without_the_right_is_refused(start_account):
    """IAM user guide, "Policy evaluation logic"; GetCallerIdentity needs no permission (API_GetCallerIdentity)."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    with start_account({"operator": {"policies": {"little": policy}}}) as little:
        assert little.client("sts").get_caller_identity()["Account"] == "123456789012"
        for service, operation, code in (
            ("iam", "list_roles", "AccessDenied"),
            ("ec2", "describe_vpcs", "UnauthorizedOperation"),
            ("codecommit", "list_repositories", "AccessDeniedException"),
        ):
            with pytest.raises(ClientError) as caught:
                getattr(little.client(service), operation)()
            assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(("offset", "says"), [(420.0, "Signature expired"), (-420.0, "Signature not yet current")])
def test_a_signature_of_another_time_is_refused(start_account, offset, says):
    """IAM user guide, "AWS Signature Version 4 for API requests": five minutes; EC2's RequestExpired: fifteen."""
    with start_account({"clock_offset_seconds": offset}) as apart:
        with pytest.raises(ClientError, match=says) as caught:
            apart.client("sts").get_caller_identity()
        assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
        told = parsedate_to_datetime(caught.value.response["ResponseMetadata"]["HTTPHeaders"]["date"])
        assert abs((told - datetime.now(UTC)).total_seconds() - offset) < 60
        with pytest.raises(ClientError) as caught:
            apart.client("codecommit").list_repositories()
        assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
        assert apart.client("ec2").describe_vpcs()["Vpcs"]
    with start_account({"clock_offset_seconds": 3 * offset}) as apart:
        with pytest.raises(ClientError) as caught:
            apart.client("ec2").describe_vpcs()
        assert caught.value.response["Error"]["Code"] == "RequestExpired"


def test_a_service_may_take_longer(start_account):
    """The scenario's ``delays``."""
    slept: list[float] = []
    with start_account({"delays": {"iam": 25.0}}, sleep=slept.append) as slow:
        slow.client("sts").get_caller_identity()
        slow.client("iam").list_roles()
    assert slept == [25.0]


def test_latency_is_added_to_each_call(start_account):
    """The sandbox's ``--latency``."""
    slept: list[float] = []
    with start_account(latency=0.15, sleep=slept.append) as slow:
        slow.client("sts").get_caller_identity()
        slow.client("codecommit").list_repositories()
    assert slept == [0.15, 0.15]


def test_nothing_is_left_for_the_next_server(start_account):
    """moto's state lives in the process."""
    with start_account() as first:
        first.client("codecommit").create_repository(repositoryName="left-over")
        key = first.server.operator.access_key_id
        with pytest.raises(RuntimeError), start_account():
            pass
    with start_account() as second:
        assert second.client("codecommit").list_repositories()["repositories"] == []
        assert second.server.credential(key) is None
