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


@dataclass(frozen=True, slots=True)
class ProxyHost:
    """The machine as it is now.

    ``system`` is its name and version (``Amazon Linux 2023``); ``squid_version`` None: not installed; ``offered`` the version
    that the package manager would install (None: it offers none, and ``offer_error`` says why). ``running`` and ``enabled`` are
    systemd's words on the service. ``configuration_hash`` is the SHA-256 of what was written by us. ``direct`` is the HTTP
    status (or ``direct_error``) of a request from the machine to the Git host past the proxy; ``tls_issuer`` who signed the
    certificate, where it was not believed. ``log`` are the last lines of Squid's access log.
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
    log: tuple[str, ...] = ()


PROXY_HOST: FactKey[ProxyHost] = FactKey("proxy.host", "machine of the proxy")
