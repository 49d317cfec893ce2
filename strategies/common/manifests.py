"""Argo CD's objects that every strategy makes: the repository Secret and the Application, as data.

Formats: Argo CD, ``docs/operator-manual/declarative-setup.md`` (repository Secrets), ``manifests/crds/application-crd.yaml``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from strategies.answers import Answers
from strategies.base import Group, Json, Owner
from strategies.kinds import ClusterObjectResource

SECRET_TYPE_LABEL = "argocd.argoproj.io/secret-type"
IN_CLUSTER = "https://kubernetes.default.svc"


def owner(answers: Answers) -> Owner:
    """Whose everything is that these answers ask for."""
    return Owner(answers.name or "")


def repository_secret(answers: Answers, name: str, values: Mapping[str, str]) -> dict[str, Json]:
    """A repository Secret of Argo CD for the Application's project, without what is secret in it.

    ``data`` in base64, never ``stringData``: under server-side apply that makes conflicts out of equal values.
    """
    plain = dict(values)
    if answers.application.project != "default":
        plain["project"] = answers.application.project
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": answers.argocd.namespace,
            "labels": {**owner(answers).labels, SECRET_TYPE_LABEL: "repository"},
        },
        "type": "Opaque",
        "data": encoded(plain),
    }


def encoded(plain: Mapping[str, str]) -> dict[str, Json]:
    """Values as ``data`` of a Secret holds them."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}


def application(answers: Answers, url: str) -> dict[str, Json]:
    """The Argo CD Application that syncs from ``url``.

    It carries no finalizer: deleting it leaves what it has deployed in place, so that removing this program's work never
    takes a cluster's workloads with it.
    """
    asked = answers.application
    destination: dict[str, Json] = {"server": IN_CLUSTER}
    namespace = answers.argocd.namespace if asked.layout == "app-of-apps" else asked.destination_namespace
    if namespace is not None:
        destination["namespace"] = namespace
    policy: dict[str, Json] = {
        "retry": {"limit": 5, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m0s"}},
    }
    if asked.sync_policy.automated:
        policy["automated"] = {"prune": asked.sync_policy.prune, "selfHeal": asked.sync_policy.self_heal}
    if asked.layout == "single" and asked.destination_namespace is not None:
        policy["syncOptions"] = ["CreateNamespace=true"]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": asked.name,
            "namespace": answers.argocd.namespace,
            "labels": dict(owner(answers).labels),
        },
        "spec": {
            "project": asked.project,
            "source": {
                "repoURL": url,
                "path": answers.source.path,
                "targetRevision": answers.source.revision,
            },
            "destination": destination,
            "syncPolicy": policy,
        },
    }


def cluster_object(
    answers: Answers,
    address: str,
    title: str,
    manifest: Mapping[str, Json],
    *,
    depends_on: tuple[str, ...] = (),
    ready: bool = False,
    explain: str = "",
) -> ClusterObjectResource:
    """The manifest as a resource of this instance."""
    return ClusterObjectResource(
        address=address,
        title=title,
        group=Group.CLUSTER,
        owner=owner(answers),
        depends_on=depends_on,
        explain=explain,
        manifest=manifest,
        ready=ready,
    )
