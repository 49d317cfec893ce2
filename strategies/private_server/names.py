"""The names that are suggested for what the private-server strategy makes: all grow from the name of the instance. Pure."""

from __future__ import annotations

from strategies.base import Situation
from strategies.common import effective


def suggested_secret(situation: Situation) -> str | None:
    """Name of the repository Secret."""
    instance = effective.instance(situation)
    return None if instance is None else f"repo-{instance}-cluster-config"


def template_secret(secret_name: str) -> str:
    """Name of the credential template of a group."""
    return f"{secret_name[:57].rstrip('-')}-group"
