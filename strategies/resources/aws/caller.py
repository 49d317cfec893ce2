"""Reads who calls AWS, what time it is there, and what the account is called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import BotoCoreError, ClientError

from strategies.facts import AccountAlias, AwsClock, AwsIdentity, FactError
from strategies.ports import FactFailureError
from strategies.resources.aws.clients import AwsClients


def read_identity(clients: AwsClients) -> AwsIdentity:
    """Whose credentials these are (sts:GetCallerIdentity, which needs no permission), and until when they are valid."""
    with clients.reading("AWS identity", "sts"):
        credentials = clients.credentials()
        answer = clients.sts.get_caller_identity()
    arn = answer["Arn"]
    # botocore has no public attribute for the end of credentials; the AWS CLI's export-credentials reads this one too.
    ends = getattr(credentials, "_expiry_time", None)
    return AwsIdentity(
        account=answer["Account"],
        arn=arn,
        partition=arn.split(":")[1],
        expires_at=ends if isinstance(ends, datetime) else None,
    )


def read_clock(clients: AwsClients, clock: Callable[[], datetime]) -> AwsClock:
    """How far the clocks are apart, by the Date header (RFC 9110, 6.6.1) of STS's answer to a call without a signature.

    STS refuses that call, and says what time it is nevertheless: a clock that makes every signature void, or credentials that
    have ended, do not keep it from being read.
    """
    with clients.reading("AWS's clock", "sts"):
        try:
            headers = clients.unsigned_sts.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
        except ClientError as error:
            headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        now, told = clock(), headers.get("date", "")
    try:
        there = parsedate_to_datetime(told)
    except (TypeError, ValueError) as error:
        raise FactFailureError(FactError("AWS's answer does not say what time it is", "Read it again.")) from error
    return AwsClock((now - (there if there.tzinfo is not None else there.replace(tzinfo=UTC))).total_seconds())


def read_alias(clients: AwsClients) -> AccountAlias:
    """The account's alias (iam:ListAccountAliases); none where the operator may not read it."""
    try:
        aliases = clients.iam.list_account_aliases()["AccountAliases"]
    except (ClientError, BotoCoreError):
        return AccountAlias(None)
    return AccountAlias(aliases[0] if aliases else None)
