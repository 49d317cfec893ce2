"""The third part of the probe's script: which keys an SSH server shows, without a program of SSH and without a login.

The server sends its host key in the answer to the first message of the key exchange (RFC 4253, sections 4.2, 6, 7; RFC 5656,
section 4; RFC 8731). That is read, and the connection ended. What proves that the server holds the key is not verified here:
whoever uses it, as Argo CD does, verifies that. It is shown which key it is, to be held against those that were confirmed.
"""

import base64
import hashlib
import os
import socket
import struct
from typing import List, NamedTuple, Tuple

from strategies.common.probe_tls_script import TIMEOUT_SECONDS, Dial, clipped

BANNER = b"SSH-2.0-ezgitops_probe"
KEXINIT, ECDH_INIT, ECDH_REPLY = 20, 30, 31
SKIPPED = (2, 4)
"""Messages that mean nothing to the exchange: SSH_MSG_IGNORE, SSH_MSG_DEBUG."""
MOST_PACKET = 64 * 1024
MOST_LINES = 20
MOST_LINE = 1024

P256 = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""A point of the curve, its generator (SEC 2, section 2.4.2): any will do, since nothing is kept secret with it."""
EXCHANGES = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
KEYS = (("ssh-ed25519",), ("ecdsa-sha2-nistp256",), ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"))
"""One exchange for each type of key: a server shows one in each."""
CIPHERS = (
    "aes128-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
)
CHECKSUMS = ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1")


class Shown(NamedTuple):
    """The server's version string, and the fingerprint of one of its keys as ``ssh-keygen -l`` prints it; or empty."""

    banner: str
    fingerprint: str


def host_key(dial: Dial, algorithms: Tuple[str, ...]) -> Shown:
    """The key of one type. Raises OSError, ValueError: no SSH server, or no key of this type."""
    with dial() as bare:
        bare.settimeout(TIMEOUT_SECONDS)
        bare.sendall(BANNER + b"\r\n")
        banner = version(bare)
        send(bare, bytes([KEXINIT]) + os.urandom(16) + offer(algorithms) + b"\0" + struct.pack(">I", 0))
        theirs = receive(bare, KEXINIT)
        known = string_at(theirs, 17).decode("ascii", "replace").split(",")
        agreed = next((one for one in EXCHANGES if one in known), None)
        if agreed is None:
            raise ValueError("no key exchange in common")
        public = P256 if agreed == EXCHANGES[2] else os.urandom(32)
        send(bare, bytes([ECDH_INIT]) + text(public))
        blob = string_at(receive(bare, ECDH_REPLY), 1)
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Shown(clipped(banner), "SHA256:" + digest)


def version(bare: socket.socket) -> str:
    """The line by which an SSH server names itself; others may come before it (RFC 4253, section 4.2)."""
    for _ in range(MOST_LINES):
        line = b""
        while not line.endswith(b"\n"):
            byte = bare.recv(1)
            if not byte or len(line) > MOST_LINE:
                raise ValueError("no SSH server answers")
            line += byte
        if line.startswith(b"SSH-"):
            return line.decode("utf-8", "replace").strip()
    raise ValueError("no SSH server answers")


def offer(algorithms: Tuple[str, ...]) -> bytes:
    """The ten lists of names of a KEXINIT."""
    both_ways: List[Tuple[str, ...]] = [CIPHERS, CIPHERS, CHECKSUMS, CHECKSUMS, ("none",), ("none",), (), ()]
    return b"".join(text(",".join(names).encode()) for names in [EXCHANGES, algorithms, *both_ways])


def text(value: bytes) -> bytes:
    """A string as SSH has them (RFC 4251, section 5)."""
    return struct.pack(">I", len(value)) + value


def string_at(payload: bytes, position: int) -> bytes:
    """The string that begins there. Raises ValueError where it is empty, or longer than the packet."""
    if len(payload) < position + 4:
        raise ValueError("cut off")
    length = struct.unpack(">I", payload[position : position + 4])[0]
    found = payload[position + 4 : position + 4 + length]
    if not found or len(found) != length:
        raise ValueError("cut off")
    return found


def send(bare: socket.socket, payload: bytes) -> None:
    """A packet before there are keys: length, padding to a multiple of eight, no checksum (RFC 4253, section 6)."""
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    bare.sendall(struct.pack(">IB", len(payload) + padding + 1, padding) + payload + b"\0" * padding)


def receive(bare: socket.socket, wanted: int) -> bytes:
    """The payload of the next packet of this kind. Raises ValueError for any other, and for what is no packet."""
    for _ in range(MOST_LINES):
        length, padding = struct.unpack(">IB", exactly(bare, 5))
        if not padding + 1 < length <= MOST_PACKET:
            raise ValueError("no SSH packet")
        payload = exactly(bare, length - 1)[: length - 1 - padding]
        if payload[0] == wanted:
            return payload
        if payload[0] not in SKIPPED:
            break
    raise ValueError("the server ended the key exchange")


def exactly(bare: socket.socket, number: int) -> bytes:
    """So many bytes. Raises ValueError when the connection ends before."""
    found = b""
    while len(found) < number:
        more = bare.recv(number - len(found))
        if not more:
            raise ValueError("the server closed the connection")
        found += more
    return found
