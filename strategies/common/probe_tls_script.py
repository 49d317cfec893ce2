"""The first part of the probe's script: TLS to a host over a connection that somebody else opens, and an error's own words.

Runs in a Job's pod, joined with the other parts (``probe_job.script``), on whatever Python 3.6 or newer the image has, with the
standard library alone.
"""

import http.client
import socket
import ssl
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

PORT = 443
TIMEOUT_SECONDS = 5.0
PARTIAL_CHAIN = 0x80000
"""X509_V_FLAG_PARTIAL_CHAIN of OpenSSL; the ssl module has a name for it from Python 3.10 on."""
MOST_LETTERS = 300
MOST_SECRET = 64 * 1024

Report = Dict[str, object]
Dial = Callable[[], socket.socket]
"""Opens a connection to a host, by whatever way there is. Raises OSError."""


class Connection(http.client.HTTPSConnection):
    """HTTPS over what ``dial`` opens, as the host that has the certificate. No variable of the environment has a say.

    ``authorities`` is a PEM file, or PEM text, that takes the place of what the image trusts.
    """

    def __init__(self, host: str, port: int, dial: Dial, authorities: Optional[str] = None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self.dial = dial
        self.authorities = authorities

    def connect(self) -> None:
        """Connect, and believe the certificate or raise ssl.SSLError."""
        context = believing(self.authorities)
        bare = self.dial()
        try:
            self.sock = context.wrap_socket(bare, server_hostname=self.host)
        except BaseException:
            bare.close()
            raise


def believing(authorities: Optional[str]) -> ssl.SSLContext:
    """A context that verifies chain and name, by what the image trusts or by ``authorities`` (file or text) alone.

    A chain may then end at an intermediate certificate, as for Go, which Argo CD is written in; Python's stricter checks of a
    CA's extensions (3.13) are not Go's. Raises OSError for a file that holds no certificate.
    """
    if authorities is None:
        return ssl.create_default_context()
    if authorities.startswith("-----BEGIN"):
        context = ssl.create_default_context(cadata=authorities)
    else:
        context = ssl.create_default_context(cafile=authorities)
    context.verify_flags |= PARTIAL_CHAIN
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def disbelief(host: str, port: int, dial: Dial, authorities: Optional[str] = None) -> Report:
    """Why the certificate of a host is not believed and who signed it; empty when it is believed."""
    connection = Connection(host, port, dial, authorities)
    try:
        connection.connect()
    except (OSError, ssl.CertificateError) as error:  # the latter is no OSError before Python 3.7
        return {"tls_error": said(error), "issuer": issuer_of(host, dial)}
    connection.close()
    return {}


def issuer_of(host: str, dial: Dial) -> str:
    """Who signed the certificate that was not believed: it is only read here, and nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with dial() as bare, context.wrap_socket(bare, server_hostname=host) as secured:
            return issuer(secured.getpeercert(True) or b"")
    except (OSError, ValueError, IndexError):
        return ""


def issuer(certificate: bytes) -> str:
    """The organisation and common name of a certificate's issuer (RFC 5280, section 4.1). Raises ValueError, IndexError.

    The ssl module decodes only certificates that it believes.
    """
    names = {b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU", b"\x55\x04\x03": "CN"}
    fields = parts(parts(parts(certificate)[0][1])[0][1])
    if fields[0][0] == 0xA0:  # the version, which may be left out
        fields = fields[1:]
    found = []
    for _, relative in parts(fields[2][1]):
        for _, pair in parts(relative):
            (_, kind), (_, value) = parts(pair)[:2]
            if kind in names:
                found.append("{}={}".format(names[kind], value.decode("utf-8", "replace")))
    return clipped(", ".join(found))


def parts(data: bytes) -> List[Tuple[int, bytes]]:
    """The elements of DER data: tag and content (ITU-T X.690)."""
    found = []
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[position : position + count], "big")
            position += count
        if position + length > len(data):
            raise ValueError("cut off")
        found.append((tag, data[position : position + length]))
        position += length
    return found


def content(folder: str, name: str) -> Optional[str]:
    """One value of the mounted Secret, or None when it has none."""
    try:
        with (Path(folder) / name).open() as file:
            return file.read(MOST_SECRET)
    except (OSError, ValueError):
        return None


def said(error: Exception) -> str:
    """An error's own words on one line."""
    words = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return clipped(str(words))


def clipped(text: str) -> str:
    """Printable, and not longer than anybody reads."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MOST_LETTERS]
