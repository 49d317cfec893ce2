"""The probe's Job in a cluster: what is made, what is said when it does not come to its end, and that nothing is left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from strategies.base import Json
from strategies.common.probe_job import RUN_LABEL, WORKLOAD, Order, Repository
from strategies.common.probe_script import MARK
from strategies.facts import FactError, Probe, ProbeState
from strategies.resources.cluster.apis import JOB
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.probe import read_probe
from tests.contract.resources_cluster.conftest import Cluster, healthy, now

NAMESPACE = "openshift-gitops"
HOST = "git-codecommit.us-east-2.amazonaws.com"
REPOSITORY = Repository(f"https://{HOST}/v1/repos/r", HOST, "/v1/repos/r", "main", "repo-r")
IMAGE_KEY = "codecommit.credentials.image"
ORDER = Order("prod-east", NAMESPACE, "prod-east", "quay.io/x@sha256:" + "5" * 64, IMAGE_KEY, (("git", HOST),), REPOSITORY)
REPORT = {"git": {"host": HOST, "addresses": ["10.0.0.5"], "unreached": {}, "status": 404}, "listing": {"state": "no-secret"}}

Status = dict[str, Json]


class Kubelet:
    """Stands for the Job controller and kubelet: at each pause of the reader, the next status befalls the Job's pod.

    It is also the reader's clock and sleep: time passes only there.
    """

    def __init__(self, cluster: Cluster, *statuses: Status, log: str = "") -> None:
        self.cluster, self.statuses, self.at, self.jobs = cluster, list(statuses), now(), list[Mapping[str, Json]]()
        cluster.server.logs = lambda _namespace, _pod, _container: log

    def clock(self) -> datetime:
        """The time of this test."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass, and the pod come further."""
        self.at += timedelta(seconds=seconds)
        store = self.cluster.server.store
        self.jobs = [job for job in store.list("Job") if str(_meta(job)["name"]).startswith(WORKLOAD)]
        if not self.statuses:
            return
        (job,) = self.jobs
        template = cast("Mapping[str, Mapping[str, Json]]", cast("Mapping[str, Json]", job["spec"])["template"])
        owner: Json = {"apiVersion": "batch/v1", "kind": "Job", "name": _meta(job)["name"], "uid": _meta(job)["uid"]}
        metadata: dict[str, Json] = {
            "name": f"{_meta(job)['name']}-x",
            "namespace": NAMESPACE,
            "labels": template["metadata"]["labels"],
            "ownerReferences": [owner],
        }
        if store.get("Pod", NAMESPACE, str(metadata["name"])) is None:
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(template["spec"])}
            store.create(json.loads(json.dumps(pod)), manager="kubelet")
        store.patch_status("Pod", NAMESPACE, str(metadata["name"]), json.loads(json.dumps(self.statuses.pop(0))), manager="k")

    def read(self, client: KubeClient) -> Probe:
        """The reading."""
        return read_probe(client, ORDER, self.clock, self.sleep)


def _meta(manifest: Mapping[str, Json]) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", manifest["metadata"])


def waiting(reason: str, message: str = "") -> Status:
    """A pod whose container waits."""
    state: Json = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "probe", "state": state}]}


def ended(code: int = 0) -> Status:
    """A pod that has ended."""
    state: Json = {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}}
    return {
        "phase": "Succeeded" if code == 0 else "Failed",
        "containerStatuses": [{"name": "probe", "state": state}],
    }


@pytest.fixture(autouse=True)
def nothing_left(cluster: Cluster) -> Iterator[None]:
    """After every test nothing of a probe stands in the cluster."""
    yield
    assert cluster.server.store.list("Job") == []
    assert cluster.server.store.list("Pod") == []


def test_a_report_is_read_and_the_job_is_hardened(cluster: Cluster, client: KubeClient) -> None:
    kubelet = Kubelet(cluster, waiting("ContainerCreating"), ended(), log=f"warning: x\n{MARK}{json.dumps(REPORT)}\n")
    found = kubelet.read(client)
    assert found.state is ProbeState.DONE
    assert found.git is not None
    assert (found.git.addresses, found.git.status) == (("10.0.0.5",), 404)
    (job,) = kubelet.jobs
    assert str(_meta(job)["name"]).startswith(f"{WORKLOAD}-prod-east-")
    labels = cast("Mapping[str, str]", _meta(job)["labels"])
    assert labels["app.kubernetes.io/managed-by"] == "ezgitops"
    assert labels[RUN_LABEL] == _meta(job)["name"]


@pytest.mark.parametrize(
    ("statuses", "log", "state", "said"),
    [
        (
            [waiting("ErrImagePull", "reading manifest: manifest unknown"), waiting("ImagePullBackOff", "Back-off")],
            "",
            ProbeState.NO_IMAGE,
            "ImagePullBackOff: reading manifest: manifest unknown",
        ),
        ([waiting("InvalidImageName", "bad reference")], "", ProbeState.NO_IMAGE, "bad reference"),
        ([waiting("CreateContainerConfigError", "image will run as root")], "", ProbeState.NOT_RUN, "image will run as root"),
        ([ended(1)], "Traceback\nModuleNotFoundError: ssl\x1b[2J\n", ProbeState.NOT_RUN, "Error, exit code 1"),
        ([ended(1)], "ModuleNotFoundError: ssl\x1b[2J\n", ProbeState.NOT_RUN, "ModuleNotFoundError: ssl [2J"),
        ([ended()], f"{MARK}not json", ProbeState.NOT_RUN, "without a report"),
        (
            [
                {
                    "phase": "Pending",
                    "conditions": [
                        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes have room"}
                    ],
                }
            ],
            "",
            ProbeState.NOT_RUN,
            "Unschedulable: 0/3 nodes have room",
        ),
        ([], "", ProbeState.NOT_RUN, "did not come to its end within 70 s"),
    ],
)
def test_what_does_not_run_says_why(
    cluster: Cluster, client: KubeClient, statuses: list[Status], log: str, state: ProbeState, said: str
) -> None:
    found = Kubelet(cluster, *statuses, log=log).read(client)
    assert found.state is state
    assert isinstance(found.problem, FactError)
    assert said in found.problem.message
    assert found.problem.remedy


def test_a_job_without_a_pod_tells_the_last_event(cluster: Cluster, client: KubeClient) -> None:
    class Refusing(Kubelet):
        """A controller that may make no pod."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            name = str(_meta(self.jobs[0])["name"])
            event: dict[str, Json] = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{name}.1", "namespace": NAMESPACE},
                "involvedObject": {"kind": "Job", "name": name, "namespace": NAMESPACE},
                "reason": "FailedCreate",
                "message": "exceeded quota: pods",
                "type": "Warning",
            }
            self.cluster.server.store.apply(json.loads(json.dumps(event)), manager="job-controller")

    found = Refusing(cluster).read(client)
    assert found.problem is not None
    assert "FailedCreate: exceeded quota: pods" in found.problem.message


@pytest.mark.parametrize(
    ("verbs", "pods", "state", "said"),
    [
        (["get"], ["list"], ProbeState.REFUSED, "may not create jobs.batch"),
        (["create", "delete"], ["get"], ProbeState.NOT_RUN, "may not list pods"),
    ],
)
def test_a_right_that_is_missing_is_named(
    authority: tuple[trustme.CA, rsa.RSAPrivateKey],
    tmp_path: Path,
    verbs: list[str],
    pods: list[str],
    state: ProbeState,
    said: str,
) -> None:
    rules = [
        {"verbs": verbs, "apiGroups": ["batch"], "resources": ["jobs"]},
        {"verbs": pods, "apiGroups": [""], "resources": ["pods"]},
    ]
    with healthy(authority, tmp_path, now, operator={"rules": rules}) as cluster:
        found = Kubelet(cluster).read(cluster.client())
        assert found.state is state
        assert found.problem is not None
        assert said in found.problem.message
        assert "clusterProbe: false" in found.problem.remedy
        assert (found.problem.command or "").startswith("oc auth can-i")
        assert cluster.server.store.list("Job") == []


def probe_job(name: str, instance: str) -> dict[str, Json]:
    """A probe that a killed run left."""
    labels: Json = {
        "app.kubernetes.io/managed-by": "ezgitops",
        "ezgitops.dev/instance": instance,
        "app.kubernetes.io/name": WORKLOAD,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}},
    }


def test_what_a_killed_run_left_is_removed_and_what_is_young_or_anothers_is_not(
    authority: tuple[trustme.CA, rsa.RSAPrivateKey], tmp_path: Path
) -> None:
    passed = [timedelta(0)]
    with healthy(authority, tmp_path, lambda: now() + passed[0]) as cluster:
        client, store = cluster.client(), cluster.server.store
        client.create(JOB, probe_job("forgotten", "prod-east"), NAMESPACE)
        client.create(JOB, probe_job("foreign", "staging"), NAMESPACE)
        passed[0] = timedelta(minutes=10)
        client.create(JOB, probe_job("young", "prod-east"), NAMESPACE)
        assert Kubelet(cluster, ended(), log=f"{MARK}{json.dumps(REPORT)}").read(client).state is ProbeState.DONE
        assert sorted(str(_meta(job)["name"]) for job in store.list("Job")) == ["foreign", "young"]


def test_a_program_that_ends_meanwhile_takes_the_job_with_it(cluster: Cluster) -> None:
    script = (
        "import os, sys, threading\n"
        "from tests.contract.resources_cluster.conftest import now\n"
        "from tests.contract.resources_cluster.test_probe import ORDER\n"
        "from functools import partial\n"
        "from strategies.resources.cluster import kubeconfig\n"
        "from strategies.resources.cluster.client import KubeClient\n"
        "from strategies.resources.cluster.probe import read_probe\n"
        "waits = threading.Event()\n"
        "def sleep(seconds):\n"
        "    print('made', flush=True)\n"
        "    waits.set()\n"
        "    threading.Event().wait()\n"
        "client = KubeClient(partial(kubeconfig.login, os.environ, None), now)\n"
        "threading.Thread(target=read_probe, args=(client, ORDER, now, sleep), daemon=True).start()\n"
        "waits.wait(60)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={**cluster.environ, "PYTHONPATH": "."}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["made"], done.stderr
