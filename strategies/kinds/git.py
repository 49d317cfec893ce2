"""The kinds of resource on Git servers, and of the files that keep them filled: data only."""

from __future__ import annotations

from dataclasses import dataclass

from strategies.base import Resource
from strategies.section import SecretRef


@dataclass(frozen=True, slots=True)
class ServerAccess:
    """How the API of a private Git server is reached: product (``facts.ServerKind``), base URL, trust, and whose login.

    ``ca_file`` is a PEM file of this machine, ``ca_fingerprint`` the SHA-256 fingerprint of a certificate that the server
    shows; with neither the CAs of this machine decide. ``host_keys`` are the fingerprints of the SSH host keys that were
    confirmed; with none this machine's own ``known_hosts`` decides. ``token`` is looked up when it is used, and kept nowhere.
    ``ours``: the same plan makes the server. It may not be there yet, and a token for it that has ended is made anew when it
    is needed to change something.
    """

    kind: str
    base_url: str
    ca_file: str | None = None
    ca_fingerprint: str | None = None
    username: str | None = None
    token: SecretRef | None = None
    ours: bool = False
    host_keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServerRepositoryResource(Resource):
    """A repository on a private Git server, by its path there (``group/name``, ``KEY/slug``). Made private, and empty.

    One that is there already is used as it is. ``destroy`` keeps it while it holds commits, unless it is named.
    ``make_groups``: so are the groups that it is in, where the server is new and holds none.
    """

    access: ServerAccess
    path: str
    description: str
    default_branch: str
    make_groups: bool = False


@dataclass(frozen=True, kw_only=True)
class MirrorResource(Resource):
    """The branches and tags of ``source_url`` in the repository at ``target_url``: never pull-request refs.

    ``target`` is the private server that it is on; None: it is CodeCommit's, by its name.

    ``revision`` is the branch or tag that Argo CD follows (None: the default branch); the output ``revision`` is its commit.
    """

    source_url: str
    source_username: str | None
    source_password: SecretRef | None
    target_url: str
    repository_name: str
    default_branch: str
    revision: str | None = None
    target: ServerAccess | None = None


@dataclass(frozen=True, kw_only=True)
class PipelineFileResource(Resource):
    """A pipeline definition (GitHub Actions or GitLab CI) written to a file of this machine, 0644, never over a foreign one."""

    path: str
    content: str


HOLDS_TAG = "ezgitops.dev/holds"
"""On a data volume: that something was put on it (``gitlab``), so that it is not deleted without being named."""
AFTER_TAG = "ezgitops.dev/after"
"""On a secret: what ``destroy`` does with it (``StoredSecretResource.after``)."""
