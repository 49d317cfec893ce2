"""What a look at the machine of the proxy shows, by Systems Manager. Data only; the reader is in ``strategies.resources``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from strategies.facts.base import FactKey


class Configuration(StrEnum):
    """Whose Squid's configuration is."""

    NONE = "none"
    PACKAGED = "packaged"
    """As the package brings it."""
    OURS = "ours"
    """Written by this program for this instance."""
    OTHER_INSTANCE = "other-instance"
    """Written by this program for another instance."""
    FOREIGN = "foreign"


class Decided(StrEnum):
    """What Squid did with a request."""

    PASSED = "passed"
    REFUSED = "refused"
    FAILED = "failed"
    """It did not refuse, and nothing came of it: it did not get there, or gave no answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One request through Squid, from its own machine, for ``target``: ``HOST:PORT`` by CONNECT, or a URL in clear.

    ``allowed`` says whether it is to pass. ``status`` is the HTTP status of the proxy's answer (None: it gave none); ``whole``
    that the request behind it went well, which it does not where the certificate there is not believed.
    """

    target: str
    allowed: bool
    decided: Decided
    status: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ProxyHost:
    """The machine as it is now.

    ``system`` is its name and version (``Amazon Linux 2023``); ``squid_version`` None: not installed; ``offered`` the version
    that the package manager would install (None: it offers none, and ``offer_error`` says why). ``running`` and ``enabled`` are
    systemd's words on the service. ``configuration_hash`` is the SHA-256 of what was written by us. ``direct`` is the HTTP
    status (or ``direct_error``) of a request from the machine to the Git host past the proxy; ``tls_issuer`` who signed the
    certificate, where it was not believed. ``decisions`` are what Squid did when it was tried, which it is only where it runs
    with a configuration of ours. ``log`` are the last lines of Squid's access log.
    """

    instance_id: str
    system: str = ""
    squid_version: str | None = None
    offered: str | None = None
    offer_error: str = ""
    running: bool = False
    enabled: bool = False
    configuration: Configuration = Configuration.NONE
    configuration_hash: str = ""
    direct: int | None = None
    direct_error: str = ""
    tls_issuer: str = ""
    decisions: tuple[Decision, ...] = ()
    log: tuple[str, ...] = ()


PROXY_HOST: FactKey[ProxyHost] = FactKey("proxy.host", "machine of the proxy")
