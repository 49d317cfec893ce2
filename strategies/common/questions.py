"""What is asked whatever the strategy is. Most of it is found, so that the operator confirms instead of typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.base import Choice, Json, Kind, Page, Question, Situation
from strategies.common import effective, folders, offers
from strategies.facts import (
    ARGOCD_PROJECTS,
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SOURCE,
    SOURCE_TREE,
)

_ACCOUNT = (AWS_PROFILES.id, AWS_IDENTITY.id)
_CLUSTER = (KUBE_CONTEXTS.id, CLUSTER_INFO.id)
"""What leads to a fact stands before it: while that is being read, the answer may still come by itself."""


def _always(value: Json) -> Callable[[Situation], Json]:
    return lambda _situation: value


def _these(*choices: Choice) -> Callable[[Situation], Sequence[Choice]]:
    return lambda _situation: choices


ENVIRONMENT: tuple[Question, ...] = (
    Question(
        key="aws.profile",
        title="AWS profile",
        help="Profile of the AWS configuration files. Its credentials make everything in AWS; none of them enter the cluster.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        suggest=effective.suggested_profile,
        choices=offers.profiles,
        judge=offers.judge_profile,
        needs=_ACCOUNT,
    ),
    Question(
        key="aws.region",
        title="AWS region",
        help="Region in which the cluster runs.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_region,
        choices=offers.regions,
        judge=offers.judge_region,
        needs=(AWS_PROFILES.id, *_CLUSTER),
    ),
    Question(
        key="cluster.context",
        title="Cluster",
        help="Context of the kubeconfig that leads to the cluster.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_context,
        choices=offers.contexts,
        judge=offers.judge_context,
        needs=_CLUSTER,
    ),
    Question(
        key="aws.vpcId",
        title="VPC",
        help="The cluster's VPC: found by the tag that its subnets and nodes carry.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=offers.suggested_vpc,
        choices=offers.vpcs,
        judge=offers.judge_vpc,
        needs=(*_ACCOUNT, *_CLUSTER, AWS_VPCS.id),
    ),
    Question(
        key="argocd.namespace",
        title="Argo CD namespace",
        help="Namespace of the Argo CD instance that shall sync.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=offers.suggested_argocd_namespace,
        choices=offers.argocd_namespaces,
        judge=offers.judge_argocd,
        needs=(KUBE_CONTEXTS.id, CLUSTER_GITOPS.id),
    ),
    Question(
        key="argocd.name",
        title="Argo CD instance",
        help="Name of the ArgoCD resource in that namespace.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=offers.suggested_argocd_name,
        choices=offers.argocd_names,
        needs=(KUBE_CONTEXTS.id, CLUSTER_GITOPS.id),
    ),
    Question(
        key="name",
        title="Name of this instance",
        help="Stands in the names, tags and labels of everything that is made, and is what destroy asks for. "
        "Lower-case letters, digits and dashes, 30 at most.",
        page=Page.ENVIRONMENT,
        required=True,
        suggest=effective.suggested_instance,
        needs=_CLUSTER,
    ),
    Question(
        key="aws.account",
        title="AWS account",
        help="The guard against the wrong account: apply stops when the credentials belong to another one.",
        page=Page.ENVIRONMENT,
        required=True,
        advanced=True,
        suggest=effective.suggested_account,
        needs=_ACCOUNT,
    ),
    Question(
        key="cluster.infrastructureName",
        title="Infrastructure name",
        help="The guard against the wrong cluster: apply stops when the cluster has another one.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        advanced=True,
        suggest=effective.suggested_infrastructure_name,
        choices=offers.infrastructures,
        judge=offers.judge_infrastructure,
        needs=_CLUSTER,
    ),
    Question(
        key="cluster.machineCidrs",
        title="Addresses of the nodes",
        help="Who may reach the endpoints: the cluster's machine networks, else the VPC's own ranges.",
        page=Page.ENVIRONMENT,
        kind=Kind.LIST,
        required=True,
        advanced=True,
        suggest=offers.suggested_cidrs,
        needs=(*_ACCOUNT, *_CLUSTER, AWS_VPCS.id),
    ),
)

STRATEGY = Question(
    key="strategy",
    title="How shall Argo CD reach Git?",
    help="The way in which Argo CD gets to a Git repository from a cluster that has no way out.",
    page=Page.STRATEGY,
    kind=Kind.CHOICE,
    required=True,
    suggest=_always("codecommit"),
    choices=_these(
        Choice("codecommit", "AWS CodeCommit", "Git inside AWS, reached through an endpoint of the VPC"),
        Choice("bastion-proxy", "Proxy on a bastion", "Argo CD keeps its Git URL and goes through Squid, for development"),
        Choice("private-server", "Private Git server", "GitLab, Bitbucket, Gitea, GitHub Enterprise or any other that you run"),
    ),
)

DETAILS: tuple[Question, ...] = (
    Question(
        key="source.url",
        title="Source repository",
        help="HTTPS URL of the repository in which the cluster's configuration is written today, without credentials.",
        page=Page.DETAILS,
        required=True,
        suggest=effective.suggested_source,
        judge=offers.judge_source,
        needs=(SOURCE.id,),
        relevant=effective.has_source,
    ),
    Question(
        key="source.revision",
        title="Branch or tag",
        help="What Argo CD follows. Where the repository is mirrored, all branches and tags are, whichever it is.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_revision,
        choices=offers.revisions,
        judge=offers.judge_revision,
        needs=(SOURCE.id,),
    ),
    Question(
        key="source.path",
        title="Path",
        help="Folder of the repository that Argo CD renders; a dot is the repository's root.",
        page=Page.DETAILS,
        suggest=folders.suggested,
        choices=folders.choices,
        judge=folders.judge,
        needs=(SOURCE_TREE.id,),
    ),
    Question(
        key="source.username",
        title="User name for the source",
        help="For a private repository. Many hosts take any name beside a token.",
        page=Page.DETAILS,
        advanced=True,
        suggest=effective.suggested_source_username,
    ),
    Question(
        key="source.password",
        title="Password or token for the source",
        help="For a private repository: where it is found, never the thing itself. env:NAME, file:PATH, "
        "aws-secretsmanager:ID or prompt: (you are asked).",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        advanced=True,
        suggest=effective.suggested_source_password,
    ),
    Question(
        key="application.name",
        title="Argo CD application",
        help="Name of the Application that is made.",
        page=Page.DETAILS,
        required=True,
        suggest=_always("cluster-config"),
    ),
    Question(
        key="application.project",
        title="Argo CD project",
        help="AppProject of the Application: it has to permit the repository and the namespaces.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=offers.projects,
        needs=(ARGOCD_PROJECTS.id,),
    ),
    Question(
        key="application.layout",
        title="Layout of the path",
        help="Whether the path holds manifests, or further Applications that hold them.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        advanced=True,
        choices=_these(
            Choice("single", "manifests", "the path holds what is applied"),
            Choice("app-of-apps", "app of apps", "the path holds Applications, made in Argo CD's namespace"),
        ),
    ),
    Question(
        key="application.destinationNamespace",
        title="Namespace for manifests that name none",
        help="Made when it does not exist. Leave it open when every manifest names its own.",
        page=Page.DETAILS,
        advanced=True,
        relevant=lambda answers: answers.application.layout == "single",
    ),
    Question(
        key="application.syncPolicy.automated",
        title="Sync without being asked",
        help="Argo CD applies each new commit by itself.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
    ),
    Question(
        key="application.syncPolicy.prune",
        title="Delete what left the repository",
        help="Argo CD deletes from the cluster what was deleted from the repository.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
        relevant=lambda answers: answers.application.sync_policy.automated,
    ),
    Question(
        key="application.syncPolicy.selfHeal",
        title="Undo changes made by hand",
        help="Argo CD puts back what was changed in the cluster by hand.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
        relevant=lambda answers: answers.application.sync_policy.automated,
    ),
    Question(
        key="clusterProbe",
        title="Look from inside the cluster",
        help="The checks make a Job of some seconds in Argo CD's namespace and remove it: what only the cluster can know.",
        page=Page.DETAILS,
        kind=Kind.YES_NO,
        advanced=True,
    ),
)

COMMON_QUESTIONS: tuple[Question, ...] = (*ENVIRONMENT, STRATEGY, *DETAILS)
