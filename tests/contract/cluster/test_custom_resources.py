"""Custom resources: Argo CD's Application, as its CustomResourceDefinition has it."""

from __future__ import annotations

import pytest

from tests.contract.cluster.kube import STRATEGIC, Kube
from tests.contract.crds import needs_crds

pytestmark = needs_crds


@pytest.fixture
def applications(namespace: str) -> str:
    return f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"


def application(**spec: object) -> dict:
    wanted = {
        "project": "default",
        "source": {"repoURL": "https://example.com/r", "path": "apps", "targetRevision": "main"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        **spec,
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "app"},
        "spec": {name: value for name, value in wanted.items() if value is not None},
    }


def test_it_is_applied_and_applied_again(kube: Kube, applications: str) -> None:
    first = kube.apply(f"{applications}/app", application())
    assert first.code == 201
    assert first.body["metadata"]["generation"] == 1
    assert {"f:path", "f:repoURL", "f:targetRevision"} <= set(first.fields("one")["f:spec"]["f:source"])
    assert kube.apply(f"{applications}/app", application()).version == first.version


@pytest.mark.parametrize("missing", ["project", "destination"])
def test_required_fields(kube: Kube, applications: str, missing: str) -> None:
    answer = kube.apply(f"{applications}/app", application(**{missing: None}))
    assert (answer.code, answer.reason) == (422, "Invalid")
    assert answer.message == f'Application.argoproj.io "app" is invalid: spec.{missing}: Required value'
    assert answer.causes == [("FieldValueRequired", f"spec.{missing}")]


def test_required_fields_below(kube: Kube, applications: str) -> None:
    answer = kube.create(applications, application(source={"path": "x"}))
    assert ("FieldValueRequired", "spec.source.repoURL") in answer.causes


def test_types_are_checked(kube: Kube, applications: str) -> None:
    answer = kube.create(applications, application(project=3))
    assert answer.code == 422
    assert [cause[1] for cause in answer.causes] == ["spec.project"]


def test_status_is_written_with_the_rest(kube: Kube, applications: str) -> None:
    """The Application has no status subresource."""
    kube.create(applications, application())
    patch = {"status": {"sync": {"status": "Synced", "revision": "0" * 40}}}
    answer = kube.patch(f"{applications}/app", patch, user_agent="controller/1.0")
    assert answer.body["status"]["sync"]["status"] == "Synced"
    assert kube.patch(f"{applications}/app/status", patch).code == 404


def test_lists_in_it_are_replaced_whole(kube: Kube, applications: str) -> None:
    kube.apply(f"{applications}/app", application(syncPolicy={"syncOptions": ["A=true", "B=true"]}))
    answer = kube.apply(f"{applications}/app", application(syncPolicy={"syncOptions": ["C=true"]}), "two")
    assert answer.causes == [("FieldManagerConflict", ".spec.syncPolicy.syncOptions")]


def test_the_refresh_annotation_is_set_and_taken_away(kube: Kube, applications: str) -> None:
    kube.create(applications, application())
    name = "argocd.argoproj.io/refresh"
    asked = kube.patch(f"{applications}/app", {"metadata": {"annotations": {name: "hard"}}})
    assert asked.body["metadata"]["annotations"] == {name: "hard"}
    done = kube.patch(f"{applications}/app", {"metadata": {"annotations": {name: None}}})
    assert "annotations" not in done.body["metadata"]


def test_strategic_patches_are_not_for_custom_resources(kube: Kube, applications: str) -> None:
    kube.create(applications, application())
    assert kube.patch(f"{applications}/app", {"spec": {"project": "x"}}, STRATEGIC).code == 415
