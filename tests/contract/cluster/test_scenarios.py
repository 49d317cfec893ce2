"""Clusters that differ from the healthy one, and the sandbox's clock."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from tests.contract.cluster.conftest import healthy
from tests.contract.cluster.kube import Kube, stand_in_only
from wizard.sandbox.cluster.server import ClusterServer

pytestmark = stand_in_only("scenarios are the sandbox's own")


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def authority() -> tuple[trustme.CA, rsa.RSAPrivateKey]:
    return trustme.CA(), rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def started(authority: tuple[trustme.CA, rsa.RSAPrivateKey], clock: Clock, tmp_path: Path, request: pytest.FixtureRequest):
    """Starts a cluster that differs as asked; for the operator."""

    def start(**changes: object) -> tuple[ClusterServer, Kube]:
        ca, key = authority
        server = ClusterServer({**healthy(), **changes}, ca=ca, issuer_key=key, clock=clock)
        server.start()
        request.addfinalizer(server.stop)
        ca_file = tmp_path / "ca.pem"
        ca_file.write_bytes(server.ca_pem)
        return server, Kube(server.url, ca_file, server.operator_token)

    return start


def test_an_operator_who_may_only_look(started) -> None:
    look = {"verbs": ["get", "list", "watch"], "apiGroups": ["*"], "resources": ["*"]}
    _, kube = started(operator={"user": "viewer", "rules": [look]})
    assert kube.get("/api/v1/namespaces").code == 200
    answer = kube.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})
    assert answer.message == (
        'namespaces is forbidden: User "viewer" cannot create resource "namespaces" in API group "" at the cluster scope'
    )


def test_a_cluster_without_gitops(started) -> None:
    _, kube = started(gitops=None)
    assert kube.get("/apis/operators.coreos.com/v1alpha1/subscriptions").body["items"] == []
    assert kube.get("/apis/argoproj.io/v1beta1/argocds").code == 404
    assert "argoproj.io" not in [group["name"] for group in kube.get("/apis").body["groups"]]
    assert kube.get("/apis/argoproj.io/v1alpha1").code == 404


def test_an_object_of_the_scenario_takes_the_place_of_the_usual_one(started) -> None:
    project = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": "openshift-gitops"},
        "spec": {"sourceRepos": ["https://github.com/acme/*"]},
    }
    _, kube = started(objects=[project])
    found = kube.get("/apis/argoproj.io/v1alpha1/namespaces/openshift-gitops/appprojects").body["items"]
    assert [one["spec"] for one in found] == [project["spec"]]


def test_a_cluster_out_of_reach_refuses_connections(started, tmp_path: Path) -> None:
    server, _ = started(reachable=False)
    server.kubeconfig(tmp_path / "kubeconfig")
    address = yaml.safe_load((tmp_path / "kubeconfig").read_text())["clusters"][0]["cluster"]["server"]
    assert address != server.url
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5)


def test_a_misspelt_scenario_is_refused(started) -> None:
    with pytest.raises(ValidationError, match="infrastructurName"):
        started(infrastructurName="x")


def test_a_token_expires_on_the_sandboxs_clock(started, clock: Clock) -> None:
    server, kube = started()
    token = server.token("openshift-gitops", "default", ttl=600)
    caller = kube.as_token(token)
    assert caller.get("/api").code == 200
    clock.ahead = timedelta(minutes=11)
    assert caller.get("/api").code == 401


def test_stopping_ends_watches_and_leaves_no_thread(
    authority: tuple[trustme.CA, rsa.RSAPrivateKey], clock: Clock, tmp_path: Path
) -> None:
    ca, key = authority
    server = ClusterServer(healthy(), ca=ca, issuer_key=key, clock=clock)
    server.start()
    (tmp_path / "ca.pem").write_bytes(server.ca_pem)
    kube = Kube(server.url, tmp_path / "ca.pem", server.operator_token)
    watch = kube.watch("/api/v1/namespaces")
    assert next(watch)["type"] == "ADDED"
    server.stop()
    server.stop()
    assert "cluster-api" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(RuntimeError, match="not started"):
        _ = server.url
