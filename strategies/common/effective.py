"""What holds for an environment before everything has been answered: the answer, else what the facts suggest.

Readers of facts, suggestions and checks all ask here, so that they always speak of the same profile, region and cluster.
"""

from __future__ import annotations

import re

from strategies.answers import Answers
from strategies.base import Situation
from strategies.facts import (
    AWS_IDENTITY,
    AWS_INSTANCES,
    AWS_PROFILES,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_REPOSITORY,
    SOURCE,
    ArgoInstance,
    Instance,
    Subnet,
    Trusted,
    Vpc,
)

_RANDOM_SUFFIX = re.compile(r"-[a-z0-9]{5}$")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_INSTANCE_LENGTH = 30


def has_source(answers: Answers) -> bool:
    """Whether there is a source repository that this machine can look at: not one that only SSH reaches."""
    own = answers.private_server.repository
    return answers.strategy != "private-server" or own.fill == "mirror" or not (own.url or "").startswith("ssh://")


def suggested_source(situation: Situation) -> str | None:
    """A repository on a server of one's own that is written to directly is its own source."""
    answers = situation.answers
    own = answers.private_server.repository
    if answers.strategy != "private-server" or own.fill == "mirror" or not has_source(answers):
        return None
    return own.url


def _reads_own(situation: Situation) -> bool:
    """Whether the source is the repository on the private server itself."""
    return situation.answers.source.url is not None and situation.answers.source.url == suggested_source(situation)


def makes_source(situation: Situation) -> bool:
    """Whether the source is a repository of the private server that is to be made, and so is empty at first."""
    return _reads_own(situation) and situation.answers.private_server.repository.mode == "create"


def disbelieves_source(situation: Situation) -> bool:
    """Whether the source is on the private server, and its certificate is not believed: that is told of the server."""
    chain = situation.facts.get(SERVER_CHAIN)
    return chain is not None and chain.trusted is Trusted.NOT and _reads_own(situation)


def suggested_source_username(situation: Situation) -> str | None:
    """Who reads a repository that is its own source: the same as on the private server."""
    if not _reads_own(situation):
        return None
    asked, caller = situation.answers.private_server, situation.facts.get(SERVER_CALLER)
    if asked.credentials.method == "token":
        return asked.credentials.username
    named = caller.name if caller is not None and caller.refused is None else None
    return asked.server.admin_username or named or None


def suggested_source_password(situation: Situation) -> str | None:
    """With what: the token that was answered for the server. One that a human is asked for is not asked for twice."""
    if not _reads_own(situation):
        return None
    asked = situation.answers.private_server
    reference = asked.credentials.secret if asked.credentials.method == "token" else asked.server.admin_token
    return None if asked.own.make or (reference or "").startswith("prompt:") else reference


def mirrors(answers: Answers) -> bool:
    """Whether this machine copies the source: then it has to reach it."""
    if answers.strategy == "private-server":
        return answers.private_server.repository.fill == "mirror"
    return answers.strategy in (None, "codecommit")


def suggested_profile(situation: Situation) -> str | None:
    """The profile that the environment selects; None means the standard credential chain without a profile."""
    profiles = situation.facts.get(AWS_PROFILES)
    return profiles.selected if profiles is not None else None


def profile(situation: Situation) -> str | None:
    """The AWS profile in effect; None means the standard credential chain without a profile."""
    return situation.answers.aws.profile or suggested_profile(situation)


def suggested_region(situation: Situation) -> str | None:
    """The cluster's own region, else the profile's."""
    info = situation.facts.get(CLUSTER_INFO)
    if info is not None and info.region is not None:
        return info.region
    profiles = situation.facts.get(AWS_PROFILES)
    return profiles.region if profiles is not None else None


def region(situation: Situation) -> str | None:
    """The AWS region in effect."""
    return situation.answers.aws.region or suggested_region(situation)


def aws_place(situation: Situation) -> tuple[str | None, str] | None:
    """Profile and region; None until the profiles have been read (or could not be) and a region is known."""
    found = region(situation)
    return None if found is None or not situation.facts.known(AWS_PROFILES.id) else (profile(situation), found)


def codecommit_place(situation: Situation) -> tuple[str | None, str] | None:
    """The same for facts that the CodeCommit strategy alone needs: None once another one is chosen."""
    return aws_place(situation) if situation.answers.strategy in (None, "codecommit") else None


def suggested_account(situation: Situation) -> str | None:
    """The account of the credentials."""
    identity = situation.facts.get(AWS_IDENTITY)
    return identity.account if identity is not None else None


def suggested_context(situation: Situation) -> str | None:
    """The current kubeconfig context, else the only one."""
    contexts = situation.facts.get(KUBE_CONTEXTS)
    if contexts is None:
        return None
    return contexts.current or (contexts.contexts[0].name if len(contexts.contexts) == 1 else None)


def context(situation: Situation) -> str | None:
    """The kubeconfig context in effect."""
    return situation.answers.cluster.context or suggested_context(situation)


def suggested_infrastructure_name(situation: Situation) -> str | None:
    """The infrastructure name that the cluster itself gives."""
    info = situation.facts.get(CLUSTER_INFO)
    return info.infrastructure_name or None if info is not None else None


def infrastructure_name(situation: Situation) -> str | None:
    """The cluster's infrastructure name in effect."""
    return situation.answers.cluster.infrastructure_name or suggested_infrastructure_name(situation)


def _rosa_cluster(situation: Situation) -> str | None:
    """What the address of the context in effect tells of a cluster that does not answer."""
    asked, contexts = context(situation), situation.facts.get(KUBE_CONTEXTS)
    found = (one.rosa_cluster for one in (contexts.contexts if contexts is not None else ()) if one.name == asked)
    return next(found, None)


def suggested_instance(situation: Situation) -> str | None:
    """The infrastructure name without its random suffix, else the ROSA cluster that the context's address names."""
    infrastructure = infrastructure_name(situation)
    name = _RANDOM_SUFFIX.sub("", infrastructure.lower()) if infrastructure is not None else _rosa_cluster(situation)
    if name is None:
        return None
    stem = _NOT_IN_NAMES.sub("-", name)
    return stem.lstrip("-0123456789")[:_INSTANCE_LENGTH].rstrip("-") or None


def instance(situation: Situation) -> str | None:
    """The name of this instance in effect."""
    return situation.answers.name or suggested_instance(situation)


def nodes(situation: Situation) -> tuple[Instance, ...]:
    """The cluster's own machines that run, by the tag that each of them carries; none while they have not been read."""
    infrastructure = infrastructure_name(situation)
    return tuple(one for one in situation.facts.get(AWS_INSTANCES) or () if one.up and infrastructure in one.clusters)


def node_groups(situation: Situation) -> frozenset[str]:
    """The security groups that every node has: what lets one of them in lets all nodes in.

    A hosted cluster's nodes have the cluster's default group, and those that were chosen for their machine pool.
    """
    groups = [frozenset(one.security_group_ids) for one in nodes(situation)]
    return frozenset.intersection(*groups) if groups else frozenset()


def marks(situation: Situation) -> dict[str, dict[str, int]]:
    """What carries the cluster's tag ``kubernetes.io/cluster/NAME``: VPC -> what it is (``subnet``) -> how many.

    Whoever brings a VPC may leave its subnets untagged; nodes and their security group are always tagged.
    """
    infrastructure = infrastructure_name(situation)
    if infrastructure is None:
        return {}
    homes = [(v.id, "subnet") for v in situation.facts.get(AWS_VPCS) or () for s in v.subnets if s.belongs_to(infrastructure)]
    homes += [(one.vpc_id, "node") for one in nodes(situation)]
    homes += [
        (one.vpc_id, "security group")
        for one in situation.facts.get(AWS_SECURITY_GROUPS) or ()
        if infrastructure in one.clusters
    ]
    found: dict[str, dict[str, int]] = {}
    for home, what in homes:
        counts = found.setdefault(home, {})
        counts[what] = counts.get(what, 0) + 1
    return found


def suggested_vpc(situation: Situation) -> Vpc | None:
    """The only VPC in which something carries the cluster's tag, else the only one of the region."""
    vpcs = situation.facts.get(AWS_VPCS)
    if vpcs is None:
        return None
    marked = marks(situation)
    home = [v for v in vpcs if v.id in marked]
    if len(home) == 1:
        return home[0]
    return vpcs[0] if len(vpcs) == 1 else None


def vpc(situation: Situation) -> Vpc | None:
    """The cluster's VPC in effect, as it was read."""
    answered = situation.answers.aws.vpc_id
    if answered is None:
        return suggested_vpc(situation)
    return next((v for v in situation.facts.get(AWS_VPCS) or () if v.id == answered), None)


def cluster_subnets(situation: Situation) -> tuple[Subnet, ...]:
    """The private subnets of the cluster in the order of their zones: those that carry its tag, else its nodes', else all."""
    home = vpc(situation)
    if home is None:
        return ()
    infrastructure = infrastructure_name(situation)
    tagged = tuple(s for s in home.private_subnets if s.belongs_to(infrastructure))
    with_nodes = {one.subnet_id for one in nodes(situation)}
    used = tuple(s for s in home.private_subnets if s.id in with_nodes)
    return tuple(sorted(tagged or used or home.private_subnets, key=lambda s: (s.az, s.id)))


def chosen_subnets(situation: Situation) -> tuple[Subnet, ...]:
    """The subnets answered, as far as they were read."""
    known = {s.id: s for v in situation.facts.get(AWS_VPCS) or () for s in v.subnets}
    return tuple(known[one] for one in situation.answers.aws.subnet_ids or () if one in known)


def suggested_issuer(situation: Situation) -> str | None:
    """The service account issuer that the cluster gives, without ``https://``."""
    info = situation.facts.get(CLUSTER_INFO)
    return info.issuer or None if info is not None else None


def suggested_machine_cidrs(situation: Situation) -> tuple[str, ...]:
    """The addresses of the nodes as the cluster gives them, else those of the VPC (a hosted cluster may not say)."""
    info = situation.facts.get(CLUSTER_INFO)
    if info is not None and info.machine_cidrs:
        return info.machine_cidrs
    home = vpc(situation)
    return home.cidrs if home is not None else ()


def suggested_argocd(situation: Situation) -> ArgoInstance | None:
    """The operator's default Argo CD instance, else the only one."""
    gitops = situation.facts.get(CLUSTER_GITOPS)
    if gitops is None:
        return None
    if len(gitops.instances) == 1:
        return gitops.instances[0]
    default = [one for one in gitops.instances if one.namespace == "openshift-gitops"]
    return default[0] if len(default) == 1 else None


def argocd(situation: Situation) -> ArgoInstance | None:
    """The Argo CD instance in effect, as it was read."""
    asked, gitops = situation.answers.argocd, situation.facts.get(CLUSTER_GITOPS)
    if asked.namespace is None:
        return suggested_argocd(situation)
    fitting = [
        one
        for one in (gitops.instances if gitops is not None else ())
        if one.namespace == asked.namespace and asked.name in (None, one.name)
    ]
    return fitting[0] if len(fitting) == 1 else None


def argocd_namespace(situation: Situation) -> str | None:
    """The namespace of the Argo CD instance in effect, also where that instance was not found."""
    if situation.answers.argocd.namespace is not None:
        return situation.answers.argocd.namespace
    found = suggested_argocd(situation)
    return found.namespace if found is not None else None


def suggested_revision(situation: Situation) -> str | None:
    """The source's default branch; that of the repository on the private server where there is no other source.

    What is to be made has none: the name that GitLab, Gitea, Forgejo and GitHub give to a first branch is suggested for it.
    """
    source, own = situation.facts.get(SOURCE), situation.facts.get(SERVER_REPOSITORY)
    if source is not None:
        return source.default_branch
    if makes_source(situation) and (own is None or not own.exists):
        return "main"
    itself = not has_source(situation.answers) or _reads_own(situation)
    return own.default_branch if own is not None and own.exists and itself else None
