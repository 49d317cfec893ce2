"""The operations of Route 53 by method and path: its API is REST with XML (Route 53 API reference, pages of the operations)."""

from __future__ import annotations

import re

_VERSION = r"/2013-04-01"
_OPERATIONS: tuple[tuple[str, str, str], ...] = (
    ("GET", "/hostedzonesbyvpc", "ListHostedZonesByVPC"),
    ("GET", "/hostedzone", "ListHostedZones"),
    ("POST", "/hostedzone", "CreateHostedZone"),
    ("GET", "/hostedzone/([^/]+)", "GetHostedZone"),
    ("DELETE", "/hostedzone/([^/]+)", "DeleteHostedZone"),
    ("GET", "/hostedzone/([^/]+)/rrset", "ListResourceRecordSets"),
    ("POST", "/hostedzone/([^/]+)/rrset", "ChangeResourceRecordSets"),
    ("GET", "/change/([^/]+)", "GetChange"),
    ("POST", "/tags/hostedzone", "ListTagsForResources"),
    ("GET", "/tags/hostedzone/([^/]+)", "ListTagsForResource"),
    ("POST", "/tags/hostedzone/([^/]+)", "ChangeTagsForResource"),
)


def operation(method: str, path: str) -> str | None:
    """The operation of a request (``CreateHostedZone``); None for one that this account does not have."""
    return next(
        (name for verb, form, name in _OPERATIONS if verb == method and re.fullmatch(f"{_VERSION}{form}/?", path)), None
    )
