"""The rights in the cluster that the private-server strategy needs: those of an apply, and all of them as roles."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.rights import APPLY, DEFAULT_NAMESPACE, KEEP, MADE, OPERATORS, REFRESHER, looking, named, roles, rule
from strategies.facts import Right
from strategies.private_server import place

CERTIFICATES, KNOWN_HOSTS = "argocd-tls-certs-cm", "argocd-ssh-known-hosts-cm"


def needed_rights(answers: Answers) -> tuple[Right, ...]:
    """Every right that apply uses, in the namespace of the Argo CD instance; complete answers are not needed."""
    namespace, server = answers.argocd.namespace or DEFAULT_NAMESPACE, answers.private_server.server
    found = [Right(verb, group, resource, namespace) for group, resource in MADE for verb in APPLY]
    ssh = place.by_ssh(answers)
    if not ssh and (server.ca_file is not None or server.ca_fingerprint is not None):
        found += [Right(verb, "", "configmaps", namespace, CERTIFICATES) for verb in ("get", "patch")]
    if ssh:
        found += [Right(verb, "", "configmaps", namespace, KNOWN_HOSTS) for verb in ("get", "patch")]
    return tuple(found)


def operator_roles(answers: Answers, *, group: str = OPERATORS) -> tuple[dict[str, Json], ...]:
    """RBAC manifests: the least that a group needs to plan, apply, look at and destroy this instance.

    Entries of ours in Argo CD's certificates, known hosts and in its ``ArgoCD`` resource are always looked for: earlier
    answers may have asked for them, and ``destroy`` takes them back.
    """
    own = [rule(api, [resource], KEEP) for api, resource in MADE]
    own += [rule(api, [resource], ["list"]) for api, resource in REFRESHER]  # what the CodeCommit strategy may have left
    own += looking(answers.cluster_probe)
    own.append(named("", "configmaps", CERTIFICATES, ["patch"]))
    own.append(named("", "configmaps", KNOWN_HOSTS, ["get", "patch"]))
    if answers.argocd.name is None:
        own.append(rule("argoproj.io", ["argocds"], ["get", "patch"]))
    else:
        own.append(named("argoproj.io", "argocds", answers.argocd.name, ["get", "patch"]))
    return roles(answers.argocd.namespace or DEFAULT_NAMESPACE, own, group)
