"""The API under test: the sandbox's, or a real kube-apiserver when ``EZGITOPS_CONTRACT_SERVER=real``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.cluster.kube import REAL, Kube
from tests.contract.cluster.real import kube_apiserver
from wizard.sandbox.cluster.server import ClusterServer

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _issuer_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def healthy() -> dict[str, Any]:
    """The cluster of the healthy scenario."""
    import wizard.sandbox

    path = Path(wizard.sandbox.__file__).parent / "scenarios" / "healthy.cluster.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    return document


@pytest.fixture(scope="module")
def stand_in(_issuer_key: rsa.RSAPrivateKey) -> Iterator[ClusterServer]:
    """The sandbox's server with the healthy cluster."""
    server = ClusterServer(healthy(), ca=trustme.CA(), issuer_key=_issuer_key, clock=lambda: datetime.now(UTC))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube | None]:
    if not REAL:
        yield None
        return
    with kube_apiserver(tmp_path_factory.mktemp("kube-apiserver")) as kube:
        yield kube


@pytest.fixture(scope="module")
def kube(_real: Kube | None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kube:
    """The API under test, for somebody who may do everything."""
    if _real is not None:
        return _real
    server: ClusterServer = request.getfixturevalue("stand_in")
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca_file.write_bytes(server.ca_pem)
    return Kube(server.url, ca_file, server.operator_token)


@pytest.fixture
def namespace(kube: Kube) -> str:
    """A namespace of the test's own."""
    name = f"contract-{next(_numbers)}"
    answer = kube.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    assert answer.code == 201, answer.body
    return name


@pytest.fixture
def core(namespace: str) -> str:
    """The path of the namespace's core resources."""
    return f"/api/v1/namespaces/{namespace}"
