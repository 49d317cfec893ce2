"""What is looked at from inside the cluster, and the Job that looks: pure, for the answers and facts there are so far.

It does not wait for what AWS says of endpoints: looking at a name that nobody serves yet costs less than that wait.
The Job is everything there is: the script is its command and what to look at a variable, so that one call makes it and one
removes it. Its pod runs where Argo CD's repo-server does, with Argo CD's Secret, and with no token of any service account.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from strategies.base import Json, Owner, Situation
from strategies.codecommit import urls
from strategies.common import aws_names, effective
from strategies.facts import CLUSTER_INFO

SCRIPT_FILE = "probe_script.py"
WORKLOAD = "ezgitops-probe"
NAME_LABEL = "app.kubernetes.io/name"
PART_OF_LABEL = "app.kubernetes.io/part-of"
RUN_LABEL = "ezgitops.dev/probe"
DEADLINE_SECONDS = 60
"""After so long the cluster itself ends the pod, pulling the image included."""
KEPT_SECONDS = 120
"""After so long the cluster itself removes a Job that ended and was left behind by a killed run."""

_SECRET_FOLDER = "/var/run/secrets/ezgitops/repository"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository to list: its URL's parts, the revision to look for, and the Secret that Argo CD has for it."""

    url: str
    host: str
    path: str
    revision: str
    secret: str


@dataclass(frozen=True, slots=True)
class Order:
    """Where to look from, and at what: hosts by the names of the report (``git``, ``sts``)."""

    context: str
    namespace: str
    instance: str
    image: str
    hosts: tuple[tuple[str, str], ...]
    repository: Repository | None


def inputs(situation: Situation) -> Hashable | None:
    """What a reading depends on: the order, ``OFF`` when none is wanted, None while it is not known what to look at."""
    if situation.answers.strategy != "codecommit":
        return None
    return order(situation) if situation.answers.cluster_probe else OFF


def order(situation: Situation) -> Order | None:
    """What to look at; None while something that it takes is not known yet."""
    answers = situation.answers
    argocd, region = effective.argocd(situation), effective.region(situation)
    context, instance, image = effective.context(situation), effective.instance(situation), _image(situation)
    namespace = answers.argocd.namespace or (argocd.namespace if argocd is not None else None)
    if context is None or namespace is None or instance is None or image is None or region is None:
        return None
    hosts = {"git": urls.git_host(region, answers.codecommit.network.fips)}
    if answers.codecommit.credentials.method == "iam-role":
        hosts["sts"] = aws_names.sts_host(region)
    return Order(context, namespace, instance, image, tuple(hosts.items()), _repository(situation, region))


def job(order: Order, name: str) -> dict[str, Json]:
    """The Job, hardened as the "restricted" Pod Security Standard asks; no user id: OpenShift gives each namespace its own.

    Nothing is tried twice, and it ends and goes by itself when nobody does it.
    """
    labels: dict[str, Json] = {**Owner(order.instance).labels, NAME_LABEL: WORKLOAD, PART_OF_LABEL: "ezgitops", RUN_LABEL: name}
    container: dict[str, Json] = {
        "name": "probe",
        "image": order.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-I", "-B", "-c", script()],
        "env": [{"name": "EZGITOPS_PROBE", "value": _asked(order)}],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "250m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod: dict[str, Json] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    if order.repository is not None:
        container["volumeMounts"] = [{"name": "repository", "mountPath": _SECRET_FOLDER, "readOnly": True}]
        items: list[Json] = [{"key": key, "path": key} for key in ("url", "username", "password")]
        secret: Json = {"secretName": order.repository.secret, "items": items, "optional": True}
        pod["volumes"] = [{"name": "repository", "secret": secret}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": order.namespace, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": {**pod, "containers": [container]}},
        },
    }


@cache
def script() -> str:
    """The text of the script that runs in the pod."""
    return resources.files("strategies.codecommit").joinpath(SCRIPT_FILE).read_text(encoding="utf-8")


def _asked(order: Order) -> str:
    wanted = order.repository
    repository: Json = None
    if wanted is not None:
        repository = {
            "url": wanted.url,
            "host": wanted.host,
            "path": wanted.path,
            "revision": wanted.revision,
            "secret": _SECRET_FOLDER,
        }
    asked = json.dumps({"hosts": dict(order.hosts), "repository": repository})
    # Kubernetes expands $(NAME) ("Define Dependent Environment Variables"); JSON has another way to write a dollar.
    return asked.replace("$", "\\u0024")


def _image(situation: Situation) -> str | None:
    info = situation.facts.get(CLUSTER_INFO)
    return situation.answers.codecommit.credentials.image or (info.tools_image if info is not None else None)


def _repository(situation: Situation, region: str) -> Repository | None:
    answers = situation.answers
    codecommit, revision = answers.codecommit, answers.source.revision or effective.suggested_revision(situation)
    name, secret = codecommit.repository.name, codecommit.secret_name
    if name is None or secret is None:
        return None
    fips = codecommit.network.fips
    host, path = urls.git_host(region, fips), urls.clone_path(name)
    return Repository(urls.clone_url(region, name, fips), host, path, revision or "HEAD", secret)
