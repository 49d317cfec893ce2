"""Cluster objects by server-side apply: planned by dry run, applied, taken over, replaced, removed."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from strategies.base import Action, Change, Owner
from strategies.codecommit import addresses, manifests
from strategies.kinds import ClusterObjectResource
from strategies.ports import ResourceError
from strategies.resources.cluster.apis import CONFIG_MAP, DEPLOYMENT, ROLE_BINDING, SECRET, kind_of
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.objects import ClusterObjectHandler
from tests.contract.resources_cluster.conftest import Cluster
from tests.recording import RecordingRun
from tests.unit.codecommit.answers import complete

NAMESPACE = "openshift-gitops"
SECRET_NAME = "repo-prod-east-cluster-config"
REFRESHER = "ezgitops-refresher-prod-east"


@pytest.fixture
def handler(client: KubeClient) -> ClusterObjectHandler:
    """The handler under test."""
    return ClusterObjectHandler(client)


def resource(address: str, **answers: object) -> ClusterObjectResource:
    """One of the strategy's objects; never waits (nothing runs pods here)."""
    (found,) = [o for o in manifests.cluster_objects(complete(**answers)) if o.address == address]
    return replace(found, ready=False)


def plan(handler: ClusterObjectHandler, one: ClusterObjectResource) -> Change:
    """Read and plan."""
    return handler.plan(one, handler.read(one))


def editable(one: ClusterObjectResource) -> dict[str, Any]:
    """A copy of the manifest to change at will."""
    return copy.deepcopy(cast("dict[str, Any]", one.manifest))


EVERY = [o.address for o in manifests.cluster_objects(complete())]


@pytest.mark.parametrize("address", EVERY)
def test_made_once_and_then_left_alone(handler: ClusterObjectHandler, client: KubeClient, address: str) -> None:
    one = resource(address)
    change = plan(handler, one)
    assert change.action is Action.CREATE
    assert change.diff
    run = RecordingRun()
    handler.create(one, run)
    assert run.calls == [f"kubernetes:apply {kind_of(one.manifest).resource}"]
    assert plan(handler, one).action is Action.NONE
    before = client.get(kind_of(one.manifest), *_name(one))
    handler.create(one, RecordingRun())
    assert client.get(kind_of(one.manifest), *_name(one)) == before


def _name(one: ClusterObjectResource) -> tuple[str, str]:
    metadata = cast("Mapping[str, str]", one.manifest["metadata"])
    return metadata["name"], metadata["namespace"]


def test_a_change_shows_exactly_what_differs_and_reaches_the_cluster(handler: ClusterObjectHandler, client: KubeClient) -> None:
    handler.create(resource(addresses.APPLICATION), RecordingRun())
    changed = resource(addresses.APPLICATION, source__path="apps", application__sync_policy__prune=True)
    change = plan(handler, changed)
    assert change.action is Action.UPDATE
    assert {(d.path, d.before, d.after) for d in change.diff} == {
        ("spec.source.path", "clusters/prod-east", "apps"),
        ("spec.syncPolicy.automated.prune", False, True),
    }
    observed = handler.read(changed)
    assert observed is not None
    handler.update(changed, observed, RecordingRun())
    assert plan(handler, changed).action is Action.NONE


def test_a_field_that_is_no_longer_asked_for_goes_away(handler: ClusterObjectHandler) -> None:
    handler.create(resource(addresses.APPLICATION), RecordingRun())
    by_hand = resource(addresses.APPLICATION, application__sync_policy__automated=False)
    change = plan(handler, by_hand)
    assert [(d.path, d.after) for d in change.diff] == [("spec.syncPolicy.automated", None)]
    handler.create(by_hand, RecordingRun())
    assert plan(handler, by_hand).action is Action.NONE


def test_the_refreshers_password_survives_and_is_no_difference(
    handler: ClusterObjectHandler, client: KubeClient, cluster: Cluster
) -> None:
    one = resource(addresses.SECRET)
    handler.create(one, RecordingRun())
    password = base64.b64encode(b"marker-password").decode()
    annotations = {"ezgitops.dev/refreshed-at": "2026-11-23T14:02:11Z"}
    patch = {"metadata": {"annotations": annotations}, "data": {"password": password}}
    cluster.edit("ezgitops-refresher", "Secret", NAMESPACE, SECRET_NAME, patch)
    observed = handler.read(one)
    assert observed is not None
    assert handler.plan(one, observed).action is Action.NONE
    assert observed.outputs["refreshed-at"] == "2026-11-23T14:02:11Z"
    assert "marker" not in str(observed)
    assert password not in str(observed)
    handler.create(one, RecordingRun())
    live = client.get(SECRET, SECRET_NAME, NAMESPACE)
    assert cast("Any", live)["data"]["password"] == password


def test_what_a_person_changed_on_ours_is_drift_and_is_set_back(handler: ClusterObjectHandler, cluster: Cluster) -> None:
    one = resource(addresses.REFRESHER)
    handler.create(one, RecordingRun())
    cluster.edit("kubectl-edit", "Deployment", NAMESPACE, REFRESHER, {"spec": {"replicas": 0}})
    change = plan(handler, one)
    assert change.action is Action.UPDATE
    assert change.conflict is None
    assert "kubectl-edit" in change.reason
    assert [(d.path, d.before, d.after) for d in change.diff] == [("spec.replicas", 0, 1)]
    observed = handler.read(one)
    assert observed is not None
    handler.update(one, observed, RecordingRun())
    assert plan(handler, one).action is Action.NONE


@pytest.mark.parametrize("program", ["keda-operator", "ocm-agent"])
def test_what_another_program_keeps_is_a_conflict_that_names_it(
    handler: ClusterObjectHandler, cluster: Cluster, program: str
) -> None:
    one = resource(addresses.REFRESHER)
    handler.create(one, RecordingRun())
    cluster.edit(program, "Deployment", NAMESPACE, REFRESHER, {"spec": {"replicas": 0}})
    change = plan(handler, one)
    assert change.conflict is not None
    assert program in change.conflict
    assert "replicas" in change.conflict


def test_something_foreign_that_fits_is_used_as_it_is(handler: ClusterObjectHandler, client: KubeClient) -> None:
    one = resource(addresses.SCRIPT)
    foreign = editable(one)
    del foreign["metadata"]["labels"]
    client.create(CONFIG_MAP, foreign, NAMESPACE)
    change = plan(handler, one)
    assert change.action is Action.NONE
    assert change.conflict is None
    assert "not ours" in change.reason


def test_something_foreign_that_differs_is_a_conflict(handler: ClusterObjectHandler, client: KubeClient) -> None:
    one = resource(addresses.SCRIPT)
    foreign = editable(one)
    del foreign["metadata"]["labels"]
    foreign["data"] = {"refresher_script.py": "print()"}
    client.create(CONFIG_MAP, foreign, NAMESPACE)
    change = plan(handler, one)
    assert change.conflict is not None
    assert "was not made by ezgitops" in change.conflict


def test_what_belongs_to_another_instance_is_a_conflict(handler: ClusterObjectHandler) -> None:
    handler.create(resource(addresses.SECRET, name="other"), RecordingRun())
    change = plan(handler, resource(addresses.SECRET))
    assert change.conflict is not None
    assert "instance other" in change.conflict


def test_what_cannot_be_changed_in_place_is_replaced(handler: ClusterObjectHandler, client: KubeClient) -> None:
    one = resource(addresses.SECRET_ROLE_BINDING)
    handler.create(one, RecordingRun())
    manifest = editable(one)
    manifest["roleRef"]["name"] = "another"
    changed = replace(one, manifest=manifest)
    change = plan(handler, changed)
    assert change.action is Action.REPLACE
    observed = handler.read(changed)
    assert observed is not None
    handler.delete(observed, RecordingRun())
    handler.create(changed, RecordingRun())
    live = client.get(ROLE_BINDING, REFRESHER, NAMESPACE)
    assert cast("Any", live)["roleRef"]["name"] == "another"


def test_everything_of_an_instance_is_found_by_its_labels_and_removed(handler: ClusterObjectHandler) -> None:
    owner = Owner("prod-east")
    for one in manifests.cluster_objects(complete()):
        handler.create(replace(one, ready=False), RecordingRun())
    handler.create(resource(addresses.SECRET, name="other", codecommit__secret_name="other"), RecordingRun())
    found = list(handler.owned(owner))
    assert len(found) == len(EVERY)
    assert {o.owner for o in found} == {owner}
    for observed in found:
        handler.delete(observed, RecordingRun())
        handler.delete(observed, RecordingRun())
    assert list(handler.owned(owner)) == []
    assert len(list(handler.owned(Owner("other")))) == 1


def test_a_namespace_that_is_not_there_is_said_at_the_plan(handler: ClusterObjectHandler) -> None:
    with pytest.raises(ResourceError) as caught:
        handler.read(resource(addresses.SECRET, argocd__namespace="nowhere"))
    assert 'namespaces "nowhere" not found' in caught.value.why


def test_a_deployment_that_does_not_become_available_ends_with_the_last_word(handler: ClusterObjectHandler) -> None:
    one = replace(resource(addresses.REFRESHER), ready=True)
    run = RecordingRun()
    with pytest.raises(ResourceError) as caught:
        handler.create(one, run)
    assert sum(run.slept) >= 300
    assert "0 of 1 pods available" in caught.value.why
    assert "oc logs" in caught.value.remedy
    change = plan(handler, one)
    assert change.action is Action.UPDATE
    assert "not working yet" in change.reason


@pytest.mark.parametrize(
    ("status", "log", "words"),
    [
        ({}, "first line\n2026-11-23T14:02:11Z failed, again in 5 s: STS refuses the role\n\n", "STS refuses the role"),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]},
            None,
            "ImagePullBackOff: no such image",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
            None,
            "0/3 nodes are available",
        ),
    ],
)
def test_the_pods_own_words_say_why_it_does_not_work(
    handler: ClusterObjectHandler, cluster: Cluster, status: dict[str, Any], log: str | None, words: str
) -> None:
    one = replace(resource(addresses.REFRESHER), ready=True)
    template = editable(one)["spec"]["template"]
    metadata = {"name": "refresher-1", "namespace": NAMESPACE, "labels": template["metadata"]["labels"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"], "status": status}
    cluster.server.store.create(pod, manager="kubelet")
    cluster.server.logs = lambda _namespace, _pod, _container: log
    run = RecordingRun()
    with pytest.raises(ResourceError) as caught:
        handler.create(one, run)
    assert words in caught.value.why
    assert len(run.told) == 1, "the same words are told once"


def test_a_deployment_that_works_is_waited_for(handler: ClusterObjectHandler, client: KubeClient, cluster: Cluster) -> None:
    one = replace(resource(addresses.REFRESHER), ready=True)

    class Controller(RecordingRun):
        """Plays the Deployment controller while the handler waits."""

        def sleep(self, seconds: float) -> None:
            """Make the pod available."""
            super().sleep(seconds)
            live = cast("dict[str, Any]", copy.deepcopy(client.get(DEPLOYMENT, REFRESHER, NAMESPACE)))
            live["status"] = {"observedGeneration": live["metadata"]["generation"]}
            live["status"] |= {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
            cluster.server.store.patch_status(
                "Deployment", NAMESPACE, REFRESHER, live["status"], manager="kube-controller-manager"
            )

    handler.create(one, Controller())
    assert plan(handler, one).action is Action.NONE
