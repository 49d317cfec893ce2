"""The cluster of every scenario: it can be made, and what it holds of Argo CD fits the real definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import JsonValue

from tests.contract.cluster.kube import stand_in_only
from tests.contract.crds import definitions, needs_crds, problems
from wizard.sandbox import scenario
from wizard.sandbox.cluster.server import ClusterServer

pytestmark = stand_in_only("scenarios are the sandbox's own")


@pytest.fixture(scope="module")
def authority() -> tuple[trustme.CA, rsa.RSAPrivateKey]:
    return trustme.CA(), rsa.generate_private_key(65537, 2048)


def cluster(name: str, authority: tuple[trustme.CA, rsa.RSAPrivateKey]) -> ClusterServer:
    """The scenario's cluster; no server runs."""
    section = cast("Mapping[str, JsonValue]", scenario.load(name).cluster)
    return ClusterServer(section, ca=authority[0], issuer_key=authority[1], clock=lambda: datetime.now(UTC))


@pytest.mark.parametrize("name", scenario.names())
def test_it_can_be_made(name: str, authority: tuple[trustme.CA, rsa.RSAPrivateKey]) -> None:
    assert cluster(name, authority).store.get("ClusterVersion", "", "version") is not None


@needs_crds
@pytest.mark.parametrize("name", scenario.names())
def test_what_it_holds_of_argo_cd_fits(name: str, authority: tuple[trustme.CA, rsa.RSAPrivateKey]) -> None:
    store = cluster(name, authority).store
    for kind in definitions():
        for found in store.list(kind):
            assert problems(found) == [], found
