"""api.github.com, as far as GitHub Apps need it: an installation's token for whoever signs with the App's key.

GitHub Docs, "Generating a JSON Web Token (JWT) for a GitHub App", "Generating an installation access token for a GitHub App".
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from wizard.sandbox.scenario import GitHubApp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TOKENS = re.compile(r"/app/installations/([0-9]{1,18})/access_tokens")
_LONGEST = 600
"""Seconds that such a token may be good for ("exp")."""
_SKEW = 60
"""Seconds that a signer's clock may run ahead ("iat"): the page advises to set it that far back."""
_EXPIRY = "'Expiration time' claim ('exp')"
VALIDITY = timedelta(hours=1)
"""How long an installation's token is good for."""


class Apps:
    """The Apps that are installed in the organisation, each with a key of its own that is made with the world."""

    def __init__(self, apps: Sequence[GitHubApp], organisation: str, clock: Callable[[], datetime]) -> None:
        self._apps = {app.id: app for app in apps}
        self._keys = {app.id: rsa.generate_private_key(public_exponent=65537, key_size=2048) for app in apps}
        self._organisation = organisation
        self._clock = clock
        self._lock = Lock()
        self._granted: dict[str, tuple[GitHubApp, datetime]] = {}

    def variables(self) -> dict[str, str]:
        """The environment variables in which the operator has the private keys (PEM, as GitHub hands them out: PKCS #1)."""
        return {
            app.key_variable: self._keys[identity]
            .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
            .decode()
            .strip()
            for identity, app in self._apps.items()
        }

    def lets_read(self, token: str, repository: str) -> bool:
        """Whether an installation's token opens a repository (``owner/name``, in lower case)."""
        with self._lock:
            app, end = self._granted.get(token, (None, None))
        if app is None or end is None or self._clock() >= end:
            return False
        return repository in {f"{self._organisation}/{name}".lower() for name in app.repositories}

    def api(self) -> WSGIApplication:
        """The application that answers for ``https://api.github.com``."""

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            status, answer = self._answer(environ)
            body = json.dumps(answer).encode()
            start_response(status, [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))])
            return [body]

        return application

    def _answer(self, environ: WSGIEnvironment) -> tuple[str, dict[str, object]]:
        asked = _TOKENS.fullmatch(str(environ.get("PATH_INFO", "")))
        if not environ.get("HTTP_USER_AGENT"):  # "Getting started with the REST API": requests without one are rejected
            return "403 Forbidden", {"message": "Request forbidden by administrative rules."}
        if asked is None or environ["REQUEST_METHOD"] != "POST":
            return "404 Not Found", {"message": "Not Found"}
        kind, _, token = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
        if kind.lower() != "bearer" or not token:
            return "401 Unauthorized", {"message": "A JSON web token could not be decoded"}
        app = self._signer(token.strip())
        if isinstance(app, str):
            return "401 Unauthorized", {"message": app}
        if app.installation_id != int(asked[1]):
            return "404 Not Found", {"message": "Not Found"}
        granted, end = f"ghs_{secrets.token_hex(18)}", self._clock() + VALIDITY
        with self._lock:
            self._granted[granted] = (app, end)
        permissions = {"contents": "read", "metadata": "read"}
        return "201 Created", {
            "token": granted, "expires_at": f"{end:%Y-%m-%dT%H:%M:%SZ}", "permissions": permissions,
            "repository_selection": "selected",
        }  # fmt: skip

    def _signer(self, token: str) -> GitHubApp | str:
        """The App whose key signed, or what GitHub says."""
        now = self._clock().timestamp()
        for identity, key in self._keys.items():
            public = RSAKey.import_key(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
            try:
                claims = jwt.decode(token, public, algorithms=["RS256"]).claims
            except (JoseError, ValueError):
                continue
            issued, end = claims.get("iat"), claims.get("exp")
            if str(claims.get("iss")) != str(identity):
                return "'Issuer' claim ('iss') must be an Integer"
            if not isinstance(issued, int | float) or issued > now + _SKEW:
                return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
            if not isinstance(end, int | float) or end <= now:
                return f"{_EXPIRY} must be a numeric value representing the future time at which the assertion expires"
            if end > now + _LONGEST + _SKEW:
                return f"{_EXPIRY} is too far in the future"
            return self._apps[identity]
        return "A JSON web token could not be decoded"
