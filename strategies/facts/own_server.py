"""What can be known of a GitLab of one's own before it is made. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from strategies.facts.base import FactKey
from strategies.facts.server import Certificate


@dataclass(frozen=True, slots=True)
class MachineImage:
    """The machine image that was named. ``exists`` False: this account does not see one. ``state`` is EC2's word.

    ``types`` are the architectures of the instance type that was answered (empty: not known).
    """

    id: str
    exists: bool = True
    name: str = ""
    state: str = ""
    architecture: str = ""
    root_device: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """The certificate and the key that the server is to get, by what is behind their references. The key is never part of it.

    ``names`` are the DNS names that it is for. ``key_fits`` False: the key is another one's. ``chain`` says whether each
    certificate is signed by the next, ``above`` are those above the server's own. ``fault`` says why what is there cannot be
    read, and all else is then empty.
    """

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    key_fits: bool = False
    chain: bool = True
    certificates: int = 0
    above: tuple[Certificate, ...] = ()
    fault: str = ""


OWN_IMAGE: FactKey[MachineImage] = FactKey("own.image", "machine image with GitLab")
OWN_CERTIFICATE: FactKey[ServerCertificate] = FactKey("own.certificate", "certificate for the server")
