"""What is read from Argo CD's namespace, with which rights, and that no secret is among it."""

from __future__ import annotations

import base64
import dataclasses
from functools import partial
from typing import Any

import pytest

from strategies.facts import ArgoApplication, ArgoDestination, RepositorySecret
from strategies.ports import FactFailureError
from strategies.resources.cluster.argocd_readers import (
    read_applications,
    read_certificates,
    read_projects,
    read_secrets,
)
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.readers import read_gitops
from tests.contract.resources_cluster.conftest import Cluster
from tests.contract.resources_cluster.test_cluster_readers import as_service_account

NAMESPACE = "openshift-gitops"
MARKER = "marker-secret-5f1c"


def make(
    cluster: Cluster, kind: str, name: str, *, api: str = "v1", labels: dict[str, str] | None = None, **members: Any
) -> None:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE, **members.pop("metadata", {})}
    if labels:
        metadata["labels"] = labels
    cluster.server.store.create({"apiVersion": api, "kind": kind, "metadata": metadata, **members}, manager="test")


def secret(cluster: Cluster, name: str, kind: str, labels: dict[str, str] | None = None, **values: str) -> None:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    make(cluster, "Secret", name, labels={"argocd.argoproj.io/secret-type": kind, **(labels or {})}, data=data)


def test_repository_secrets_are_told_by_their_keys(client: KubeClient, cluster: Cluster) -> None:
    ours = {"app.kubernetes.io/managed-by": "ezgitops", "ezgitops.dev/instance": "prod-east"}
    secret(cluster, "ours", "repository", ours, url="https://a/b", type="git", project="platform")
    secret(cluster, "theirs", "repository", url=f"https://bot:{MARKER}@a/b.git", password=MARKER, username="x", proxy="")
    secret(cluster, "template", "repo-creds", url="https://a/", sshPrivateKey=MARKER)
    secret(cluster, "cluster", "cluster", server="https://elsewhere", config=MARKER)
    make(cluster, "Secret", "plain", data={"url": base64.b64encode(b"https://a/b").decode()})
    found = read_secrets(client, NAMESPACE)
    assert found == (
        RepositorySecret("ours", False, "https://a/b", "platform", ("project", "type", "url"), "prod-east"),
        RepositorySecret("theirs", False, "https://(hidden)@a/b.git", "", ("password", "url", "username")),
        RepositorySecret("template", True, "https://a/", "", ("sshPrivateKey", "url")),
    )
    assert found[1].credentials == ("password", "username")
    assert MARKER not in str([dataclasses.asdict(one) for one in found])


def test_applications_with_what_keeps_them(client: KubeClient, cluster: Cluster) -> None:
    api = "argoproj.io/v1alpha1"
    source = {"repoURL": f"https://bot:{MARKER}@a/b", "path": "apps", "targetRevision": "main"}
    destination = {"server": "https://kubernetes.default.svc"}
    spec = {"project": "default", "source": source, "destination": destination}
    several = {"project": "p", "sources": [{"repoURL": "https://c/d", "chart": "x"}, source], "destination": destination}
    make(cluster, "Application", "single", api=api, spec=spec)
    make(
        cluster, "Application", "several", api=api, spec=several,
        metadata={"annotations": {"argocd.argoproj.io/tracking-id": "root:argoproj.io/Application:x/several"}},
    )  # fmt: skip
    first, second = read_applications(client, NAMESPACE, "single")
    assert first == ArgoApplication("single", "default", "https://(hidden)@a/b", "apps", "main")
    assert (second.name, second.managed_by) == ("several", "Application root")
    first, second = read_applications(client, NAMESPACE, "several")
    assert first == ArgoApplication("several", "p", "https://c/d", "", "", None, "Application root")
    assert second.name == "single"
    assert {one.name for one in read_applications(client, NAMESPACE, "free")} == {"single", "several"}


def test_projects_and_certificates_of_a_fresh_instance(client: KubeClient, cluster: Cluster) -> None:
    [default] = read_projects(client, NAMESPACE)
    assert (default.name, default.source_repos) == ("default", ("*",))
    assert default.destinations == (ArgoDestination("*", "", "*"),)
    assert read_certificates(client, NAMESPACE) == ()
    cluster.edit("test", "ConfigMap", NAMESPACE, "argocd-tls-certs-cm", {"data": {"gitlab.acme.example": "PEM"}})
    assert read_certificates(client, NAMESPACE) == ("gitlab.acme.example",)


def test_the_operator_with_its_subscription_and_what_its_instance_waits_for(client: KubeClient, cluster: Cluster) -> None:
    gitops = read_gitops(client)
    assert gitops.subscription is not None
    assert (gitops.subscription.channel, gitops.subscription.state) == ("latest", "AtLatestKnown")
    assert gitops.instances[0].waiting == ()
    store = cluster.server.store
    status = {"phase": "Pending", "repo": "Pending", "server": "Running", "redis": "Running"}
    reconciled = {"type": "Reconciled", "status": "False", "message": "no room\nleft"}
    store.patch_status("ArgoCD", NAMESPACE, NAMESPACE, {**status, "conditions": [reconciled]}, manager="test")
    cluster.edit("test", "ArgoCD", NAMESPACE, NAMESPACE, {"spec": {"repo": {"serviceaccount": "vplugin"}}})
    failing = {"type": "ResolutionFailed", "status": "True", "message": "no operators found"}
    state: Any = {"conditions": [failing], "state": ""}
    store.patch_status("Subscription", "openshift-gitops-operator", "openshift-gitops-operator", state, manager="test")
    gitops = read_gitops(client)
    [instance] = gitops.instances
    assert (instance.waiting, instance.message, instance.service_account) == (("repo: Pending",), "no room left", "vplugin")
    assert gitops.subscription is not None
    assert gitops.subscription.message == "no operators found"


def test_what_is_there_is_shown_on_one_line_and_cut_off(client: KubeClient, cluster: Cluster) -> None:
    url = "https://a/\x1b[31mred\n" + "x" * 5000
    secret(cluster, "odd", "repository", url=url)
    make(cluster, "Secret", "broken", labels={"argocd.argoproj.io/secret-type": "repository"}, data={})
    found = {one.name: one for one in read_secrets(client, NAMESPACE)}
    assert found["odd"].url.startswith("https://a/ [31mred xxx")
    assert len(found["odd"].url) < 1100
    assert found["broken"].url == ""


@pytest.mark.parametrize(
    "read", [read_secrets, partial(read_applications, name="a"), read_projects, read_certificates],
    ids=["secrets", "applications", "projects", "certificates"],
)  # fmt: skip
def test_a_right_that_is_missing_is_told_for_that_alone(cluster: Cluster, read: Any) -> None:
    with pytest.raises(FactFailureError, match="may not") as caught:
        read(as_service_account(cluster, NAMESPACE, "default"), NAMESPACE)
    assert caught.value.error.command is not None
    assert caught.value.error.command.startswith("oc auth can-i ")


def test_a_namespace_that_does_not_exist_has_nothing(client: KubeClient) -> None:
    assert read_secrets(client, "nowhere") == ()
    assert read_applications(client, "nowhere", "a") == ()
    assert read_certificates(client, "nowhere") == ()
