"""AWS errors in the form of each service's protocol, for what is refused before a service sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

REQUEST_ID = "00000000-0000-4000-8000-000000000000"


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


def denied(service: str, principal: str, action: str, resource: str | None, *, json_protocol: bool) -> Fault:
    """An action that the caller's policies do not allow on this resource (None: on any)."""
    where = "" if resource is None else f" on resource: {resource}"
    message = (
        f"User: {principal} is not authorized to perform: {action}{where} "
        f"because no identity-based policy allows the {action} action"
    )
    if service == "ec2":
        return Fault(403, "UnauthorizedOperation", f"You are not authorized to perform this operation. {message}")
    code = "AccessDeniedException" if json_protocol else "AccessDenied"
    return Fault(400 if json_protocol else 403, code, message)
