"""The names that are suggested for what the CodeCommit strategy makes: all grow from the name of the instance.

An instance name has 30 characters at most, so every name here keeps within its limit (IAM role 64, Kubernetes label 63).
"""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import effective


def repository(situation: Situation) -> str | None:
    """Name of the CodeCommit repository in effect."""
    return situation.answers.codecommit.repository.name or suggested_repository(situation)


def suggested_repository(situation: Situation) -> str | None:
    """Name of the CodeCommit repository."""
    return _named(situation, "{}-cluster-config")


def suggested_reader(situation: Situation) -> str | None:
    """Name of the IAM role or user that reads the repository."""
    return _named(situation, "{}-argocd-reader")


def suggested_mirror_role(situation: Situation) -> str | None:
    """Name of the role that the mirror pipeline assumes."""
    return _named(situation, "{}-git-mirror")


def suggested_service_account(situation: Situation) -> str | None:
    """Name of the refresher's service account."""
    return _named(situation, "ezgitops-refresher-{}")


def suggested_secret(situation: Situation) -> str | None:
    """Name of the Argo CD repository Secret."""
    return _named(situation, "repo-{}-cluster-config")


def _named(situation: Situation, form: str) -> str | None:
    instance = effective.instance(situation)
    return None if instance is None else form.format(instance)
