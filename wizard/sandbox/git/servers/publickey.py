"""What a server takes for a public key."""

from __future__ import annotations

import base64
import binascii
import struct

_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")


def public_key(text: str) -> str:
    """``TYPE BASE64`` of an OpenSSH public key (RFC 4253, section 6.6), without its comment. Raises ValueError."""
    words = text.split()
    if len(words) < 2 or words[0] not in _TYPES:
        raise ValueError("not an OpenSSH public key")
    try:
        raw = base64.b64decode(words[1], validate=True)
        (length,) = struct.unpack(">I", raw[:4])
    except (binascii.Error, struct.error) as error:
        raise ValueError("not an OpenSSH public key") from error
    if raw[4 : 4 + length].decode("ascii", "replace") != words[0] or len(raw) < 4 + length + 8:
        raise ValueError("not an OpenSSH public key")
    return " ".join(words[:2])
