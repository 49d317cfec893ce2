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

    ``addresses`` are what its name resolves to; ``unreached`` are those of them that do not take a connection to its port, with
    the reason; ``tls_error`` why its certificate is not believed, and ``issuer`` who signed that; ``status`` the HTTP answer to
    a plain GET, ``http_error`` why there was none. ``own_authorities`` says that Argo CD has, or will have, certificates for
    this host, which then count alone. Of an SSH server there are ``banner`` and ``host_keys``, the fingerprints as OpenSSH
    shows them, or ``ssh_error``.
    """

    host: str
    addresses: tuple[str, ...] = ()
    name_error: str = ""
    unreached: Mapping[str, str] = field(default_factory=dict)
    tls_error: str = ""
    issuer: str = ""
    status: int | None = None
    http_error: str = ""
    own_authorities: bool = False
    banner: str = ""
    host_keys: tuple[str, ...] = ()
    ssh_error: str = ""

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
    GITHUB_APP = "github-app"
    """The Secret has a GitHub App's key, which the pod is not given: Argo CD alone makes tokens of it."""
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


class PassageState(StrEnum):
    """How the proxy answered to one CONNECT."""

    OPEN = "open"
    REFUSED = "refused"
    """It answered with a status that is no success; ``status`` says which."""
    UNANSWERED = "unanswered"
    """It took the connection and gave no answer that can be read, or none in time."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One CONNECT through the proxy to ``target`` (``HOST:PORT``).

    Where it is open: ``tls_error`` why the certificate behind it is not believed and ``issuer`` who signed that;
    ``own_authorities`` says that Argo CD has certificates for this host in ``argocd-tls-certs-cm``, which then count alone.
    A target that begins with ``http://`` was asked for as a plain request.
    """

    target: str
    state: PassageState
    status: int | None = None
    error: str = ""
    tls_error: str = ""
    issuer: str = ""
    own_authorities: bool = False


@dataclass(frozen=True, slots=True)
class ProxyView:
    """The proxy as the pod sees it: ``address_error`` why its name has no address, ``unreached`` why it takes no connection.

    ``login`` says that user and password of Argo CD's Secret were sent. ``allowed`` is what must pass; ``forbidden`` what must
    not: a host that is not on the list, instance metadata, loopback.
    """

    url: str
    login: bool = False
    address_error: str = ""
    unreached: str = ""
    allowed: tuple[Passage, ...] = ()
    forbidden: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """The report of one probe; ``problem`` says why there is none. What was not to be looked at is None."""

    state: ProbeState
    image: str = ""
    problem: FactError | None = None
    git: HostView | None = None
    sts: HostView | None = None
    listing: Listing | None = None
    proxy: ProxyView | None = None
    server: HostView | None = None


CLUSTER_PROBE: FactKey[Probe] = FactKey("cluster.probe", "view from inside the cluster")
