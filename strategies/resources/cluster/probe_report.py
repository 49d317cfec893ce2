"""Reads the report of the probe's pod. It was printed in the cluster: each value is bounded, and of the type it should be."""

from __future__ import annotations

import json
from typing import cast

from strategies.base import Json
from strategies.common.probe_proxy_script import MOST_TARGETS
from strategies.common.probe_script import MARK, MOST_ADDRESSES
from strategies.facts import HostView, Listing, ListingState, Passage, PassageState, Probe, ProbeState, ProxyView
from strategies.resources.cluster.apis import Manifest, dig, text, word

_MOST_KEYS = 10


def report(image: str, log: str) -> Probe | None:
    """The report in a pod's log, or None when there is none that can be read."""
    line = next((line for line in reversed(log.splitlines()) if line.startswith(MARK)), None)
    if line is None:
        return None
    try:
        said = cast("Json", json.loads(line.removeprefix(MARK)))
        return Probe(
            ProbeState.DONE,
            image,
            git=_host(dig(said, "git")),
            sts=_host(dig(said, "sts")),
            listing=_listing(dig(said, "listing")),
            proxy=_proxy(dig(said, "proxy")),
            server=_host(dig(said, "server")),
        )
    except ValueError:
        return None


def last_lines(log: str, most: int = 3) -> str:
    """The end of a log on one line, for the evidence."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return word(" | ".join(lines[-most:]))


def _host(said: Json) -> HostView | None:
    if said is None:
        return None
    addresses, unreached = dig(said, "addresses"), dig(said, "unreached")
    found = [word(one) for one in addresses if isinstance(one, str)] if isinstance(addresses, list) else []
    keys = dig(said, "host_keys")
    shown_keys = [word(one) for one in keys if isinstance(one, str)] if isinstance(keys, list) else []
    refusals = cast("Manifest", unreached) if isinstance(unreached, dict) else {}
    return HostView(
        host=word(said, "host"),
        addresses=tuple(found[:MOST_ADDRESSES]),
        name_error=word(said, "name_error"),
        unreached={one: word(refusals, one) for one in found[:MOST_ADDRESSES] if one in refusals},
        tls_error=word(said, "tls_error"),
        issuer=word(said, "issuer"),
        status=_number(said, "status"),
        http_error=word(said, "http_error"),
        own_authorities=dig(said, "own_authorities") is True,
        banner=word(said, "banner"),
        host_keys=tuple(shown_keys[:_MOST_KEYS]),
        ssh_error=word(said, "ssh_error"),
    )


def _listing(said: Json) -> Listing | None:
    """Raises ValueError for a state that does not exist."""
    if said is None:
        return None
    return Listing(
        ListingState(text(said, "state")),
        status=_number(said, "status"),
        references=_number(said, "references") or 0,
        revision_found=dig(said, "revision_found") is True,
        error=word(said, "error"),
    )


def _proxy(said: Json) -> ProxyView | None:
    """Raises ValueError for a state that does not exist."""
    if said is None:
        return None
    return ProxyView(
        url=word(said, "url"),
        login=dig(said, "login") is True,
        address_error=word(said, "address_error"),
        unreached=word(said, "unreached"),
        allowed=_passages(dig(said, "allowed")),
        forbidden=_passages(dig(said, "forbidden")),
    )


def _passages(said: Json) -> tuple[Passage, ...]:
    found = said[:MOST_TARGETS] if isinstance(said, list) else []
    return tuple(
        Passage(
            target=word(one, "target"),
            state=PassageState(text(one, "state")),
            status=_number(one, "status"),
            error=word(one, "error"),
            tls_error=word(one, "tls_error"),
            issuer=word(one, "issuer"),
            own_authorities=dig(one, "own_authorities") is True,
        )
        for one in found
    )


def _number(said: Json, key: str) -> int | None:
    found = dig(said, key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
