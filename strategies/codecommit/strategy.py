"""The CodeCommit strategy: Git inside AWS, reached through an interface endpoint; nothing leaves the VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strategies.answers import Answers
from strategies.base import Card, Check, Group, Json, Output, Owner, Question, Resource, Situation
from strategies.codecommit import addresses, dry_runs, manifests, pipelines, policies, probe, rights, urls
from strategies.codecommit.card import card
from strategies.codecommit.checks import CHECKS
from strategies.codecommit.permissions import needed_permissions
from strategies.codecommit.questions import QUESTIONS
from strategies.common import aws_names
from strategies.common.dry_runs import Trial
from strategies.common.probe_job import Order
from strategies.facts import Permission, Quota, Right
from strategies.kinds import (
    CodeCommitRepositoryResource,
    GitCredentialResource,
    IamRoleResource,
    IamUserResource,
    MirrorResource,
    SecurityGroupResource,
    VpcEndpointResource,
)

GIT_PULL = "git-pull"
GIT_PUSH = "git-push"


class CodeCommitStrategy:
    """Implements ``strategies.base.Strategy``."""

    id: str = "codecommit"
    title: str = "AWS CodeCommit"

    def card(self, situation: Situation) -> Card:
        """What the strategy page shows for this environment."""
        return card(situation)

    def questions(self) -> Sequence[Question]:
        """What is asked beyond the common questions."""
        return QUESTIONS

    def checks(self) -> Sequence[Check]:
        """What must hold beyond the common checks."""
        return CHECKS

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """What should exist, for complete answers: what depends on nothing comes first."""
        return [
            _repository(answers),
            _security_group(answers),
            *_endpoints(answers),
            *_reader(answers),
            *_pipeline(answers),
            _mirror(answers),
            *_git_credential(answers),
            *manifests.cluster_objects(answers),
        ]

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """Clone URL, ARNs, and the Terraform variables of the validated-pattern family of cluster code."""
        url = urls.repository_url(answers)
        found = [
            Output("clone-url", "Clone URL", url),
            Output("repository-arn", "Repository ARN", policies.repository_arn(answers)),
        ]
        if answers.codecommit.credentials.method == "iam-role":
            found.append(Output("reader-role-arn", "Reader role ARN", urls.reader_role_arn(answers)))
        else:
            credentials, aws = answers.codecommit.credentials, answers.aws
            user = aws_names.user_arn(aws.region or "", aws.account or "", credentials.path, credentials.user_name or "")
            found.append(Output("reader-user-arn", "Reader user ARN", user))
        if answers.codecommit.mirror.keep != "by-hand":
            found.append(Output("mirror-role-arn", "Mirror role ARN", urls.mirror_role_arn(answers)))
        return [
            *found,
            Output("application", "Argo CD application", f"{answers.argocd.namespace}/{answers.application.name}"),
            Output("gitops_git_repo_url", "Terraform variable", url),
            Output("gitops_git_path", "Terraform variable", answers.source.path),
            Output("gitops_git_target_revision", "Terraform variable", answers.source.revision or ""),
        ]

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """How old the password and the mirror are."""
        renewed = outputs.get(addresses.SECRET, {}).get("refreshed-at", "")
        mirrored = Output("mirrored", "Last mirrored", outputs.get(addresses.MIRROR, {}).get("mirrored-at", ""))
        if answers.codecommit.credentials.method == "git-credentials":
            return [mirrored]
        return [Output("refreshed", "Password renewed", renewed), mirrored]

    def renewer(self, answers: Answers) -> str | None:
        """The refresher, where the password is a signature that ends after minutes."""
        if answers.codecommit.credentials.method == "git-credentials":
            return None
        return f"{answers.argocd.namespace}/{answers.codecommit.credentials.service_account}"

    def probe(self, situation: Situation) -> Order | None:
        """What a pod of the cluster looks at: the way to Git and STS, and the repository."""
        return probe.order(situation)

    def permissions(self, answers: Answers) -> tuple[Permission, ...] | None:
        """What an apply does in AWS."""
        return needed_permissions(answers)

    def dry_runs(self, answers: Answers) -> tuple[Trial, ...] | None:
        """What EC2 is asked to try."""
        return dry_runs.trials(answers)

    def boundary(self, answers: Answers) -> str | None:
        """That of the roles or the user."""
        return answers.codecommit.credentials.permissions_boundary

    def quotas(self, answers: Answers) -> tuple[Quota, ...]:  # noqa: ARG002  # the protocol's
        """Endpoints, and roles or users."""
        return (Quota.ENDPOINTS, Quota.IDENTITIES)

    def rights(self, answers: Answers) -> tuple[Right, ...]:
        """Every right in the cluster that an apply uses."""
        return rights.needed_rights(answers)

    def operator_policy(self, answers: Answers) -> Mapping[str, Json]:
        """The least-privilege IAM policy of the operator."""
        return policies.operator_policy(answers)

    def operator_roles(self, answers: Answers) -> Sequence[Mapping[str, Json]]:
        """The least-privilege roles of the operator in the cluster."""
        return rights.operator_roles(answers)


def _owner(answers: Answers) -> Owner:
    return Owner(answers.name or "")


def _repository(answers: Answers) -> Resource:
    asked = answers.codecommit.repository
    return CodeCommitRepositoryResource(
        address=addresses.REPOSITORY,
        title=f"CodeCommit repository {asked.name}",
        group=Group.AWS,
        owner=_owner(answers),
        explain="Holds the copy that Argo CD syncs from.",
        name=asked.name or "",
        description=asked.description,
        kms_key_id=asked.kms_key_id,
        default_branch=answers.source.revision,
    )


def _security_group(answers: Answers) -> Resource:
    name = f"ezgitops-{answers.name}-endpoints"
    return SecurityGroupResource(
        address=addresses.SECURITY_GROUP,
        title=f"Security group {name}",
        group=Group.AWS,
        owner=_owner(answers),
        explain="Lets the nodes, and nobody else, reach the endpoints.",
        name=name,
        vpc_id=answers.aws.vpc_id or "",
        description=f"HTTPS from the nodes of {answers.cluster.infrastructure_name} to interface endpoints",
        ingress_cidrs=tuple(answers.cluster.machine_cidrs or ()),
    )


def _endpoints(answers: Answers) -> list[Resource]:
    network = answers.codecommit.network
    fips = "-fips" if network.fips else ""
    found = [
        _endpoint(
            answers,
            addresses.GIT_ENDPOINT,
            f"git-codecommit{fips}",
            "The cluster's way to CodeCommit's Git host.",
            policy=policies.git_endpoint(answers),
            calls=(policies.endpoint_call(answers, "git-codecommit"),),
        )
    ]
    if network.api_endpoint:
        explain = "The VPC's way to the CodeCommit API; Git does not need it."
        found.append(_endpoint(answers, addresses.API_ENDPOINT, f"codecommit{fips}", explain))
    if network.sts_endpoint == "when-missing" and answers.codecommit.credentials.method == "iam-role":
        explain = "The refresher's way to exchange its token for the role."
        calls = (policies.endpoint_call(answers, "sts"),)
        found.append(_endpoint(answers, addresses.STS_ENDPOINT, "sts", explain, calls=calls))
    return found


def _endpoint(
    answers: Answers,
    address: str,
    service: str,
    explain: str,
    *,
    policy: policies.Document | None = None,
    calls: tuple[tuple[str, str], ...] = (),
) -> Resource:
    return VpcEndpointResource(
        address=address,
        title=f"VPC endpoint {service}",
        group=Group.AWS,
        owner=_owner(answers),
        depends_on=(addresses.SECURITY_GROUP,),
        explain=explain,
        service_name=aws_names.endpoint_service(answers.aws.region or "", service),
        vpc_id=answers.aws.vpc_id or "",
        subnet_ids=tuple(answers.aws.subnet_ids or ()),
        security_group=addresses.SECURITY_GROUP,
        client_cidrs=tuple(answers.cluster.machine_cidrs or ()),
        policy=policy,
        calls=calls,
    )


def _reader(answers: Answers) -> list[Resource]:
    credentials = answers.codecommit.credentials
    if credentials.method == "iam-role":
        return [
            IamRoleResource(
                address=addresses.READER_ROLE,
                title=f"IAM role {credentials.role_name}",
                group=Group.AWS,
                owner=_owner(answers),
                explain="Trusts the refresher's service account alone and may pull from this repository alone.",
                name=credentials.role_name or "",
                path=credentials.path,
                description=f"Argo CD reads {answers.codecommit.repository.name} (ezgitops, {answers.name})",
                permissions_boundary=credentials.permissions_boundary,
                trust_policy=policies.reader_trust(answers),
                policy_name=GIT_PULL,
                policy=policies.reader(answers),
            )
        ]
    return [
        IamUserResource(
            address=addresses.READER_USER,
            title=f"IAM user {credentials.user_name}",
            group=Group.AWS,
            owner=_owner(answers),
            explain="Owns the static Git password; may pull from this repository alone and has no console.",
            name=credentials.user_name or "",
            path=credentials.path,
            permissions_boundary=credentials.permissions_boundary,
            policy_name=GIT_PULL,
            policy=policies.reader(answers),
        )
    ]


def _git_credential(answers: Answers) -> list[Resource]:
    credentials = answers.codecommit.credentials
    if credentials.method == "iam-role":
        return []
    return [
        GitCredentialResource(
            address=addresses.GIT_CREDENTIAL,
            title=f"Git credential in secret {answers.codecommit.secret_name}",
            group=Group.CLUSTER,
            owner=_owner(answers),
            depends_on=(addresses.READER_USER,),
            explain="The user's Git password, which is kept nowhere but in Argo CD's repository Secret.",
            user_name=credentials.user_name or "",
            secret=manifests.repository_secret(answers),
        )
    ]


def _pipeline(answers: Answers) -> list[Resource]:
    mirror = answers.codecommit.mirror
    if mirror.keep == "by-hand":
        return []
    role = IamRoleResource(
        address=addresses.MIRROR_ROLE,
        title=f"IAM role {mirror.role_name}",
        group=Group.AWS,
        owner=_owner(answers),
        explain="Trusts the mirror pipeline alone and may pull from and push to this repository alone.",
        name=mirror.role_name or "",
        path=answers.codecommit.credentials.path,
        description=f"Pipeline mirrors into {answers.codecommit.repository.name} (ezgitops, {answers.name})",
        permissions_boundary=answers.codecommit.credentials.permissions_boundary,
        trust_policy=policies.mirror_trust(answers),
        policy_name=GIT_PUSH,
        policy=policies.mirror(answers),
    )
    return [role, pipelines.pipeline_file(answers)]


def _mirror(answers: Answers) -> Resource:
    source = answers.source
    return MirrorResource(
        address=addresses.MIRROR,
        title=f"Mirror of {source.url}",
        group=Group.GIT,
        owner=_owner(answers),
        depends_on=(addresses.REPOSITORY,),
        explain="Copies all branches and tags into the repository; pull-request refs stay behind.",
        source_url=source.url or "",
        source_username=source.username,
        source_password=source.password,
        target_url=urls.repository_url(answers),
        repository_name=answers.codecommit.repository.name or "",
        default_branch=source.revision or "",
    )
