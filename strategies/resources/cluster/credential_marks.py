"""Credentials of ours on a private Git server, as what Argo CD's Secret says of them: found, and removed by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from strategies.common.servers.by_hand import credential_removal
from strategies.common.servers.marks import CredentialMark, RepositoryMark
from strategies.facts import ReadCredential
from strategies.resources.git.servers.api import ServerApi
from strategies.resources.git.servers.desk import Absent, ServerDesk, removal_by_hand
from strategies.resources.git.servers.errors import Reason, ServerError


def listed_at(desk: ServerDesk, where: RepositoryMark) -> tuple[ReadCredential, ...] | Absent:
    """Every credential of a repository; none where it is not there. Raises ResourceError as ``ServerDesk.ask`` does."""

    def listed(api: ServerApi) -> tuple[ReadCredential, ...]:
        try:
            return api.credentials(where.path)
        except ServerError as error:
            if error.reason is Reason.NOT_FOUND:
                return ()
            raise

    return desk.ask(where.kind, where.url, listed)


def ours(where: RepositoryMark, listed: tuple[ReadCredential, ...] | Absent, scope: str) -> list[CredentialMark]:
    """Those of them that still hold and whose names say that they are of ``scope``: instance and cluster."""
    if isinstance(listed, Absent):
        return []
    return [
        CredentialMark(where.kind, where.url, where.path, one.kind.value, one.id, moment(one.expires_at), "")
        for one in listed
        if one.active and one.instance == scope
    ]


def by_hand(mark: CredentialMark, absent: Absent) -> str:
    """What is said of a credential that stays on its server."""
    ends = f", which ends {mark.ends}," if mark.ends else ""
    command = credential_removal(mark.kind, mark.url, mark.path, mark.credential, mark.id)
    return removal_by_hand(mark.url, f"the {mark.credential} {mark.id} of {mark.path}{ends}", absent, command)


def moment(when: datetime | None) -> str:
    """A time in RFC 3339; empty for none."""
    return "" if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
