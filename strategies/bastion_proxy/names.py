"""The names that are suggested for what the bastion-proxy strategy makes: all grow from the name of the instance. Pure."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.common import effective

_LABEL = 63


def suggested_secret(situation: Situation) -> str | None:
    """Name of the repository Secret of the source."""
    return _named(situation, "repo-{}-source")


def suggested_role(situation: Situation) -> str | None:
    """Name of the role and instance profile of the machine that is made."""
    return _named(situation, "{}-egress-proxy")


def machine(instance: str) -> str:
    """Name of the machine and of its security group."""
    return f"ezgitops-{instance}-proxy"


def helm_secret(instance: str, url: str) -> str:
    """Name of the Secret of a Helm repository: readable, unique for the URL, and a DNS label."""
    parts = urlsplit(url)
    stem = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname or ''}{parts.path}".lower()).strip("-")
    mark = hashlib.sha256(url.encode()).hexdigest()[:6]
    return f"repo-{instance}-helm-{stem}"[: _LABEL - 7].rstrip("-") + f"-{mark}"


def _named(situation: Situation, form: str) -> str | None:
    instance = effective.instance(situation)
    return None if instance is None else form.format(instance)
