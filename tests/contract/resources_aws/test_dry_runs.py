"""What the bastion proxy has EC2 try, in accounts that let it, that do not, and that have it already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from strategies.answers import Answers
from strategies.base import Situation
from strategies.bastion_proxy.policies import operator_policy
from strategies.facts import AWS_DRY_RUNS, AWS_PROFILES, AwsProfiles, DryRun, DryRuns, Facts, Reading, Tried
from strategies.resources.aws.account import account_readers
from tests.contract.resources_aws.conftest import StartWorld, World
from tests.unit.bastion_proxy.bastion_answers import complete, new

EXISTING = {"method": "existing", "url": "http://proxy.acme.example:3128"}
RULE, NODES = "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"
GROUP, LAUNCH = "ec2:CreateSecurityGroup", "ec2:RunInstances"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
WITH_NODES = complete(bastion_proxy__network__worker_group_id="sg-0d0d0d0d0d0d0d0d0")


def read(world: World, answers: Answers) -> DryRuns:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    profiles = AwsProfiles(("prod-east",), "prod-east", "us-east-2")
    situation = Situation(answers, Facts({AWS_PROFILES.id: Reading(profiles, None, at, 0.0)}))
    [reader] = [one for one in account_readers(world.sessions, lambda: at) if one.fact_id == AWS_DRY_RUNS.id]
    assert reader.inputs(situation) is not None
    hash(reader.inputs(situation))
    found = reader.read(situation)
    assert isinstance(found, DryRuns)
    return found


def policies(**by_name: object) -> Callable[[dict[str, object]], None]:
    """The operator holds these policies and no others."""

    def change(scenario: dict[str, object]) -> None:
        operator = scenario["operator"]
        assert isinstance(operator, dict)
        operator["policies"] = by_name

    return change


def organization(*actions: str) -> Callable[[dict[str, object]], None]:
    """A policy of the organization denies these."""
    no = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": list(actions), "Resource": "*"}]}

    def change(scenario: dict[str, object]) -> None:
        scenario["organization"] = {"policies": {"full": EVERYTHING, "no": no}}

    return change


@pytest.mark.parametrize(
    ("answers", "tried"),
    [
        (complete(), [RULE]),
        (WITH_NODES, [RULE, NODES]),
        (new(), [GROUP, NODES, LAUNCH]),
        (complete(bastion_proxy__proxy=EXISTING), []),
    ],
    ids=["instance", "with-nodes", "new", "existing"],
)
def test_what_the_plan_makes_is_tried_and_nothing_is_made(world: World, answers: Answers, tried: list[str]) -> None:
    assert read(world, answers) == DryRuns(tuple(DryRun(action, Tried.ALLOWED) for action in tried))
    assert [call.operation for call in world.server.calls() if call.mutating] == []


def test_a_rule_that_is_there_may_be_made(world: World) -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 3128, "ToPort": 3128, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    world.clients.ec2.authorize_security_group_ingress(GroupId="sg-0e5e5e5e5e5e5e5e5", IpPermissions=[rule])  # type: ignore[list-item]  # as EC2 takes it
    assert read(world, complete()) == DryRuns((DryRun(RULE, Tried.ALLOWED),))


def test_the_least_rights_allow_what_they_can_allow_before_an_apply(start_world: StartWorld) -> None:
    """A launch is held to a group and a profile of ours, which are not there: only the organization's word counts."""
    with start_world(policies(least=operator_policy(new()))) as world:
        assert read(world, new()) == DryRuns((DryRun(GROUP, Tried.ALLOWED), DryRun(NODES, Tried.ALLOWED)))
    with start_world(policies(least=operator_policy(WITH_NODES))) as world:
        assert read(world, WITH_NODES) == DryRuns((DryRun(RULE, Tried.ALLOWED), DryRun(NODES, Tried.ALLOWED)))


def test_what_the_organization_withholds_is_denied(start_world: StartWorld) -> None:
    with start_world(organization(LAUNCH)) as world:
        group, nodes, launch = read(world, new()).runs
    assert (group.ended, nodes.ended) == (Tried.ALLOWED, Tried.ALLOWED)
    assert launch == DryRun(LAUNCH, Tried.DENIED, "ec2:RunInstances is denied by a service control policy")


def test_tags_of_rules_are_part_of_what_is_decided(start_world: StartWorld) -> None:
    with start_world(organization("ec2:CreateTags")) as world:
        [run] = read(world, complete()).runs
    assert (run.ended, "ec2:CreateTags" in run.message) == (Tried.DENIED, True)
