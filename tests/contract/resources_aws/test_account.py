"""The facts about the caller and the account, read from accounts that differ in exactly what is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from strategies.answers import Answers
from strategies.base import Situation
from strategies.codecommit.permissions import needed_permissions
from strategies.codecommit.policies import operator_policy
from strategies.facts import (
    AWS_ACCOUNT_ALIAS,
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_IDENTITY,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_PROFILES,
    AWS_QUOTAS,
    AWS_REPOSITORY,
    AccountAlias,
    AwsClock,
    AwsIdentity,
    AwsProfiles,
    AwsQuotas,
    CodeCommitRepository,
    Denial,
    DryRun,
    DryRuns,
    Facts,
    PermissionsBoundary,
    Reading,
    SimulatedPermissions,
    Tried,
    Usage,
)
from strategies.ports import FactFailureError
from strategies.resources.aws.account import account_readers
from strategies.resources.aws.readers import aws_readers
from tests.contract.resources_aws.conftest import SUBNETS, VPC, StartWorld, World

BOUNDARY = "arn:aws:iam::123456789012:policy/workload-boundary"
SESSION = "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator"
Change = Callable[[dict[str, object]], None]


def situation(session: str = SESSION, boundary: str | None = None) -> Situation:
    answers = Answers.model_validate(
        {
            "name": "prod-east",
            "strategy": "codecommit",
            "aws": {
                "profile": "prod-east",
                "region": "us-east-2",
                "account": "123456789012",
                "vpcId": VPC,
                "subnetIds": list(SUBNETS),
            },
            "codecommit": {
                "repository": {"name": "prod-east-cluster-config"},
                "credentials": {"roleName": "prod-east-argocd-reader", "permissionsBoundary": boundary},
            },
        }
    )
    at = datetime(2026, 11, 23, tzinfo=UTC)
    profiles, identity = AwsProfiles(("prod-east",), "prod-east", "us-east-2"), AwsIdentity("123456789012", session, "aws")
    known = {AWS_PROFILES.id: profiles, AWS_IDENTITY.id: identity}
    return Situation(answers, Facts({key: Reading(value, None, at, 0.0) for key, value in known.items()}))


def read(world: World, fact_id: str, where: Situation | None = None) -> object:
    def machine_clock() -> datetime:
        return datetime.now(UTC)

    found = {one.fact_id: one for one in (*aws_readers(world.sessions), *account_readers(world.sessions, machine_clock))}
    where = where or situation()
    assert found[fact_id].inputs(where) is not None
    return found[fact_id].read(where)


def put(path: str, value: object) -> Change:
    """A change of the scenario at a dotted path."""

    def change(scenario: dict[str, object]) -> None:
        place = scenario
        *above, last = path.split(".")
        for key in above:
            inner = place.setdefault(key, {})
            assert isinstance(inner, dict)
            place = inner
        place[last] = value

    return change


def allowed(*actions: str, resource: str = "*") -> Mapping[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}


def without(*actions: str) -> Change:
    """The operator is an administrator who may not do these."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": list(actions), "Resource": "*"},
    ]
    return put("operator.policies", {"p": {"Version": "2012-10-17", "Statement": statements}})


@pytest.mark.parametrize("offset", [0.0, 420.0, -3600.0])
def test_the_clock_is_read_even_where_every_signature_is_void(start_world: StartWorld, offset: float) -> None:
    with start_world(put("clock_offset_seconds", offset)) as world:
        found = read(world, AWS_CLOCK.id)
    assert isinstance(found, AwsClock)
    assert abs(found.skew_seconds + offset) < 60


def test_the_alias_is_told_or_left_out(start_world: StartWorld) -> None:
    with start_world() as world:
        assert read(world, AWS_ACCOUNT_ALIAS.id) == AccountAlias("acme-prod")
    with start_world(without("iam:ListAccountAliases")) as world:
        assert read(world, AWS_ACCOUNT_ALIAS.id) == AccountAlias(None)


def test_an_administrator_is_denied_nothing(world: World) -> None:
    found = read(world, AWS_PERMISSIONS.id)
    assert isinstance(found, SimulatedPermissions)
    assert found.principal == "arn:aws:iam::123456789012:role/PlatformEngineer"
    assert (found.asked > 40, found.denied) == (True, ())


def test_the_documented_policy_is_enough_for_the_simulator(start_world: StartWorld) -> None:
    with start_world(put("operator.policies", {"least": operator_policy(situation().answers)})) as world:
        found = read(world, AWS_PERMISSIONS.id)
    assert isinstance(found, SimulatedPermissions)
    assert found.denied == ()


def test_what_the_simulator_denies_is_told_with_its_resource(start_world: StartWorld) -> None:
    with start_world(without("codecommit:CreateRepository", "ec2:CreateVpcEndpoint")) as world:
        found = read(world, AWS_PERMISSIONS.id)
    assert isinstance(found, SimulatedPermissions)
    repository = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"
    assert Denial("codecommit:CreateRepository", repository, explicit=True) in found.denied
    subnets = [one.resource.rpartition("/")[2] for one in found.denied if ":subnet/" in one.resource]
    assert sorted(subnets) == sorted(SUBNETS)


def test_a_denial_by_the_organization_is_told_as_one(start_world: StartWorld) -> None:
    no = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateRole", "Resource": "*"}]}
    with start_world(put("organization.policies", {"full": allowed("*"), "no": no})) as world:
        found = read(world, AWS_PERMISSIONS.id)
    assert isinstance(found, SimulatedPermissions)
    assert [(one.action, one.explicit, one.by_organization) for one in found.denied] == [("iam:CreateRole", True, True)]


def test_a_role_with_a_path_is_looked_up(world: World) -> None:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},'
        ' "Action": "sts:AssumeRole"}]}'
    )
    for role, path in (("AWSReservedSSO_Admin_1", "/aws-reserved/sso.amazonaws.com/"), ("Deep", "/teams/a/")):
        world.clients.iam.create_role(RoleName=role, Path=path, AssumeRolePolicyDocument=trust)
        found = read(world, AWS_PERMISSIONS.id, situation(f"arn:aws:sts::123456789012:assumed-role/{role}/me"))
        assert isinstance(found, SimulatedPermissions)
        assert found.principal == f"arn:aws:iam::123456789012:role{path}{role}"
        assert len(found.denied) == found.asked


def test_the_root_user_is_not_simulated(world: World) -> None:
    found = read(world, AWS_PERMISSIONS.id, situation("arn:aws:iam::123456789012:root"))
    assert isinstance(found, SimulatedPermissions)
    assert found.denied == ()


def test_a_simulator_that_may_not_be_asked_is_a_failure_with_its_reason(start_world: StartWorld) -> None:
    with start_world(without("iam:SimulatePrincipalPolicy")) as world, pytest.raises(FactFailureError) as caught:
        read(world, AWS_PERMISSIONS.id)
    assert "iam:SimulatePrincipalPolicy" in caught.value.error.message


def test_dry_runs_make_nothing(world: World) -> None:
    groups = len(world.clients.ec2.describe_security_groups()["SecurityGroups"])
    found = read(world, AWS_DRY_RUNS.id)
    assert found == DryRuns((DryRun("ec2:CreateSecurityGroup", Tried.ALLOWED), DryRun("ec2:CreateVpcEndpoint", Tried.ALLOWED)))
    assert len(world.clients.ec2.describe_security_groups()["SecurityGroups"]) == groups
    assert [c.operation for c in world.server.calls() if c.mutating] == []


def test_a_dry_run_sees_what_the_organization_withholds(start_world: StartWorld) -> None:
    narrow = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "ec2:CreateVpcEndpoint",
                "Resource": "*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Network*"}},
            }
        ],
    }
    with start_world(put("organization.policies", {"full": allowed("*"), "narrow": narrow})) as world:
        found, simulated = read(world, AWS_DRY_RUNS.id), read(world, AWS_PERMISSIONS.id)
    assert isinstance(found, DryRuns)
    assert isinstance(simulated, SimulatedPermissions)
    group, endpoint = found.runs
    assert (group.ended, endpoint.ended) == (Tried.ALLOWED, Tried.DENIED)
    assert endpoint.message == "ec2:CreateVpcEndpoint is denied by a service control policy"
    assert simulated.denied == ()


def test_quotas_and_what_is_used_of_them(start_world: StartWorld) -> None:
    with start_world(put("quotas", {"interface_endpoints_per_vpc": 12, "roles": 30, "users": 40})) as world:
        assert read(world, AWS_QUOTAS.id) == AwsQuotas(12, Usage(1, 30), Usage(0, 40))


def test_a_quota_that_may_not_be_read_leaves_the_others(start_world: StartWorld) -> None:
    with start_world(without("servicequotas:*")) as world:
        found = read(world, AWS_QUOTAS.id)
    assert isinstance(found, AwsQuotas)
    assert (found.endpoints_per_vpc, found.roles) == (None, Usage(1, 1000))
    assert ["servicequotas:GetServiceQuota" in one.message for one in found.unread] == [True]
    with start_world(without("servicequotas:*", "iam:GetAccountSummary")) as world, pytest.raises(FactFailureError):
        read(world, AWS_QUOTAS.id)


def test_whether_the_boundary_exists(world: World) -> None:
    assert read(world, AWS_PERMISSIONS_BOUNDARY.id) == PermissionsBoundary(None)
    found = read(world, AWS_PERMISSIONS_BOUNDARY.id, situation(boundary=BOUNDARY))
    assert found == PermissionsBoundary(BOUNDARY, exists=True)
    missing = f"{BOUNDARY}-2"
    assert read(world, AWS_PERMISSIONS_BOUNDARY.id, situation(boundary=missing)) == PermissionsBoundary(missing)


def test_a_free_name_is_looked_for_where_the_name_is_somebody_else_s(world: World) -> None:
    for name in ("prod-east-cluster-config", "prod-east-cluster-config-2"):
        world.clients.codecommit.create_repository(repositoryName=name)
    found = read(world, AWS_REPOSITORY.id)
    assert isinstance(found, CodeCommitRepository)
    assert (found.exists, found.instance, found.free_name) == (True, None, "prod-east-cluster-config-3")


def test_nothing_is_simulated_before_it_is_known_who_calls(world: World) -> None:
    nobody = Situation(situation().answers, Facts({}))
    reader = {one.fact_id: one for one in account_readers(world.sessions, world.clock)}[AWS_PERMISSIONS.id]
    assert needed_permissions(nobody.answers) is not None
    assert reader.inputs(nobody) is None
