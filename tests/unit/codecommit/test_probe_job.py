"""What the probe is ordered to look at, and its Job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies import chosen
from strategies.base import Json, Situation
from strategies.codecommit import probe
from strategies.common import probe_job
from strategies.common.probe_job import Order
from strategies.facts import AWS_PROFILES, CLUSTER_INFO, KUBE_CONTEXTS, ClusterInfo, Facts, Reading
from tests.fakes import START, TOOLS_IMAGE, healthy_facts
from tests.unit.codecommit.answers import IMAGE, complete

HEALTHY = healthy_facts()
STS = "sts.us-east-2.amazonaws.com"
GIT = "git-codecommit.us-east-2.amazonaws.com"


def situation(*, answers: Mapping[str, object] | None = None, **facts: object) -> Situation:
    """The healthy world with other answers and facts."""
    readings = {key: Reading(value, None, START, 0.1) for key, value in {**HEALTHY, **facts}.items()}
    return Situation(complete(**(answers or {})), Facts(readings))


def ordered(answers: Mapping[str, object] | None = None) -> Order:
    """The order of these answers."""
    found = probe.order(situation(answers=answers))
    assert found is not None
    return found


def test_git_sts_and_the_repository_are_looked_at() -> None:
    found = ordered()
    assert found.hosts == (("git", GIT), ("sts", STS))
    assert found.repository is not None
    assert found.repository.url == f"https://{GIT}/v1/repos/prod-east-cluster-config"
    assert (found.repository.revision, found.repository.secret) == ("main", "repo-prod-east-cluster-config")
    assert found.image == IMAGE


def test_a_static_password_needs_no_sts() -> None:
    assert ordered({"codecommit__credentials__method": "git-credentials"}).hosts == (("git", GIT),)


def test_without_a_name_for_the_secret_nothing_is_listed() -> None:
    assert ordered({"codecommit__secret_name": None}).repository is None


def test_it_waits_for_what_it_needs_to_know() -> None:
    for missing in ("cluster__context", "aws__region"):
        facts = {CLUSTER_INFO.id: None, KUBE_CONTEXTS.id: None, AWS_PROFILES.id: None}
        assert chosen.probe(situation(answers={missing: None}, **facts)) is None
    assert chosen.probe(situation(answers={"strategy": None})) is None
    assert chosen.probe(situation(answers={"cluster_probe": False})) == probe_job.OFF
    assert isinstance(chosen.probe(situation()), Order)


def test_without_an_image_of_its_own_it_is_the_clusters_tools() -> None:
    static = {"codecommit__credentials__image": None}
    assert ordered(static).image == TOOLS_IMAGE
    info = HEALTHY[CLUSTER_INFO.id]
    assert isinstance(info, ClusterInfo)
    assert probe.order(situation(answers=static, **{CLUSTER_INFO.id: replace(info, tools_image=None)})) is None


def made(found: Order) -> Mapping[str, Json]:
    """The pod's specification."""
    job: dict[str, dict[str, dict[str, dict[str, Json]]]] = json.loads(
        json.dumps(probe_job.job(found, "ezgitops-probe-prod-east-1"))
    )
    return job["spec"]["template"]["spec"]


def test_the_pod_is_hardened_and_ends_by_itself() -> None:
    spec = probe_job.job(ordered(), "n")["spec"]
    assert isinstance(spec, dict)
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (0, 60, 120)
    pod = made(ordered())
    assert pod["restartPolicy"] == "Never"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    (container,) = pod["containers"]  # type: ignore[misc]  # a list of one
    assert isinstance(container, dict)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}  # type: ignore[arg-type]  # a mapping


def test_the_secret_is_mounted_and_nothing_of_it_is_said() -> None:
    pod = made(ordered())
    items = [{"key": key, "path": key} for key in ("url", "username", "password")]
    wanted = {"secretName": "repo-prod-east-cluster-config", "items": items, "optional": True}
    assert pod["volumes"] == [{"name": "repository", "secret": wanted}]
    assert "volumes" not in made(ordered({"codecommit__secret_name": None}))


def test_a_dollar_in_an_answer_is_not_expanded_by_kubernetes() -> None:
    found = ordered({"source__revision": "feature/$(HOME)"})
    (container,) = made(found)["containers"]  # type: ignore[misc]  # a list of one
    assert isinstance(container, dict)
    (variable,) = container["env"]  # type: ignore[misc]  # a list of one
    assert isinstance(variable, dict)
    assert "$" not in str(variable["value"])
    assert json.loads(str(variable["value"]))["repository"]["revision"] == "feature/$(HOME)"


@pytest.mark.parametrize("name", ["prod-east", "a" * 30])
def test_the_names_of_job_and_pod_are_labels(name: str) -> None:
    assert len(f"{probe_job.WORKLOAD}-{name}-{'f' * 6}-xxxxx") <= 63
