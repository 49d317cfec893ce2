"""Variables in ``spec.repo.env``: beside those of others, in order, under the version that was read, and taken back."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from strategies.base import Action, Change, Group, Json, Owner
from strategies.kinds import RepoServerEnvironmentResource
from strategies.ports import ResourceError
from strategies.resources.cluster import kubeconfig
from strategies.resources.cluster.apis import ARGO_CD, ApiKind, Manifest, items, strings, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.repo_server_environment import RepoServerEnvironmentHandler
from tests.contract.crds import needs_crds, problems
from tests.contract.resources_cluster.conftest import Cluster, now
from tests.recording import RecordingRun

NAMESPACE = NAME = "openshift-gitops"
WANTED = {"HTTPS_PROXY": "http://10.1.1.10:3128", "NO_PROXY": ".svc,.cluster.local,10.0.0.0/16"}
MARK = "ezgitops.dev/repo-server-env.prod-east"
THEIRS: list[Json] = [
    {"name": "ARGOCD_EXEC_TIMEOUT", "value": "3m"},
    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}},
]


@pytest.fixture
def handler(client: KubeClient) -> RepoServerEnvironmentHandler:
    """The handler under test."""
    return RepoServerEnvironmentHandler(client, NAMESPACE)


def resource(name: str = NAME, instance: str = "prod-east", **variables: str) -> RepoServerEnvironmentResource:
    return RepoServerEnvironmentResource(
        address="cluster.repo-server-environment", title="repo-server", group=Group.CLUSTER, owner=Owner(instance),
        namespace=NAMESPACE, name=name, variables=variables or WANTED,
    )  # fmt: skip


def plan(handler: RepoServerEnvironmentHandler, one: RepoServerEnvironmentResource) -> Change:
    return handler.plan(one, handler.read(one))


def environment(client: KubeClient) -> list[Manifest]:
    return items(client.get(ARGO_CD, NAME, NAMESPACE), "spec", "repo", "env")


def set_by_others(cluster: Cluster, *entries: Json) -> None:
    cluster.edit("kubectl-edit", "ArgoCD", NAMESPACE, NAME, {"spec": {"repo": {"env": [*THEIRS, *entries]}}})


def variables(wanted: dict[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in wanted.items()]


def test_variables_are_added_behind_those_of_others_and_taken_back(
    handler: RepoServerEnvironmentHandler, client: KubeClient, cluster: Cluster
) -> None:
    set_by_others(cluster)
    change = plan(handler, resource())
    assert change.action is Action.CREATE
    assert [(d.path, d.before, d.after) for d in change.diff] == [
        (f"spec.repo.env[{name}]", None, value) for name, value in WANTED.items()
    ]
    run = RecordingRun()
    handler.create(resource(), run)
    expected = {"namespace": NAMESPACE, "name": NAME, "variables": ["HTTPS_PROXY", "NO_PROXY"]}
    assert run.mutations == [("kubernetes:patch argocds.argoproj.io", expected)]
    assert environment(client) == [*THEIRS, *variables(WANTED)]
    assert plan(handler, resource()).action is Action.NONE
    handler.create(resource(), run)
    assert len(run.mutations) == 1
    [found] = handler.owned(Owner("prod-east"))
    assert list(handler.owned(Owner("prod"))) == []
    handler.delete(found, run)
    handler.delete(found, run)
    assert len(run.mutations) == 2
    assert environment(client) == THEIRS
    assert MARK not in strings(client.get(ARGO_CD, NAME, NAMESPACE), "metadata", "annotations")


def test_a_value_changed_by_hand_is_set_back_and_a_name_no_longer_asked_for_goes(
    handler: RepoServerEnvironmentHandler, client: KubeClient, cluster: Cluster
) -> None:
    handler.create(resource(), RecordingRun())
    set_by_others(cluster, *variables({"HTTPS_PROXY": "http://other:3128", "NO_PROXY": WANTED["NO_PROXY"]}))
    one = resource(HTTPS_PROXY=WANTED["HTTPS_PROXY"])
    observed = handler.read(one)
    assert observed is not None
    change = handler.plan(one, observed)
    assert change.action is Action.UPDATE
    assert {d.path: d.after for d in change.diff} == {
        "spec.repo.env[HTTPS_PROXY]": WANTED["HTTPS_PROXY"],
        "spec.repo.env[NO_PROXY]": None,
    }
    handler.update(one, observed, RecordingRun())
    assert environment(client) == [*THEIRS, {"name": "HTTPS_PROXY", "value": WANTED["HTTPS_PROXY"]}]


def test_what_changed_since_is_somebody_elses_when_ours_is_removed(
    handler: RepoServerEnvironmentHandler, client: KubeClient, cluster: Cluster
) -> None:
    handler.create(resource(), RecordingRun())
    changed = variables({"HTTPS_PROXY": "http://other:3128", "NO_PROXY": WANTED["NO_PROXY"]})
    set_by_others(cluster, *changed)
    [found] = handler.owned(Owner("prod-east"))
    handler.delete(found, RecordingRun())
    assert environment(client) == [*THEIRS, changed[0]]


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "HTTPS_PROXY", "value": "http://corporate:8080"},
        {"name": "https_proxy", "value": "http://corporate:8080"},
        {"name": "NO_PROXY", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}},
    ],
    ids=["other value", "other case", "from elsewhere"],
)
def test_what_somebody_else_sets_otherwise_is_a_conflict(
    handler: RepoServerEnvironmentHandler, cluster: Cluster, entry: dict[str, Any]
) -> None:
    set_by_others(cluster, entry)
    change = plan(handler, resource())
    assert change.conflict is not None
    assert entry["name"] in change.conflict


def test_the_same_value_of_somebody_else_is_used_and_stays(
    handler: RepoServerEnvironmentHandler, client: KubeClient, cluster: Cluster
) -> None:
    theirs: Json = {"name": "HTTPS_PROXY", "value": WANTED["HTTPS_PROXY"]}
    set_by_others(cluster, theirs)
    handler.create(resource(), RecordingRun())
    mark = strings(client.get(ARGO_CD, NAME, NAMESPACE), "metadata", "annotations")[MARK]
    assert json.loads(mark) == {"NO_PROXY": WANTED["NO_PROXY"]}
    [found] = handler.owned(Owner("prod-east"))
    handler.delete(found, RecordingRun())
    assert environment(client) == [*THEIRS, theirs]
    set_by_others(cluster, *variables(WANTED))
    change = plan(handler, resource())
    assert (change.action, change.conflict) == (Action.NONE, None)


class Meddled(KubeClient):
    """A client beside which somebody else writes the resource, so many times, just before each patch."""

    times = 2
    meddle: Any = None

    def merge_patch(self, kind: ApiKind, namespace: str, name: str, patch: Manifest) -> Manifest:
        """Patch, after somebody else has."""
        if self.times:
            self.times -= 1
            self.meddle(self.times)
        return super().merge_patch(kind, namespace, name, patch)


def test_a_write_of_somebody_else_in_between_is_kept(cluster: Cluster) -> None:
    plain = cluster.client()
    client = Meddled(partial(kubeconfig.login, cluster.environ, None), now)
    client.meddle = lambda left: set_by_others(cluster, {"name": "MEANWHILE", "value": str(left)})
    run = RecordingRun()
    RepoServerEnvironmentHandler(client).create(resource(), run)
    assert environment(plain) == [*THEIRS, {"name": "MEANWHILE", "value": "0"}, *variables(WANTED)]
    assert len(run.slept) == 2


def deployment(cluster: Cluster, environ: dict[str, str]) -> None:
    """The repo-server's Deployment, running with this environment."""
    labels: Any = {"app.kubernetes.io/name": f"{NAME}-repo-server"}
    container: Any = {"name": "argocd-repo-server", "image": "x", "env": variables(environ)}
    body: Any = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"{NAME}-repo-server", "namespace": NAMESPACE},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }  # fmt: skip
    made = cluster.server.store.apply(body, manager="argocd-operator")
    state: Any = {"observedGeneration": made["metadata"]["generation"], "updatedReplicas": 1, "availableReplicas": 1}
    cluster.server.store.patch_status("Deployment", NAMESPACE, f"{NAME}-repo-server", state, manager="kube-controller-manager")


def test_it_waits_until_the_repo_server_runs_with_it(
    handler: RepoServerEnvironmentHandler, client: KubeClient, cluster: Cluster
) -> None:
    class Rolling(RecordingRun):
        """The operator gets to work while somebody waits."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            deployment(cluster, WANTED)

    deployment(cluster, {})
    run = Rolling()
    handler.create(resource(), run)
    assert run.slept == [2.0]
    assert any("repo-server" in message for message, _ in run.told)
    assert plan(handler, resource()).action is Action.NONE
    deployment(cluster, {})
    change = plan(handler, resource())
    assert (change.action, change.reason.split(":")[0]) == (Action.UPDATE, "set, but not yet in the repo-server")
    with pytest.raises(ResourceError, match="does not run with its new environment after 300 s"):
        handler.create(resource(), RecordingRun())


def test_without_the_resource_the_plan_says_so_and_there_is_nothing_to_remove(
    handler: RepoServerEnvironmentHandler, cluster: Cluster
) -> None:
    handler.create(resource(), RecordingRun())
    [found] = handler.owned(Owner("prod-east"))
    cluster.server.store.delete("ArgoCD", NAMESPACE, NAME)
    assert "There is no ArgoCD resource" in (plan(handler, resource()).conflict or "")
    run = RecordingRun()
    handler.delete(found, run)
    assert run.mutations == []
    with pytest.raises(ResourceError, match="there is no such ArgoCD resource"):
        handler.create(resource(), run)


@needs_crds
def test_what_is_written_is_valid(handler: RepoServerEnvironmentHandler, client: KubeClient) -> None:
    handler.create(resource(), RecordingRun())
    live = client.get(ARGO_CD, NAME, NAMESPACE)
    assert live is not None
    assert problems({**live}) == []
    assert text(live, "metadata", "name") == NAME
