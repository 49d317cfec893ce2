"""What the strategy asks of a Git server's API, the same for every product; and what it gets back when a credential is made."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from strategies.facts import Caller, CredentialKind, ReadCredential, ServerKind, ServerRepository
from strategies.resources.git.servers.errors import Reason, ServerError

REPOSITORIES_MOST = 200
"""How many repositories are listed to choose from; a search finds the others."""
_TOKEN = re.compile(r"[\x21-\x7e]{1,2000}")
_PASSWORD = re.compile(r"[^\x00-\x1f\x7f]{1,2000}")


@dataclass(frozen=True, slots=True)
class Token:
    """An administrator's token, for as long as it is used. Never shown, kept or put into arguments.

    With a ``username`` it is sent as that user's password where the product takes one (Bitbucket, Gitea, Forgejo, GitHub).
    """

    value: str = field(repr=False)
    username: str | None = None

    def __post_init__(self) -> None:
        """Raises ServerError for what no header could carry, before it could be quoted in an error."""
        if not (_PASSWORD if self.username else _TOKEN).fullmatch(self.value):
            why = "it is empty, or has spaces or characters that no token has"
            raise ServerError("Cannot use the token", why, "Look at where its reference points to.", Reason.TOKEN_REFUSED)

    def authorization(self, scheme: str) -> Mapping[str, str]:
        """The header: ``scheme`` and the token, or HTTP basic authentication (RFC 7617)."""
        if self.username is None:
            return {"Authorization": f"{scheme} {self.value}"}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.username}:{self.value}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class About:
    """What the server says of itself to somebody who is signed in; fields as in ``ServerInfo``."""

    version: str | None = None
    edition: str = ""
    state: str = ""
    ready: bool | None = None
    writable: bool | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential that was just made, with the one sight of its secret that there is. ``repr`` shows none of it."""

    credential: ReadCredential
    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    ssh_private_key: str = field(default="", repr=False)

    @property
    def argocd(self) -> Mapping[str, str]:
        """The keys of Argo CD's repository Secret that hold it (argo-cd ``util/db/repository_secrets.go``)."""
        keys = {
            "username": self.username,
            "password": self.password,
            "bearerToken": self.bearer_token,
            "sshPrivateKey": self.ssh_private_key,
        }
        return {key: value for key, value in keys.items() if value}


@runtime_checkable
class MakesGroups(Protocol):
    """A server's API by which groups can be made too: for a server that nobody has set up for anything yet."""

    def missing_groups(self, path: str) -> tuple[str, ...]:
        """The groups around the repository ``path`` that are not there, the outermost first. Raises ServerError."""

    def create_group(self, path: str) -> None:
        """Make one, private, within the one around it, which must be there. Raises ServerError."""


class ServerApi(Protocol):
    """One server, asked with one token. All methods raise ServerError. Paths are ``group/name``, ``KEY/slug``, ``owner/name``.

    What changes something is safe to repeat: a repository that exists is ``Reason.EXISTS``, a credential that is gone is no
    error. Credentials are found again by their names (``strategies.common.servers.credentials``).
    """

    kind: ServerKind

    def about(self) -> About:
        """Version and state."""

    def caller(self) -> Caller:
        """Whose the token is."""

    def repositories(self, search: str = "", most: int = REPOSITORIES_MOST) -> tuple[ServerRepository, ...]:
        """Repositories that the token sees, whose names contain ``search``; ``most`` at most, ``empty`` not looked at."""

    def repository(self, path: str) -> ServerRepository:
        """One repository; ``exists`` False where there is none, or it is hidden from this token."""

    def create_repository(self, path: str, description: str, default_branch: str) -> ServerRepository:
        """Make a private, empty repository; ``description`` carries our mark. The group, project or owner must exist."""

    def set_default_branch(self, path: str, branch: str) -> None:
        """Make this branch the one that HEAD names. It must have been pushed."""

    def delete_repository(self, path: str) -> None:
        """Delete it. Gone already is no error."""

    def credentials(self, path: str) -> tuple[ReadCredential, ...]:
        """Every credential of this one repository, ours and others'."""

    def create_credential(self, path: str, kind: CredentialKind, name: str, expires_at: datetime | None = None) -> Issued:
        """Make one that may read this repository and nothing else. ``expires_at`` has no effect on a kind without an expiry."""

    def remove_credential(self, path: str, kind: CredentialKind, identity: str) -> None:
        """Revoke it. Gone already is no error."""
