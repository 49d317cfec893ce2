"""Where the repository of the answers is: its server, its path there, and how the API is reached. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.common.servers.address import AddressError, ServerAddress, parse_address, repository_path
from strategies.common.servers.marks import RepositoryMark
from strategies.kinds import ServerAccess


def address(answers: Answers) -> ServerAddress | None:
    """The address in the repository's URL; None while there is none that can be read."""
    try:
        return parse_address(answers.private_server.repository.url or "")
    except AddressError:
        return None


def path(answers: Answers) -> str:
    """The repository's path on the server (``group/name``, ``KEY/slug``); empty while it is not known."""
    return path_below(answers, answers.private_server.server.base_url or "")


def path_below(answers: Answers, base_url: str) -> str:
    """The same for an API that begins at ``base_url``."""
    found = address(answers)
    return "" if found is None else repository_path(found, urlsplit(base_url).path.rstrip("/"))


def access(answers: Answers) -> ServerAccess:
    """How the server's API is reached, for complete answers."""
    server = answers.private_server.server
    return ServerAccess(
        kind=server.kind or "plain",
        base_url=server.base_url or "",
        ca_file=server.ca_file,
        ca_fingerprint=server.ca_fingerprint,
        username=server.admin_username,
        token=server.admin_token,
        ours=answers.private_server.own.make,
        host_keys=tuple(server.host_keys or ()),
    )


def by_ssh(answers: Answers) -> bool:
    """Whether Argo CD clones over SSH."""
    return (answers.private_server.repository.url or "").startswith("ssh://")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the answers want made on the server: the repository, and the repository that a credential is for.

    None of what is not wanted, and of what cannot be asked for: without a server, a path or an administrator's token.
    """

    repository: RepositoryMark | None = None
    credential: RepositoryMark | None = None


def wanted(answers: Answers) -> Wanted:
    """That of these answers."""
    asked, where = answers.private_server, access(answers)
    if not where.base_url or not path(answers) or where.token is None:
        return Wanted()
    mark = RepositoryMark(where.kind, where.base_url, path(answers))
    return Wanted(mark if asked.repository.mode == "create" else None, mark if asked.credentials.method == "make" else None)
