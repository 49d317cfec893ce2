"""The rights in the cluster that the bastion-proxy strategy needs: those of an apply, and all of them as roles."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.rights import APPLY, DEFAULT_NAMESPACE, KEEP, MADE, OPERATORS, REFRESHER, looking, named, roles, rule
from strategies.facts import Right

CERTIFICATES = "argocd-tls-certs-cm"


def needed_rights(answers: Answers) -> tuple[Right, ...]:
    """Every right that apply uses, in the namespace of the Argo CD instance; complete answers are not needed."""
    namespace, asked = answers.argocd.namespace or DEFAULT_NAMESPACE, answers.bastion_proxy
    found = [Right(verb, group, resource, namespace) for group, resource in MADE for verb in APPLY]
    if asked.proxy.ca_file is not None:
        found += [Right(verb, "", "configmaps", namespace, CERTIFICATES) for verb in ("get", "patch")]
    if asked.repo_server.proxy:
        found += [Right(verb, "argoproj.io", "argocds", namespace, answers.argocd.name) for verb in ("get", "patch")]
    return tuple(found)


def operator_roles(answers: Answers, *, group: str = OPERATORS) -> tuple[dict[str, Json], ...]:
    """RBAC manifests: the least that a group needs to plan, apply, look at and destroy this instance.

    An entry of ours in ``argocd-tls-certs-cm`` and variables of ours in the ``ArgoCD`` resource are always looked for: earlier
    answers may have asked for them, and ``destroy`` takes them back.
    """
    asked = answers.bastion_proxy
    own = [rule(api, [resource], KEEP) for api, resource in MADE]
    own += [rule(api, [resource], ["list"]) for api, resource in REFRESHER]  # what the CodeCommit strategy may have left
    own += looking(answers.cluster_probe)
    own.append(named("", "configmaps", CERTIFICATES, ["patch"]))
    instance = answers.argocd.name
    if instance is None:
        own.append(rule("argoproj.io", ["argocds"], ["get", "patch"]))
    else:
        own.append(named("argoproj.io", "argocds", instance, ["get", "patch"]))
    if asked.repo_server.proxy and instance is not None:
        own.append(named("apps", "deployments", f"{instance}-repo-server"))
    return roles(answers.argocd.namespace or DEFAULT_NAMESPACE, own, group)
