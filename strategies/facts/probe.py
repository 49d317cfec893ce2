"""What only a pod of the cluster can see. Data only; the reader is in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from strategies.facts.base import FactError, FactKey


class ProbeState(StrEnum):
    """How far the probe came."""

    OFF = "off"
    """The answers do not want one."""
    REFUSED = "refused"
    """The cluster did not take the Job, or the login may not make it."""
    NO_IMAGE = "no-image"
    """The node cannot pull the image."""
    NOT_RUN = "not-run"
    """The pod did not start, did not end in time, or said nothing that can be read."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class HostView:
    """One host as the pod sees it, step by step: each is looked at only when the one before went well.

    ``addresses`` are what its name resolves to; ``unreached`` are those of them that do not take a connection to port 443, with
    the reason; ``tls_error`` why its certificate is not believed, and ``issuer`` who signed that; ``status`` the HTTP answer to
    a plain GET, ``http_error`` why there was none.
    """

    host: str
    addresses: tuple[str, ...] = ()
    name_error: str = ""
    unreached: Mapping[str, str] = field(default_factory=dict)
    tls_error: str = ""
    issuer: str = ""
    status: int | None = None
    http_error: str = ""

    @property
    def reached(self) -> bool:
        """True when at least one address takes a connection."""
        return bool(self.addresses) and len(self.unreached) < len(self.addresses)

    @property
    def trusted(self) -> bool:
        """True when the certificate was believed."""
        return self.reached and not self.tls_error


class ListingState(StrEnum):
    """How far the listing of the repository's references came."""

    NO_SECRET = "no-secret"
    NO_PASSWORD = "no-password"
    OTHER_URL = "other-url"
    """The Secret is for another repository: its password was not sent."""
    UNREACHED = "unreached"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Listing:
    """The references of the repository, asked for as Argo CD does, with what its Secret holds.

    ``status`` is the HTTP status, ``references`` how many there are, ``revision_found`` whether the one that Argo CD follows is
    among them.
    """

    state: ListingState
    status: int | None = None
    references: int = 0
    revision_found: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """The report of one probe; ``problem`` says why there is none. What was not to be looked at is None."""

    state: ProbeState
    image: str = ""
    problem: FactError | None = None
    git: HostView | None = None
    sts: HostView | None = None
    listing: Listing | None = None


CLUSTER_PROBE: FactKey[Probe] = FactKey("cluster.probe", "view from inside the cluster")
