"""What the probe is ordered to look at, and its Job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Json, Situation
from strategies.codecommit import probe
from strategies.codecommit.probe import Order
from strategies.facts import AWS_ENDPOINTS, AWS_VPCS, CLUSTER_INFO, ClusterInfo, Endpoint, FactError, Facts, Reading, Vpc
from tests.fakes import START, TOOLS_IMAGE, healthy_facts
from tests.unit.codecommit.answers import IMAGE, complete

HEALTHY = healthy_facts()
STS = "sts.us-east-2.amazonaws.com"
GIT = "git-codecommit.us-east-2.amazonaws.com"


def endpoint(state: str = "available", *, private_dns: bool = True) -> Endpoint:
    """An endpoint for Git in the cluster's VPC."""
    (home,) = HEALTHY[AWS_VPCS.id]  # type: ignore[misc]  # a tuple of one VPC
    assert isinstance(home, Vpc)
    return Endpoint("vpce-1", home.id, "com.amazonaws.us-east-2.git-codecommit", "Interface", state, private_dns, (), ())


def situation(*more: Endpoint, answers: Mapping[str, object] | None = None, without: str = "", **facts: object) -> Situation:
    """The healthy world with further endpoints and other answers."""
    values = {**HEALTHY, AWS_ENDPOINTS.id: (*HEALTHY[AWS_ENDPOINTS.id], *more), **facts}  # type: ignore[misc]  # a tuple
    readings = {key: Reading(value, None, START, 0.1) for key, value in values.items() if key != without}
    return Situation(complete(**(answers or {})), Facts(readings))


def ordered(*more: Endpoint, **changes: object) -> Order:
    """The order of this situation."""
    found = probe.order(situation(*more, **changes))  # type: ignore[arg-type]  # handed on
    assert found is not None
    return found


def test_before_there_is_an_endpoint_for_git_only_sts_is_looked_at() -> None:
    found = ordered()
    assert (found.hosts, found.repository) == ((("sts", STS),), None)
    for useless in (endpoint("pending"), endpoint(private_dns=False)):
        assert ordered(useless) == found


def test_with_an_endpoint_git_is_looked_at_too() -> None:
    found = ordered(endpoint())
    assert found.hosts == (("git", GIT), ("sts", STS))
    assert found.repository is not None
    assert found.repository.url == f"https://{GIT}/v1/repos/prod-east-cluster-config"
    assert (found.repository.revision, found.repository.secret) == ("main", "repo-prod-east-cluster-config")
    assert found.image == IMAGE


def test_it_waits_for_what_it_needs_to_know() -> None:
    assert probe.inputs(situation(without=AWS_ENDPOINTS.id)) is None
    assert probe.inputs(situation(without=AWS_VPCS.id)) is None
    assert probe.inputs(situation(answers={"strategy": None})) is None
    assert probe.inputs(situation(answers={"cluster_probe": False})) == probe.OFF
    assert isinstance(probe.inputs(situation()), Order)


def test_endpoints_that_could_not_be_read_leave_the_image_to_look_at() -> None:
    base = situation()
    unread = base.facts.with_reading(AWS_ENDPOINTS.id, Reading(None, FactError("denied"), START, 0.1))
    found = probe.order(Situation(base.answers, unread))
    assert found is not None
    assert found.hosts == ()


def test_without_an_image_of_its_own_it_is_the_clusters_tools() -> None:
    static = {"codecommit__credentials__image": None}
    assert ordered(answers=static).image == TOOLS_IMAGE
    info = HEALTHY[CLUSTER_INFO.id]
    assert isinstance(info, ClusterInfo)
    assert probe.order(situation(answers=static, **{CLUSTER_INFO.id: replace(info, tools_image=None)})) is None


def made(found: Order) -> Mapping[str, Json]:
    """The pod's specification."""
    job: dict[str, dict[str, dict[str, dict[str, Json]]]] = json.loads(
        json.dumps(probe.job(found, "ezgitops-probe-prod-east-1"))
    )
    return job["spec"]["template"]["spec"]


def test_the_pod_is_hardened_and_ends_by_itself() -> None:
    spec = probe.job(ordered(), "n")["spec"]
    assert isinstance(spec, dict)
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"]) == (0, 60, 120)
    pod = made(ordered(endpoint()))
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
    pod = made(ordered(endpoint()))
    items = [{"key": key, "path": key} for key in ("url", "username", "password")]
    wanted = {"secretName": "repo-prod-east-cluster-config", "items": items, "optional": True}
    assert pod["volumes"] == [{"name": "repository", "secret": wanted}]
    assert "volumes" not in made(ordered())


def test_a_dollar_in_an_answer_is_not_expanded_by_kubernetes() -> None:
    found = ordered(endpoint(), answers={"source__revision": "feature/$(HOME)"})
    (container,) = made(found)["containers"]  # type: ignore[misc]  # a list of one
    assert isinstance(container, dict)
    (variable,) = container["env"]  # type: ignore[misc]  # a list of one
    assert isinstance(variable, dict)
    assert "$" not in str(variable["value"])
    assert json.loads(str(variable["value"]))["repository"]["revision"] == "feature/$(HOME)"


@pytest.mark.parametrize("name", ["prod-east", "a" * 30])
def test_the_names_of_job_and_pod_are_labels(name: str) -> None:
    assert len(f"{probe.WORKLOAD}-{name}-{'f' * 6}-xxxxx") <= 63
