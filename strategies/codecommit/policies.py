"""The IAM policies of the CodeCommit strategy: who may be whom, and who may do what. Pure, for complete answers.

Action names: AWS service authorization reference. Conditions of web identities: IAM user guide, "Available keys for AWS OIDC
federation".
"""

from __future__ import annotations

from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG, Json
from strategies.codecommit import urls
from strategies.common import aws_names
from strategies.common.iam import ROLE_ACTIONS, SEE, SEEN, allow, document, finding, foresight
from strategies.common.iam import Document as Document

GITHUB_ISSUER = "token.actions.githubusercontent.com"
STS_AUDIENCE = "sts.amazonaws.com"


def repository_arn(answers: Answers) -> str:
    """ARN of the repository."""
    return urls.repository_arn(answers.aws.region or "", answers.aws.account or "", answers.codecommit.repository.name or "")


def _trust(answers: Answers, issuer: str, subject: str, audience: str) -> Document:
    provider = aws_names.oidc_provider_arn(answers.aws.region or "", answers.aws.account or "", issuer)
    statement: Document = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:sub": subject, f"{issuer}:aud": audience}},
    }
    return document(statement)


def reader_trust(answers: Answers) -> Document:
    """Trusts exactly the refresher's service account: subject and audience, both by equality."""
    account = answers.codecommit.credentials.service_account
    subject = f"system:serviceaccount:{answers.argocd.namespace}:{account}"
    return _trust(answers, answers.cluster.oidc_issuer or "", subject, answers.codecommit.credentials.audience)


def reader(answers: Answers) -> Document:
    """Pulls from this one repository. ``GitPull`` alone is all that Git needs for clone and fetch."""
    return document(allow("codecommit:GitPull", repository_arn(answers)))


def git_endpoint(answers: Answers) -> Document | None:
    """What the Git endpoint lets through: pulls from this repository by this account; None for everything that IAM allows."""
    if answers.codecommit.network.endpoint_policy == "full-access":
        return None
    condition: Json = {"StringEquals": {"aws:PrincipalAccount": answers.aws.account}}
    return document({**allow("codecommit:GitPull", repository_arn(answers), condition), "Principal": "*"})


def endpoint_call(answers: Answers, short: str) -> tuple[str, str]:
    """What the cluster asks through the endpoint of ``sts`` or of a Git service: the action, and the ARN that it is about."""
    if short == "sts":
        return "sts:AssumeRoleWithWebIdentity", urls.reader_role_arn(answers)
    return "codecommit:GitPull", repository_arn(answers)


def pipeline_issuer(answers: Answers) -> str:
    """The OIDC issuer of the mirror pipeline: GitHub's, or the GitLab host of the source repository."""
    if answers.codecommit.mirror.keep == "github-actions":
        return GITHUB_ISSUER
    return urlsplit(answers.source.url or "").netloc or "gitlab.com"


def mirror_trust(answers: Answers) -> Document:
    """Trusts exactly the pipeline of one repository and branch.

    GitHub: configure-aws-credentials README, "OIDC". GitLab: "Configure OpenID Connect in AWS"; the job's ``id_tokens`` ask for
    the same audience.
    """
    return _trust(answers, pipeline_issuer(answers), answers.codecommit.mirror.subject or "", STS_AUDIENCE)


def mirror(answers: Answers) -> Document:
    """Pulls from and pushes to this one repository."""
    return document(allow(["codecommit:GitPull", "codecommit:GitPush"], repository_arn(answers)))


def operator_policy(answers: Answers) -> Document:
    """The least that the operator needs to plan, apply, mirror, look at and destroy this instance.

    Actions without resource-level permissions stand alone with ``*``. What is made must carry this instance's tag from the
    first moment; what is changed or deleted must have it. Nothing else can be tagged with it afterwards.
    """
    region, account = answers.aws.region or "", answers.aws.account or ""
    partition = aws_names.partition(region)
    statements: list[Json] = [
        allow(list(_SEEN), "*", sid=SEE),
        *foresight(region, account, answers.codecommit.credentials.permissions_boundary),
        allow("iam:GetOpenIDConnectProvider", f"arn:{partition}:iam::{account}:oidc-provider/*", sid="SeeProviders"),
        *finding(region, account),
        allow(list(_REPOSITORY_ACTIONS), repository_arn(answers), sid="Repository"),
        *_operator_network(answers),
    ]
    statements.extend(_operator_identities(answers))
    return document(*statements)


def _operator_network(answers: Answers) -> list[Json]:
    """Security group and endpoints (VPC PrivateLink guide, "Identity-based policy examples"; EC2 user guide, "Grant permission
    to tag resources during creation")."""
    region, account = answers.aws.region or "", answers.aws.account or ""
    ec2 = f"arn:{aws_names.partition(region)}:ec2:{region}:{account}"
    asked: Json = {"StringEquals": {f"aws:RequestTag/{INSTANCE_TAG}": answers.name or ""}}
    ours: Json = {"StringEquals": {f"aws:ResourceTag/{INSTANCE_TAG}": answers.name or ""}}
    while_made: Json = {
        "StringEquals": {
            "ec2:CreateAction": ["CreateSecurityGroup", "CreateVpcEndpoint"],
            f"aws:RequestTag/{INSTANCE_TAG}": answers.name or "",
        }
    }
    group, endpoint, vpc = f"{ec2}:security-group/*", f"{ec2}:vpc-endpoint/*", f"{ec2}:vpc/{answers.aws.vpc_id or '*'}"
    subnets: list[Json] = [f"{ec2}:subnet/{subnet}" for subnet in answers.aws.subnet_ids or ["*"]]
    return [
        allow("ec2:CreateSecurityGroup", group, asked, sid="MakeGroup"),
        allow("ec2:CreateVpcEndpoint", endpoint, asked, sid="MakeEndpoints"),
        allow(["ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint"], vpc, sid="InThisVpc"),
        # Any group of the VPC: an endpoint may be given one that was there before.
        allow(["ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"], [*subnets, group], sid="InTheseSubnets"),
        allow("ec2:CreateTags", [group, endpoint], while_made, sid="TagWhatIsMade"),
        allow(list(_GROUP_CHANGES), group, ours, sid="ChangeOurGroup"),
        allow(["ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"], endpoint, ours, sid="ChangeOurEndpoints"),
        # EC2 ties the service's private DNS zone, which is AWS's own, to the VPC in the caller's name.
        allow("route53:AssociateVPCWithHostedZone", "*", sid="PrivateDns"),
    ]


def _operator_identities(answers: Answers) -> list[Json]:
    region, account, codecommit = answers.aws.region or "", answers.aws.account or "", answers.codecommit
    path = codecommit.credentials.path
    roles: list[Json] = []
    statements: list[Json] = []
    if codecommit.credentials.method == "iam-role":
        roles.append(urls.reader_role_arn(answers))
    else:
        user = aws_names.user_arn(region, account, path, codecommit.credentials.user_name or "")
        statements.append(allow(list(_USER_ACTIONS), user, sid="Reader"))
    if codecommit.mirror.keep != "by-hand":
        roles.append(urls.mirror_role_arn(answers))
    if roles:
        statements.insert(0, allow(list(ROLE_ACTIONS), roles, sid="Roles"))
    return statements


_SEEN = (
    *SEEN,
    "ec2:DescribeVpcEndpointServices",
    "iam:GetAccountSummary",
    "iam:ListOpenIDConnectProviders",
    "route53:ListHostedZonesByVPC",
    "servicequotas:GetServiceQuota",
)
_REPOSITORY_ACTIONS = (
    "codecommit:CreateRepository",
    "codecommit:DeleteRepository",
    "codecommit:GetRepository",
    "codecommit:GitPull",
    "codecommit:GitPush",
    "codecommit:TagResource",
    "codecommit:UpdateDefaultBranch",
    "codecommit:UpdateRepositoryDescription",
    "codecommit:UpdateRepositoryEncryptionKey",
)
_GROUP_CHANGES = (
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:DeleteSecurityGroup",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
)
_USER_ACTIONS = (
    "iam:CreateServiceSpecificCredential",
    "iam:CreateUser",
    "iam:DeleteServiceSpecificCredential",
    "iam:DeleteUser",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:ListServiceSpecificCredentials",
    "iam:ListUserPolicies",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:TagUser",
)
