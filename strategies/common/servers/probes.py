"""Which requests show what a Git server is: by the machine that runs this program, or by a pod. Pure.

No login is sent. Sources: GitLab "Health check" and "Version API"; Atlassian KB 975014635 and the Bitbucket REST
reference (``application-properties``); Gitea and Forgejo ``/api/healthz`` and ``/api/v1/version``; GitHub Enterprise Server
REST reference ("Get GitHub Enterprise Server meta information"); gitprotocol-http(5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strategies.base import Json
from strategies.common.servers.address import ServerAddress

BODY_LIMIT = 64 * 1024
"""Bytes of an answer that are looked at: every sign is in the first few hundred."""
HEADERS = (
    "content-type", "location", "server", "www-authenticate", "retry-after", "x-gitlab-meta", "x-github-enterprise-version",
    "x-github-request-id", "x-ausername", "x-arequestid",
)  # fmt: skip
"""The headers that signs are found in; others need not be kept."""


class Sign(StrEnum):
    """One question to a server. The value is the path below the context path."""

    GITLAB_VERSION = "/api/v4/version"
    GITLAB_READINESS = "/-/readiness"
    GITLAB_SIGN_IN = "/users/sign_in"
    BITBUCKET_STATUS = "/status"
    """GitHub Enterprise Server answers at the same path, with a line of text."""
    BITBUCKET_PROPERTIES = "/rest/api/1.0/application-properties"
    GITEA_HEALTH = "/api/healthz"
    GITEA_VERSION = "/api/v1/version"
    FORGEJO_VERSION = "/api/forgejo/v1/version"
    GHES_META = "/api/v3/meta"
    CLONE = "/info/refs?service=git-upload-pack"
    """Joined to the whole path that was typed, not to a context path."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One request: GET ``url``. ``context`` is the context path that it supposes."""

    sign: Sign
    context: str
    url: str


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What came back: ``status`` None with an ``error`` where nothing did. Headers by names in lower case.

    ``error_kind`` is the machine's word for the error (``tls``, ``timeout``, ``redirect``), by which the cause is told.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: str = ""
    error_kind: str = ""

    @property
    def media_type(self) -> str:
        """The media type alone, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def json(self) -> Mapping[str, Json]:
        """The body as a JSON object; empty where it is none or is not declared as JSON."""
        if self.media_type != "application/json" and not self.media_type.endswith("+json"):
            return {}
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def probes(address: ServerAddress) -> tuple[Probe, ...]:
    """Every request worth making at an address. For SSH, the server's web side is looked for under the same name."""
    origin = address.origin if address.scheme == "https" else f"https://{_host(address)}"
    found = [
        Probe(sign, context, f"{origin}{context}{sign.value}")
        for context in (address.contexts if address.scheme == "https" else ("",))
        for sign in Sign
        if sign is not Sign.CLONE
    ]
    if address.path and address.scheme == "https":
        found.append(Probe(Sign.CLONE, "", f"{address.url}{Sign.CLONE.value}"))
    return tuple(found)


def _host(address: ServerAddress) -> str:
    return f"[{address.host}]" if ":" in address.host else address.host
