"""kubectl, pointed at the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.cluster.kube import stand_in_only
from tests.programs import needs
from wizard.sandbox.cluster.server import ClusterServer

pytestmark = [needs("kubectl"), stand_in_only("kubectl and an old server are not each other's concern")]

Kubectl = Callable[..., subprocess.CompletedProcess[str]]

MANIFESTS = [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "demo-apps"}, "stringData": {"a": "1"}},
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo-apps"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "a/b:1", "env": [{"name": "A", "value": "1"}]}]},
            },
        },
    },
]


@pytest.fixture
def kubectl(stand_in: ClusterServer, tmp_path: Path) -> Kubectl:
    config = tmp_path / "kubeconfig"
    stand_in.kubeconfig(config)
    environ = {**os.environ, "KUBECONFIG": str(config), "HOME": str(tmp_path)}

    def run(*arguments: str, objects: list[dict] | None = None) -> subprocess.CompletedProcess[str]:
        sent = None if objects is None else "\n".join(map(json.dumps, objects))
        argv = ["kubectl", *arguments]
        return subprocess.run(argv, input=sent, capture_output=True, text=True, env=environ, timeout=60, check=False)

    return run


def test_get_shows_tables(kubectl: Kubectl) -> None:
    lines = kubectl("get", "clusterserviceversions", "-A").stdout.splitlines()
    assert lines[0].split() == ["NAMESPACE", "NAME", "DISPLAY", "VERSION", "PHASE"]
    assert lines[1].split()[-2:] == ["1.21.0", "Succeeded"]


def test_get_as_json(kubectl: Kubectl) -> None:
    found = json.loads(kubectl("get", "argocd", "openshift-gitops", "-n", "openshift-gitops", "-o", "json").stdout)
    assert found["apiVersion"] == "argoproj.io/v1beta1"


@pytest.mark.parametrize("way", [("--server-side",), ()])
def test_apply_twice_and_delete(kubectl: Kubectl, way: tuple[str, ...]) -> None:
    first = kubectl("apply", *way, "-f", "-", objects=MANIFESTS)
    assert first.returncode == 0, first.stderr
    changed = json.loads(json.dumps(MANIFESTS))
    changed[1]["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "2"
    second = kubectl("apply", *way, "-f", "-", objects=changed)
    assert second.returncode == 0, second.stderr
    value = kubectl(
        "get", "deployment", "web", "-n", "demo-apps", "-o", "jsonpath={.spec.template.spec.containers[0].env[0].value}"
    )
    assert value.stdout == "2"
    gone = kubectl("delete", "-f", "-", objects=MANIFESTS)
    assert gone.returncode == 0, gone.stderr
    assert "NotFound" in kubectl("get", "secret", "s", "-n", "demo-apps").stderr


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    answer = kubectl("apply", "-f", "-", objects=[{**MANIFESTS[0], "datas": {}}])
    assert answer.returncode == 1
    assert 'unknown field "datas"' in answer.stderr


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (("create", "secrets", "-n", "demo-apps"), "yes"),
        (("get", "secrets", "-n", "demo-apps", "--as", "nobody"), "no"),
    ],
)
def test_auth_can_i(kubectl: Kubectl, question: tuple[str, ...], answer: str) -> None:
    assert kubectl("auth", "can-i", *question).stdout.strip() == answer


def test_create_and_token(kubectl: Kubectl) -> None:
    assert kubectl("create", "namespace", "made-here").returncode == 0
    assert kubectl("create", "configmap", "c", "-n", "made-here", "--from-literal=a=b").returncode == 0
    assert kubectl("create", "token", "default", "-n", "made-here", "--audience", "openshift").stdout.count(".") == 2
    assert kubectl("get", "configmap", "c", "-n", "made-here", "-o", "jsonpath={.data.a}").stdout == "b"
    assert kubectl("delete", "namespace", "made-here").returncode == 0
