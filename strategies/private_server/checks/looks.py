"""What several checks of the server start from."""

from __future__ import annotations

from datetime import datetime, timedelta

from strategies.base import Mend, Situation, Verdict
from strategies.common import effective
from strategies.common.servers.address import AddressError, ServerAddress, parse_address, repository_path
from strategies.common.shown import shown
from strategies.common.verdicts import skipped
from strategies.facts import SERVER, SERVER_CHAIN, SERVER_CREDENTIALS, Trusted
from strategies.private_server import in_effect, place

NO_URL = "privateServer.repository.url is not answered yet"
NOT_YET = "not looked at: apply makes the server first"
NO_TOKEN = "not looked at: no administrator's token is answered"
SOON_DAYS = 30
RENEWED = timedelta(days=14)
"""An apply makes a credential anew that ends within this time."""


def address(situation: Situation) -> ServerAddress | None:
    """Where the repository's URL leads."""
    return place.address(situation.answers)


def pending(situation: Situation) -> Verdict | None:
    """For a server that is to be made, and does not answer: there is nothing to look at yet."""
    own = situation.answers.private_server.own.make
    return skipped(NOT_YET) if own and situation.facts.get(SERVER) is None else None


def read_at(situation: Situation, fact: str) -> datetime:
    """When a fact was read: what "expired" is held against."""
    return situation.facts.readings[fact].at


def disbelieved(situation: Situation) -> bool:
    """Whether the server shows a certificate that is not believed, which the check of certificates tells."""
    chain = situation.facts.get(SERVER_CHAIN)
    return chain is not None and chain.trusted is Trusted.NOT


def holds(situation: Situation) -> bool:
    """Whether a credential that was made for this instance is there and is not to be made anew."""
    instance, found = effective.instance(situation), situation.facts.get(SERVER_CREDENTIALS) or ()
    ours = [one for one in found if one.active and one.instance is not None and one.instance == instance]
    if not ours:
        return False
    at = read_at(situation, SERVER_CREDENTIALS.id)
    return any(one.expires_at is None or one.expires_at - at > RENEWED for one in ours)


def with_url(situation: Situation, url: str, *, renamed: bool = False) -> Mend | None:
    """Answers with another URL of the same repository; None where it is on another server, or cannot be used (plain HTTP, an
    address of metadata). The administrator's token would go to that other server: whoever moves, types it.

    ``renamed``: the server itself says that the repository is there now. Else it is the same one where nothing but capital
    letters and ``.git`` differ; a page to log in is no such URL.
    """
    try:
        there = parse_address(url)
    except AddressError:
        return None
    here = address(situation)
    if here is None or (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        return None
    if not renamed and _plain(situation, there) != _plain(situation, here):
        return None
    says = f"Answers privateServer.repository.url with {shown(url, 300)}."
    return Mend("Use the server's own URL", says, edits={"privateServer.repository.url": url})


def _plain(situation: Situation, where: ServerAddress) -> str:
    context = in_effect.base_url(situation).partition("://")[2].partition("/")[2]
    return repository_path(where, f"/{context}" if context else "").lower()
