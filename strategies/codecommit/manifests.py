"""The cluster's part of the CodeCommit strategy: the repository Secret, the Application, and the refresher, as resources.

Formats: Argo CD, ``docs/operator-manual/declarative-setup.md`` (repository Secrets), ``manifests/crds/application-crd.yaml``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from strategies.answers import Answers
from strategies.base import Group, Json, Owner
from strategies.codecommit import addresses, refresher, urls
from strategies.kinds import ClusterObjectResource

SECRET_TYPE_LABEL = "argocd.argoproj.io/secret-type"
IN_CLUSTER = "https://kubernetes.default.svc"


def repository_secret(answers: Answers) -> dict[str, Json]:
    """Argo CD's repository Secret without user name and password: those belong to whoever keeps them.

    ``data`` in base64, never ``stringData``: under server-side apply that makes conflicts out of equal values.
    ``forceHttpBasicAuth`` because CodeCommit does not challenge the way Git clients wait for.
    """
    values = {"type": "git", "url": urls.repository_url(answers), "forceHttpBasicAuth": "true"}
    if answers.application.project != "default":
        values["project"] = answers.application.project
    data: dict[str, Json] = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": answers.codecommit.secret_name,
            "namespace": answers.argocd.namespace,
            "labels": {**_owner(answers).labels, SECRET_TYPE_LABEL: "repository"},
        },
        "type": "Opaque",
        "data": data,
    }


def application(answers: Answers) -> dict[str, Json]:
    """The Argo CD Application.

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
            "labels": dict(_owner(answers).labels),
        },
        "spec": {
            "project": asked.project,
            "source": {
                "repoURL": urls.repository_url(answers),
                "path": answers.source.path,
                "targetRevision": answers.source.revision,
            },
            "destination": destination,
            "syncPolicy": policy,
        },
    }


def cluster_objects(answers: Answers) -> list[ClusterObjectResource]:
    """Every object of the strategy, for complete answers, with what each one waits for.

    With ``git-credentials`` the Secret is a ``GitCredentialResource`` and there is no refresher: only the Application is here.
    """
    if answers.codecommit.credentials.method == "git-credentials":
        return [_application(answers, addresses.GIT_CREDENTIAL)]
    owner, name = _owner(answers), answers.codecommit.credentials.service_account
    # Only STS: signing a password asks nothing of Git's host, so the pod starts while that endpoint is still pending.
    network = [addresses.STS_ENDPOINT] if answers.codecommit.network.sts_endpoint == "when-missing" else []
    return [
        _object(
            answers, addresses.SERVICE_ACCOUNT, f"Service account {name}", refresher.service_account(answers, owner),
            explain="Who the credential refresher is; the IAM role trusts exactly this account.",
        ),
        _object(
            answers, addresses.SCRIPT, f"Script of {name}", refresher.config_map(answers, owner),
            explain="The refresher's script: Python's standard library alone, nothing is downloaded.",
        ),
        _object(
            answers, addresses.SECRET_ROLE, f"Role {name}", refresher.role(answers, owner),
            explain="The right to read and patch the one repository Secret.",
        ),
        _object(
            answers, addresses.SECRET_ROLE_BINDING, f"Role binding {name}", refresher.role_binding(answers, owner),
            depends_on=(addresses.SECRET_ROLE, addresses.SERVICE_ACCOUNT),
            explain="Gives the refresher that right.",
        ),
        _object(
            answers, addresses.SECRET, f"Repository secret {answers.codecommit.secret_name}", repository_secret(answers),
            explain="Tells Argo CD how to reach the repository; the refresher fills in user name and password.",
        ),
        _object(
            answers, addresses.REFRESHER, f"Credential refresher {name}", refresher.deployment(answers, owner), ready=True,
            depends_on=(
                addresses.SERVICE_ACCOUNT, addresses.SCRIPT, addresses.SECRET_ROLE_BINDING, addresses.SECRET,
                addresses.READER_ROLE, *network,
            ),
            explain="Signs a new Git password every five minutes and writes it into the repository Secret.",
        ),
        _application(answers, addresses.REFRESHER),
    ]  # fmt: skip


def _application(answers: Answers, credential: str) -> ClusterObjectResource:
    return _object(
        answers,
        addresses.APPLICATION,
        f"Application {answers.application.name}",
        application(answers),
        depends_on=(credential, addresses.MIRROR, addresses.GIT_ENDPOINT),
        explain="What Argo CD syncs: this path of this repository into this cluster.",
    )


def _object(
    answers: Answers, address: str, title: str, manifest: Mapping[str, Json], *,
    depends_on: tuple[str, ...] = (), ready: bool = False, explain: str = "",
) -> ClusterObjectResource:  # fmt: skip
    return ClusterObjectResource(
        address=address, title=title, group=Group.CLUSTER, owner=_owner(answers), depends_on=depends_on, explain=explain,
        manifest=manifest, ready=ready,
    )  # fmt: skip


def _owner(answers: Answers) -> Owner:
    return Owner(answers.name or "")
