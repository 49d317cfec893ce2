"""What Argo CD would find in a folder of the source repository."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strategies.answers import Answers
from strategies.base import Situation, Status
from strategies.common import folders
from strategies.facts import SOURCE, SOURCE_TREE, FactError, Facts, Reading, SourceRepository, SourceTree

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FILES = (
    ".github/workflows/ci.yaml",
    "README.md",
    "apps/web/deployment.yaml",
    "apps/web/service.yml",
    "charts/web/Chart.yaml",
    "clusters/prod-east/kustomization.yaml",
    "clusters/prod-east/namespace.yaml",
    "clusters/staging/kustomization.yaml",
)


def situation(path: str | None = None, files: tuple[str, ...] = FILES, error: FactError | None = None) -> Situation:
    url = "https://github.com/acme/cluster-config.git"
    readings = {SOURCE.id: Reading(SourceRepository(url, "main", {"main": "a" * 40}, {}), None, NOW, 0.1)}
    tree = None if error is not None else SourceTree("main", files)
    readings[SOURCE_TREE.id] = Reading(tree, error, NOW, 0.1)
    asked = {"url": url, "revision": "main"} | ({} if path is None else {"path": path})
    return Situation(Answers.model_validate({"name": "prod-east", "source": asked}), Facts(readings))


@pytest.mark.parametrize(
    ("path", "status", "evidence"),
    [
        ("clusters/prod-east", Status.PASS, "kustomize, 1 manifest beside it"),
        ("clusters/prod-east/", Status.PASS, "kustomize, 1 manifest beside it"),
        ("clusters/staging", Status.PASS, "kustomize"),
        ("apps/web", Status.PASS, "2 manifests"),
        ("charts/web", Status.PASS, "a Helm chart"),
        (".", Status.WARN, "no manifest right in the repository's root: Argo CD would sync nothing"),
        ("apps", Status.WARN, "no manifest right in apps: Argo CD would sync nothing"),
        ("clusters/prod-eats", Status.FAIL, "main has no folder clusters/prod-eats"),
    ],
)
def test_a_folder_is_judged_by_what_would_be_rendered(path: str, status: Status, evidence: str) -> None:
    verdict = folders.judge(situation(path))
    assert verdict is not None
    assert (verdict.status, verdict.evidence) == (status, evidence)
    assert (verdict.remedy is None) == (status is Status.PASS)


def test_a_misspelt_folder_is_answered_with_the_right_one() -> None:
    verdict = folders.judge(situation("clusters/prod-eats"))
    assert verdict is not None
    assert verdict.remedy is not None
    assert "clusters/prod-east" in verdict.remedy.text


def test_the_choices_are_what_can_be_rendered_and_nothing_hidden() -> None:
    listed = {choice.value: choice.note for choice in folders.choices(situation())}
    assert set(listed) == {"apps/web", "charts/web", "clusters/prod-east", "clusters/staging"}
    assert listed["charts/web"] == "a Helm chart"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (FILES, "clusters/prod-east"),
        (("a.yaml", "x/prod-east/a.yaml", "y/prod-east/a.yaml"), "."),
        (("manifests/a.yaml", "README.md"), "manifests"),
        (("one/a.yaml", "two/a.yaml"), "."),
        ((), "."),
    ],
)
def test_the_folder_named_after_the_instance_is_suggested(files: tuple[str, ...], path: str) -> None:
    assert folders.suggested(situation(files=files)) == path


def test_what_cannot_be_listed_is_unknown_and_never_blocks() -> None:
    verdict = folders.judge(situation("apps", error=FactError("the server hung up", "Try again.")))
    assert verdict is not None
    assert verdict.status is Status.UNKNOWN
    assert "hung up" in verdict.evidence
    assert folders.suggested(situation(error=FactError("no"))) is None
