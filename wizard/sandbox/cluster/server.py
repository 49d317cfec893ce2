"""The cluster's API server: HTTPS on loopback, started and stopped in this process."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import JsonValue

from wizard.sandbox.cluster.api import Api
from wizard.sandbox.cluster.controllers import Controllers
from wizard.sandbox.cluster.kinds import type_named, type_of
from wizard.sandbox.cluster.objects import Call, Object, User
from wizard.sandbox.cluster.olm import Olm
from wizard.sandbox.cluster.registry import Registry
from wizard.sandbox.cluster.scenario import ClusterScenario
from wizard.sandbox.cluster.seed import manifests
from wizard.sandbox.cluster.storage import Storage
from wizard.sandbox.cluster.store import Store
from wizard.sandbox.cluster.tokens import TokenIssuer
from wizard.sandbox.cluster.transport import Listener

if TYPE_CHECKING:
    import trustme
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SEEDER = "cluster-bootstrap"


class ClusterServer:
    """A Kubernetes API on 127.0.0.1.

    ``scenario`` is the ``cluster:`` section (validated here: pydantic's ValidationError); ``ca`` signs the server's
    certificate; ``issuer_key`` signs service account tokens; ``clock`` gives the sandbox's time, with time zone; ``latency``
    (seconds) is added to each request. ``store`` is the same world without HTTP, for the other stand-ins. Set ``logs`` to a
    function of namespace, pod and container to serve ``pods/log``. ``olm`` installs operators while the server runs.
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
        self._scenario = scenario if isinstance(scenario, ClusterScenario) else ClusterScenario.model_validate(scenario)
        self._ca = ca
        self._latency = latency
        self._issuer = TokenIssuer(f"https://{self._scenario.issuer}", issuer_key, clock)
        self._registry = Registry(Storage(), clock)
        self._operator_token = f"sha256~{secrets.token_urlsafe(32)}"
        operator = self._scenario.operator
        groups = (*operator.groups, "system:authenticated:oauth", "system:authenticated")
        self._users = {} if operator.expired else {self._operator_token: User(operator.user, groups)}
        self._stopped = threading.Event()
        self._api = Api(
            self._registry,
            self._issuer,
            self._users,
            kubernetes_version=self._scenario.kubernetes_version,
            clock=clock,
            running=lambda: not self._stopped.is_set(),
        )
        self._calls: list[Call] = []
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self.store = Store(self._registry)
        self.olm = Olm(self.store, self._scenario.catalog, clock)
        self._closed_port: socket.socket | None = None
        self._stop_controllers = Controllers(self._registry, self.ca_pem.decode()).start()
        for obj in manifests(self._scenario):
            self._registry.create(type_of(obj), obj, _SEEDER, with_status=True)

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1 and answer from threads of this process."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("127.0.0.1", "localhost", "kubernetes.default.svc").configure_cert(tls)
        self._listener = Listener(self._api, tls, self._latency, self._calls.append)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, name="cluster-api", daemon=True
        )
        self._thread.start()
        self.olm.start()

    def stop(self) -> None:
        """Stop listening, end open watches and connections. Stopped already is no error."""
        self._stopped.set()
        self.olm.stop()
        self._stop_controllers()
        if self._closed_port is not None:
            self._closed_port.close()
        self._registry.storage.wake()
        if self._listener is None or self._thread is None:
            return
        self._listener.shutdown()
        self._listener.hang_up()
        self._listener.server_close()
        self._thread.join()
        self._listener = self._thread = None

    @property
    def url(self) -> str:
        """``https://127.0.0.1:PORT``; only after ``start``."""
        if self._listener is None:
            raise RuntimeError("the cluster's API server is not started")
        return f"https://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def ca_pem(self) -> bytes:
        """The CA certificate, PEM."""
        return self._ca.cert_pem.bytes()

    @property
    def issuer_jwks(self) -> Object:
        """The issuer's public keys, as its ``/openid/v1/jwks`` gives them (RFC 7517)."""
        return self._issuer.jwks

    @property
    def operator_token(self) -> str:
        """The bearer token of the operator."""
        return self._operator_token

    @property
    def logs(self) -> Callable[[str, str, str], str | None]:
        """Gives the log of namespace, pod, container; None when there is none."""
        return self._api.logs

    @logs.setter
    def logs(self, source: Callable[[str, str, str], str | None]) -> None:
        self._api.logs = source

    def kubeconfig(self, path: Path) -> None:
        """Write a kubeconfig (0600) with the scenario's context name and the operator's token."""
        context = self._scenario.context
        user = f"{self._scenario.operator.user}/{context}"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": context,
                    "cluster": {
                        "server": self.url if self._scenario.reachable else self._closed(),
                        "certificate-authority-data": base64.b64encode(self.ca_pem).decode(),
                    },
                }
            ],
            "users": [{"name": user, "user": {"token": self._operator_token}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": user, "namespace": "default"}}],
            "current-context": context,
        }
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file, sort_keys=False)

    def _closed(self) -> str:
        """A URL at which every connection is refused: a port that is taken until the end, and at which nobody listens."""
        if self._closed_port is None:
            self._closed_port = socket.socket()
            self._closed_port.bind(("127.0.0.1", 0))
        return f"https://127.0.0.1:{self._closed_port.getsockname()[1]}"

    def token(
        self,
        namespace: str,
        service_account: str,
        audiences: Sequence[str] = (),
        ttl: float = 3600.0,
        *,
        pod: str | None = None,
    ) -> str:
        """A token of a service account as TokenRequest signs it (RS256), valid for ``ttl`` seconds on the sandbox's clock.

        No audience means the API server's own. Raises ApiError (404) when there is no such service account or ``pod``.
        """
        account = self._registry.get(type_named("ServiceAccount"), namespace, service_account)
        bound = self._registry.get(type_named("Pod"), namespace, pod) if pod else None
        return self._issuer.sign(account, audiences, ttl, bound)[0]

    def calls(self) -> tuple[Call, ...]:
        """Every request answered so far, oldest first (by their end). Watches are not among them."""
        return tuple(self._calls)
