"""A cluster of the sandbox, and the product's client of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

import wizard.sandbox
from strategies.base import Json
from strategies.resources.cluster import kubeconfig
from strategies.resources.cluster.client import KubeClient
from wizard.sandbox.cluster.server import ClusterServer

SCENARIO = Path(wizard.sandbox.__file__).parent / "scenarios" / "healthy.cluster.yaml"


@dataclass
class Cluster:
    """The server and the environment of somebody who is logged in to it."""

    server: ClusterServer
    environ: dict[str, str]

    def client(self, context: str | None = None) -> KubeClient:
        """A client of its own."""
        return KubeClient(partial(kubeconfig.login, self.environ, context), now)


def now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def authority() -> tuple[trustme.CA, rsa.RSAPrivateKey]:
    """A CA and an issuer key: making them takes longer than starting a server."""
    return trustme.CA(), rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def cluster(authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path) -> Iterator[Cluster]:
    """A fresh healthy cluster."""
    document: dict[str, dict[str, Json]] = yaml.safe_load(SCENARIO.read_text())
    server = ClusterServer(document.get("cluster", document), ca=authority[0], issuer_key=authority[1], clock=now)
    server.start()
    file = tmp_path / "kubeconfig"
    server.kubeconfig(file)
    yield Cluster(server, {"KUBECONFIG": str(file), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    server.stop()


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    """The operator's client."""
    return cluster.client()
