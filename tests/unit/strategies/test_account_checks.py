"""Checks of the caller and the account: every verdict, and what the operator is told to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from strategies.base import Check, Situation, Status, Verdict
from strategies.codecommit.checks import CHECKS
from strategies.codecommit.permissions import needed_permissions
from strategies.codecommit.policies import operator_policy
from strategies.common import COMMON_CHECKS, COMMON_QUESTIONS, offers
from strategies.common.logins import login
from strategies.facts import (
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_PROFILES,
    AWS_QUOTAS,
    AWS_REPOSITORY,
    AwsClock,
    AwsIdentity,
    AwsProfile,
    AwsProfiles,
    AwsQuotas,
    CodeCommitRepository,
    Denial,
    DryRun,
    DryRuns,
    Endpoint,
    EndpointServices,
    FactError,
    Facts,
    PermissionsBoundary,
    ProfileKind,
    Reading,
    SimulatedPermissions,
    Tried,
    Usage,
)
from strategies.registry import STRATEGIES
from tests.fakes import OPERATOR_ROLE, SOURCE_URL, START, healthy_facts
from wizard.answers.draft import Draft
from wizard.engine.suggestions import fill
from wizard.sandbox.aws.policy import Decision, decide

BY_ID: Mapping[str, Check] = {one.id: one for one in (*COMMON_CHECKS, *CHECKS)}
HEALTHY = healthy_facts()
IDENTITY = cast("AwsIdentity", HEALTHY[AWS_IDENTITY.id])
ENDPOINTS = cast("tuple[Endpoint, ...]", HEALTHY[AWS_ENDPOINTS.id])
GIT = replace(ENDPOINTS[1], service="com.amazonaws.us-east-2.git-codecommit")
ENDED = FactError("AWS identity: the SSO login has ended", "Log in again.", "aws sso login --profile prod-east")


def situation(facts: Mapping[str, object] | None = None, answers: Mapping[str, object] | None = None) -> Situation:
    readings = {
        key: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for key, value in {**HEALTHY, **(facts or {})}.items()
    }
    draft = Draft()
    for key, value in {"source.url": SOURCE_URL, **(answers or {})}.items():
        draft.set(key, value)  # type: ignore[arg-type]  # JSON values
    found = Facts(readings)
    return Situation(fill(draft, (*COMMON_QUESTIONS, *STRATEGIES["codecommit"].questions()), found).answers, found)


def judged(check: str, facts: Mapping[str, object] | None = None, answers: Mapping[str, object] | None = None) -> Verdict:
    return BY_ID[check].judge(situation(facts, answers))


def profiles(*known: AwsProfile) -> dict[str, object]:
    return {AWS_PROFILES.id: AwsProfiles(tuple(p.name for p in known), "prod-east", "us-east-2", ("us-east-2",), known)}


@pytest.mark.parametrize(
    ("seconds", "status", "evidence"),
    [
        (0.4, Status.PASS, "agree"),
        (-59.0, Status.PASS, "agree"),
        (90.0, Status.WARN, "90 s ahead"),
        (-299.0, Status.WARN, "299 s behind"),
        (300.0, Status.FAIL, "300 s ahead"),
    ],
)
def test_clocks_may_be_a_minute_apart_and_not_five(seconds: float, status: Status, evidence: str) -> None:
    verdict = judged("workstation.clock", {AWS_CLOCK.id: AwsClock(seconds)})
    assert verdict.status is status
    assert evidence in verdict.evidence


def test_nothing_is_said_of_credentials_while_every_signature_is_void() -> None:
    assert BY_ID["aws.identity"].depends_on == ("workstation.clock",)


def test_the_identity_tells_account_alias_and_caller() -> None:
    assert judged("aws.identity").evidence == "123456789012 (acme-prod) as assumed-role/PlatformEngineer/operator"


@pytest.mark.parametrize(
    ("other", "offered"),
    [
        (AwsProfile("keys", ProfileKind.KEYS), True),
        (AwsProfile("same", ProfileKind.ASSUME_ROLE, "123456789012"), True),
        (AwsProfile("elsewhere", ProfileKind.ASSUME_ROLE, "210987654321"), False),
        (AwsProfile("also-over", ProfileKind.SSO, "123456789012"), False),
        (AwsProfile("renewed", ProfileKind.SSO, "123456789012", None, START - timedelta(hours=1), login_renews=True), True),
        (AwsProfile("empty", ProfileKind.UNKNOWN), False),
    ],
)
def test_credentials_that_do_not_work_offer_a_profile_that_may(other: AwsProfile, offered: bool) -> None:
    facts = {AWS_IDENTITY.id: ENDED, **profiles(AwsProfile("prod-east", ProfileKind.SSO, "123456789012"), other)}
    verdict = judged("aws.identity", facts, {"aws.account": "123456789012"})
    assert verdict.status is Status.FAIL
    assert verdict.remedy is not None
    assert verdict.remedy.command == "aws sso login --profile prod-east"
    edits = None if verdict.remedy.mend is None else verdict.remedy.mend.edits
    assert edits == ({"aws.profile": other.name} if offered else None)


def test_the_wrong_account_offers_only_a_profile_of_the_right_one() -> None:
    unknown, right = AwsProfile("keys", ProfileKind.KEYS), AwsProfile("right", ProfileKind.ASSUME_ROLE, "999999999999")
    present = AwsProfile("prod-east", ProfileKind.KEYS)
    for known, edits in (((present, unknown), None), ((present, unknown, right), {"aws.profile": "right"})):
        verdict = judged("aws.identity", profiles(*known), {"aws.account": "999999999999"})
        assert verdict.status is Status.FAIL
        assert verdict.remedy is not None
        assert (verdict.remedy.mend and verdict.remedy.mend.edits) == edits


@pytest.mark.parametrize(
    ("left", "status"), [(None, Status.PASS), (timedelta(hours=3), Status.PASS), (timedelta(minutes=14), Status.WARN)]
)
def test_credentials_must_outlast_an_apply(left: timedelta | None, status: Status) -> None:
    identity = replace(IDENTITY, expires_at=None if left is None else START + left)
    verdict = judged("aws.credentials-lifetime", {AWS_IDENTITY.id: identity})
    assert verdict.status is status
    if status is Status.WARN:
        assert "14 min from now" in verdict.evidence
        assert verdict.remedy is not None


@pytest.mark.parametrize(
    ("profile", "text", "command"),
    [
        (None, "Log in again", "aws sso login --profile here"),
        (AwsProfile("here", ProfileKind.SSO), "Log in again", "aws sso login --profile here"),
        (AwsProfile("here", ProfileKind.KEYS), "keys that are active", "aws configure --profile here"),
        (AwsProfile("here", ProfileKind.SESSION_KEYS), "new session keys", None),
        (AwsProfile("here", ProfileKind.PROCESS), "credential_process", None),
        (AwsProfile("here", ProfileKind.WEB_IDENTITY), "web_identity_token_file", None),
        (AwsProfile("here", ProfileKind.CONSOLE_LOGIN), "Log in again", "aws login --profile here"),
        (AwsProfile("here", ProfileKind.ASSUME_ROLE, source="it's"), "profile it's", "aws sso login --profile 'it'\"'\"'s'"),
    ],
)
def test_each_kind_of_profile_has_its_own_way_to_log_in(profile: AwsProfile | None, text: str, command: str | None) -> None:
    found = login(profile, "here")
    assert text in found.text
    assert found.command == command


def test_the_profiles_are_offered_with_what_they_are() -> None:
    known = (
        AwsProfile("prod-east", ProfileKind.KEYS),
        AwsProfile("over", ProfileKind.SSO, "123456789012", None, START - timedelta(hours=1)),
        AwsProfile("never", ProfileKind.SSO),
        AwsProfile("good", ProfileKind.SSO, None, None, START + timedelta(minutes=58)),
        AwsProfile("admin", ProfileKind.ASSUME_ROLE, "123456789012", "good"),
        AwsProfile("nothing", ProfileKind.UNKNOWN),
    )
    assert [(c.value, c.note) for c in offers.profiles(situation(profiles(*known)))] == [
        ("prod-east", "access keys"),
        ("over", "single sign-on, account 123456789012, login has ended"),
        ("never", "single sign-on, not logged in"),
        ("good", "single sign-on, logged in until 15:00 UTC"),
        ("admin", "role, account 123456789012, by profile good"),
        ("nothing", ""),
    ]


@pytest.mark.parametrize(
    ("denial", "remedy"),
    [
        (Denial("iam:CreateRole", f"{OPERATOR_ROLE}x", explicit=False), "least-privilege policy"),
        (Denial("iam:CreateRole", f"{OPERATOR_ROLE}x", explicit=True), "ask its owner"),
        (Denial("iam:CreateRole", f"{OPERATOR_ROLE}x", explicit=True, by_organization=True), "policy of the organization"),
    ],
)
def test_a_simulated_denial_warns_and_says_what_to_ask_for(denial: Denial, remedy: str) -> None:
    verdict = judged("aws.permissions", {AWS_PERMISSIONS.id: SimulatedPermissions(OPERATOR_ROLE, 52, (denial,))})
    assert verdict.status is Status.WARN
    assert "iam:CreateRole on role/PlatformEngineerx" in verdict.evidence
    assert verdict.remedy is not None
    assert remedy in verdict.remedy.text
    assert verdict.remedy.command is not None
    assert verdict.remedy.command.startswith("aws iam simulate-principal-policy --policy-source-arn")


def test_many_denials_are_counted() -> None:
    denied = tuple(Denial(f"ec2:Describe{n}", "*", explicit=False) for n in range(9))
    verdict = judged("aws.permissions", {AWS_PERMISSIONS.id: SimulatedPermissions(OPERATOR_ROLE, 52, denied)})
    assert verdict.evidence.endswith("and 5 more")


def test_what_is_needed_is_what_the_documented_policy_grants() -> None:
    boundary = "arn:aws:iam::123456789012:policy/workload-boundary"
    for answers in (
        {},
        {"codecommit.credentials.permissionsBoundary": boundary},
        {"codecommit.credentials.method": "git-credentials", "codecommit.credentials.userName": "reader"},
        {
            "codecommit.mirror.keep": "github-actions",
            "codecommit.mirror.roleName": "mirror",
            "codecommit.mirror.subject": "repo:acme/cluster-config:ref:refs/heads/main",
        },
    ):
        filled = situation(answers=answers).answers
        needed, policy = needed_permissions(filled), operator_policy(filled)
        assert needed is not None
        for permission in needed:
            for action in permission.actions:
                for resource in permission.resources:
                    found = decide([policy], action, resource, context=dict(permission.context))
                    assert found is Decision.ALLOWED, (action, resource)


def test_nothing_is_needed_before_it_is_known_where() -> None:
    assert needed_permissions(Situation(situation().answers.model_copy(update={"name": None}), Facts({})).answers) is None


def denied(action: str, message: str) -> dict[str, object]:
    return {AWS_DRY_RUNS.id: DryRuns((DryRun(action, Tried.DENIED, message),))}


def test_a_dry_run_that_is_refused_blocks() -> None:
    verdict = judged(
        "aws.dry-run", denied("ec2:CreateVpcEndpoint", "ec2:CreateVpcEndpoint is denied by a service control policy")
    )
    assert verdict.status is Status.FAIL
    assert verdict.remedy is not None
    assert "organization" in verdict.remedy.text
    verdict = judged("aws.dry-run", denied("ec2:CreateSecurityGroup", "no identity-based policy allows it"))
    assert verdict.remedy is not None
    assert "Ask for ec2:CreateSecurityGroup" in verdict.remedy.text


def test_an_endpoint_that_may_not_be_made_is_no_obstacle_when_all_are_there() -> None:
    facts = {**denied("ec2:CreateVpcEndpoint", "no"), AWS_ENDPOINTS.id: (*ENDPOINTS, GIT)}
    assert judged("aws.dry-run", facts).status is Status.WARN


def test_a_dry_run_that_says_nothing_of_rights_is_not_known() -> None:
    facts = {AWS_DRY_RUNS.id: DryRuns((DryRun("ec2:CreateVpcEndpoint", Tried.UNCLEAR, "no such VPC (InvalidVpcId)"),))}
    assert judged("aws.dry-run", facts).status is Status.UNKNOWN


def test_quotas_that_the_plan_would_meet() -> None:
    full = judged("aws.quotas", {AWS_QUOTAS.id: AwsQuotas(3, Usage(1, 9), Usage(1, 9))})
    assert full.status is Status.FAIL
    assert full.evidence.endswith("has 3 of at most 3 interface endpoints, and the plan makes 1 more: git-codecommit")
    assert full.remedy is not None
    assert "--desired-value 4" in (full.remedy.command or "")
    there = {AWS_QUOTAS.id: AwsQuotas(3, Usage(1, 9), Usage(1, 9)), AWS_ENDPOINTS.id: (*ENDPOINTS[:3], GIT)}
    assert judged("aws.quotas", there).status is Status.PASS
    roles = judged("aws.quotas", {AWS_QUOTAS.id: AwsQuotas(50, Usage(1000, 1000), Usage(1, 9))})
    assert (roles.status, "1000 of at most 1000 IAM roles" in roles.evidence) == (Status.WARN, True)
    users = {AWS_QUOTAS.id: AwsQuotas(50, Usage(1000, 1000), Usage(9, 9))}
    by_user = judged("aws.quotas", users, {"codecommit.credentials.method": "git-credentials"})
    assert (by_user.status, "IAM users" in by_user.evidence) == (Status.WARN, True)


def test_a_quota_that_may_not_be_read_is_not_known_unless_another_is_met() -> None:
    error = FactError("the credentials may not call servicequotas:GetServiceQuota", "Ask for it.")
    verdict = judged("aws.quotas", {AWS_QUOTAS.id: AwsQuotas(None, Usage(1, 9), Usage(1, 9), (error,))})
    assert (verdict.status, verdict.evidence) == (Status.UNKNOWN, error.message)
    met = judged("aws.quotas", {AWS_QUOTAS.id: AwsQuotas(None, Usage(9, 9), Usage(1, 9), (error,))})
    assert met.status is Status.WARN


def test_the_boundary_must_be_there_when_one_is_asked_for() -> None:
    arn = "arn:aws:iam::123456789012:policy/b"
    assert judged("codecommit.permissions-boundary").evidence == "no permissions boundary is asked for"
    for exists, status in ((True, Status.PASS), (False, Status.FAIL)):
        facts = {AWS_PERMISSIONS_BOUNDARY.id: PermissionsBoundary(arn, exists)}
        assert judged("codecommit.permissions-boundary", facts).status is status


def test_a_region_without_codecommit_is_told_from_a_host_that_does_not_answer() -> None:
    error = FactError("Could not connect to the endpoint URL", "Check this machine's way to AWS.")
    unreachable = judged("codecommit.service", {AWS_REPOSITORY.id: error})
    assert (unreachable.status, unreachable.evidence) == (Status.FAIL, error.message)
    absent = judged("codecommit.service", {AWS_REPOSITORY.id: error, AWS_ENDPOINT_SERVICES.id: EndpointServices({})})
    assert (absent.status, absent.evidence.startswith("us-east-2 has no CodeCommit")) == (Status.FAIL, True)


def test_a_foreign_repository_offers_a_name_only_when_it_is_known_to_be_free() -> None:
    for free, edits in ((None, None), ("prod-2", {"codecommit.repository.name": "prod-2"})):
        verdict = judged("codecommit.repository", {AWS_REPOSITORY.id: CodeCommitRepository("x", True, free_name=free)})
        assert verdict.status is Status.FAIL
        assert verdict.remedy is not None
        assert (verdict.remedy.mend and verdict.remedy.mend.edits) == edits
