"""What holds for an environment before everything has been answered: the answer, else what the facts suggest.

Readers of facts, suggestions and checks all ask here, so that they always speak of the same profile, region and cluster.
"""

from __future__ import annotations

import re

from strategies.base import Situation
from strategies.facts import (
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SOURCE,
    ArgoInstance,
    Subnet,
    Vpc,
)

_RANDOM_SUFFIX = re.compile(r"-[a-z0-9]{5}$")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_INSTANCE_LENGTH = 30


def profile(situation: Situation) -> str | None:
    """The AWS profile; None means the standard credential chain without a profile."""
    profiles = situation.facts.get(AWS_PROFILES)
    return situation.answers.aws.profile or (profiles.selected if profiles is not None else None)


def region(situation: Situation) -> str | None:
    """The AWS region: the answer, else the cluster's own, else the profile's."""
    if situation.answers.aws.region is not None:
        return situation.answers.aws.region
    info = situation.facts.get(CLUSTER_INFO)
    if info is not None and info.region is not None:
        return info.region
    profiles = situation.facts.get(AWS_PROFILES)
    return profiles.region if profiles is not None else None


def account(situation: Situation) -> str | None:
    """The AWS account: the answer, else that of the credentials."""
    identity = situation.facts.get(AWS_IDENTITY)
    return situation.answers.aws.account or (identity.account if identity is not None else None)


def context(situation: Situation) -> str | None:
    """The kubeconfig context: the answer, else the current one, else the only one."""
    if situation.answers.cluster.context is not None:
        return situation.answers.cluster.context
    contexts = situation.facts.get(KUBE_CONTEXTS)
    if contexts is None:
        return None
    return contexts.current or (contexts.contexts[0].name if len(contexts.contexts) == 1 else None)


def infrastructure_name(situation: Situation) -> str | None:
    """The cluster's infrastructure name: the answer, else what the cluster says."""
    info = situation.facts.get(CLUSTER_INFO)
    return situation.answers.cluster.infrastructure_name or (info.infrastructure_name if info is not None else None)


def instance(situation: Situation) -> str | None:
    """The name of this instance: the answer, else the infrastructure name without its random suffix."""
    if situation.answers.name is not None:
        return situation.answers.name
    infrastructure = infrastructure_name(situation)
    if infrastructure is None:
        return None
    stem = _NOT_IN_NAMES.sub("-", _RANDOM_SUFFIX.sub("", infrastructure.lower()))
    return stem.lstrip("-0123456789")[:_INSTANCE_LENGTH].rstrip("-") or None


def vpc(situation: Situation) -> Vpc | None:
    """The cluster's VPC: the one answered, else the one whose subnets carry the cluster's tag, else the only one."""
    vpcs = situation.facts.get(AWS_VPCS)
    if vpcs is None:
        return None
    answered = situation.answers.aws.vpc_id
    if answered is not None:
        return next((v for v in vpcs if v.id == answered), None)
    infrastructure = infrastructure_name(situation)
    tagged = [v for v in vpcs if infrastructure is not None and any(s.cluster == infrastructure for s in v.subnets)]
    if len(tagged) == 1:
        return tagged[0]
    return vpcs[0] if len(vpcs) == 1 else None


def cluster_subnets(situation: Situation) -> tuple[Subnet, ...]:
    """The private subnets of the cluster, those that carry its tag when any does, in the order of their zones."""
    home = vpc(situation)
    if home is None:
        return ()
    infrastructure = infrastructure_name(situation)
    tagged = tuple(s for s in home.private_subnets if infrastructure is not None and s.cluster == infrastructure)
    return tuple(sorted(tagged or home.private_subnets, key=lambda s: (s.az, s.id)))


def issuer(situation: Situation) -> str | None:
    """The service account issuer of the cluster, without ``https://``."""
    info = situation.facts.get(CLUSTER_INFO)
    return situation.answers.cluster.oidc_issuer or (info.issuer or None if info is not None else None)


def machine_cidrs(situation: Situation) -> tuple[str, ...]:
    """The addresses of the nodes: the answer, else what the cluster says, else the VPC's own."""
    if situation.answers.cluster.machine_cidrs is not None:
        return tuple(situation.answers.cluster.machine_cidrs)
    info = situation.facts.get(CLUSTER_INFO)
    if info is not None and info.machine_cidrs:
        return info.machine_cidrs
    home = vpc(situation)
    return home.cidrs if home is not None else ()


def argocd(situation: Situation) -> ArgoInstance | None:
    """The Argo CD instance: the one answered, else the operator's default one, else the only one."""
    gitops = situation.facts.get(CLUSTER_GITOPS)
    if gitops is None:
        return None
    asked = situation.answers.argocd
    fitting = [one for one in gitops.instances if asked.namespace in (None, one.namespace) and asked.name in (None, one.name)]
    default = [one for one in fitting if one.namespace == "openshift-gitops"]
    if len(fitting) == 1:
        return fitting[0]
    return default[0] if len(default) == 1 else None


def revision(situation: Situation) -> str | None:
    """The branch or tag that Argo CD follows: the answer, else the source's default branch."""
    source = situation.facts.get(SOURCE)
    return situation.answers.source.revision or (source.default_branch if source is not None else None)
