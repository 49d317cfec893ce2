"""The token of a GitHub App's installation, as Argo CD gets it (argo-cd ``util/git/creds.go``; bradleyfalzon/ghinstallation).

The request for it goes through the proxy of the repository that it is for, to a host of its own: ``api.github.com``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from wizard.sandbox.argocd.credentials import AppLogin
from wizard.sandbox.argocd.transport import Answer, Client, TransportError

_EARLY = timedelta(minutes=1)
"""A token is asked for anew that long before it ends."""


class AppError(Exception):
    """There is no token; the text is Argo CD's."""


class AppTokens:
    """Tokens are kept while they are good, whoever asks for them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[str, datetime]] = {}

    def token(self, app: AppLogin, client: Client) -> str:
        """The password that goes with ``x-access-token``. Raises AppError."""
        said = f"{app.private_key} {app.app_id} {app.installation_id} {app.base_url}"
        key = hashlib.sha256(said.encode()).hexdigest()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and self._clock() < kept[1] - _EARLY:
            return kept[0]
        token, end = self._fetch(app, client)
        with self._lock:
            self._kept[key] = (token, end)
        return token

    def _fetch(self, app: AppLogin, client: Client) -> tuple[str, datetime]:
        installation = app.installation_id
        if not installation.isdigit():
            raise AppError("the sandbox does not look for the installation of a GitHub App: githubAppInstallationID is needed")
        url = f"{app.base_url}/app/installations/{installation}/access_tokens"
        headers = {
            "Authorization": f"Bearer {self._signed(app)}",
            "Accept": "application/vnd.github.v3+json",
            "User-Agent": "go-github",
        }
        prefix = f"could not refresh installation id {installation}'s token: "
        try:
            answer = client.request("POST", url, headers, body=b"")
        except TransportError as error:
            raise AppError(
                f"{prefix}could not get access_token from GitHub API for installation ID {installation}: {error}"
            ) from error
        if answer.status // 100 != 2:
            raise AppError(f'{prefix}received non 2xx response status "{answer.status} {answer.reason}" when fetching {url}')
        return _granted(answer, prefix)

    def _signed(self, app: AppLogin) -> str:
        """RS256, from half a minute ago and for two minutes (ghinstallation ``appsTransport.go``)."""
        now = int(self._clock().timestamp())
        try:
            key = RSAKey.import_key(app.private_key)
            return jwt.encode({"alg": "RS256"}, {"iat": now - 30, "exp": now + 120, "iss": app.app_id}, key)
        except (JoseError, ValueError, TypeError) as error:
            # The library's own words could quote the key.
            raise AppError(
                "failed to initialize GitHub installation transport: could not parse private key: "
                "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key"
            ) from error


def _granted(answer: Answer, prefix: str) -> tuple[str, datetime]:
    try:
        said = json.loads(answer.body)
        return str(said["token"]), datetime.fromisoformat(str(said["expires_at"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AppError(f"{prefix}the answer holds no token") from error
