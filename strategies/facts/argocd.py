"""What stands in the namespace of the Argo CD instance. Data only; the readers are in ``strategies.resources``.

No value of a key that can hold a secret is ever part of a fact: of a Secret it is told which keys it has.
"""

from __future__ import annotations

from dataclasses import dataclass

from strategies.facts.base import FactKey

CREDENTIAL_KEYS = frozenset(
    {
        "username",
        "password",
        "bearerToken",
        "sshPrivateKey",
        "tlsClientCertData",
        "githubAppPrivateKey",
        "gcpServiceAccountKey",
    }
)
"""Keys of a repository Secret by which it has credentials of its own (argo-cd ``repository_types.go``, HasCredentials)."""


@dataclass(frozen=True, slots=True)
class RepositorySecret:
    """One Secret by which Argo CD knows a repository, or (``template``: type ``repo-creds``) every URL that begins so.

    ``keys`` are those that are set; ``project`` is empty for one that holds in every AppProject; ``instance`` is that of this
    program whose labels it carries. A user name or password inside the URL is left out of ``url``.
    """

    name: str
    template: bool
    url: str
    project: str
    keys: tuple[str, ...]
    instance: str | None = None

    @property
    def credentials(self) -> tuple[str, ...]:
        """The keys that are credentials."""
        return tuple(key for key in self.keys if key in CREDENTIAL_KEYS)


@dataclass(frozen=True, slots=True)
class ArgoApplication:
    """One Application: what it syncs, and the instance of this program whose labels it carries.

    ``project``, ``url``, ``path`` and ``revision`` (of its first source) are told of the one whose name was answered, and empty
    of others; ``managed_by`` is what keeps the Application itself (an ApplicationSet or another Application), when its metadata
    say so.
    """

    name: str
    project: str
    url: str
    path: str
    revision: str
    instance: str | None = None
    managed_by: str | None = None


@dataclass(frozen=True, slots=True)
class ArgoDestination:
    """Where an AppProject lets Applications deploy to: patterns of server, cluster name and namespace."""

    server: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class ArgoProject:
    """One AppProject: which repositories and destinations it permits."""

    name: str
    source_repos: tuple[str, ...]
    destinations: tuple[ArgoDestination, ...]


ARGOCD_SECRETS: FactKey[tuple[RepositorySecret, ...]] = FactKey("argocd.secrets", "repository Secrets of Argo CD")
ARGOCD_APPLICATIONS: FactKey[tuple[ArgoApplication, ...]] = FactKey("argocd.applications", "Applications of Argo CD")
ARGOCD_PROJECTS: FactKey[tuple[ArgoProject, ...]] = FactKey("argocd.projects", "AppProjects of Argo CD")
ARGOCD_CERTIFICATES: FactKey[tuple[str, ...]] = FactKey("argocd.certificates", "hosts with own certificates in Argo CD")
"""The keys of ``argocd-tls-certs-cm``."""
