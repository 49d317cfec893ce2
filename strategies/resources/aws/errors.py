"""What botocore raises, said once in the operator's words: what happened, why, and what to do now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from strategies.common.logins import Login
from strategies.facts import FactError
from strategies.ports import FactFailureError, ResourceError

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation", "403"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
INVALID_KEYS = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId", "InvalidSignatureException"}
    | {"SignatureDoesNotMatch"}
)
THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
    | {"RequestThrottled", "RequestThrottledException", "EC2ThrottledException"}
)
QUOTA = frozenset(
    {"LimitExceeded", "LimitExceededException", "VpcEndpointLimitExceeded", "SecurityGroupLimitExceeded"}
    | {"MaximumRepositoryNamesExceededException", "RulesPerSecurityGroupLimitExceeded"}
)
_SERVER_SIDE = frozenset(
    {"InternalError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException", "ServiceFailure", "Unavailable"}
    | {"InternalServiceError", "500", "502", "503", "504"}
)
_WRONG_TIME = ("Signature expired", "Signature not yet current")
"""How the message begins when the signature is of another time, and not of another key."""
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")
_CONSTRAINED = re.compile(r"explicit deny in an? ([a-z -]+ polic(?:y|ies))|no ([a-z -]+ polic(?:y|ies)) allows", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Explained:
    """An error in the operator's words; ``retryable`` when the same call may succeed a moment later."""

    why: str
    remedy: str
    command: str | None = None
    retryable: bool = False


def code(error: ClientError) -> str:
    """The AWS error code (``EntityAlreadyExists``)."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explain(error: ClientError | BotoCoreError, service: str, login: Login) -> Explained:
    """Say in the operator's words what an AWS call of ``service`` ended with; ``login`` gets fresh credentials."""
    if isinstance(error, ClientError):
        return _explain_answer(error, service, login)
    return _explain_transport(error, login)


def _explain_answer(error: ClientError, service: str, login: Login) -> Explained:
    kind = code(error)
    call = f"{service}:{error.operation_name}"
    message = str(error.response.get("Error", {}).get("Message", "")).strip() or kind
    if kind in DENIED:
        return _explain_denial(message, call)
    if kind in EXPIRED:
        return Explained("the AWS credentials have expired", login.text, login.command)
    if kind in INVALID_KEYS and message.startswith(_WRONG_TIME):
        return Explained(
            f"this machine's clock is too far from AWS's ({message})", "Set the clock.", "timedatectl set-ntp true"
        )
    if kind in INVALID_KEYS:
        return Explained(f"AWS does not accept the credentials ({kind})", login.text, login.command)
    if kind in THROTTLED:
        return Explained(f"AWS is throttling {call}", "Wait a moment and run it again.", retryable=True)
    if kind in _SERVER_SIDE:
        return Explained(f"AWS had an error of its own ({kind})", "Wait a moment and run it again.", retryable=True)
    if kind in QUOTA:
        return Explained(message, f"A quota is used up ({kind}): remove what is no longer needed, or have it raised.")
    if kind == "OperationNotAllowedException" and service == "codecommit":
        return Explained(
            "CodeCommit is not open to this account",
            "Ask AWS Support to open CodeCommit for this account, or choose another strategy.",
        )
    if kind == "EncryptionKeyAccessDeniedException":
        return Explained(
            message,
            "The key's policy must let the operator use it: kms:Encrypt, kms:Decrypt, kms:ReEncrypt*, "
            "kms:GenerateDataKey*, kms:DescribeKey.",
        )
    return Explained(f"{message} ({kind})", f"{call} was refused: mend what AWS names, then run it again.")


def _explain_denial(message: str, call: str) -> Explained:
    found = _ACTION.search(message)
    action = found.group(1) if found else call
    constrained = _CONSTRAINED.search(message)
    explicit = constrained is not None and constrained.group(1) is not None
    policy = "" if constrained is None else (constrained.group(1) or constrained.group(2)).strip()
    # That no identity policy allows it is the ordinary case: one more statement mends it.
    if policy and (explicit or not policy.startswith("identity-based")):
        a_policy = f"{'an' if policy[0] in 'aeiou' else 'a'} {policy}"
        return Explained(
            f"{action} is denied by {a_policy}",
            f"Nothing can grant what {a_policy} withholds: ask its owner to let {action} through.",
        )
    return Explained(
        f"the credentials may not call {action}",
        f"Ask for {action}; docs/examples has the least-privilege policies for the operator, operator-policy-*.json.",
    )


def _explain_transport(error: BotoCoreError, login: Login) -> Explained:
    text = str(error)
    match error:
        case boto.ProfileNotFound():
            return Explained(text, "Choose a profile of the AWS configuration files.", "aws configure list-profiles")
        case boto.NoCredentialsError() | boto.PartialCredentialsError() | boto.CredentialRetrievalError():
            return Explained("no usable AWS credentials were found: " + text, login.text, login.command)
        case boto.UnauthorizedSSOTokenError() | boto.SSOError() | boto.TokenRetrievalError():
            return Explained("the SSO login has ended", login.text, login.command)
        case boto.NoRegionError():
            return Explained("no AWS region is set", "Answer aws.region, or set AWS_REGION.")
        case boto.ProxyConnectionError():
            return Explained(text, "The proxy that HTTPS_PROXY names does not answer: correct it, or add the host to NO_PROXY.")
        case boto.SSLError():
            return Explained(
                text,
                "The server's certificate is not trusted: name a bundle that holds the private CA in AWS_CA_BUNDLE.",
            )
        case (
            boto.EndpointConnectionError() | boto.ConnectTimeoutError() | boto.ReadTimeoutError() | boto.ConnectionClosedError()
        ):
            return Explained(
                text,
                "Check this machine's way to AWS: the region's name, VPN, HTTPS_PROXY and NO_PROXY.",
                retryable=True,
            )
        case _:
            return Explained(text, "Check the AWS configuration of this machine.")


@contextmanager
def as_resource_error(what: str, service: str, login: Callable[[], Login]) -> Iterator[None]:
    """Turn what botocore raises inside into a ``ResourceError`` whose ``what`` names the thing (``make IAM role x``)."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        said = explain(error, service, login())
        remedy = said.remedy if said.command is None else f"{said.remedy} Command: {said.command}"
        raise ResourceError(what, said.why, remedy, retryable=said.retryable) from error


@contextmanager
def as_fact_failure(what: str, service: str, login: Callable[[], Login]) -> Iterator[None]:
    """Turn what botocore raises inside into a ``FactFailureError``; ``what`` names what was being read."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        said = explain(error, service, login())
        raise FactFailureError(FactError(f"{what}: {said.why}", said.remedy, said.command)) from error
