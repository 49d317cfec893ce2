"""Pods as local processes: what they see, and why they do not start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.contract.sandbox.conftest import Hands, eventually

NAMESPACE = "demo-apps"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events"
IMAGES = "/apis/image.openshift.io/v1/namespaces/openshift/imagestreams/tools"
SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def run(hands: Hands) -> Callable[..., None]:
    """Start the Deployment ``w`` with one container; whatever was there before is gone."""

    def start(container: Mapping[str, object], **spec: object) -> None:
        hands.kube("DELETE", f"{DEPLOYMENTS}/w")
        eventually(lambda: not hands.kube("GET", PODS)["items"])
        for event in hands.kube("GET", EVENTS)["items"]:
            hands.kube("DELETE", f"{EVENTS}/{event['metadata']['name']}")
        image = hands.kube("GET", IMAGES)["spec"]["tags"][0]["from"]["name"]
        labels = {"app": "w"}
        pod = {"containers": [{"name": "c", "image": image} | dict(container)], "terminationGracePeriodSeconds": 1, **spec}
        template = {"metadata": {"labels": labels}, "spec": pod}
        body = {"selector": {"matchLabels": labels}, "template": template}
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": body}
        assert hands.kube("POST", DEPLOYMENTS, made)["kind"] == "Deployment"

    return start


def log(hands: Hands) -> str:
    """What the pod has printed."""
    name = eventually(lambda: hands.kube("GET", PODS)["items"])[0]["metadata"]["name"]
    return hands.text(f"{PODS}/{name}/log")


def test_a_pod_sees_its_volumes_its_variables_and_the_network_of_the_vpc(hands: Hands, run: Callable[..., None]) -> None:
    script = (
        "import os, pathlib, time\n"
        "print(pathlib.Path('/etc/w/greeting').read_text(), *map(os.environ.get, ('WHERE', 'NAME', 'HTTPS_PROXY')))\n"
        "print(len(pathlib.Path('/var/run/secrets/kubernetes.io/serviceaccount/token').read_text().split('.')), flush=True)\n"
        "time.sleep(600)\n"
    )
    metadata = {"name": "greeting"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"greeting": "hello"}}
    hands.kube("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", body)
    environment = [
        {"name": "WHERE", "value": "/etc/w"},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
    ]
    mounts = [{"name": "w", "mountPath": "/etc/w"}]
    container = {"command": ["python3", "-c", script], "env": environment, "volumeMounts": mounts}
    run(container, volumes=[{"name": "w", "configMap": {"name": "greeting"}}])
    words = eventually(lambda: len(log(hands).split()) == 5 and log(hands).split())
    assert words[0] == "hello"
    assert words[1].startswith("/") and words[1] != "/etc/w"  # noqa: PT018 - one thought
    assert words[2] == NAMESPACE
    assert words[3] != hands.sandbox.environ["HTTPS_PROXY"]
    assert words[4] == "3"


@pytest.mark.parametrize(
    ("container", "spec", "told"),
    [
        ({"command": ["python3", "-c", SLEEP], "image": "quay.io/acme/tools@sha256:" + "0" * 64}, {}, "ErrImagePull"),
        ({"command": ["python3", "-c", SLEEP], "image": "quay.io/acme/tools@sha256:" + "0" * 64}, {}, "ImagePullBackOff"),
        ({}, {}, "CreateContainerError"),
        ({"command": ["no-such-program"]}, {}, "RunContainerError"),
        ({"command": ["python3", "-c", "raise SystemExit(3)"]}, {}, "CrashLoopBackOff"),
        (
            {"command": ["python3", "-c", SLEEP], "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
            {"volumes": [{"name": "v", "secret": {"secretName": "nowhere"}}]},
            "FailedMount",
        ),
        (
            {
                "command": ["python3", "-c", SLEEP],
                "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "nowhere", "key": "k"}}}],
            },
            {},
            "CreateContainerConfigError",
        ),
    ],
)
def test_a_pod_that_does_not_start_says_why(
    hands: Hands, run: Callable[..., None], container: Mapping[str, object], spec: Mapping[str, object], told: str
) -> None:
    run(container, **spec)
    event = eventually(lambda: next((e for e in hands.kube("GET", EVENTS)["items"] if e["reason"] == told), None))
    assert event["involvedObject"]["kind"] == "Pod"
    assert "availableReplicas" not in hands.kube("GET", f"{DEPLOYMENTS}/w")["status"]


def test_without_its_service_account_no_pod_is_made(hands: Hands, run: Callable[..., None]) -> None:
    run({"command": ["python3", "-c", SLEEP]}, serviceAccountName="nobody")

    def failure() -> str | None:
        conditions = hands.kube("GET", f"{DEPLOYMENTS}/w").get("status", {}).get("conditions", [])
        return next((each["message"] for each in conditions if each["type"] == "ReplicaFailure"), None)

    assert 'serviceaccount "nobody" not found' in eventually(failure)
    assert hands.kube("GET", PODS)["items"] == []


def test_a_new_template_is_a_new_pod_and_readiness_is_the_probes(hands: Hands, run: Callable[..., None]) -> None:
    probe = {
        "exec": {"command": ["python3", "-c", "import os, sys; sys.exit(not os.path.exists('/s/ok'))"]},
        "periodSeconds": 1,
    }
    mounts = [{"name": "s", "mountPath": "/s"}]
    run(
        {"command": ["python3", "-c", SLEEP], "readinessProbe": probe, "volumeMounts": mounts},
        volumes=[{"name": "s", "emptyDir": {}}],
    )
    status = lambda: hands.kube("GET", f"{DEPLOYMENTS}/w").get("status", {})  # noqa: E731
    eventually(lambda: status().get("unavailableReplicas") == 1 and hands.kube("GET", PODS)["items"])
    before = hands.kube("GET", PODS)["items"][0]["metadata"]["name"]
    command = ["python3", "-c", f"open('/s/ok', 'w'); {SLEEP}"]
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/command", "value": command}]
    hands.kube("PATCH", f"{DEPLOYMENTS}/w", patch, "application/json-patch+json")
    eventually(lambda: status().get("availableReplicas") == 1)
    assert [pod["metadata"]["name"] for pod in hands.kube("GET", PODS)["items"]] != [before]


def test_a_log_is_given_as_far_as_it_is_asked_for(hands: Hands, run: Callable[..., None]) -> None:
    run({"command": ["python3", "-u", "-c", f"print('one'); print('two'); print('three'); {SLEEP}"]})
    eventually(lambda: log(hands).splitlines() == ["one", "two", "three"])
    (pod,) = [p["metadata"]["name"] for p in hands.kube("GET", PODS)["items"] if p["metadata"]["name"].startswith("w-")]
    assert hands.text(f"{PODS}/{pod}/log?tailLines=2") == "two\nthree\n"
    assert hands.text(f"{PODS}/{pod}/log?tailLines=2&limitBytes=5") == "two\nt"


def test_a_job_ends_at_its_deadline_and_goes_when_its_time_has_come(hands: Hands) -> None:
    jobs = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    image = hands.kube("GET", IMAGES)["spec"]["tags"][0]["from"]["name"]
    container = {"name": "c", "image": image, "command": ["python3", "-c", SLEEP]}
    template = {"spec": {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}}
    spec = {"template": template, "activeDeadlineSeconds": 60, "ttlSecondsAfterFinished": 120}
    hands.kube("POST", jobs, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "late"}, "spec": spec})
    named = lambda: [p for p in hands.kube("GET", PODS)["items"] if p["metadata"]["name"].startswith("late-")]  # noqa: E731
    eventually(lambda: [pod for pod in named() if pod.get("status", {}).get("phase") == "Running"])
    hands.control("/clock/advance", {"seconds": 61})
    eventually(lambda: not named())
    (condition,) = hands.kube("GET", f"{jobs}/late")["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("Failed", "DeadlineExceeded")
    hands.control("/clock/advance", {"seconds": 121})
    eventually(lambda: hands.kube("GET", f"{jobs}/late")["kind"] == "Status")
