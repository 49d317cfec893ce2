"""The names that are suggested for what the CodeCommit strategy makes: all grow from the name of the instance.

An instance name has 30 characters at most, so every name here keeps within its limit (IAM role 64, Kubernetes label 63).
"""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import effective


def repository(situation: Situation) -> str | None:
    """Name of the CodeCommit repository: the answer, else ``NAME-cluster-config``."""
    return situation.answers.codecommit.repository.name or _named(situation, "{}-cluster-config")


def reader_role(situation: Situation) -> str | None:
    """Name of the role that the refresher assumes."""
    return situation.answers.codecommit.credentials.role_name or _named(situation, "{}-argocd-reader")


def reader_user(situation: Situation) -> str | None:
    """Name of the IAM user of the static password."""
    return situation.answers.codecommit.credentials.user_name or _named(situation, "{}-argocd-reader")


def mirror_role(situation: Situation) -> str | None:
    """Name of the role that the mirror pipeline assumes."""
    return situation.answers.codecommit.mirror.role_name or _named(situation, "{}-git-mirror")


def service_account(situation: Situation) -> str | None:
    """Name of the refresher's service account."""
    return situation.answers.codecommit.credentials.service_account or _named(situation, "ezgitops-refresher-{}")


def secret(situation: Situation) -> str | None:
    """Name of the Argo CD repository Secret."""
    return situation.answers.codecommit.secret_name or _named(situation, "repo-{}-cluster-config")


def _named(situation: Situation, form: str) -> str | None:
    instance = effective.instance(situation)
    return None if instance is None else form.format(instance)
