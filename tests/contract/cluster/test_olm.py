"""How the Operator Lifecycle Manager carries an installation on, step by step, and what it says when it cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.cluster.conftest import healthy
from tests.contract.cluster.kube import stand_in_only
from tests.contract.crds import needs_crds, problems
from wizard.sandbox.cluster.objects import dig
from wizard.sandbox.cluster.server import ClusterServer

pytestmark = stand_in_only("a real kube-apiserver brings no Operator Lifecycle Manager")

NAMESPACE = "openshift-gitops-operator"
CSV = "openshift-gitops-operator.v1.21.0"
SECONDS = 10


class Cluster:
    """A cluster without the operator, whose clock is put forward by hand. No thread runs in it."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.at = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
        scenario = {**healthy(), "gitops": None, "catalog": {"seconds": SECONDS}, "namespaces": [NAMESPACE]}
        self.server = ClusterServer(scenario, ca=trustme.CA(), issuer_key=key, clock=lambda: self.at)
        self.store = self.server.store

    def ask(self, **spec: str) -> None:
        """Subscribe to the operator."""
        wanted = {
            "name": NAMESPACE,
            "channel": "latest",
            "source": "redhat-operators",
            "sourceNamespace": "openshift-marketplace",
        }
        self.make("operators.coreos.com/v1alpha1", "Subscription", NAMESPACE, {**wanted, **spec})

    def group(self, name: str = "all", **spec: Any) -> None:
        """Make an operator group."""
        self.make("operators.coreos.com/v1", "OperatorGroup", name, spec)

    def make(self, api: str, kind: str, name: str, spec: dict[str, Any], namespace: str = NAMESPACE) -> None:
        metadata: Any = {"name": name, "namespace": namespace}
        self.store.create({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}, manager="test")

    def step(self, times: int = 1) -> None:
        """Let one step's time pass, and have it done."""
        for _ in range(times):
            self.server.olm.step()
            self.at += timedelta(seconds=SECONDS)
            self.server.olm.step()

    def status(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """The object's status; empty where there is none."""
        found: Any = (self.store.get(kind, namespace, name) or {}).get("status")
        return found or {}

    @property
    def phase(self) -> str:
        """The phase of the ClusterServiceVersion."""
        return str(self.status("ClusterServiceVersion", NAMESPACE, CSV).get("phase", ""))


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(rsa.generate_private_key(65537, 2048))


def test_an_operator_is_installed_step_by_step_and_makes_its_instance(cluster: Cluster) -> None:
    cluster.group()
    cluster.ask()
    assert cluster.server.olm.step()
    assert cluster.phase == ""
    seen = []
    for _ in range(3):
        cluster.step()
        seen.append(cluster.phase)
    assert seen == ["Pending", "Installing", "Succeeded"]
    subscription = cluster.status("Subscription", NAMESPACE, NAMESPACE)
    assert (subscription["installedCSV"], subscription["state"]) == (CSV, "AtLatestKnown")
    assert cluster.status("ArgoCD", "openshift-gitops", "openshift-gitops")["phase"] == "Pending"
    cluster.step()
    status = cluster.status("ArgoCD", "openshift-gitops", "openshift-gitops")
    assert (status["phase"], status["repo"]) == ("Available", "Running")
    assert cluster.store.get("AppProject", "openshift-gitops", "default") is not None
    assert not cluster.server.olm.step(), "nothing is left to do"


@needs_crds
def test_the_instance_that_is_made_fits_the_operators_definition(cluster: Cluster) -> None:
    cluster.group()
    cluster.ask()
    cluster.step(4)
    made = cluster.store.get("ArgoCD", "openshift-gitops", "openshift-gitops")
    assert made is not None
    assert problems(made) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"channel": "gitops-1.14"},
            "no operators found in channel gitops-1.14 of package openshift-gitops-operator in the catalog referenced by",
        ),
        (
            {"source": "community-operators"},
            "no operators found from catalog community-operators in namespace openshift-marketplace referenced by",
        ),
    ],
)
def test_what_the_catalog_does_not_have_is_not_resolved(cluster: Cluster, spec: dict[str, str], message: str) -> None:
    cluster.group()
    cluster.ask(**spec)
    cluster.step(2)
    [condition] = cluster.status("Subscription", NAMESPACE, NAMESPACE)["conditions"]
    assert (condition["type"], condition["status"]) == ("ResolutionFailed", "True")
    assert message in condition["message"]
    assert cluster.phase == ""


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "NoOperatorGroup"),
        ([{}, {}], "TooManyOperatorGroups"),
        ([{"targetNamespaces": [NAMESPACE]}], "UnsupportedOperatorGroup"),
    ],
)
def test_operator_groups_that_do_not_fit(cluster: Cluster, groups: list[dict[str, Any]], reason: str) -> None:
    for number, spec in enumerate(groups):
        cluster.group(f"group-{number}", **spec)
    cluster.ask()
    cluster.step(2)
    assert (cluster.phase, cluster.status("ClusterServiceVersion", NAMESPACE, CSV)["reason"]) == ("Failed", reason)


def test_an_instance_that_somebody_makes_is_brought_up_too(cluster: Cluster) -> None:
    cluster.group()
    cluster.ask()
    cluster.step(4)
    cluster.make("argoproj.io/v1beta1", "ArgoCD", "team", {}, NAMESPACE)
    cluster.step()
    assert cluster.status("ArgoCD", NAMESPACE, "team")["phase"] == "Available"


def test_what_a_scenario_says_of_an_instance_stays(cluster: Cluster) -> None:
    instances = [{"namespace": "openshift-gitops", "name": "openshift-gitops", "phase": "Pending"}]
    scenario = {**healthy(), "gitops": {"version": "1.21.0", "instances": instances}}
    key = rsa.generate_private_key(65537, 2048)
    server = ClusterServer(scenario, ca=trustme.CA(), issuer_key=key, clock=lambda: cluster.at)
    assert not server.olm.step()
    assert dig(server.store.get("ArgoCD", "openshift-gitops", "openshift-gitops"), "status", "phase") == "Pending"
