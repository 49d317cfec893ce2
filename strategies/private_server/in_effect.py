"""What holds for the private server before everything has been answered: the answer, else what the facts suggest. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from strategies.base import Situation
from strategies.common.servers.address import ServerAddress
from strategies.facts import ServerKind
from strategies.kinds import ServerAccess
from strategies.private_server import offers, place

STRATEGY = "private-server"
_HTTPS = 443


def chosen(situation: Situation) -> ServerAddress | None:
    """The address of the repository's server; None where another strategy is chosen, or there is no URL yet."""
    return place.address(situation.answers) if situation.answers.strategy == STRATEGY else None


def kind(situation: Situation) -> ServerKind | None:
    """The product; None while it is not known."""
    found = situation.answers.private_server.server.kind or offers.suggested_kind(situation)
    return ServerKind(found) if isinstance(found, str) else None


def base_url(situation: Situation) -> str:
    """Where the API begins; empty while it is not known."""
    found = situation.answers.private_server.server.base_url or offers.suggested_base(situation)
    return found if isinstance(found, str) else ""


def web(situation: Situation) -> tuple[str, int] | None:
    """Host and port that speak TLS: those of an https:// URL, else those of the API. A server of which SSH alone is known has
    its web side under the same name, if it has one. None: there is none.
    """
    where, server = chosen(situation), situation.answers.private_server.server
    if where is None:
        return None
    if where.scheme == "https":
        return where.host, where.port
    parts = urlsplit(server.base_url or "")
    if parts.hostname:
        return parts.hostname, parts.port or _HTTPS
    return None if server.kind == "plain" else (where.host, _HTTPS)


def web_is_known(situation: Situation) -> bool:
    """Whether what ``web`` gives was told, and is not merely where one would look."""
    where = chosen(situation)
    return where is not None and (where.scheme == "https" or situation.answers.private_server.server.base_url is not None)


def makes(situation: Situation) -> bool:
    """Whether an administrator's token is needed: something is made on the server."""
    asked, product = situation.answers.private_server, kind(situation)
    if product in (None, ServerKind.PLAIN):
        return False
    return asked.credentials.method == "make" or asked.repository.mode == "create"


def access(situation: Situation) -> ServerAccess | None:
    """How the API is asked with the administrator's token; None where there is no API, or no token is answered."""
    asked, product, base = situation.answers.private_server.server, kind(situation), base_url(situation)
    if chosen(situation) is None or product in (None, ServerKind.PLAIN) or not base or asked.admin_token is None:
        return None
    return ServerAccess(
        kind=product.value if product is not None else "",
        base_url=base,
        ca_file=asked.ca_file,
        ca_fingerprint=asked.ca_fingerprint,
        username=asked.admin_username,
        token=asked.admin_token,
    )
