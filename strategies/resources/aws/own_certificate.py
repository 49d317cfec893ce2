"""Reads the certificate of a server that is made, and whether its key fits."""

from __future__ import annotations

from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from strategies.common.shown import shown
from strategies.facts import ServerCertificate
from strategies.resources.git.servers.tls import described


def read_certificate(pem: str, key_pem: str) -> ServerCertificate:
    """What the certificate says of itself, and whether the key is its own. The key goes no further than here."""
    try:
        chain = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return ServerCertificate(fault="the certificate is no PEM that can be read")
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except TypeError:
        return ServerCertificate(fault="the key has a pass phrase, and nginx has nobody to ask for it")
    except ValueError:
        return ServerCertificate(fault="the key is no PEM that can be read")
    own = chain[0]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ServerCertificate(
        subject=shown(own.subject.rfc4514_string()),
        issuer=shown(own.issuer.rfc4514_string()),
        names=_names(own),
        not_before=own.not_valid_before_utc,
        not_after=min(one.not_valid_after_utc for one in chain),
        key_fits=own.public_key().public_bytes(*form) == key.public_key().public_bytes(*form),
        chain=all(_signed_by(one, above) for one, above in pairwise(chain)),
        certificates=len(chain),
        above=tuple(described(one) for one in chain[1:]),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        listed = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(shown(one).lower() for one in listed.get_values_for_type(x509.DNSName))


def _signed_by(certificate: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
