"""Which credential is the least that a server gives and Argo CD takes, and how ours are told from others'. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from strategies.facts import CredentialKind, ServerKind

BEARER_SINCE = (3, 0)
"""Argo CD reads ``bearerToken`` of a repository Secret from here on (OpenShift GitOps 1.17); 2.14 does not know the key."""

LEAST: dict[ServerKind, tuple[CredentialKind, ...]] = {
    ServerKind.GITLAB: (CredentialKind.DEPLOY_TOKEN, CredentialKind.DEPLOY_KEY),
    ServerKind.BITBUCKET: (CredentialKind.ACCESS_TOKEN, CredentialKind.DEPLOY_KEY),
    ServerKind.GITEA: (CredentialKind.DEPLOY_KEY,),
    ServerKind.FORGEJO: (CredentialKind.DEPLOY_KEY,),
    ServerKind.GHES: (CredentialKind.DEPLOY_KEY,),
    ServerKind.PLAIN: (),
}
"""What each product can make that reads one repository and nothing else, the one to prefer first. Nothing: it has no API."""

_NAME = re.compile(r"ezgitops-(?P<instance>[a-z0-9]([a-z0-9-]*[a-z0-9])?)-\d{8}t\d{6}z")
_DESCRIPTION = re.compile(r"Made by ezgitops for instance (?P<instance>[a-z0-9]([a-z0-9-]*[a-z0-9])?)\.")


def takes_bearer(argocd_version: str | None) -> bool | None:
    """Whether this Argo CD sends a bearer token to a Git server; None where its version is not known."""
    found = re.match(r"v?(\d+)\.(\d+)", argocd_version or "")
    return None if found is None else (int(found[1]), int(found[2])) >= BEARER_SINCE


def fitting(kind: ServerKind, argocd_version: str | None, *, ssh: bool) -> tuple[CredentialKind, ...]:
    """The kinds of credential that the server makes and this Argo CD takes, the one to prefer first.

    Over SSH (``ssh``) these are keys, over HTTPS everything else.
    """
    usable = takes_bearer(argocd_version) is not False
    suitable = (one for one in LEAST[kind] if (one is CredentialKind.DEPLOY_KEY) == ssh)
    return tuple(one for one in suitable if usable or one is not CredentialKind.ACCESS_TOKEN)


def credential_name(instance: str, now: datetime) -> str:
    """The name by which a credential of an instance is found again; its moment lets an old and a new one live together."""
    return f"ezgitops-{instance}-{now:%Y%m%dt%H%M%Sz}"


def credential_instance(name: str) -> str | None:
    """The instance that made the credential of this name, or None: it is somebody else's."""
    found = _NAME.fullmatch(name)
    return found["instance"] if found else None


def repository_description(instance: str) -> str:
    """The description that marks a repository as made for an instance."""
    return f"Made by ezgitops for instance {instance}."


def repository_instance(description: str | None) -> str | None:
    """The instance that made the repository of this description, or None: it is somebody else's."""
    found = _DESCRIPTION.match(description or "")
    return found["instance"] if found else None
