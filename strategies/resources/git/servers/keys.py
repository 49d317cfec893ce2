"""Makes the key pair of a deploy key, in this process: a key that never was in a file or an argument cannot be left in one."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeyPair:
    """``public`` is the line for the server (``ssh-ed25519 AAAA... COMMENT``), ``private`` the key in OpenSSH's format."""

    public: str
    private: str = field(repr=False)
    fingerprint: str = ""


def generate_key(comment: str) -> KeyPair:
    """A new Ed25519 key pair without a passphrase: Argo CD could not type one."""
    # The package takes 0.1 s to import: not before a key is made.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode("ascii")
    return KeyPair(f"{public} {comment}", private, key_fingerprint(public))


def fingerprint(key: str) -> str:
    """The fingerprint of a public key in base64, as ``ssh-keygen -l`` shows it. Raises ValueError for what is no base64."""
    try:
        digest = hashlib.sha256(base64.b64decode(key, validate=True)).digest()
    except binascii.Error as error:
        raise ValueError("it is no key") from error
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def key_fingerprint(line: str) -> str:
    """The same for a public key's line (``TYPE KEY COMMENT``); empty where it is none."""
    parts = line.split()
    try:
        return fingerprint(parts[1]) if len(parts) > 1 else ""
    except ValueError:
        return ""
