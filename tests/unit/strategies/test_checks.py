"""Each check passes in the healthy world, and fails for its own reason with a way out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Check, Situation, Status, Verdict
from strategies.codecommit.checks import CHECKS
from strategies.common import COMMON_CHECKS, COMMON_QUESTIONS
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_OIDC_PROVIDERS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_QUOTAS,
    AWS_REPOSITORY,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_RIGHTS,
    GIT_PROGRAM,
    MIRROR_SPACE,
    PROXIES,
    SOURCE,
    SOURCE_CONTENT,
    ArgoApplication,
    ArgoInstance,
    ArgoProject,
    AwsClock,
    AwsQuotas,
    CodeCommitRepository,
    DryRun,
    DryRuns,
    EndpointServices,
    FactError,
    Facts,
    GitOps,
    GitProgram,
    LargeFile,
    MirrorSpace,
    OidcProviders,
    OperatorSubscription,
    PermissionsBoundary,
    Proxy,
    ProxySettings,
    Reading,
    RepositorySecret,
    Right,
    Rights,
    SourceContent,
    Tried,
)
from strategies.registry import STRATEGIES
from tests.fakes import ISSUER, SOURCE_URL, START, healthy_facts
from wizard.answers.draft import Draft
from wizard.engine.suggestions import fill

BY_ID: Mapping[str, Check] = {one.id: one for one in (*COMMON_CHECKS, *CHECKS) if not one.id.startswith("probe.")}
"""Without those of the probe, which have a table of their own (``test_checks_probe``)."""
HEALTHY = healthy_facts()
VPC = HEALTHY[AWS_VPCS.id][0]  # type: ignore[index]  # a tuple of VPCs
INFO = HEALTHY[CLUSTER_INFO.id]
IDENTITY = HEALTHY[AWS_IDENTITY.id]
ENDPOINTS = HEALTHY[AWS_ENDPOINTS.id]
GIT = "com.amazonaws.us-east-2.git-codecommit"
URL = "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/prod-east-cluster-config"
SUBSCRIPTION = OperatorSubscription("openshift-operators", "gitops", "latest", "redhat-operators")
TWO = GitOps("op.v1", "1", "Succeeded", (ArgoInstance("a", "x", "Available"), ArgoInstance("b", "y", "Available")))
EXPIRED = FactError("the AWS credentials have expired", "Log in again.", "aws sso login --profile prod-east")


def situation(facts: Mapping[str, object] | None = None, answers: Mapping[str, object] | None = None) -> Situation:
    """The healthy world with some facts and answers replaced; what is not answered is suggested."""
    readings = {
        key: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for key, value in {**HEALTHY, **(facts or {})}.items()
    }
    draft = Draft()
    for key, value in {"source.url": SOURCE_URL, **(answers or {})}.items():
        draft.set(key, value)  # type: ignore[arg-type]  # JSON values
    found = Facts(readings)
    return Situation(fill(draft, (*COMMON_QUESTIONS, *STRATEGIES["codecommit"].questions()), found).answers, found)


def judged(check: str, **changes: Mapping[str, object]) -> Verdict:
    return BY_ID[check].judge(situation(**changes))


@pytest.mark.parametrize("check", sorted(BY_ID))
def test_the_healthy_world_passes(check: str) -> None:
    expected = Status.SKIPPED if check in ("codecommit.pipeline-provider", "codecommit.permissions-boundary") else Status.PASS
    assert judged(check).status is expected


FAILING: list[tuple[str, Mapping[str, object], Mapping[str, object], str]] = [
    ("aws.identity", {AWS_IDENTITY.id: EXPIRED}, {}, "expired"),
    ("aws.identity", {}, {"aws.account": "999999999999"}, "999999999999"),
    ("workstation.clock", {AWS_CLOCK.id: AwsClock(-400.0)}, {}, "400 s behind"),
    ("aws.dry-run", {AWS_DRY_RUNS.id: DryRuns((DryRun("ec2:CreateSecurityGroup", Tried.DENIED, "no"),))}, {}, "says: no"),
    ("aws.quotas", {AWS_QUOTAS.id: AwsQuotas(3)}, {}, "3 of at most 3 interface endpoints"),
    (
        "codecommit.permissions-boundary",
        {AWS_PERMISSIONS_BOUNDARY.id: PermissionsBoundary("arn:aws:iam::123456789012:policy/b")},
        {},
        "does not exist",
    ),
    ("aws.region", {}, {"aws.region": "eu-west-1"}, "runs in us-east-2"),
    ("aws.vpc-dns", {AWS_VPCS.id: (replace(VPC, dns_hostnames=False),)}, {}, "DNS host names off"),
    ("aws.vpc-dns", {AWS_VPCS.id: (replace(VPC, dns_support=False),)}, {}, "DNS support off"),
    ("aws.vpc-dns", {}, {"aws.vpcId": "vpc-00000000000000000"}, "not among"),
    ("cluster.home", {}, {"aws.vpcId": "vpc-00000000000000000"}, "not among"),
    ("aws.subnets", {}, {"aws.subnetIds": ["subnet-00000000000000000"]}, "not in vpc-0a1b2c3d4e5f60718"),
    (
        "aws.free-addresses",
        {AWS_VPCS.id: (replace(VPC, subnets=tuple(replace(s, free_addresses=0) for s in VPC.subnets)),)},
        {},
        "has 0 free",
    ),
    (
        "codecommit.endpoint-policy",
        {AWS_ENDPOINTS.id: (replace(ENDPOINTS[1], policy={"Statement": []}),)},  # type: ignore[index]
        {},
        "does not let sts:AssumeRoleWithWebIdentity",
    ),
    ("codecommit.endpoint-access", {AWS_SECURITY_GROUPS.id: ()}, {}, "does not let 10.0.0.0/16 in"),
    ("cluster.reachable", {CLUSTER_INFO.id: FactError("connection refused", "Start the tunnel.")}, {}, "connection refused"),
    ("cluster.identity", {}, {"cluster.infrastructureName": "staging-abcde"}, "staging-abcde"),
    ("cluster.identity", {}, {"cluster.oidcIssuer": "oidc.example.com/other"}, "oidc.example.com/other"),
    ("cluster.rights", {CLUSTER_RIGHTS.id: Rights({Right("create", "apps", "deployments", "ns"): False})}, {}, "create deploy"),
    ("gitops.operator", {CLUSTER_GITOPS.id: GitOps(None, None, None, ())}, {}, "not installed"),
    ("gitops.operator", {CLUSTER_GITOPS.id: GitOps("op.v1", "1", "Installing", ())}, {}, "Installing"),
    (
        "gitops.operator",
        {CLUSTER_GITOPS.id: GitOps(None, None, None, (), subscription=replace(SUBSCRIPTION, message="no such channel"))},
        {},
        "has installed nothing: no such channel",
    ),
    ("argocd.instance", {CLUSTER_GITOPS.id: GitOps("op.v1", "1", "Succeeded", ())}, {}, "no Argo CD instance"),
    (
        "argocd.instance",
        {CLUSTER_GITOPS.id: GitOps("op.v1", "1", "Succeeded", (ArgoInstance("gitops", "main", "Pending"),))},
        {},
        "gitops/main is Pending",
    ),
    ("argocd.instance", {CLUSTER_GITOPS.id: TWO}, {}, "which Argo CD instance? there are a/x, b/y"),
    (
        "argocd.instance",
        {},
        {"argocd.namespace": "elsewhere", "argocd.name": "x"},
        "no Argo CD instance elsewhere/x; there are openshift-gitops/openshift-gitops",
    ),
    (
        "argocd.repository-secret",
        {ARGOCD_SECRETS.id: (RepositorySecret("old", False, f"{URL.upper()}.git", "", ("password",)),)},
        {},
        "Secret openshift-gitops/old is for the same repository",
    ),
    (
        "argocd.application",
        {ARGOCD_APPLICATIONS.id: (ArgoApplication("cluster-config", "default", "https://x/y", "apps", "main"),)},
        {},
        "is taken: it was not made by ezgitops, syncs apps of https://x/y",
    ),
    ("argocd.project", {}, {"application.project": "platform"}, "no AppProject openshift-gitops/platform; there are: default"),
    (
        "argocd.project",
        {ARGOCD_PROJECTS.id: (ArgoProject("default", ("https://github.com/**",), ()),)},
        {},
        "it permits https://github.com/**",
    ),
    ("git.program", {GIT_PROGRAM.id: GitProgram("/usr/bin/git", (2, 20, 1))}, {}, "git 2.20.1"),
    ("git.program", {GIT_PROGRAM.id: FactError("git was not found", "Install git.")}, {}, "not found"),
    ("git.source", {SOURCE.id: FactError("authentication failed", "Answer source.password.")}, {}, "authentication failed"),
    ("git.source", {SOURCE.id: replace(HEALTHY[SOURCE.id], branches={})}, {}, "is empty"),  # type: ignore[type-var]
    ("git.source", {}, {"source.revision": "nowhere"}, "no branch or tag nowhere"),
    ("git.source-path", {}, {"source.path": "clusters/prod-eats"}, "no folder clusters/prod-eats"),
    ("git.source-size", {SOURCE_CONTENT.id: SourceContent("main", large=(LargeFile("a.db", 3 * 10**9),))}, {}, "a.db is 3"),
    ("workstation.disk", {MIRROR_SPACE.id: MirrorSpace("/m", 1)}, {}, "takes 4.0 kB"),
    (
        "workstation.proxy",
        {PROXIES.id: ProxySettings(Proxy("HTTPS_PROXY", "http://p:1", "it does not answer"))},
        {},
        "HTTPS_PROXY=http://p:1: it does not answer",
    ),
    (
        "codecommit.service",
        {AWS_REPOSITORY.id: FactError("is not open to this account", "Ask AWS.")},
        {},
        "not open",
    ),
    ("codecommit.repository", {AWS_REPOSITORY.id: CodeCommitRepository("x", True)}, {}, "taken by something else"),
    ("codecommit.repository", {AWS_REPOSITORY.id: CodeCommitRepository("x", True, "b")}, {}, "the instance b"),
    ("codecommit.zones", {AWS_ENDPOINT_SERVICES.id: EndpointServices({})}, {}, "no endpoint service"),
    (
        "codecommit.zones",
        {AWS_ENDPOINT_SERVICES.id: EndpointServices({GIT: ("us-east-2a", "us-east-2b")})},
        {"aws.subnetIds": ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0cccccccccccccccc"]},
        "not offered in us-east-2c",
    ),
    ("codecommit.sts-endpoint", {AWS_ENDPOINTS.id: ()}, {"codecommit.network.stsEndpoint": "never"}, "no STS endpoint"),
    (
        "codecommit.private-dns",
        {AWS_ENDPOINTS.id: (replace(ENDPOINTS[1], service=GIT, state="failed"),)},  # type: ignore[index]
        {},
        "is failed",
    ),
    ("codecommit.oidc-provider", {AWS_OIDC_PROVIDERS.id: OidcProviders({})}, {}, "none of 0"),
    (
        "codecommit.oidc-provider",
        {AWS_OIDC_PROVIDERS.id: OidcProviders({ISSUER: ("arn:x", ("a",))})},
        {},
        "lists a, not",
    ),
    ("codecommit.image", {CLUSTER_INFO.id: replace(INFO, tools_image=None)}, {}, "was not found"),  # type: ignore[type-var]
]


@pytest.mark.parametrize(("check", "facts", "answers", "evidence"), FAILING, ids=[f"{c}: {e}" for c, _, _, e in FAILING])
def test_it_fails_for_its_own_reason_with_a_way_out(
    check: str, facts: Mapping[str, object], answers: Mapping[str, object], evidence: str
) -> None:
    verdict = judged(check, facts=facts, answers=answers)

    assert verdict.status is Status.FAIL
    assert evidence in verdict.evidence
    assert verdict.remedy is not None
    assert verdict.remedy.text
    if verdict.remedy.command is not None:
        assert shlex.split(verdict.remedy.command)[0] in {"aws", "df", "echo", "oc", "git", "timedatectl"}


def test_every_blocking_check_was_seen_to_fail() -> None:
    assert {one.id for one in BY_ID.values() if one.blocking} == {check for check, *_ in FAILING}


def test_a_missing_sts_endpoint_is_no_obstacle_when_the_plan_makes_one() -> None:
    verdict = judged("codecommit.sts-endpoint", facts={AWS_ENDPOINTS.id: ()})
    assert (verdict.status, verdict.evidence) == (Status.PASS, "none in this VPC yet: the plan makes one")


def test_a_static_password_needs_neither_sts_nor_provider_nor_image() -> None:
    answers = {"codecommit.credentials.method": "git-credentials"}
    for check in ("codecommit.sts-endpoint", "codecommit.oidc-provider", "codecommit.image"):
        assert judged(check, answers=answers).status is Status.SKIPPED


def test_a_way_out_is_told_and_does_not_block() -> None:
    verdict = judged("network.egress-zero", facts={AWS_VPCS.id: (replace(VPC, internet_gateway="igw-1"),)})
    assert verdict.status is Status.PASS
    assert "internet gateway igw-1" in verdict.evidence


def test_a_pipeline_without_its_provider_warns() -> None:
    verdict = judged("codecommit.pipeline-provider", answers={"codecommit.mirror.keep": "github-actions"})
    assert verdict.status is Status.WARN
    assert "token.actions.githubusercontent.com" in verdict.evidence
