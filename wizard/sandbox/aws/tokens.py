"""Web-identity tokens: the JWT that a pod presents to AssumeRoleWithWebIdentity, checked as AWS STS checks it.

STS API reference, "AssumeRoleWithWebIdentity"; IAM user guide, "Create an OIDC identity provider"; RFC 7515 and RFC 7519.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

IssuerKeys = Mapping[str, Mapping[str, str]]
"""Issuer URL to key id to public key (PEM): what STS would read from the issuer's ``jwks_uri``."""


class TokenFaultError(Exception):
    """A token that STS refuses: the AWS error ``code`` and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def verify(token: str, providers: Mapping[str, tuple[str, ...]], keys: IssuerKeys, now: datetime) -> dict[str, str]:
    """The claims ``iss`` ``sub`` ``aud`` of a good token.

    ``providers`` are the account's OIDC providers: issuer URL to audiences. Raises TokenFaultError with STS's own code.
    """
    header, claims, signed, signature = _split(token)
    issuer = str(claims.get("iss", ""))
    audiences = providers.get(issuer)
    if audiences is None:
        raise TokenFaultError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {issuer}")
    pem = keys.get(issuer, {}).get(str(header.get("kid", "")))
    if pem is None:
        raise TokenFaultError("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider")
    _check_signature(str(header.get("alg")), pem, signed, signature)
    moment = int(now.timestamp())
    expires, not_before = _number(claims.get("exp")), _number(claims.get("nbf"))
    if expires is None:
        raise TokenFaultError("InvalidIdentityToken", "Missing a required claim: exp")
    if moment >= expires:
        message = f"Token expired: current date/time {moment} must be before the expiration date/time {expires}"
        raise TokenFaultError("ExpiredTokenException", message)
    if not_before is not None and moment < not_before:
        raise TokenFaultError("InvalidIdentityToken", "Token is not yet valid")
    found = claims.get("aud")
    offered = [str(a) for a in found] if isinstance(found, list) else [str(found)]
    audience = next((a for a in offered if a in audiences), None)
    if audience is None:
        raise TokenFaultError("InvalidIdentityToken", "Incorrect token audience")
    return {"iss": issuer, "sub": str(claims.get("sub", "")), "aud": audience}


def _split(token: str) -> tuple[dict[str, object], dict[str, object], bytes, bytes]:
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError
        header, claims = json.loads(_decode(parts[0])), json.loads(_decode(parts[1]))
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise ValueError
        return header, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), _decode(parts[2])
    except (ValueError, binascii.Error) as error:
        raise TokenFaultError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from error


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _check_signature(algorithm: str, pem: str, signed: bytes, signature: bytes) -> None:
    key = load_pem_public_key(pem.encode("ascii"))
    try:
        if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
            return
        if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and len(signature) == 64:
            pair = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
            key.verify(pair, signed, ec.ECDSA(SHA256()))
            return
    except InvalidSignature as error:
        raise TokenFaultError("InvalidIdentityToken", "The ID Token's signature is not valid.") from error
    raise TokenFaultError("InvalidIdentityToken", f"Token signing algorithm {algorithm} does not match the key")


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
