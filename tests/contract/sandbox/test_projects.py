"""What an AppProject permits: the check's rules and the stand-in's are written apart, and agree."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from strategies.common.argo import permits_destination, source_fault
from strategies.facts import ArgoDestination, ArgoProject
from tests.contract.cluster.conftest import healthy
from wizard.sandbox.argocd import project
from wizard.sandbox.cluster.server import ClusterServer
from wizard.sandbox.cluster.store import Store

NAMESPACE = "openshift-gitops"
IN_CLUSTER = "https://kubernetes.default.svc"
URL = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/prod-east-cluster-config"
SOURCES = (
    "*",
    "**",
    "https://*",
    "https://**",
    "https://git-codecommit.*.amazonaws.com/**",
    "https://git-codecommit.us-east-?.amazonaws.com/v1/repos/*",
    "https://git-codecommit.us-east-[!1].amazonaws.com/v1/repos/prod-*",
    f"{URL.upper()}.git",
    f"{URL}/",
    "https://github.com/acme/*",
    "!https://github.com/**",
    "!https://git-codecommit.*/**",
)
NAMES = ("", "*", "in-cluster", "!in-cluster", "other")
SERVERS = ("", "*", IN_CLUSTER, "https://other", "!https://other", f"!{IN_CLUSTER}")
SPACES = ("*", "demo", "team-*", "!team-*", "{demo,team-blue}", "t?am")


@pytest.fixture(scope="module")
def store() -> Store:
    """The objects of a cluster; no server runs."""
    key = rsa.generate_private_key(65537, 2048)
    return ClusterServer(healthy(), ca=trustme.CA(), issuer_key=key, clock=lambda: datetime.now(UTC)).store


def refused(store: Store, sources: tuple[str, ...], destinations: list[dict[str, str]], namespace: str) -> str | None:
    """What the stand-in says of an Application in a project with these rules."""
    spec: Any = {"sourceRepos": list(sources), "destinations": destinations}
    meta: Any = {"name": "narrow", "namespace": NAMESPACE}
    store.apply({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": meta, "spec": spec}, manager="test")
    destination = {"server": IN_CLUSTER, **({"namespace": namespace} if namespace else {})}
    wanted: Any = {"project": "narrow", "source": {"repoURL": URL}, "destination": destination}
    return project.fault(store, {"metadata": {"name": "a", "namespace": NAMESPACE}, "spec": wanted})


def test_sources(store: Store) -> None:
    anywhere = [{"server": "*", "namespace": "*"}]
    seen = set()
    for rules in ((), *product(SOURCES), *product(SOURCES, repeat=2)):
        permitted = source_fault(ArgoProject("narrow", rules, ()), URL) is None
        assert (refused(store, rules, anywhere, "") is None) == permitted, rules
        seen.add(permitted)
    assert seen == {True, False}


def test_destinations(store: Store) -> None:
    every = [dict(zip(("name", "server", "namespace"), rule, strict=True)) for rule in product(NAMES, SERVERS, SPACES)]
    pairs = [[one] for one in every] + [[one, every[(number * 7 + 3) % len(every)]] for number, one in enumerate(every)]
    seen = set()
    for rules, namespace in product(pairs, ("", "demo", "team-blue")):
        known = tuple(ArgoDestination(one["server"], one["name"], one["namespace"]) for one in rules)
        permitted = permits_destination(ArgoProject("narrow", (), known), namespace)
        assert (refused(store, ("*",), rules, namespace) is None) == permitted, (rules, namespace)
        seen.add(permitted)
    assert seen == {True, False}
