"""A throw-away certificate authority: made for one sandbox, kept in memory, gone with it."""

from __future__ import annotations

import ssl
from datetime import datetime
from pathlib import Path
from typing import Any

import trustme


class _PatientContext(ssl.SSLContext):
    """A server context whose handshakes happen in the thread that serves the connection.

    A listening socket that shakes hands while it accepts lets one silent client stop all others.
    """

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:  # the parent's signature is seven optional arguments
        options["do_handshake_on_connect"] = False
        return super().wrap_socket(*args, **options)


class Authority:
    """The CA that signs for every host name of one sandbox."""

    def __init__(self, organization: str = "ezgitops sandbox", unit: str = "throw-away CA") -> None:
        self.ca = trustme.CA(organization_name=organization, organization_unit_name=unit)

    @property
    def pem(self) -> bytes:
        """The CA certificate, in PEM."""
        return self.ca.cert_pem.bytes()

    def write_bundle(self, path: Path) -> Path:
        """Write the CA certificate alone: in the sandbox nothing signed by a public CA can be reached."""
        path.write_bytes(self.pem)
        return path

    def server_context(
        self, *names: str, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> ssl.SSLContext:
        """A TLS server context with one certificate for all these host names, in force for ever when nothing else is said."""
        context = patient_server_context()
        self.ca.issue_cert(*names, not_before=not_before, not_after=not_after).configure_cert(context)
        return context


def patient_server_context() -> ssl.SSLContext:
    """A server context without a certificate yet."""
    context = _PatientContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
