"""What Argo CD's Secret says of a Git server, so that ``destroy`` finds what was made there without the answers. Pure.

Annotations of the Secret, as JSON. They hold addresses and numbers, and nothing secret; what they say is only ever acted on
with a token that was answered for the same server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

REPOSITORY_MARK = "ezgitops.dev/server-repository"
"""The repository that was made, or found, where the answers wanted one made."""
CREDENTIAL_MARK = "ezgitops.dev/read-credential"
"""The credential that the Secret holds."""
_MOST = 4096


@dataclass(frozen=True, slots=True)
class RepositoryMark:
    """A repository: product (``facts.ServerKind``), base URL of the server, path there."""

    kind: str
    url: str
    path: str

    @property
    def text(self) -> str:
        """As the annotation has it."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, slots=True)
class CredentialMark:
    """A credential of one repository: its kind (``facts.CredentialKind``) and id there, and when it ends (RFC 3339; empty:
    never). ``digest`` is a part of the SHA-256 of what the Secret holds: a value that was changed by hand is none of ours.
    """

    kind: str
    url: str
    path: str
    credential: str
    id: str
    ends: str
    digest: str

    @property
    def text(self) -> str:
        """As the annotation has it."""
        return json.dumps(asdict(self), sort_keys=True)


T = TypeVar("T", RepositoryMark, CredentialMark)


def repository_mark(annotations: Mapping[str, str]) -> RepositoryMark | None:
    """The repository that a Secret tells of; None where it tells of none, or somebody spoilt it."""
    return _parsed(RepositoryMark, annotations.get(REPOSITORY_MARK))


def credential_mark(annotations: Mapping[str, str]) -> CredentialMark | None:
    """The credential that a Secret tells of; None where it tells of none, or somebody spoilt it."""
    return _parsed(CredentialMark, annotations.get(CREDENTIAL_MARK))


def _parsed(kind: type[T], text: str | None) -> T | None:
    if text is None or len(text) > _MOST:
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    names = [one.name for one in fields(kind)]
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) and said[name].isprintable() for name in names):
        return None
    return kind(**{name: said[name] for name in names})
