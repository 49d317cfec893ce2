"""Ranges of IPv4 addresses compared with each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError, collapse_addresses


def uncovered(wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    """The ranges of ``wanted`` that do not lie in ``found``, of which neighbours count as one; what is no range is left out."""
    networks = list(collapse_addresses(network for cidr in found if (network := _network(cidr)) is not None))
    return [cidr for cidr in wanted if not any(IPv4Network(cidr, strict=False).subnet_of(network) for network in networks)]


def apart(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """The ranges of ``one`` that have no address in common with any of ``other``."""
    networks = [network for cidr in other if (network := _network(cidr)) is not None]
    return [cidr for cidr in one if not any(IPv4Network(cidr, strict=False).overlaps(network) for network in networks)]


def _network(cidr: str) -> IPv4Network | None:
    try:
        return IPv4Network(cidr, strict=False)
    except (AddressValueError, NetmaskValueError):
        return None
