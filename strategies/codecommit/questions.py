"""What the CodeCommit strategy asks beyond the common questions. Every one has a good default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import Choice, Json, Kind, Page, Question, Situation, Verdict
from strategies.codecommit import names
from strategies.codecommit.checks import network, repository, trust
from strategies.common import effective, offers
from strategies.common.aws_names import endpoint_service
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_OIDC_PROVIDERS,
    AWS_REPOSITORY,
    AWS_VPCS,
    CLUSTER_INFO,
    Subnet,
)


def _uses_role(answers: Answers) -> bool:
    return answers.codecommit.credentials.method == "iam-role"


def _uses_user(answers: Answers) -> bool:
    return answers.codecommit.credentials.method == "git-credentials"


def _uses_pipeline(answers: Answers) -> bool:
    return answers.codecommit.mirror.keep != "by-hand"


def _these(*choices: Choice) -> Callable[[Situation], Sequence[Choice]]:
    return lambda _situation: choices


def _suggested_image(situation: Situation) -> Json:
    info = situation.facts.get(CLUSTER_INFO)
    return info.tools_image if info is not None else None


def suggested_subject(situation: Situation) -> Json:
    """The ``sub`` claim that the pipeline's tokens will carry for the branch that Argo CD follows.

    GitHub: docs, "OpenID Connect reference" (a repository made since July 2026 has an immutable form with ids, which only
    its owner can tell); GitLab: docs, "OpenID Connect (OIDC) Authentication Using ID Tokens".
    """
    url, branch = situation.answers.source.url, situation.answers.source.revision
    if url is None or branch is None:
        return None
    project = urlsplit(url).path.strip("/").removesuffix(".git")
    if situation.answers.codecommit.mirror.keep == "gitlab-ci":
        return f"project_path:{project}:ref_type:branch:ref:{branch}"
    return f"repo:{project}:ref:refs/heads/{branch}"


def _suggested_file(situation: Situation) -> Json:
    instance, keep = effective.instance(situation), situation.answers.codecommit.mirror.keep
    return None if instance is None else f"{instance}-mirror.{keep}.yaml"


def _known(*facts: str, judge: Callable[[Situation], Verdict]) -> Callable[[Situation], Verdict | None]:
    """The judgement of a check, once its facts have been read."""
    return lambda situation: judge(situation) if all(situation.facts.known(fact) for fact in facts) else None


def _judge_repository(situation: Situation) -> Verdict | None:
    if situation.facts.error(AWS_REPOSITORY) is not None:
        return repository.service(situation)
    found, name = situation.facts.get(AWS_REPOSITORY), names.repository(situation)
    return repository.repository(situation) if found is not None and found.name == name else None


def suggested_subnets(situation: Situation) -> Json:
    """One private subnet of the cluster for each zone that every needed endpoint service supports.

    AWS takes one subnet for each zone, and refuses zones that the service does not support (VPC user guide, "Subnets and AZs").
    """
    services, region = situation.facts.get(AWS_ENDPOINT_SERVICES), effective.region(situation)
    if services is None and situation.facts.error(AWS_ENDPOINT_SERVICES) is None:
        return None
    network = situation.answers.codecommit.network
    needed = ["git-codecommit-fips" if network.fips else "git-codecommit"]
    if network.sts_endpoint == "when-missing":
        needed.append("sts")
    zones = services.zones if services is not None and region is not None else {}
    supported = [set(zones[name]) for short in needed if (name := endpoint_service(region or "", short)) in zones]
    by_zone: dict[str, Subnet] = {}
    for subnet in effective.cluster_subnets(situation):
        if all(subnet.az in one for one in supported):
            by_zone.setdefault(subnet.az, subnet)
    return [subnet.id for subnet in by_zone.values()] or None


QUESTIONS: tuple[Question, ...] = (
    Question(
        key="aws.subnetIds",
        title="Subnets of the endpoints",
        help="Private subnets of the cluster, one for each availability zone that the services support.",
        page=Page.ENVIRONMENT,
        kind=Kind.LIST,
        required=True,
        advanced=True,
        suggest=suggested_subnets,
        choices=offers.subnets,
        judge=offers.judge_subnets,
        needs=(AWS_VPCS.id, AWS_ENDPOINT_SERVICES.id),
    ),
    Question(
        key="cluster.oidcIssuer",
        title="Service account issuer",
        help="Who signs the cluster's service account tokens, without https://. The IAM role trusts tokens of this issuer.",
        page=Page.ENVIRONMENT,
        required=True,
        advanced=True,
        suggest=effective.suggested_issuer,
        needs=(CLUSTER_INFO.id,),
    ),
    Question(
        key="codecommit.repository.name",
        title="CodeCommit repository",
        help="Made in this account and region. 1 to 100 letters, digits, dots, dashes and underscores; upper and lower case "
        "matter, and it does not end in .git.",
        page=Page.DETAILS,
        required=True,
        suggest=names.suggested_repository,
        judge=_judge_repository,
        needs=(AWS_REPOSITORY.id,),
    ),
    Question(
        key="codecommit.credentials.method",
        title="How Argo CD logs in",
        help="Argo CD needs a user name and a password for Git: it cannot use an IAM role by itself.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        choices=_these(
            Choice(
                "iam-role",
                "IAM role, renewed every 5 minutes",
                "no stored secret; one small pod, and an STS endpoint (about $7 a month for each zone when it is missing)",
            ),
            Choice(
                "git-credentials",
                "IAM user with a static password",
                "no pod and no STS; a password that never ends, which many organisations forbid",
            ),
        ),
    ),
    Question(
        key="codecommit.mirror.keep",
        title="How it is kept mirrored",
        help="The first copy is always made from this machine. Afterwards the repository must follow the source.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        choices=_these(
            Choice("by-hand", "I run ezgitops mirror", "nothing else is made"),
            Choice("github-actions", "GitHub Actions", "a workflow file and a role that GitHub's token may assume"),
            Choice("gitlab-ci", "GitLab CI", "a job file and a role that GitLab's token may assume"),
        ),
    ),
    Question(
        key="codecommit.mirror.subject",
        title="Subject of the pipeline's token",
        help="The sub claim that the mirror role trusts, exactly. A GitHub repository made since July 2026 has the form "
        "repo:ORG@ID/REPO@ID:ref:refs/heads/BRANCH.",
        page=Page.DETAILS,
        required=True,
        suggest=suggested_subject,
        judge=_known(AWS_OIDC_PROVIDERS.id, judge=trust.pipeline_provider),
        needs=(AWS_OIDC_PROVIDERS.id,),
        relevant=_uses_pipeline,
    ),
    Question(
        key="codecommit.mirror.pipelineFile",
        title="Pipeline file",
        help="Where the pipeline definition is written on this machine, to be committed to the source repository.",
        page=Page.DETAILS,
        required=True,
        suggest=_suggested_file,
        relevant=_uses_pipeline,
    ),
    Question(
        key="codecommit.mirror.roleName",
        title="Mirror role",
        help="IAM role that the pipeline assumes to push. It is another one than the reader's.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_mirror_role,
        relevant=_uses_pipeline,
    ),
    Question(
        key="codecommit.credentials.roleName",
        title="Reader role",
        help="IAM role that the refresher assumes. It trusts one service account and may pull from this repository alone.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_reader,
        relevant=_uses_role,
    ),
    Question(
        key="codecommit.credentials.userName",
        title="Reader user",
        help="IAM user of the static password. It may pull from this repository alone and has no console.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_reader,
        relevant=_uses_user,
    ),
    Question(
        key="codecommit.credentials.path",
        title="IAM path",
        help="Path of the roles and users that are made, where the account sorts them by path.",
        page=Page.DETAILS,
        advanced=True,
    ),
    Question(
        key="codecommit.credentials.permissionsBoundary",
        title="Permissions boundary",
        help="ARN of the policy that bounds new roles and users, where the account demands one.",
        page=Page.DETAILS,
        advanced=True,
    ),
    Question(
        key="codecommit.credentials.audience",
        title="Audience of the refresher's token",
        help="The OIDC provider of the cluster must list it. ROSA registers both.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(Choice("openshift", "openshift"), Choice("sts.amazonaws.com", "sts.amazonaws.com")),
        judge=_known(AWS_OIDC_PROVIDERS.id, judge=trust.oidc_provider),
        needs=(AWS_OIDC_PROVIDERS.id, CLUSTER_INFO.id),
        relevant=_uses_role,
    ),
    Question(
        key="codecommit.credentials.serviceAccount",
        title="Service account of the refresher",
        help="Made in the namespace of the Argo CD instance; the role trusts exactly this one.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_service_account,
        relevant=_uses_role,
    ),
    Question(
        key="codecommit.credentials.image",
        title="Image of the refresher",
        help="By digest, with python3. The cluster's own tools image is part of its release, so egress-zero clusters have it.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=_suggested_image,
        needs=(CLUSTER_INFO.id,),
        relevant=_uses_role,
    ),
    Question(
        key="codecommit.secretName",
        title="Argo CD repository secret",
        help="Secret that tells Argo CD how to reach the repository.",
        page=Page.DETAILS,
        required=True,
        advanced=True,
        suggest=names.suggested_secret,
    ),
    Question(
        key="codecommit.repository.description",
        title="Description of the repository",
        help="Shown in the AWS console.",
        page=Page.DETAILS,
        advanced=True,
    ),
    Question(
        key="codecommit.repository.kmsKeyId",
        title="KMS key",
        help="Id or ARN of the key that encrypts the repository; AWS's own key for CodeCommit when left open.",
        page=Page.DETAILS,
        advanced=True,
    ),
    Question(
        key="codecommit.network.endpointPolicy",
        title="What the Git endpoint lets through",
        help="An endpoint serves the whole VPC: held to this repository, nobody in the VPC can reach another one through it.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(
            Choice("this-repository", "pulls from this repository", "pushes from inside the VPC do not pass either"),
            Choice("full-access", "whatever IAM allows", "needed when instances share the VPC, or something in it pushes"),
        ),
    ),
    Question(
        key="codecommit.network.stsEndpoint",
        title="STS endpoint",
        help="The refresher cannot work without one. One that is there already is used.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(Choice("when-missing", "make it when it is missing"), Choice("never", "never make it")),
        judge=_known(AWS_ENDPOINTS.id, judge=network.sts),
        needs=(AWS_ENDPOINTS.id,),
        relevant=_uses_role,
    ),
    Question(
        key="codecommit.network.apiEndpoint",
        title="Endpoint for the CodeCommit API",
        help="Git does not need it; only programs in the VPC that call the API do. It costs as much as the Git endpoint.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
    ),
    Question(
        key="codecommit.network.fips",
        title="FIPS endpoint",
        help="Use the FIPS 140 validated Git host. Not every region has one.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
        judge=_known(AWS_ENDPOINT_SERVICES.id, judge=network.zones),
        needs=(AWS_ENDPOINT_SERVICES.id,),
    ),
)
