"""AWS errors in the form of each service's protocol, for what is refused before a service sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

REQUEST_ID = "00000000-0000-4000-8000-000000000000"
SIGNATURE_LIFETIME = timedelta(minutes=5)
"""IAM user guide, "AWS Signature Version 4 for API requests": a request must arrive within five minutes of its time stamp."""
EC2_SIGNATURE_LIFETIME = timedelta(minutes=15)
"""EC2 API reference, "Common client error codes": RequestExpired."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error: HTTP status, AWS error code, message."""

    status: int
    code: str
    message: str

    def render(self, service: str, *, json_protocol: bool) -> tuple[str, bytes]:
        """Content type and body (botocore's ``parsers`` module describes the three forms)."""
        if json_protocol:
            body = json.dumps({"__type": self.code, "message": self.message})
            return "application/x-amz-json-1.1", body.encode("utf-8")
        error = f"<Code>{escape(self.code)}</Code><Message>{escape(self.message)}</Message>"
        if service == "ec2":
            xml = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
        else:
            error = f"<Error><Type>Sender</Type>{error}</Error>"
            xml = f"<ErrorResponse>{error}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        return "text/xml", xml.encode("utf-8")


def not_implemented(service: str, operation: str) -> Fault:
    """A call that the sandbox has no answer for; 400, so that no SDK tries it again."""
    return Fault(400, "NotImplementedInSandbox", f"The sandbox does not implement {service}:{operation}")


def internal(error: Exception) -> Fault:
    """A mistake of the sandbox itself."""
    return Fault(500, "InternalFailure", f"The sandbox failed: {type(error).__name__}: {error}")


def unauthenticated() -> Fault:
    """A request without a signature."""
    return Fault(403, "MissingAuthenticationToken", "Request is missing Authentication Token")


def invalid_token(service: str, *, json_protocol: bool) -> Fault:
    """An access key that AWS does not know, or a session token that does not belong to it."""
    if service == "ec2":
        return Fault(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    code = "UnrecognizedClientException" if json_protocol else "InvalidClientTokenId"
    return Fault(400 if json_protocol else 403, code, "The security token included in the request is invalid.")


def expired_token(service: str, *, json_protocol: bool) -> Fault:
    """A session that is over."""
    if service == "ec2":
        return Fault(400, "RequestExpired", "Request has expired.")
    code = "ExpiredTokenException" if json_protocol else "ExpiredToken"
    return Fault(400 if json_protocol else 403, code, "The security token included in the request is expired")


def bad_signature(service: str, *, json_protocol: bool) -> Fault:
    """A signature that another secret key made."""
    if service == "ec2":
        return Fault(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    code = "InvalidSignatureException" if json_protocol else "SignatureDoesNotMatch"
    message = "The request signature we calculated does not match the signature you provided."
    return Fault(400 if json_protocol else 403, code, message)


def wrong_time(service: str, signed: str, now: datetime, *, json_protocol: bool) -> Fault:
    """A signature whose time (``signed``, as in X-Amz-Date) is too far from AWS's own ``now``."""
    if service == "ec2":
        return Fault(400, "RequestExpired", "Request has expired.")
    minutes = int(SIGNATURE_LIFETIME.total_seconds() // 60)
    present, early, late = (f"{t:%Y%m%dT%H%M%SZ}" for t in (now, now - SIGNATURE_LIFETIME, now + SIGNATURE_LIFETIME))
    if signed < early:
        message = f"Signature expired: {signed} is now earlier than {early} ({present} - {minutes} min.)"
    else:
        message = f"Signature not yet current: {signed} is still later than {late} ({present} + {minutes} min.)"
    code = "InvalidSignatureException" if json_protocol else "SignatureDoesNotMatch"
    return Fault(400 if json_protocol else 403, code, message)


def denied(
    service: str, principal: str, action: str, resource: str | None, policy: str, *, explicit: bool, json_protocol: bool
) -> Fault:
    """An action that is not allowed on this resource (None: on any), and the kind of policy that decided.

    IAM user guide, "Troubleshoot access denied error messages".
    """
    where = "" if resource is None else f" on resource: {resource}"
    reason = f"because no {policy} allows the {action} action"
    if explicit:
        reason = f"with an explicit deny in {'an' if policy[0] in 'aeiou' else 'a'} {policy}"
    message = f"User: {principal} is not authorized to perform: {action}{where} {reason}"
    if service == "ec2":
        return Fault(403, "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}")
    code = "AccessDeniedException" if json_protocol else "AccessDenied"
    return Fault(400 if json_protocol else 403, code, message)
