"""Facts of the network that differ from the healthy world in one thing, and what a verdict offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from strategies.base import Verdict
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_INSTANCES,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    Endpoint,
    Subnet,
    Vpc,
)
from tests.fakes import healthy_facts

HEALTHY = healthy_facts()
SERVICE = "com.amazonaws.us-east-2."
GIT = SERVICE + "git-codecommit"
GROUP = "sg-0e0e0e0e0e0e0e0e0"
WORKERS = "sg-0d0d0d0d0d0d0d0d0"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
STRANGE = "subnet-09999999999999999"
REPOSITORY = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"


def _vpc() -> Vpc:
    vpcs = HEALTHY[AWS_VPCS.id]
    assert isinstance(vpcs, tuple)
    assert isinstance(vpcs[0], Vpc)
    return vpcs[0]


VPC = _vpc()
A, B, C = VPC.subnets


def endpoint(**changes: object) -> Endpoint:
    """Somebody else's endpoint for Git that is as it should be, but for ``changes``."""
    ids = tuple(s.id for s in VPC.subnets)
    made = Endpoint("vpce-0917", VPC.id, GIT, "Interface", "available", True, ids, (GROUP,), None, OPEN, "shared-git")
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields are the test's to choose


def with_endpoints(*more: Endpoint) -> dict[str, object]:
    """The healthy endpoints and some more."""
    there = HEALTHY[AWS_ENDPOINTS.id]
    assert isinstance(there, tuple)
    return {AWS_ENDPOINTS.id: (*there, *more)}


def with_subnets(*subnets: Subnet, **changes: object) -> dict[str, object]:
    """The VPC with these subnets."""
    return {AWS_VPCS.id: (replace(VPC, subnets=subnets, **changes),)}  # type: ignore[arg-type]  # the test's to choose


def untagged(vpc: Vpc = VPC) -> Vpc:
    """The VPC, whose subnets carry no tag of a cluster."""
    return replace(vpc, subnets=tuple(replace(s, cluster=None) for s in vpc.subnets))


UNSEEN: Mapping[str, object] = {AWS_INSTANCES.id: (), AWS_SECURITY_GROUPS.id: ()}
"""Neither nodes nor security groups were found."""


def edits(verdict: Verdict) -> Mapping[str, object]:
    """The answers that the verdict's button gives."""
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    return verdict.remedy.mend.edits
