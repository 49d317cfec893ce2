"""How git reads a source that is on the private server which the answers describe: by which CA, and with what login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from strategies.base import Situation
from strategies.common.servers.address import AddressError, parse_address
from strategies.facts import FactError, ServerKind
from strategies.ports import FactFailureError
from strategies.private_server import in_effect
from strategies.resources.git.servers.authority import authority
from strategies.resources.git.servers.dial import Dialer, TalkError

SourceTrust: TypeAlias = Callable[[Situation], str | None]
"""The CA in PEM; None where the CAs of this machine decide. Raises FactFailureError."""


def trust_of_source(situation: Situation) -> tuple[str | None, str | None] | None:
    """CA file and fingerprint that hold for the source; None where it is on another server, or is given none. Pure."""
    server = situation.answers.private_server.server
    if (server.ca_file is None and server.ca_fingerprint is None) or not _there(situation):
        return None
    return server.ca_file, server.ca_fingerprint


def source_by_bearer(situation: Situation) -> bool:
    """Whether a token without a user name goes to the source as bearer: Bitbucket wants a name beside it otherwise. Pure."""
    return in_effect.kind(situation) is ServerKind.BITBUCKET and _there(situation)


def _there(situation: Situation) -> bool:
    """Whether the source is on the private server."""
    where = in_effect.web(situation)
    try:
        source = parse_address(situation.answers.source.url or "")
    except AddressError:
        return False
    return (source.host, source.port) == where


def source_trust(environ: Mapping[str, str]) -> SourceTrust:
    """Finds it in this environment."""

    def find(situation: Situation) -> str | None:
        asked, where = trust_of_source(situation), in_effect.web(situation)
        if asked is None or where is None:
            return None
        file, fingerprint = asked
        try:
            return authority(Dialer(environ), environ, *where, ca_file=file, ca_fingerprint=fingerprint)
        except TalkError as error:
            remedy = "Look at privateServer.server.caFile or caFingerprint."
            raise FactFailureError(FactError(error.why, remedy)) from error

    return find
