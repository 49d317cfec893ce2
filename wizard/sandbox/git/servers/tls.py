"""The certificates of private Git servers, and the organisation's own CA that signs most of them.

That CA is the same in every sandbox: its keys come from a fixed seed, its signatures are deterministic (RFC 6979), its dates
are fixed. So answers that hold its certificate, or the fingerprint of a self-signed one, hold in another sandbox too. It
protects nothing: whoever reads this file can sign with it.
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wizard.sandbox.certificates import Authority, patient_server_context
from wizard.sandbox.git.servers.scenario import TlsSection

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_END = datetime(2044, 1, 1, tzinfo=UTC)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256 (SEC 2, section 2.4.2)."""
_USUAL_DAYS = 730.0


@dataclass(frozen=True, slots=True)
class _Signer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class OrganisationAuthority:
    """Acme's root CA, and the issuing CA below it that signs the servers' certificates."""

    def __init__(self) -> None:
        key = _key("Acme Corp Root CA")
        self._root = _Signer(_certificate(_name("Acme Corp Root CA"), key, None, ca=1, begin=_BEGIN, end=_END), key)
        key = _key("Acme Corp Issuing CA")
        self._issuing = _Signer(_certificate(_name("Acme Corp Issuing CA"), key, self._root, ca=0, begin=_BEGIN, end=_END), key)

    @property
    def pem(self) -> bytes:
        """The root's certificate, in PEM: what an operator is given by the people who run the CA."""
        return _pem(self._root.certificate)

    def chain(self, section: TlsSection, host: str, now: datetime) -> tuple[bytes, bytes]:
        """What a server for ``host`` shows (leaf first) and its private key, both in PEM.

        ``now`` is the machine's own time: certificates are judged by it.
        """
        shown = f"other.{host.partition('.')[2]}" if section.wrong_name else host
        begin, end = _dates(section, now)
        if section.ca == "self-signed":
            key = _key(f"self-signed {shown}")
            if not section.expired and section.expires_in_days is None:
                begin, end = _BEGIN, _END
            leaf = _certificate(_name(shown), key, None, host=shown, begin=begin, end=end)
            return _pem(leaf), _private(key)
        key = _key(f"leaf {shown}")
        leaf = _certificate(_name(shown), key, self._issuing, host=shown, begin=begin, end=end)
        above = {"leaf": [], "whole": [self._issuing], "with-root": [self._issuing, self._root]}[section.chain]
        return b"".join(map(_pem, [leaf, *(signer.certificate for signer in above)])), _private(key)


def server_context(
    section: TlsSection, host: str, *, public: Authority, own: OrganisationAuthority, folder: Path, now: datetime
) -> ssl.SSLContext:
    """The TLS context of a server: by the CA that every client knows, or with a certificate of the organisation's own."""
    if section.ca == "public":
        begin, end = _dates(section, now)
        shown = f"other.{host.partition('.')[2]}" if section.wrong_name else host
        return public.server_context(shown, not_before=begin, not_after=end)
    chain, key = own.chain(section, host, now)
    # A context takes them from files alone.
    path = folder / "tls.pem"
    path.touch(mode=0o600)
    path.write_bytes(key + chain)
    context = patient_server_context()
    context.load_cert_chain(path)
    path.unlink()
    return context


def _dates(section: TlsSection, now: datetime) -> tuple[datetime, datetime]:
    if section.expired:
        return now - timedelta(days=400), now - timedelta(days=2)
    days = _USUAL_DAYS if section.expires_in_days is None else section.expires_in_days
    return now - timedelta(days=1), now + timedelta(days=days)


def _key(seed: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha512(f"ezgitops sandbox: {seed}".encode()).digest(), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme Corp"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: _Signer | None,
    *,
    begin: datetime,
    end: datetime,
    ca: int | None = None,
    host: str | None = None,
) -> x509.Certificate:
    """A certificate by ``signer``, or by itself. ``ca`` is how many CAs may stand below it; None: it is none (RFC 5280)."""
    issuer = subject if signer is None else signer.certificate.subject
    signing = key if signer is None else signer.key
    serial = int.from_bytes(hashlib.sha256(f"{subject.rfc4514_string()} {begin} {end}".encode()).digest()[:16], "big") >> 1
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or 1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca is not None, path_length=ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .add_extension(_usage(ca=ca is not None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signing, hashes.SHA256(), ecdsa_deterministic=True)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
