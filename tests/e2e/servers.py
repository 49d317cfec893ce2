"""What tests of private Git servers look at beside the program: the server's own API, and Argo CD's Application over time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import urllib3

from strategies.private_server.strategy import PrivateServerStrategy
from strategies.registry import STRATEGIES
from tests.e2e.program import ROOT, Program, Result

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

OFFERED = pytest.mark.skipif(
    not isinstance(STRATEGIES["private-server"], PrivateServerStrategy), reason="the strategy is not offered yet"
)
NAMESPACE = "openshift-gitops"
SECRET = "repo-prod-east-cluster-config"
APPLICATION = "cluster-config"


def sample(kind: str) -> Path:
    """The example answers of a kind of server."""
    return ROOT / "docs" / "examples" / f"answers-private-server-{kind}.yaml"


def file(kind: str, settings: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The arguments that name the answers, with ``settings`` over them."""
    return ("-f", str(sample(kind)), *(word for key, value in (settings or {}).items() for word in ("--set", f"{key}={value}")))


def actions(result: Result) -> dict[str, str]:
    """Address to action, from the planned changes of a run."""
    changes = (event["change"] for event in result.of("planned_change"))
    return {str(one["address"]): str(one["action"]) for one in changes if isinstance(one, dict)}


def bad(result: Result) -> dict[str, str]:
    """The checks that neither passed nor were skipped, with what they saw."""
    ended = [event["result"] for event in result.of("check_result")]
    last = {one["id"]: one for one in ended if isinstance(one, dict)}
    return {name: str(one["evidence"]) for name, one in last.items() if one["status"] not in ("pass", "skipped")}


@dataclass(frozen=True)
class Access:
    """How casey asks a server for the credentials of a repository: variable of the token, header, URL."""

    variable: str
    header: str
    url: str

    def credentials(self, environ: Mapping[str, str]) -> list[object]:
        """Those that the server lists, whoever made them."""
        pool = urllib3.ProxyManager(environ["HTTPS_PROXY"], ca_certs=environ["EZGITOPS_SANDBOX_CA"])
        name, _, form = self.header.partition(": ")
        answer = pool.request("GET", self.url, headers={name: form.format(environ[self.variable])}, timeout=20)
        if answer.status == 404:
            return []
        assert answer.status == 200, answer.data[:500]
        told = answer.json()
        listed = told["values"] if isinstance(told, dict) else told
        assert isinstance(listed, list)
        return [one for one in listed if not (isinstance(one, dict) and one.get("revoked"))]


ACCESS = {
    "gitlab": Access(
        "GITLAB_TOKEN",
        "PRIVATE-TOKEN: {}",
        "https://gitlab.acme.example/api/v4/projects/platform%2Fprod-east-config/deploy_tokens",
    ),
    "bitbucket": Access(
        "BITBUCKET_TOKEN",
        "Authorization: Bearer {}",
        "https://bitbucket.acme.example/rest/access-tokens/latest/projects/PLATFORM/repos/cluster-config",
    ),
    "gitea": Access(
        "GITEA_TOKEN", "Authorization: token {}", "https://gitea.acme.example/api/v1/repos/platform/cluster-config/keys"
    ),
    "ghes": Access(
        "GHES_TOKEN", "Authorization: Bearer {}", "https://github.acme.example/api/v3/repos/platform/cluster-config/keys"
    ),
}
"""The products that make credentials, and where those of the sample's repository are listed."""


def cluster(environ: Mapping[str, str]) -> ApiClient:
    """A client of the sandbox's cluster."""
    from kubernetes import config

    return config.new_client_from_config(environ["KUBECONFIG"])


def secret(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The data of Argo CD's repository Secret, in base64."""
    from kubernetes import client

    found: Mapping[str, str] = client.CoreV1Api(cluster(environ)).read_namespaced_secret(SECRET, NAMESPACE).data
    return found


def refreshed(environ: Mapping[str, str]) -> None:
    """Ask Argo CD to look at the repository anew, as an operator would."""
    from kubernetes import client

    body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "hard"}}}
    api = client.CustomObjectsApi(cluster(environ))
    api.patch_namespaced_custom_object("argoproj.io", "v1alpha1", NAMESPACE, "applications", APPLICATION, body)


@dataclass
class Seen:
    """What Argo CD said of the Application while it was watched."""

    looks: int = 0
    complaints: list[str] = field(default_factory=list)

    def note(self, status: Mapping[str, object]) -> None:
        """Keep what is amiss in it."""
        self.looks += 1
        conditions = status.get("conditions")
        for one in conditions if isinstance(conditions, Sequence) else ():
            if isinstance(one, Mapping):
                self.complaints.append(f"{one.get('type')}: {one.get('message')}")


@contextmanager
def watched(environ: Mapping[str, str]) -> Iterator[Seen]:
    """Have Argo CD look again and again, and keep each complaint of its."""
    from kubernetes import client

    seen, stop = Seen(), threading.Event()
    api = client.CustomObjectsApi(cluster(environ))

    def watch() -> None:
        while not stop.wait(0.1):
            refreshed(environ)
            found = api.get_namespaced_custom_object("argoproj.io", "v1alpha1", NAMESPACE, "applications", APPLICATION)
            seen.note(found.get("status", {}))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def cluster_objects(environ: Mapping[str, str]) -> bytes:
    """Every object of the kinds that a run touches or causes, as the API gives them."""
    from kubernetes import client

    api = cluster(environ)
    core, batch, custom = client.CoreV1Api(api), client.BatchV1Api(api), client.CustomObjectsApi(api)
    lists = (
        core.list_secret_for_all_namespaces,
        core.list_config_map_for_all_namespaces,
        core.list_event_for_all_namespaces,
        core.list_pod_for_all_namespaces,
        batch.list_job_for_all_namespaces,
    )
    found = [one(_preload_content=False).data for one in lists]
    for plural in ("applications", "appprojects"):
        found.append(json.dumps(custom.list_cluster_custom_object("argoproj.io", "v1alpha1", plural)).encode())
    return b"\n".join(found)


def apply(program: Program, given: Sequence[str]) -> Result:
    """Apply, to the end and to ``Synced``."""
    done = program.run("apply", *given, "--yes", "--output", "json")
    assert done.code == 0, done.out[-3000:] + done.err
    assert done.of("verify_complete")[0]["ok"] is True
    return done
