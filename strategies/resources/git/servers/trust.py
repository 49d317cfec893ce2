"""Which certificates are believed: the CAs of this machine, or the operator's own and no other."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from strategies.facts import TrustFault
from strategies.resources.git.servers.dial import TalkError, Trouble, said

_FAULTS = {
    9: TrustFault.NOT_YET_VALID,
    10: TrustFault.EXPIRED,
    18: TrustFault.SELF_SIGNED,
    19: TrustFault.UNKNOWN_ISSUER,
    20: TrustFault.UNKNOWN_ISSUER,
    21: TrustFault.INCOMPLETE,
    62: TrustFault.WRONG_NAME,
    64: TrustFault.WRONG_NAME,
}
"""OpenSSL's verification results (openssl-verify(1), "Diagnostics")."""
_PLAIN = ("HTTP_REQUEST", "WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
"""OpenSSL's reasons when what answers does not speak TLS at all."""


@dataclass(frozen=True, slots=True)
class Disbelief:
    """Why a handshake failed: the fault, and OpenSSL's words."""

    fault: TrustFault
    why: str


def believing(environ: Mapping[str, str], ca: str | None = None) -> ssl.SSLContext:
    """A context that verifies chain and name. Raises TalkError where the CAs cannot be read.

    ``ca`` are PEM certificates, and then no others are believed: Argo CD replaces the pool for a host in
    ``argocd-tls-certs-cm`` too. Names are looked for in subjectAltName alone, and a chain may end at an intermediate
    certificate that was given: so do Go (crypto/x509) and git's libcurl, which will clone. Python's stricter checks of a CA's
    extensions (VERIFY_X509_STRICT, from 3.13 on) are those of neither, and would refuse private CAs that both believe.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    if ca is None:
        _load_system(context, environ)
        return context
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError) as error:
        raise TalkError(Trouble.TLS, "the CA given is no PEM certificate (-----BEGIN CERTIFICATE-----)") from error
    return context


def looking() -> ssl.SSLContext:
    """A context that believes anything, for the one handshake that shows a chain. Nothing is ever sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def disbelief(error: ssl.SSLError) -> Disbelief:
    """What a failed handshake means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Disbelief(_FAULTS.get(error.verify_code, TrustFault.OTHER), error.verify_message or said(error))
    if any(reason in (error.reason or str(error)).upper() for reason in _PLAIN):
        return Disbelief(TrustFault.NO_TLS, "what answers is no TLS, perhaps plain HTTP")
    return Disbelief(TrustFault.OTHER, (error.reason or said(error)).replace("_", " ").lower())


def _load_system(context: ssl.SSLContext, environ: Mapping[str, str]) -> None:
    """``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` of the environment given come before the system's places (OpenSSL's own rule)."""
    file, folder = environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
    if file is None and folder is None:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cafile=file, capath=folder)
    except (OSError, ssl.SSLError) as error:
        named = f"SSL_CERT_FILE={file}" if file and not Path(file).is_file() else "SSL_CERT_FILE or SSL_CERT_DIR"
        raise TalkError(Trouble.TLS, f"the CAs that {named} names cannot be read: {said(error)}") from error
