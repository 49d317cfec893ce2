"""The cluster's API server: HTTPS on loopback, started and stopped in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from wizard.sandbox.cluster.objects import Call, Object
from wizard.sandbox.cluster.scenario import ClusterScenario
from wizard.sandbox.cluster.store import Store

if TYPE_CHECKING:
    import trustme
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class ClusterServer:
    """A Kubernetes API on 127.0.0.1.

    ``scenario`` is the ``cluster:`` section (validated here: pydantic's ValidationError); ``ca`` signs the server's
    certificate; ``issuer_key`` signs service account tokens; ``clock`` gives the sandbox's time, with time zone; ``latency``
    (seconds) is added to each request. ``store`` is the same world without HTTP, for the other stand-ins.
    """

    store: Store

    def __init__(
        self,
        scenario: Mapping[str, JsonValue] | ClusterScenario,
        *,
        ca: trustme.CA,
        issuer_key: RSAPrivateKey,
        clock: Callable[[], datetime],
        latency: float = 0.0,
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1 and answer from threads of this process."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop listening, end open watches, join the threads. Stopped already is no error."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """``https://127.0.0.1:PORT``; only after ``start``."""
        raise NotImplementedError

    @property
    def ca_pem(self) -> bytes:
        """The CA certificate, PEM."""
        raise NotImplementedError

    @property
    def issuer_jwks(self) -> Object:
        """The issuer's public keys, as its ``/openid/v1/jwks`` gives them (RFC 7517)."""
        raise NotImplementedError

    def kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig (0600) with the scenario's context name and the operator's token."""
        raise NotImplementedError

    def token(
        self, namespace: str, service_account: str, audiences: Sequence[str] = (), ttl: float = 3600.0, *, pod: str | None = None
    ) -> str:
        """A token of a service account as the TokenRequest API signs it (RS256), valid for ``ttl`` seconds on the sandbox's clock.

        No audience means the API server's own. Raises ApiError (404) when there is no such service account.
        """
        raise NotImplementedError

    def calls(self) -> tuple[Call, ...]:
        """Every request answered so far, oldest first."""
        raise NotImplementedError
