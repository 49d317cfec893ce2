"""A cluster of the sandbox, and the product's client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import JsonValue

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

    def edit(self, manager: str, kind: str, namespace: str, name: str, patch: dict[str, Json]) -> None:
        """Somebody else merges ``patch`` into an object."""
        found = self.server.store.get(kind, namespace, name)
        assert found is not None
        self.server.store.update(_merged(found, patch), manager=manager)


def _merged(old: Mapping[str, Json], patch: Mapping[str, Json]) -> dict[str, Any]:
    new = dict(old)
    for key, value in patch.items():
        before = new.get(key)
        new[key] = _merged(before if isinstance(before, Mapping) else {}, value) if isinstance(value, Mapping) else value
    return new


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
    with healthy(authority, tmp_path, now) as made:
        yield made


@contextmanager
def healthy(
    authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path, clock: Callable[[], datetime], **changes: JsonValue
) -> Iterator[Cluster]:
    """A healthy cluster whose server has this clock; ``changes`` are laid over the scenario."""
    document: dict[str, Any] = yaml.safe_load(SCENARIO.read_text())
    scenario = {**document.get("cluster", document), **changes}
    server = ClusterServer(scenario, ca=authority[0], issuer_key=authority[1], clock=clock)
    server.start()
    try:
        file = tmp_path / "kubeconfig"
        server.kubeconfig(file)
        yield Cluster(server, {"KUBECONFIG": str(file), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    finally:
        server.stop()


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    """The operator's client."""
    return cluster.client()
