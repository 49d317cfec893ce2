"""The AWS API of the sandbox on 127.0.0.1: what ``AWS_ENDPOINT_URL`` points to."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from wizard.sandbox.aws.views import Call, Credential, EndpointView


class AwsServer:
    """One AWS account in this process, served over HTTP on a free port of 127.0.0.1.

    ``scenario`` is the ``aws:`` part of a scenario file (see ``wizard.sandbox.aws.scenario.AwsScenario``). ``git_root`` is the
    folder with one bare Git repository for each CodeCommit repository (``NAME.git``). ``issuer_keys`` are the public keys that
    may have signed a projected service account token: issuer URL to key id to PEM. ``clock`` is the sandbox's own clock (with
    time zone); ``latency`` in seconds is added to every API call by ``sleep``.

    moto keeps its state in the process, so only one server can run at a time in one process; ``stop`` empties that state.
    """

    def __init__(
        self,
        scenario: Mapping[str, object],
        *,
        git_root: Path,
        issuer_keys: Mapping[str, Mapping[str, str]],
        clock: Callable[[], datetime],
        latency: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        raise NotImplementedError

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``; only while the server runs."""
        raise NotImplementedError

    def start(self) -> None:
        """Fill the account and serve it; returns when calls are answered. Raises RuntimeError when one runs already."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop serving and forget everything. Stopping twice does nothing."""
        raise NotImplementedError

    @property
    def operator(self) -> Credential:
        """What the operator's profile holds (session credentials of the scenario's identity)."""
        raise NotImplementedError

    def credential(self, access_key_id: str) -> Credential | None:
        """The operator's, a user's or an issued temporary credential; expired ones too, until the server stops."""
        raise NotImplementedError

    def service_password(self, user_name: str) -> tuple[str, str] | None:
        """Password and user ARN of an active service-specific credential, by its generated user name (``NAME-at-ACCOUNT``)."""
        raise NotImplementedError

    def allowed(self, principal_arn: str, action: str, resource_arn: str) -> bool:
        """What the identity's policies (and permissions boundary) say of an action (``codecommit:GitPull``) on a resource."""
        raise NotImplementedError

    def endpoint(self, service_short_name: str) -> EndpointView | None:
        """The available interface endpoint with private DNS for ``git-codecommit``, ``sts`` ...; None when there is none."""
        raise NotImplementedError

    def calls(self) -> list[Call]:
        """Every API call so far, in the order in which they ended."""
        raise NotImplementedError
