"""Files of certificates on this machine: read with bounds, and believed to be certificates only after a look."""

from __future__ import annotations

import hashlib
import re
import ssl
import stat
from pathlib import Path

from strategies.ports import ResourceError

LARGEST = 512 * 1024
"""Bytes of a file of certificates: the usual bundle of every public CA has half of that; a ConfigMap holds one megabyte."""
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")
_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")


def read_certificates(path: str) -> str:
    """The certificates in a PEM file (RFC 7468), one below the other, and nothing else of it.

    Raises ResourceError for what cannot be read, is larger than ``LARGEST``, holds a private key or no certificate, or holds
    one that is broken.
    """
    what = f"Cannot use the CA file {path}"
    try:
        file = Path(path).expanduser()
        # Not opened before: a named pipe would wait for a writer.
        if not stat.S_ISREG(file.stat().st_mode):
            raise ResourceError(what, "it is no regular file", "Name a PEM file.")
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ResourceError(what, f"it cannot be read: {why}", "Look at the path and its rights.") from error
    if len(raw) > LARGEST:
        raise ResourceError(what, f"it is larger than {LARGEST // 1024} KiB", "Name a file with the proxy's CA alone.")
    text = raw.decode("utf-8", errors="replace")
    if _KEY.search(text):
        raise ResourceError(
            what, "it holds a private key, which must not reach the cluster", "Name a file that holds the certificate alone."
        )
    found = certificates(text)
    if not found:
        raise ResourceError(
            what, "there is no PEM certificate in it",
            f"Convert it where it is DER: openssl x509 -inform der -in {file.name!r} -out ca.pem",
        )  # fmt: skip
    pem = "".join(ssl.DER_cert_to_PEM_cert(each) for each in found)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise ResourceError(what, "a certificate in it is broken", "Export it again from the proxy.") from error
    return pem


def certificates(text: str) -> tuple[bytes, ...]:
    """The certificates of a PEM text, in DER; what is not well-formed is left out."""
    found = []
    for block in _BLOCK.findall(text):
        try:
            found.append(ssl.PEM_cert_to_DER_cert("\n".join(line.strip() for line in block.splitlines())))
        except ValueError:
            continue
    return tuple(found)


def described(text: str) -> str:
    """A PEM text as a diff shows it: how many certificates, and the SHA-256 fingerprint by which one is known elsewhere."""
    found = certificates(text)
    if not found:
        return "(no certificate)"
    prints = [hashlib.sha256(each).hexdigest()[:16] for each in found[:3]]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"certificate SHA-256 {', '.join(prints)}{more}"
