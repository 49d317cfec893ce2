"""Answers for a GitLab of one's own that are each valid but cannot hold together. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from strategies.common.servers.address import AddressError, ServerAddress, parse_address
from strategies.private_server.answers import PrivateServerAnswers

_HTTPS = 443


def contradictions(asked: PrivateServerAnswers) -> Iterator[tuple[str, str]]:
    """Pairs of the key, below ``privateServer``, at which one of the answers would have to change, and why."""
    own = asked.own
    if not own.make:
        return
    if asked.server.kind not in (None, "gitlab"):
        yield "server.kind", f"is {asked.server.kind}, and the server that is made is a GitLab (privateServer.own.make)"
    where = _address(asked.repository.url)
    if where is not None and where.scheme == "https" and where.port != _HTTPS:
        yield "repository.url", f"names port {where.port}, and the server that is made answers at {_HTTPS}"
    if where is not None and where.scheme == "ssh":
        yield (
            "repository.url",
            "is an SSH URL, and nobody can confirm the host keys of a server that is to be made: write https://",
        )
    if where is not None and own.zone is not None and own.zone != where.host.lower():
        yield "own.zone", f"is not the host of repository.url, {where.host.lower()}: no other name is made"
    if own.address is not None and not _is_address(own.address):
        yield "own.address", "is no IPv4 address"
    for cidr in own.operator_cidrs or ():
        if not _is_network(cidr):
            yield "own.operatorCidrs", f"holds {cidr}, which is no IPv4 network"
        elif cidr.endswith("/0"):
            yield "own.operatorCidrs", f"holds {cidr}, which is everybody: name the operators' networks"
    said = "mode" in asked.repository.model_fields_set
    if said and asked.repository.mode == "existing" and asked.repository.fill == "none":
        yield "repository.mode", "is existing, and the server that is made holds nothing yet: create it"


def _address(url: str | None) -> ServerAddress | None:
    try:
        return parse_address(url or "")
    except AddressError:
        return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return True
