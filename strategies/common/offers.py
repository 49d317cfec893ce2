"""What the world offers as answers, what it suggests, and what it says of an answer given. Pure: all of it comes from facts."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Choice, Json, Situation, Status, Verdict
from strategies.common import account, effective
from strategies.common.checks import argocd, aws, cluster, network
from strategies.common.logins import told
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, passed, unknown, unread, warned
from strategies.facts import (
    ARGOCD_PROJECTS,
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SOURCE,
)

_MOST_CHOICES = 200


def profiles(situation: Situation) -> Sequence[Choice]:
    """The profiles of the AWS configuration files, each with what it is and whether its login still holds."""
    found = situation.facts.get(AWS_PROFILES)
    if found is None:
        return []
    at = situation.facts.readings[AWS_PROFILES.id].at
    known = {one.name: told(one, at) for one in found.profiles}
    return [Choice(name, name, known.get(name, "")) for name in found.names]


def regions(situation: Situation) -> Sequence[Choice]:
    """The regions in which the SDK knows CodeCommit."""
    profiles = situation.facts.get(AWS_PROFILES)
    return [Choice(name, name) for name in profiles.regions] if profiles is not None else []


def contexts(situation: Situation) -> Sequence[Choice]:
    """The contexts of the kubeconfig files, each with the ROSA cluster that its address names, else with its API server."""
    contexts = situation.facts.get(KUBE_CONTEXTS)
    found = contexts.contexts if contexts is not None else ()
    return [Choice(one.name, one.name, f"ROSA cluster {one.rosa_cluster}" if one.rosa_cluster else one.server) for one in found]


def vpcs(situation: Situation) -> Sequence[Choice]:
    """The VPCs of the region, each with the clusters that stand in it."""
    found = account.clusters(situation)
    return [
        Choice(
            one.id,
            f"{one.id} {one.name}".strip(),
            ", ".join(
                [*one.cidrs, counted(len(one.subnets), "subnet"), *(c.title for c in found if one.id in c.vpc_ids)],
            ),
        )
        for one in situation.facts.get(AWS_VPCS) or ()
    ]


def infrastructures(situation: Situation) -> Sequence[Choice]:
    """The infrastructure names of the clusters that are found in the account, for when the cluster itself is out of reach."""
    return [
        Choice(one.infrastructure, one.infrastructure, f"{one.title} in {', '.join(one.vpc_ids)}")
        for one in account.clusters(situation)
    ]


def subnets(situation: Situation) -> Sequence[Choice]:
    """The subnets of the VPC in effect."""
    home = effective.vpc(situation)
    return [Choice(s.id, f"{s.az} {s.cidr} {s.name}".strip(), s.id) for s in home.subnets] if home is not None else []


def argocd_namespaces(situation: Situation) -> Sequence[Choice]:
    """The namespaces that have an Argo CD instance."""
    gitops = situation.facts.get(CLUSTER_GITOPS)
    names = dict.fromkeys(one.namespace for one in (gitops.instances if gitops is not None else ()))
    return [Choice(name, name) for name in names]


def argocd_names(situation: Situation) -> Sequence[Choice]:
    """The Argo CD instances of the namespace answered; all of them while none is."""
    gitops, asked = situation.facts.get(CLUSTER_GITOPS), situation.answers.argocd.namespace
    instances = gitops.instances if gitops is not None else ()
    return [Choice(one.name, one.name, one.phase) for one in instances if asked in (None, one.namespace)]


def projects(situation: Situation) -> Sequence[Choice]:
    """The AppProjects of the instance, each with the repositories that it permits."""
    found = situation.facts.get(ARGOCD_PROJECTS) or ()
    return [Choice(one.name, one.name, f"permits {', '.join(one.source_repos[:3]) or 'no repository'}") for one in found]


def revisions(situation: Situation) -> Sequence[Choice]:
    """Branches, the default one first, then tags, the newest name first. Names that do not show as they are, are left out."""
    found = situation.facts.get(SOURCE)
    if found is None:
        return []
    branches = sorted(filter(str.isprintable, found.branches), key=lambda name: (name != found.default_branch, name))
    listed = [Choice(name, name, "default branch" if name == found.default_branch else "branch") for name in branches]
    listed += [Choice(name, name, "tag") for name in sorted(filter(str.isprintable, found.tags), reverse=True)]
    return listed[:_MOST_CHOICES]


def suggested_vpc(situation: Situation) -> Json:
    """The VPC whose subnets carry the tag of the cluster."""
    found = effective.suggested_vpc(situation)
    return found.id if found is not None else None


def suggested_cidrs(situation: Situation) -> Json:
    """The cluster's machine networks, else the VPC's own ranges."""
    return list(effective.suggested_machine_cidrs(situation)) or None


def suggested_argocd_namespace(situation: Situation) -> Json:
    """The namespace of the only instance, or of OpenShift GitOps' own."""
    found = effective.suggested_argocd(situation)
    return found.namespace if found is not None else None


def suggested_argocd_name(situation: Situation) -> Json:
    """The only instance of the namespace."""
    gitops, namespace = situation.facts.get(CLUSTER_GITOPS), situation.answers.argocd.namespace
    names = [one.name for one in (gitops.instances if gitops is not None else ()) if one.namespace == namespace]
    return names[0] if len(names) == 1 else None


def judge_profile(situation: Situation) -> Verdict | None:
    """Whose credentials they are, or why they cannot be used."""
    profiles, asked = situation.facts.get(AWS_PROFILES), situation.answers.aws.profile
    if profiles is not None and asked is not None and asked not in profiles.names:
        return failed(f"there is no profile {asked}", f"Profiles of this machine: {', '.join(profiles.names) or 'none'}")
    if situation.facts.known(AWS_IDENTITY.id):
        return aws.identity(situation)
    return None


def judge_region(situation: Situation) -> Verdict | None:
    """Whether the cluster runs there."""
    info = situation.facts.get(CLUSTER_INFO)
    return aws.region(situation) if info is not None and effective.region(situation) is not None else None


def judge_context(situation: Situation) -> Verdict | None:
    """What cluster it leads to, or why it cannot be reached."""
    return cluster.reachable(situation) if situation.facts.known(CLUSTER_INFO.id) else None


def judge_vpc(situation: Situation) -> Verdict | None:
    """Whether it is the cluster's, and its DNS attributes let private DNS work."""
    if situation.facts.get(AWS_VPCS) is None:
        return None
    verdict = network.home(situation)
    return network.vpc_dns(situation) if verdict.status is Status.PASS else verdict


def judge_subnets(situation: Situation) -> Verdict | None:
    """Whether endpoints can be placed in them, and in which zones they are."""
    known = situation.facts.get(AWS_VPCS) is not None and situation.answers.aws.subnet_ids
    return network.subnets(situation) if known else None


def judge_infrastructure(situation: Situation) -> Verdict | None:
    """Whether the cluster has that name."""
    return cluster.cluster_identity(situation) if situation.facts.get(CLUSTER_INFO) is not None else None


def judge_argocd(situation: Situation) -> Verdict | None:
    """Whether operator and instance are ready."""
    return argocd.ready(situation) if situation.facts.get(CLUSTER_GITOPS) is not None else None


def judge_source(situation: Situation) -> Verdict | None:
    """Whether the source repository can be read, and what it holds."""
    error, found = situation.facts.error(SOURCE), situation.facts.get(SOURCE)
    if error is not None and effective.disbelieves_source(situation):
        return unknown("read once its server is believed")
    if error is not None and effective.makes_source(situation):
        return warned("not there yet: it is made empty, and Argo CD waits for a first push", "Push to it, then apply again.")
    if error is not None:
        return unread(error)
    if found is None:
        return None
    return passed(f"reachable, {counted(len(found.branches), 'branch', 'branches')}, {counted(len(found.tags), 'tag')}")


def judge_revision(situation: Situation) -> Verdict | None:
    """What the name stands for in the source repository."""
    found, asked = situation.facts.get(SOURCE), situation.answers.source.revision
    if found is None or asked is None:
        return None
    for refs, what in ((found.branches, "branch"), (found.tags, "tag")):
        if asked in refs:
            return passed(f"{what} at {refs[asked][:7]}")
    return failed(
        f"the source has no branch or tag {asked}", f"Branches: {', '.join(shown(name) for name in sorted(found.branches)[:6])}"
    )
