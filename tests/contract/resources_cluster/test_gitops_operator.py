"""Installing OpenShift GitOps: what is asked for, what is waited for, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from strategies.common import gitops
from strategies.ports import CancelledByOperatorError, ResourceError
from strategies.resources.cluster import gitops_operator
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.mends import CLUSTER_MENDS
from strategies.resources.cluster.readers import read_gitops
from tests.contract.resources_cluster.conftest import SCENARIO, Cluster
from tests.programs import needs
from tests.recording import RecordingRun
from wizard.sandbox.cluster.server import ClusterServer

NAMESPACE = "openshift-gitops-operator"
ASKED = ["kubernetes:apply namespaces", "kubernetes:apply operatorgroups.operators.coreos.com"]
SUBSCRIBED = "kubernetes:apply subscriptions.operators.coreos.com"


@dataclass
class Run(RecordingRun):
    """Has the operator's installation carried on whenever somebody waits for it."""

    step: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        """Let the clock move on, and the cluster with it."""
        super().sleep(seconds)
        self.step()


@pytest.fixture
def bare(authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Starts a cluster without the operator, whose installations take no time; what is given differs."""
    servers: list[ClusterServer] = []

    def start(**changes: Any) -> Cluster:
        document: dict[str, Any] = yaml.safe_load(SCENARIO.read_text())
        scenario = {**document, "gitops": None, "catalog": {"seconds": 0}, **changes}
        server = ClusterServer(scenario, ca=authority[0], issuer_key=authority[1], clock=lambda: datetime.now(UTC))
        servers.append(server)
        server.start()
        file = tmp_path / "kubeconfig"
        server.kubeconfig(file)
        return Cluster(server, {"KUBECONFIG": str(file), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})

    yield start
    for server in servers:
        server.stop()


def install(cluster: Cluster, run: Run | None = None) -> Run:
    carried = run or Run(step=cluster.server.olm.step)
    CLUSTER_MENDS["gitops.install-operator"](cluster.client(), {}, carried)
    return carried


def listed(client: KubeClient, cluster: Cluster, kind: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for one in cluster.server.store.list(kind):
        metadata: Any = one["metadata"]
        found.append((metadata["namespace"], metadata["name"]))
    return found


def test_it_is_installed_from_the_default_channel_and_waited_for(bare: Callable[..., Cluster]) -> None:
    cluster = bare()
    run = install(cluster)
    assert run.calls == [*ASKED, SUBSCRIBED]
    subscription: Any = cluster.server.store.get("Subscription", NAMESPACE, NAMESPACE)
    assert (subscription["spec"]["channel"], subscription["spec"]["source"]) == ("latest", "redhat-operators")
    group: Any = cluster.server.store.get("OperatorGroup", NAMESPACE, NAMESPACE)
    assert group["spec"] == {}, "no target namespace means all"
    found = read_gitops(cluster.client())
    assert (found.phase, [one.phase for one in found.instances]) == ("Succeeded", ["Available"])
    assert run.told[-1] == ("openshift-gitops/openshift-gitops is available", 1.0)


def test_doing_it_again_changes_nothing(bare: Callable[..., Cluster]) -> None:
    cluster = bare()
    install(cluster)
    assert install(cluster).calls == []


def test_killed_between_two_calls_it_goes_on_where_it_was(bare: Callable[..., Cluster]) -> None:
    cluster = bare()
    with pytest.raises(CancelledByOperatorError):
        install(cluster, Run(step=cluster.server.olm.step, stop_before=SUBSCRIBED))
    assert install(cluster).calls == [ASKED[0], SUBSCRIBED], "one operator group is enough"
    assert len(cluster.server.store.list("OperatorGroup")) == 1


def test_a_subscription_that_is_there_is_waited_for_and_not_doubled(bare: Callable[..., Cluster]) -> None:
    spec = {"name": NAMESPACE, "channel": "latest", "source": "redhat-operators", "sourceNamespace": "openshift-marketplace"}
    meta = {"namespace": "openshift-operators", "name": "gitops"}
    group = {"namespace": "openshift-operators", "name": "global"}
    cluster = bare(
        namespaces=["openshift-operators"],
        objects=[
            {"apiVersion": "operators.coreos.com/v1", "kind": "OperatorGroup", "metadata": group, "spec": {}},
            {"apiVersion": "operators.coreos.com/v1alpha1", "kind": "Subscription", "metadata": meta, "spec": spec},
        ],
    )
    assert install(cluster).calls == []
    assert listed(cluster.client(), cluster, "Subscription") == [("openshift-operators", "gitops")]


def test_what_can_never_be_installed_ends_at_once_with_the_operators_words(bare: Callable[..., Cluster]) -> None:
    own = {"namespace": NAMESPACE, "name": "own"}
    spec = {"targetNamespaces": [NAMESPACE]}
    cluster = bare(
        namespaces=[NAMESPACE],
        objects=[{"apiVersion": "operators.coreos.com/v1", "kind": "OperatorGroup", "metadata": own, "spec": spec}],
    )
    with pytest.raises(ResourceError) as caught:
        install(cluster)
    assert "OwnNamespace InstallModeType not supported" in caught.value.why
    assert "oc get subscription" in caught.value.remedy


def test_a_catalog_without_it_is_told_and_waited_for_only_so_long(bare: Callable[..., Cluster]) -> None:
    cluster = bare(catalog={"channels": ["gitops-1.21"], "seconds": 0})
    run = Run(step=cluster.server.olm.step)
    with pytest.raises(ResourceError) as caught:
        install(cluster, run)
    assert "no operators found in channel latest" in caught.value.why
    assert f"not ready after {gitops_operator.TIMEOUT:.0f} s" in caught.value.why
    assert any("no operators found in channel latest" in message for message, _ in run.told)


def test_a_right_that_is_missing_is_named(bare: Callable[..., Cluster]) -> None:
    look = {"verbs": ["get", "list"], "apiGroups": ["*"], "resources": ["*"]}
    cluster = bare(operator={"user": "viewer", "rules": [look]})
    with pytest.raises(ResourceError) as caught:
        install(cluster)
    assert "may not patch namespaces" in caught.value.why


@needs("kubectl")
def test_the_command_asks_for_the_same(bare: Callable[..., Cluster]) -> None:
    cluster = bare()
    command = ["kubectl", "apply", "-f", "-"]
    done = subprocess.run(command, input=gitops.as_one_line(), env=cluster.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert install(cluster).calls == [], "everything has been asked for"
    assert read_gitops(cluster.client()).phase == "Succeeded"
