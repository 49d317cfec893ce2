"""Verifies CodeCommit's HTTPS Git passwords: SigV4 ones with botocore's signer, static ones by comparison.

The form of a signed password is that of the AWS CLI's ``codecommit credential-helper`` (awscli/customizations/codecommit.py):
user name ``ACCESS_KEY_ID`` or ``ACCESS_KEY_ID%SESSION_TOKEN``, password ``YYYYMMDDTHHMMSSZ`` followed by the signature in hex.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from wizard.sandbox.aws.views import Credential

VALIDITY = timedelta(minutes=15)
"""AWS CodeCommit user guide, "Troubleshooting the credential helper": a signature is good for 15 minutes."""

_SIGNED = re.compile(r"(\d{8}T\d{6})Z([0-9a-f]{64})")


class CredentialStore(Protocol):
    """Where keys and static passwords are looked up: the sandbox's AWS account."""

    def credential(self, access_key_id: str) -> Credential | None:
        """The key with this id, expired or not."""

    def service_password(self, user_name: str) -> tuple[str, str] | None:
        """Password and user ARN of an active service-specific credential, by its generated user name."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a password was not accepted; for the sandbox's log, CodeCommit itself says 403 and no more."""

    why: str


def verify(
    user_name: str, password: str, *, host: str, path: str, region: str, store: CredentialStore, now: Callable[[], datetime]
) -> str | Refused:
    """The ARN of the principal that this user name and password prove, or why they prove nothing.

    ``path`` is the repository's path exactly as it stands in the URL: the signature covers it.
    """
    static = store.service_password(user_name)
    if static is not None:
        expected_password, user_arn = static
        if hmac.compare_digest(expected_password.encode(), password.encode()):
            return user_arn
        return Refused("wrong password of a service-specific credential")
    match = _SIGNED.fullmatch(password)
    if match is None:
        return Refused("neither a signed password nor that of a service-specific credential")
    access_key_id, _, token = user_name.partition("%")
    credential = store.credential(access_key_id)
    if credential is None:
        return Refused(f"unknown access key {access_key_id}")
    if (credential.session_token or "") != token:
        return Refused("the session token is missing or wrong")
    moment = now()
    if credential.expired(moment):
        return Refused(f"the session of {credential.principal_arn} has ended")
    stamp, signature = match.groups()
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return Refused(f"no such time: {stamp}")
    if abs(moment - signed_at) > VALIDITY:
        return Refused(f"signed at {stamp}Z, more than 15 minutes from now ({moment:%Y%m%dT%H%M%SZ})")
    expected = _signature(access_key_id, credential.secret_access_key, stamp, host=host, path=path, region=region)
    if not hmac.compare_digest(expected, signature):
        return Refused("the signature does not match (key, path, host or region differ)")
    return credential.principal_arn


def _signature(access_key_id: str, secret: str, stamp: str, *, host: str, path: str, region: str) -> str:
    signer = SigV4Auth(Credentials(access_key_id, secret), "codecommit", region)
    request = AWSRequest(method="GIT", url=f"https://{host}{path}")
    # No Z here, unlike every other SigV4 timestamp.
    request.context["timestamp"] = stamp
    canonical = f"GIT\n{path}\n\nhost:{host}\n\nhost\n"
    return str(signer.signature(signer.string_to_sign(request, canonical), request))
