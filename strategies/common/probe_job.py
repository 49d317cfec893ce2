"""What is looked at from inside the cluster, and the Job that looks: pure.

The Job is everything there is: the script is its command and what to look at a variable, so that one call makes it and one
removes it. Its pod runs where Argo CD's repo-server does, with Argo CD's Secret, and with no token of any service account.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from strategies.base import Json, Owner

PARTS = ("probe_tls_script.py", "probe_proxy_script.py", "probe_ssh_script.py", "probe_script.py")
"""The script's files, in the order in which they are joined."""
WORKLOAD = "ezgitops-probe"
NAME_LABEL = "app.kubernetes.io/name"
PART_OF_LABEL = "app.kubernetes.io/part-of"
RUN_LABEL = "ezgitops.dev/probe"
DEADLINE_SECONDS = 60
"""After so long the cluster itself ends the pod, pulling the image included."""
KEPT_SECONDS = 120
"""After so long the cluster itself removes a Job that ended and was left behind by a killed run."""

OFF: Literal["off"] = "off"
"""Stands for the order where the answers want no look from inside."""

_SECRET_FOLDER = "/var/run/secrets/ezgitops/repository"
_SECRET_KEYS = ("url", "username", "password")
_PROXY_SECRET_KEYS = ("bearerToken", "proxy", "githubAppID")
_SERVER_SECRET_KEYS = ("bearerToken",)
_CERTIFICATES_FOLDER = "/var/run/secrets/ezgitops/certificates"
_CERTIFICATES = "argocd-tls-certs-cm"
"""Certificates that Argo CD believes, by host name (argo-cd, docs/operator-manual/declarative-setup.md)."""


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository to list: its URL's parts, the revision to look for, and the Secret that Argo CD has for it.

    ``open_to_all``: a Secret without a password is no fault.
    """

    url: str
    host: str
    path: str
    revision: str
    secret: str
    port: int = 443
    open_to_all: bool = False


@dataclass(frozen=True, slots=True)
class ProxyOrder:
    """The proxy to look through: targets (``HOST:PORT``) that must pass, and such that must not.

    A forbidden target that begins with ``http://`` is asked for as a plain request.
    """

    url: str
    host: str
    port: int
    allowed: tuple[str, ...]
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """The Git server to look at; ``authorities`` is the CA (PEM, public) that Argo CD will have for it, empty: none."""

    host: str
    port: int
    ssh: bool = False
    authorities: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Where to look from, and at what: hosts by the names of the report (``git``, ``sts``), a proxy, or a Git server.

    ``image_key`` is the answer that names another image.
    """

    context: str
    namespace: str
    instance: str
    image: str
    image_key: str
    hosts: tuple[tuple[str, str], ...]
    repository: Repository | None
    proxy: ProxyOrder | None = None
    server: ServerOrder | None = None


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
    mounts, volumes = _mounted(order)
    if volumes:
        container["volumeMounts"], pod["volumes"] = mounts, volumes
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
    """The text of the script that runs in the pod: its parts in one, without what they import of each other."""
    folder = resources.files("strategies.common")
    return "\n\n".join(_without_own_imports(folder.joinpath(part).read_text(encoding="utf-8")) for part in PARTS)


def _without_own_imports(text: str) -> str:
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("strategies."):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "\n".join(lines)


def _mounted(order: Order) -> tuple[list[Json], list[Json]]:
    """Argo CD's Secret, of which only what is needed, and for a proxy or a server what certificates Argo CD believes."""
    mounts: list[Json] = []
    volumes: list[Json] = []
    if order.repository is not None:
        keys = (
            *_SECRET_KEYS,
            *(_PROXY_SECRET_KEYS if order.proxy is not None else ()),
            *(_SERVER_SECRET_KEYS if order.server is not None else ()),
        )
        items: list[Json] = [{"key": key, "path": key} for key in keys]
        mounts.append({"name": "repository", "mountPath": _SECRET_FOLDER, "readOnly": True})
        secret: Json = {"secretName": order.repository.secret, "items": items, "optional": True}
        volumes.append({"name": "repository", "secret": secret})
    if order.proxy is not None or order.server is not None:
        mounts.append({"name": "certificates", "mountPath": _CERTIFICATES_FOLDER, "readOnly": True})
        volumes.append({"name": "certificates", "configMap": {"name": _CERTIFICATES, "optional": True}})
    return mounts, volumes


def _asked(order: Order) -> str:
    """What the script is to look at (``probe_script.probe``)."""
    wanted, through, at = order.repository, order.proxy, order.server
    repository: Json = None
    proxy: Json = None
    server: Json = None
    if wanted is not None:
        repository = {
            "url": wanted.url,
            "host": wanted.host,
            "path": wanted.path,
            "revision": wanted.revision,
            "secret": _SECRET_FOLDER,
            "port": wanted.port,
            "open_to_all": wanted.open_to_all,
        }
    if through is not None:
        proxy = {
            "url": through.url,
            "host": through.host,
            "port": through.port,
            "secret": None if wanted is None else _SECRET_FOLDER,
            "authorities": _CERTIFICATES_FOLDER,
            "allowed": list(through.allowed),
            "forbidden": list(through.forbidden),
        }
    if at is not None:
        server = {
            "host": at.host,
            "port": at.port,
            "ssh": at.ssh,
            "authorities": at.authorities,
            "folder": _CERTIFICATES_FOLDER,
        }
    asked = json.dumps({"hosts": dict(order.hosts), "repository": repository, "proxy": proxy, "server": server})
    # Kubernetes expands $(NAME) ("Define Dependent Environment Variables"); JSON has another way to write a dollar.
    return asked.replace("$", "\\u0024")
