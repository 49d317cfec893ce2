"""Service account tokens: signed as kube-apiserver signs them, and told apart from those that it would refuse."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from wizard.sandbox.cluster.objects import Json, Object, User, dig, mapping, strings, text

SERVICE_ACCOUNT_GROUPS = ("system:serviceaccounts", "system:authenticated")


class TokenIssuer:
    """Signs and reads bound service account tokens (RFC 7519; kubernetes ``pkg/serviceaccount/claims.go``).

    ``issuer`` has its scheme; ``key`` is RSA, tokens are RS256; ``clock`` gives the time that expiry is judged by.
    """

    def __init__(self, issuer: str, key: RSAPrivateKey, clock: Callable[[], datetime]) -> None:
        self.issuer = issuer
        self._clock = clock
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # The key id is the hash of the key, as `keyIDFromPublicKey` of kubernetes makes it.
        self._kid = base64.urlsafe_b64encode(hashlib.sha256(public).digest()).rstrip(b"=").decode()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = RSAKey.import_key(pem, {"kid": self._kid, "use": "sig", "alg": "RS256"})

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences by which the API server itself is meant, the default one first."""
        return (self.issuer, "https://kubernetes.default.svc")

    @property
    def jwks(self) -> Object:
        """The public keys (RFC 7517)."""
        keys: Object = {"keys": [json.loads(json.dumps(self._key.as_dict(private=False)))]}
        return keys

    def sign(self, account: Object, audiences: Sequence[str], ttl: float, pod: Object | None = None) -> tuple[str, datetime]:
        """A token of a service account (its object) for ``ttl`` seconds, bound to ``pod`` when given; and when it ends."""
        now = int(self._clock().timestamp())
        namespace, name = text(dig(account, "metadata", "namespace")), text(dig(account, "metadata", "name"))
        kubernetes: Object = {
            "namespace": namespace,
            "serviceaccount": {"name": name, "uid": dig(account, "metadata", "uid")},
        }
        if pod is not None:
            kubernetes["pod"] = {"name": dig(pod, "metadata", "name"), "uid": dig(pod, "metadata", "uid")}
        listed: list[Json] = list(audiences or self.audiences[:1])
        claims: Object = {
            "aud": listed,
            "exp": now + int(ttl),
            "iat": now,
            "iss": self.issuer,
            "jti": secrets.token_hex(16),
            "kubernetes.io": kubernetes,
            "nbf": now,
            "sub": f"system:serviceaccount:{namespace}:{name}",
        }
        token = jwt.encode({"alg": "RS256", "kid": self._kid}, dict(claims), self._key)
        return token, datetime.fromtimestamp(now + int(ttl), tz=self._clock().tzinfo)

    def read(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, Object] | None:
        """Whose token it is, with its claims; None when it is forged, expired or meant for somebody else."""
        try:
            decoded: Json = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        claims = mapping(decoded)
        now = self._clock().timestamp()
        starts, ends = claims.get("nbf"), claims.get("exp")
        if not isinstance(starts, int) or not isinstance(ends, int) or not starts <= now < ends:
            return None
        if claims.get("iss") != self.issuer or not set(audiences or self.audiences) & set(strings(claims.get("aud"))):
            return None
        namespace = text(dig(claims, "kubernetes.io", "namespace"))
        groups = (SERVICE_ACCOUNT_GROUPS[0], f"system:serviceaccounts:{namespace}", SERVICE_ACCOUNT_GROUPS[1])
        uid = text(dig(claims, "kubernetes.io", "serviceaccount", "uid"))
        return User(text(claims.get("sub")), groups, uid), claims
