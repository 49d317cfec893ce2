"""What is asked whatever the strategy is. Most of it is found, so that the operator confirms instead of typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.base import Choice, Json, Kind, Page, Question, Situation, Verdict
from strategies.codecommit.urls import endpoint_service
from strategies.common import checks, effective, folders
from strategies.common.verdicts import counted, failed, passed, unread
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SOURCE,
    SOURCE_TREE,
    Subnet,
)

_MOST_CHOICES = 200


def _profiles(situation: Situation) -> Sequence[Choice]:
    profiles = situation.facts.get(AWS_PROFILES)
    return [Choice(name, name) for name in profiles.names] if profiles is not None else []


def _regions(situation: Situation) -> Sequence[Choice]:
    profiles = situation.facts.get(AWS_PROFILES)
    return [Choice(name, name) for name in profiles.regions] if profiles is not None else []


def _contexts(situation: Situation) -> Sequence[Choice]:
    contexts = situation.facts.get(KUBE_CONTEXTS)
    return [Choice(one.name, one.name, one.server) for one in contexts.contexts] if contexts is not None else []


def _vpcs(situation: Situation) -> Sequence[Choice]:
    return [
        Choice(one.id, f"{one.id} {one.name}".strip(), f"{', '.join(one.cidrs)}, {counted(len(one.subnets), 'subnet')}")
        for one in situation.facts.get(AWS_VPCS) or ()
    ]


def _subnets(situation: Situation) -> Sequence[Choice]:
    home = effective.vpc(situation)
    return [Choice(s.id, f"{s.az} {s.cidr} {s.name}".strip(), s.id) for s in home.subnets] if home is not None else []


def _argocd_namespaces(situation: Situation) -> Sequence[Choice]:
    gitops = situation.facts.get(CLUSTER_GITOPS)
    names = dict.fromkeys(one.namespace for one in (gitops.instances if gitops is not None else ()))
    return [Choice(name, name) for name in names]


def _argocd_names(situation: Situation) -> Sequence[Choice]:
    gitops, asked = situation.facts.get(CLUSTER_GITOPS), situation.answers.argocd.namespace
    instances = gitops.instances if gitops is not None else ()
    return [Choice(one.name, one.name, one.phase) for one in instances if asked in (None, one.namespace)]


def _revisions(situation: Situation) -> Sequence[Choice]:
    found = situation.facts.get(SOURCE)
    if found is None:
        return []
    branches = sorted(found.branches, key=lambda name: (name != found.default_branch, name))
    listed = [Choice(name, name, "default branch" if name == found.default_branch else "branch") for name in branches]
    listed += [Choice(name, name, "tag") for name in sorted(found.tags, reverse=True)]
    return listed[:_MOST_CHOICES]


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


def _suggested_vpc(situation: Situation) -> Json:
    found = effective.suggested_vpc(situation)
    return found.id if found is not None else None


def _suggested_cidrs(situation: Situation) -> Json:
    return list(effective.suggested_machine_cidrs(situation)) or None


def _suggested_argocd_namespace(situation: Situation) -> Json:
    found = effective.suggested_argocd(situation)
    return found.namespace if found is not None else None


def _suggested_argocd_name(situation: Situation) -> Json:
    gitops, namespace = situation.facts.get(CLUSTER_GITOPS), situation.answers.argocd.namespace
    names = [one.name for one in (gitops.instances if gitops is not None else ()) if one.namespace == namespace]
    return names[0] if len(names) == 1 else None


def _judge_profile(situation: Situation) -> Verdict | None:
    profiles, asked = situation.facts.get(AWS_PROFILES), situation.answers.aws.profile
    if profiles is not None and asked is not None and asked not in profiles.names:
        return failed(f"there is no profile {asked}", f"Profiles of this machine: {', '.join(profiles.names) or 'none'}")
    if situation.facts.known(AWS_IDENTITY.id):
        return checks.identity(situation)
    return None


def _judge_region(situation: Situation) -> Verdict | None:
    info = situation.facts.get(CLUSTER_INFO)
    return checks.region(situation) if info is not None and effective.region(situation) is not None else None


def _judge_context(situation: Situation) -> Verdict | None:
    return checks.reachable(situation) if situation.facts.known(CLUSTER_INFO.id) else None


def _judge_vpc(situation: Situation) -> Verdict | None:
    return checks.vpc_dns(situation) if situation.facts.get(AWS_VPCS) is not None else None


def _judge_subnets(situation: Situation) -> Verdict | None:
    chosen, asked = effective.chosen_subnets(situation), situation.answers.aws.subnet_ids or []
    if situation.facts.get(AWS_VPCS) is None or not asked:
        return None
    lost = sorted(set(asked) - {s.id for s in chosen})
    if lost:
        return failed(f"not found: {', '.join(lost)}", "Choose subnets of the cluster's VPC.")
    return passed(f"{counted(len(chosen), 'subnet')} in {', '.join(s.az for s in chosen)}")


def _judge_infrastructure(situation: Situation) -> Verdict | None:
    return checks.cluster_identity(situation) if situation.facts.get(CLUSTER_INFO) is not None else None


def _judge_argocd(situation: Situation) -> Verdict | None:
    return checks.gitops(situation) if situation.facts.get(CLUSTER_GITOPS) is not None else None


def _judge_source(situation: Situation) -> Verdict | None:
    error, found = situation.facts.error(SOURCE), situation.facts.get(SOURCE)
    if error is not None:
        return unread(error)
    if found is None:
        return None
    return passed(f"reachable, {counted(len(found.branches), 'branch', 'branches')}, {counted(len(found.tags), 'tag')}")


def _judge_revision(situation: Situation) -> Verdict | None:
    found, asked = situation.facts.get(SOURCE), situation.answers.source.revision
    if found is None or asked is None:
        return None
    for refs, what in ((found.branches, "branch"), (found.tags, "tag")):
        if asked in refs:
            return passed(f"{what} at {refs[asked][:7]}")
    return failed(f"the source has no branch or tag {asked}", f"Branches: {', '.join(sorted(found.branches)[:6])}")


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
        choices=_profiles,
        judge=_judge_profile,
        needs=(AWS_PROFILES.id, AWS_IDENTITY.id),
    ),
    Question(
        key="aws.region",
        title="AWS region",
        help="Region in which the cluster runs.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_region,
        choices=_regions,
        judge=_judge_region,
        needs=(AWS_PROFILES.id, CLUSTER_INFO.id),
    ),
    Question(
        key="cluster.context",
        title="Cluster",
        help="Context of the kubeconfig that leads to the cluster.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_context,
        choices=_contexts,
        judge=_judge_context,
        needs=(KUBE_CONTEXTS.id, CLUSTER_INFO.id),
    ),
    Question(
        key="aws.vpcId",
        title="VPC",
        help="The cluster's VPC: found by the tag that its subnets carry.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=_suggested_vpc,
        choices=_vpcs,
        judge=_judge_vpc,
        needs=(AWS_VPCS.id, CLUSTER_INFO.id),
    ),
    Question(
        key="argocd.namespace",
        title="Argo CD namespace",
        help="Namespace of the Argo CD instance that shall sync.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=_suggested_argocd_namespace,
        choices=_argocd_namespaces,
        judge=_judge_argocd,
        needs=(CLUSTER_GITOPS.id,),
    ),
    Question(
        key="argocd.name",
        title="Argo CD instance",
        help="Name of the ArgoCD resource in that namespace.",
        page=Page.ENVIRONMENT,
        kind=Kind.CHOICE,
        required=True,
        suggest=_suggested_argocd_name,
        choices=_argocd_names,
        needs=(CLUSTER_GITOPS.id,),
    ),
    Question(
        key="name",
        title="Name of this instance",
        help="Stands in the names, tags and labels of everything that is made, and is what destroy asks for. "
        "Lower-case letters, digits and dashes, 30 at most.",
        page=Page.ENVIRONMENT,
        required=True,
        suggest=effective.suggested_instance,
        needs=(CLUSTER_INFO.id,),
    ),
    Question(
        key="aws.account",
        title="AWS account",
        help="The guard against the wrong account: apply stops when the credentials belong to another one.",
        page=Page.ENVIRONMENT,
        required=True,
        advanced=True,
        suggest=effective.suggested_account,
        needs=(AWS_IDENTITY.id,),
    ),
    Question(
        key="aws.subnetIds",
        title="Subnets of the endpoints",
        help="Private subnets of the cluster, one for each availability zone that the services support.",
        page=Page.ENVIRONMENT,
        kind=Kind.LIST,
        required=True,
        advanced=True,
        suggest=suggested_subnets,
        choices=_subnets,
        judge=_judge_subnets,
        needs=(AWS_VPCS.id, AWS_ENDPOINT_SERVICES.id),
    ),
    Question(
        key="cluster.infrastructureName",
        title="Infrastructure name",
        help="The guard against the wrong cluster: apply stops when the cluster has another one.",
        page=Page.ENVIRONMENT,
        required=True,
        advanced=True,
        suggest=effective.suggested_infrastructure_name,
        judge=_judge_infrastructure,
        needs=(CLUSTER_INFO.id,),
    ),
    Question(
        key="cluster.machineCidrs",
        title="Addresses of the nodes",
        help="Who may reach the endpoints: the cluster's machine networks, else the VPC's own ranges.",
        page=Page.ENVIRONMENT,
        kind=Kind.LIST,
        required=True,
        advanced=True,
        suggest=_suggested_cidrs,
        needs=(CLUSTER_INFO.id, AWS_VPCS.id),
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
)

STRATEGY = Question(
    key="strategy",
    title="How shall Argo CD reach Git?",
    help="The way in which Argo CD gets to a Git repository from a cluster that has no way out.",
    page=Page.STRATEGY,
    kind=Kind.CHOICE,
    required=True,
    suggest=_always("codecommit"),
    choices=_these(Choice("codecommit", "AWS CodeCommit", "Git inside AWS, reached through an endpoint of the VPC")),
)

DETAILS: tuple[Question, ...] = (
    Question(
        key="source.url",
        title="Source repository",
        help="HTTPS URL of the repository in which the cluster's configuration is written today, without credentials.",
        page=Page.DETAILS,
        required=True,
        judge=_judge_source,
        needs=(SOURCE.id,),
    ),
    Question(
        key="source.revision",
        title="Branch or tag",
        help="What Argo CD follows. All branches and tags are mirrored, whichever it is.",
        page=Page.DETAILS,
        kind=Kind.CHOICE,
        required=True,
        suggest=effective.suggested_revision,
        choices=_revisions,
        judge=_judge_revision,
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
    ),
    Question(
        key="source.password",
        title="Password or token for the source",
        help="For a private repository: where it is found, never the thing itself. env:NAME, file:PATH, "
        "aws-secretsmanager:ID or prompt: (you are asked).",
        page=Page.DETAILS,
        kind=Kind.SECRET,
        advanced=True,
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
        help="AppProject of the Application.",
        page=Page.DETAILS,
        advanced=True,
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
)

COMMON_QUESTIONS: tuple[Question, ...] = (*ENVIRONMENT, STRATEGY, *DETAILS)
