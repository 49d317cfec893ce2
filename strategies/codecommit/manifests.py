"""The cluster's part of the CodeCommit strategy: the repository Secret, the Application, and the refresher, as resources.

Formats: Argo CD, ``docs/operator-manual/declarative-setup.md`` (repository Secrets), ``manifests/crds/application-crd.yaml``.
"""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json, Owner
from strategies.codecommit import addresses, refresher, urls
from strategies.common import manifests
from strategies.common.manifests import cluster_object
from strategies.kinds import ClusterObjectResource


def repository_secret(answers: Answers) -> dict[str, Json]:
    """Argo CD's repository Secret without user name and password: those belong to whoever keeps them.

    ``forceHttpBasicAuth`` because CodeCommit does not challenge the way Git clients wait for.
    """
    values = {"type": "git", "url": urls.repository_url(answers), "forceHttpBasicAuth": "true"}
    return manifests.repository_secret(answers, answers.codecommit.secret_name or "", values)


def application(answers: Answers) -> dict[str, Json]:
    """The Argo CD Application."""
    return manifests.application(answers, urls.repository_url(answers))


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
        cluster_object(
            answers, addresses.SERVICE_ACCOUNT, f"Service account {name}", refresher.service_account(answers, owner),
            explain="Who the credential refresher is; the IAM role trusts exactly this account.",
        ),
        cluster_object(
            answers, addresses.SCRIPT, f"Script of {name}", refresher.config_map(answers, owner),
            explain="The refresher's script: Python's standard library alone, nothing is downloaded.",
        ),
        cluster_object(
            answers, addresses.SECRET_ROLE, f"Role {name}", refresher.role(answers, owner),
            explain="The right to read and patch the one repository Secret.",
        ),
        cluster_object(
            answers, addresses.SECRET_ROLE_BINDING, f"Role binding {name}", refresher.role_binding(answers, owner),
            depends_on=(addresses.SECRET_ROLE, addresses.SERVICE_ACCOUNT),
            explain="Gives the refresher that right.",
        ),
        cluster_object(
            answers, addresses.SECRET, f"Repository secret {answers.codecommit.secret_name}", repository_secret(answers),
            explain="Tells Argo CD how to reach the repository; the refresher fills in user name and password.",
        ),
        cluster_object(
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
    return cluster_object(
        answers,
        addresses.APPLICATION,
        f"Application {answers.application.name}",
        application(answers),
        depends_on=(credential, addresses.MIRROR, addresses.GIT_ENDPOINT),
        explain="What Argo CD syncs: this path of this repository into this cluster.",
    )


def _owner(answers: Answers) -> Owner:
    return Owner(answers.name or "")
