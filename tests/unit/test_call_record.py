"""The sandbox's record as steps: names, phases, and the world's own times between the calls."""

from __future__ import annotations

from tests.benchmarks.chain import longest
from tests.benchmarks.observer import APPLICATIONS
from tests.benchmarks.record import Call, steps
from tests.benchmarks.rules import RULES


def aws(operation: str, start: float, end: float, *, mutating: bool = False) -> Call:
    service, _, name = operation.partition(":")
    return {"api": "aws", "service": service, "operation": name, "start": start, "end": end, "mutating": mutating}


def kube(verb: str, resource: str, start: float, end: float, *, mutating: bool = False, status: int = 200) -> Call:
    user = "operator"
    return {
        "api": "cluster", "verb": verb, "resource": resource, "start": start, "end": end, "mutating": mutating,
        "status": status, "user": user,
    }  # fmt: skip


FIRST = [
    aws("ec2:DescribeSecurityGroups", 0.0, 0.1),
    kube("patch", "secrets", 0.0, 0.1),
    kube("watch", "secrets", 0.0, 9.0),
    aws("ec2:CreateSecurityGroup", 0.2, 0.3, mutating=True),
    aws("ec2:CreateVpcEndpoint", 0.5, 0.6, mutating=True),
    aws("ec2:DescribeVpcEndpoints", 0.6, 0.7),
    aws("ec2:DescribeVpcEndpoints", 3.0, 3.1),
    kube("patch", "applications.argoproj.io", 3.2, 3.3, mutating=True, status=201),
    kube("patch", "applications.argoproj.io", 3.3, 3.4, mutating=True, status=200),
    kube("get", "applications.argoproj.io", 3.9, 4.0),
]


def argocd_done(path: str, after: float) -> float | None:
    return after + 0.3 if path == APPLICATIONS else None


def test_calls_are_named_by_phase_and_by_what_they_do() -> None:
    names = [step.name for step in steps(FIRST, argocd_done, 2.0)]
    assert names[:3] == ["read/ec2:DescribeSecurityGroups", "read/kube:dry-run secrets", "do/ec2:CreateSecurityGroup"]
    assert "do/kube:apply applications.argoproj.io" in names
    assert "do/kube:refresh applications.argoproj.io" in names
    assert not any("watch" in name for name in names)


def test_the_worlds_own_times_stand_between_the_calls() -> None:
    world = {step.name: (round(step.start, 3), round(step.end, 3)) for step in steps(FIRST, argocd_done, 2.0) if step.world}
    assert world == {"world/endpoint pending": (0.6, 2.6), "world/Argo CD reconciling": (3.3, 3.6)}


def test_the_chain_of_an_apply_goes_from_group_to_argo_cds_word() -> None:
    chain = longest(steps(FIRST, argocd_done, 2.0), RULES)
    assert [link.step.name.partition("/")[2] for link in chain.links[1:]] == [
        "ec2:CreateSecurityGroup",
        "ec2:CreateVpcEndpoint",
        "endpoint pending",
        "ec2:DescribeVpcEndpoints",
        "kube:apply applications.argoproj.io",
        "Argo CD reconciling",
        "kube:get applications.argoproj.io",
    ]
    assert (round(chain.calls, 3), round(chain.world, 3)) == (0.6, 2.3)


def test_the_job_of_a_probe_is_no_change_and_its_pods_start_is_the_worlds_time() -> None:
    calls = [
        aws("ec2:DescribeVpcs", 0.0, 0.1),
        kube("create", "jobs.batch", 0.1, 0.2, mutating=True, status=201),
        aws("sts:GET /", 0.9, 1.0),
        kube("get", "pods/log", 1.4, 1.5),
        kube("delete", "jobs.batch", 1.5, 1.6, mutating=True),
    ]
    found = steps(calls, argocd_done, 2.0)
    assert {step.name.partition("/")[0] for step in found} == {"read", "world"}
    chain = longest(found, RULES)
    assert [link.step.name.partition("/")[2] for link in chain.links] == [
        "kube:create jobs.batch", "probe's pod starting", "sts:GET /", "kube:get pods/log", "kube:delete jobs.batch",
    ]  # fmt: skip
    assert (round(chain.calls, 3), round(chain.world, 3)) == (0.4, 0.7)
