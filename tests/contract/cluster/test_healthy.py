"""The healthy scenario's cluster, its in-process store, and the server's own behaviour: the sandbox's alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from tests.contract.cluster.kube import Kube, stand_in_only
from tests.contract.crds import needs_crds, problems
from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.objects import dig
from wizard.sandbox.cluster.server import ClusterServer
from wizard.sandbox.cluster.storage import Event

_OPERATOR = "openshift-gitops-operator"
_CSV = "openshift-gitops-operator.v1.21.0"

pytestmark = stand_in_only("it is the sandbox's own cluster")


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "path", "value"),
    [
        ("Infrastructure", "", "cluster", ("status", "infrastructureName"), "prod-east-x7k2p"),
        ("Infrastructure", "", "cluster", ("status", "controlPlaneTopology"), "External"),
        ("Infrastructure", "", "cluster", ("status", "platformStatus", "aws", "region"), "us-east-2"),
        ("ClusterVersion", "", "version", ("status", "desired", "version"), "4.19.8"),
        ("Subscription", _OPERATOR, _OPERATOR, ("status", "installedCSV"), _CSV),
        ("ClusterServiceVersion", _OPERATOR, _CSV, ("status", "phase"), "Succeeded"),
        ("ArgoCD", "openshift-gitops", "openshift-gitops", ("status", "phase"), "Available"),
        ("AppProject", "openshift-gitops", "default", ("spec", "sourceRepos"), ["*"]),
    ],
)  # fmt: skip
def test_seeded_objects(
    stand_in: ClusterServer, kind: str, namespace: str, name: str, path: tuple[str, ...], value: object
) -> None:
    obj = stand_in.store.get(kind, namespace, name)
    assert obj is not None
    assert dig(obj, *path) == value


def test_the_networks_and_the_issuer(stand_in: ClusterServer) -> None:
    config = stand_in.store.get("ConfigMap", "kube-system", "cluster-config-v1")
    install = yaml.safe_load(str(dig(config, "data", "install-config")))
    assert install["networking"]["machineNetwork"] == [{"cidr": "10.0.0.0/16"}]
    authentication = stand_in.store.get("Authentication", "", "cluster")
    assert str(dig(authentication, "spec", "serviceAccountIssuer")).startswith("https://oidc.os1.devshift.org/")


@needs_crds
@pytest.mark.parametrize("kind", ["ArgoCD", "AppProject", "Application"])
def test_custom_resources_fit_their_real_definitions(stand_in: ClusterServer, kind: str) -> None:
    for obj in stand_in.store.list(kind):
        assert problems(obj) == []


def test_the_store_is_the_same_world(stand_in: ClusterServer, kube: Kube, namespace: str, core: str) -> None:
    heard: list[Event] = []
    stop = stand_in.store.watch(heard.append)
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}, "stringData": {"a": "1"}}
    stand_in.store.create(obj, manager="pods")
    assert kube.get(f"{core}/secrets/s").body["data"] == {"a": "MQ=="}
    kube.patch(f"{core}/secrets/s", {"data": {"a": "Mg=="}})
    stand_in.store.delete("Secret", namespace, "s")
    stand_in.store.delete("Secret", namespace, "s")
    stop()
    kube.create(f"{core}/secrets", {**obj, "metadata": {"name": "t"}})
    assert [(event.type, event.resource) for event in heard] == [
        ("ADDED", "secrets"),
        ("MODIFIED", "secrets"),
        ("DELETED", "secrets"),
    ]


def test_a_status_that_is_already_so_changes_nothing(stand_in: ClusterServer) -> None:
    status = {"phase": "Available"}
    first = stand_in.store.patch_status("ArgoCD", "openshift-gitops", "openshift-gitops", status, manager="argocd")
    again = stand_in.store.patch_status("ArgoCD", "openshift-gitops", "openshift-gitops", status, manager="argocd")
    assert again == first


def test_a_copy_is_handed_out(stand_in: ClusterServer) -> None:
    stand_in.store.list("Namespace")[0]["kind"] = "Changed"
    assert stand_in.store.list("Namespace")[0]["kind"] == "Namespace"


def test_tokens_need_their_service_account(stand_in: ClusterServer) -> None:
    assert stand_in.token("openshift-gitops", "default", ["openshift"]).count(".") == 2
    with pytest.raises(ApiError, match='serviceaccounts "nobody" not found'):
        stand_in.token("openshift-gitops", "nobody")


def test_the_kubeconfig_is_private(stand_in: ClusterServer, tmp_path: Path) -> None:
    file = tmp_path / "config"
    stand_in.kubeconfig(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = yaml.safe_load(file.read_text())
    assert document["current-context"] == "prod-east"
    assert document["clusters"][0]["cluster"]["server"] == stand_in.url


def test_calls_are_recorded(stand_in: ClusterServer, kube: Kube, namespace: str, core: str) -> None:
    before = len(stand_in.calls())
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    kube.create(f"{core}/secrets", obj, dryRun="All")
    kube.create(f"{core}/secrets", obj)
    kube.get(f"{core}/secrets/absent")
    found = [(c.verb, c.resource, c.namespace, c.mutating, c.status) for c in stand_in.calls()[before:]]
    assert found == [
        ("create", "secrets", namespace, False, 201),
        ("create", "secrets", namespace, True, 201),
        ("get", "secrets", namespace, False, 404),
    ]
    assert all(call.end >= call.start for call in stand_in.calls())
