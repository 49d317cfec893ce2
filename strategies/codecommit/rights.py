"""The rights in the cluster that the CodeCommit strategy needs: those of an apply, and all of them as roles."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.rights import APPLY, DEFAULT_NAMESPACE, KEEP, MADE, OPERATORS, REFRESHER, looking, roles, rule
from strategies.facts import Right


def needed_rights(answers: Answers) -> tuple[Right, ...]:
    """Every right that apply uses, in the namespace of the Argo CD instance; complete answers are not needed.

    Kubernetes lets nobody hand out rights that he does not have himself, so the right to get and patch Secrets, asked for
    here, also covers the refresher's Role.
    """
    namespace = answers.argocd.namespace or DEFAULT_NAMESPACE
    refresher = answers.codecommit.credentials.method == "iam-role"
    kinds = MADE + (REFRESHER if refresher else ())
    return tuple(Right(verb, group, resource, namespace) for group, resource in kinds for verb in APPLY)


def operator_roles(answers: Answers, *, group: str = OPERATORS) -> tuple[dict[str, Json], ...]:
    """RBAC manifests: the least that a group needs to plan, apply, mirror, look at and destroy this instance."""
    refresher = answers.codecommit.credentials.method == "iam-role"
    own = [rule(api, [resource], KEEP) for api, resource in MADE + (REFRESHER if refresher else ())]
    if not refresher:  # what another credential method may have left is looked for
        own += [rule(api, [resource], ["list"]) for api, resource in REFRESHER]
    own += looking(answers.cluster_probe)
    return roles(answers.argocd.namespace or DEFAULT_NAMESPACE, own, group)
