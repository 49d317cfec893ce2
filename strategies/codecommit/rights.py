"""The rights in the cluster that an apply of the CodeCommit strategy needs."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.facts import Right

DEFAULT_NAMESPACE = "openshift-gitops"

_RBAC = "rbac.authorization.k8s.io"
_ALWAYS = (("", "secrets"), ("argoproj.io", "applications"))
_REFRESHER = (
    ("", "serviceaccounts"),
    ("", "configmaps"),
    (_RBAC, "roles"),
    (_RBAC, "rolebindings"),
    ("apps", "deployments"),
)
_VERBS = ("get", "create", "patch")
"""Server-side apply is a ``patch``, and a ``create`` too where there is nothing yet (Kubernetes, "Server-Side Apply")."""


def needed_rights(answers: Answers) -> tuple[Right, ...]:
    """Every right that apply uses, in the namespace of the Argo CD instance; complete answers are not needed.

    Kubernetes lets nobody hand out rights that he does not have himself, so the right to get and patch Secrets, asked for
    here, also covers the refresher's Role.
    """
    namespace = answers.argocd.namespace or DEFAULT_NAMESPACE
    refresher = answers.codecommit.credentials.method == "iam-role"
    kinds = _ALWAYS + (_REFRESHER if refresher else ())
    return tuple(Right(verb, group, resource, namespace) for group, resource in kinds for verb in _VERBS)
