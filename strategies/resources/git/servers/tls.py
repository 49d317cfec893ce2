"""Reads the certificates that a server shows, before anything is sent to it, and says whether they are believed.

Two handshakes: one that believes anything and is only looked at, then one (or two) that verify. The first shows what a private
CA is like before it is trusted; whether it is, only the others say.
"""

from __future__ import annotations

import hashlib
import ssl
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from strategies.common.shown import shown
from strategies.facts import Certificate, TrustChain, Trusted, TrustFault
from strategies.resources.git.servers.dial import Deadline, Dialer, TalkError, Trouble, said
from strategies.resources.git.servers.trust import Disbelief, believing, disbelief, looking

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as X509Certificate

LOOK_TIMEOUT = 10.0
"""Seconds for each handshake."""
_CHAIN_MOST = 10
_NAMES_MOST = 50


def read_chain(
    dialer: Dialer,
    environ: Mapping[str, str],
    host: str,
    port: int,
    ca: str | None = None,
    timeout: float = LOOK_TIMEOUT,
    *,
    alone: bool = False,
) -> TrustChain:
    """The chain of ``host`` and by what it is believed: the system's CAs first, then ``ca`` (PEM); ``alone``: only that one.

    The CAs are this machine's: what the cluster believes, only the cluster knows. Raises TalkError where nothing answers.
    """
    try:
        shown_chain, protocol = _look(dialer, host, port, timeout)
    except _NoTlsError as error:
        return TrustChain(host, port, (), Trusted.NOT, error.found.fault, error.found.why)
    certificates = tuple(_certificate(one) for one in shown_chain[:_CHAIN_MOST])
    first = _believed(dialer, host, port, believing(environ, ca if alone else None), timeout)
    if first is None:
        whose = Trusted.GIVEN if alone and ca is not None else Trusted.SYSTEM
        return TrustChain(host, port, certificates, whose, protocol=protocol)
    given = first if ca is None or alone else _believed(dialer, host, port, believing(environ, ca), timeout)
    if given is None:
        return TrustChain(host, port, certificates, Trusted.GIVEN, protocol=protocol)
    # With a CA of one's own it is that one whose verdict counts.
    return TrustChain(host, port, certificates, Trusted.NOT, _refined(given, certificates), given.why, protocol)


class _NoTlsError(Exception):
    def __init__(self, found: Disbelief) -> None:
        super().__init__(found.why)
        self.found = found


def _look(dialer: Dialer, host: str, port: int, timeout: float) -> tuple[list[bytes], str]:
    with Deadline(timeout) as deadline:
        connection = dialer.open(host, port, deadline)
        try:
            with looking().wrap_socket(connection, server_hostname=host) as secure:
                return _shown(secure), secure.version() or ""
        except (OSError, ValueError) as error:
            if deadline.passed or isinstance(error, TimeoutError):
                raise deadline.error() from error
            if isinstance(error, ssl.SSLError):
                raise _NoTlsError(disbelief(error)) from error
            raise TalkError(Trouble.CONNECT, f"it broke the connection off: {said(error)}") from error
        finally:
            connection.close()


def _believed(dialer: Dialer, host: str, port: int, context: ssl.SSLContext, timeout: float) -> Disbelief | None:
    """None where the chain and the name are believed."""
    with Deadline(timeout) as deadline:
        connection = dialer.open(host, port, deadline)
        try:
            context.wrap_socket(connection, server_hostname=host).close()
        except ssl.SSLError as error:
            if deadline.passed:
                raise deadline.error() from error
            return disbelief(error)
        except (OSError, ValueError) as error:
            if deadline.passed or isinstance(error, TimeoutError):
                raise deadline.error() from error
            raise TalkError(Trouble.CONNECT, f"it broke the connection off: {said(error)}") from error
        finally:
            connection.close()
    return None


def _shown(secure: ssl.SSLSocket) -> list[bytes]:
    """The certificates as the server sent them, DER. ``get_unverified_chain`` is public from Python 3.13 on.

    Before, the same function is one level deeper, where pip's truststore uses it too.
    """
    if sys.version_info >= (3, 13):
        return list(secure.get_unverified_chain())
    deeper = getattr(secure, "_sslobj", None)
    chain = deeper.get_unverified_chain() if deeper is not None else None
    if chain is not None:
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain]
    alone = secure.getpeercert(binary_form=True)
    return [] if alone is None else [alone]


def _refined(found: Disbelief, chain: Sequence[Certificate]) -> TrustFault:
    """OpenSSL says of a missing link and of an unknown CA the same: which it is, the chain shows."""
    if found.fault is not TrustFault.INCOMPLETE and found.fault is not TrustFault.UNKNOWN_ISSUER:
        return found.fault
    alone = len(chain) == 1 and not chain[0].self_signed
    return TrustFault.INCOMPLETE if alone else TrustFault.UNKNOWN_ISSUER


def parse_certificates(pem: str) -> tuple[Certificate, ...]:
    """The certificates of a PEM file, for showing. Raises ValueError for what is none."""
    # The package takes 0.1 s to import: not before somebody reads a certificate.
    from cryptography import x509

    return tuple(described(one) for one in x509.load_pem_x509_certificates(pem.encode()))


def _certificate(der: bytes) -> Certificate:
    from cryptography import x509

    try:
        return described(x509.load_der_x509_certificate(der))
    except ValueError as error:
        raise TalkError(Trouble.TLS, f"it shows a certificate that cannot be read: {shown(str(error))}") from error


def described(one: X509Certificate) -> Certificate:
    """What it says of itself, made harmless for a terminal."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = one.public_bytes(Encoding.DER)
    names: list[str] = []
    authority = False
    try:
        for name in one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value:
            if isinstance(name, x509.DNSName | x509.IPAddress):
                names.append(shown(str(name.value)))
    except (x509.ExtensionNotFound, ValueError):
        names = []
    try:
        authority = one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        authority = False
    digest = hashlib.sha256(der).hexdigest().upper()
    return Certificate(
        shown(one.subject.rfc4514_string(), 300) or "(no subject)",
        shown(one.issuer.rfc4514_string(), 300) or "(no issuer)",
        ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)),
        one.not_valid_before_utc,
        one.not_valid_after_utc,
        tuple(names[:_NAMES_MOST]),
        authority,
        one.subject == one.issuer,
        one.public_bytes(Encoding.PEM).decode("ascii"),
    )
