"""HTTPS as Argo CD's Go code speaks it, through the proxy that holds for a repository, with errors in the words of net/http."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from wizard.sandbox.argocd.proxies import ProxySettings, login, place
from wizard.sandbox.network.doors import Doors

_HEAD_LIMIT = 16 * 1024
_REDIRECTS = 10
TIMEOUT = 15.0
"""Seconds: argo-cd ``util/git/client.go``, ARGOCD_GIT_REQUEST_TIMEOUT."""


class TransportError(Exception):
    """No answer was had; the text is what Go says after ``Get "URL": ``."""


@dataclass(frozen=True, slots=True)
class Network:
    """The repo-server's surroundings.

    ``doors`` lead into the VPC, ``direct`` is the proxy by which the sandbox carries what a child connects to directly,
    ``ca_bundle`` the system's CAs, ``host_certificates`` the PEM text by host of ``argocd-tls-certs-cm``, ``environ`` the
    variables that the ``ArgoCD`` resource gives the repo-server, and ``known_hosts`` the text of
    ``argocd-ssh-known-hosts-cm``.
    """

    doors: Doors
    direct: str
    ca_bundle: Path
    host_certificates: Mapping[str, str]
    environ: Mapping[str, str]
    known_hosts: str = ""

    def context(self, host: str, *, insecure: bool) -> ssl.SSLContext:
        """The trust for a host: its own certificates take the place of the system's (``util/cert``)."""
        certificate = self.host_certificates.get(host)
        if certificate is None or insecure:
            context = ssl.create_default_context(cafile=str(self.ca_bundle))
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            # To Go (crypto/x509) whatever is in the pool is a root, also a CA that another one has signed.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            with contextlib.suppress(ssl.SSLError, ValueError):  # what is no certificate is left out: nobody is believed
                context.load_verify_locations(cadata=certificate)
        if insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    reason: str
    body: bytes
    location: str


class Client:
    """Requests of one repository: its proxy, and whether it is told not to verify."""

    def __init__(self, network: Network, settings: ProxySettings, *, insecure: bool = False) -> None:
        self._network = network
        self._settings = settings
        self._insecure = insecure

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        limit: int = 64 * 1024 * 1024,
        follow: bool = False,
    ) -> Answer:
        """Ask once; with ``follow``, go where the answer points to. Raises TransportError."""
        for _ in range(_REDIRECTS):
            answer = self._once(method, url, headers, body, limit)
            if not follow or answer.status not in {301, 302, 303, 307, 308} or not answer.location:
                return answer
            url = urljoin(url, answer.location)
        raise TransportError(f"stopped after {_REDIRECTS} redirects")

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int) -> Answer:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise TransportError(f'unsupported protocol scheme "{parts.scheme}" (the sandbox speaks HTTPS)')
        host, port = parts.hostname, parts.port or 443
        target = parts.path or "/"
        target += f"?{parts.query}" if parts.query else ""
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        try:
            connection.sock = self._tls(host, port)
            named = host if port == 443 else f"{host}:{port}"
            connection.request(method, target, body=body, headers={"Host": named, "Connection": "close", **headers})
            answer = connection.getresponse()
            said = answer.read(limit + 1)
            if len(said) > limit:
                raise TransportError(f"the answer is larger than {limit} bytes")
            return Answer(answer.status, answer.reason, said, answer.getheader("Location", ""))
        except TimeoutError as error:
            raise TransportError(_TIMED_OUT) from error
        except (OSError, http.client.HTTPException) as error:
            raise TransportError("EOF") from error
        finally:
            connection.close()

    def _tls(self, host: str, port: int) -> ssl.SSLSocket:
        plain = self._reach(host, port)
        try:
            return self._network.context(host, insecure=self._insecure).wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise TransportError(f"tls: failed to verify certificate: x509: {_unverified(error, host)}") from error
        except ssl.SSLError as error:
            plain.close()
            cut = isinstance(error, ssl.SSLEOFError)
            raise TransportError("EOF" if cut else "tls: first record does not look like a TLS handshake") from error
        except TimeoutError as error:
            plain.close()
            raise TransportError("net/http: TLS handshake timeout") from error
        except OSError as error:
            plain.close()
            raise TransportError("EOF") from error

    def _reach(self, host: str, port: int) -> socket.socket:
        """A connection to the server, or through the proxy to it."""
        proxy = self._settings.in_process(host, port)
        if not proxy:
            return self._dial(host, port, "")
        connection = self._dial(*place(proxy), "proxyconnect tcp: ")
        try:
            _ask_for_tunnel(connection, host, port, proxy)
        except BaseException:
            connection.close()
            raise
        return connection

    def _dial(self, host: str, port: int, prefix: str) -> socket.socket:
        try:
            if host in {"127.0.0.1", "localhost"}:  # the pod's own loopback
                return socket.create_connection((host, port), TIMEOUT)
            return self._network.doors.connect(host, port, TIMEOUT)
        except TimeoutError as error:
            # The VPC drops what it has no way for: nothing answers until the client gives up.
            raise TransportError(_TIMED_OUT) from error
        except OSError as error:
            raise TransportError(f"{prefix}dial tcp {host}:{port}: connect: connection refused") from error


_TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"


def _ask_for_tunnel(connection: socket.socket, host: str, port: int, proxy: str) -> None:
    """CONNECT (RFC 9110, section 9.3.6), with the login that the proxy's URL holds."""
    known = login(proxy)
    header = ""
    if known is not None:
        header = f"Proxy-Authorization: Basic {base64.b64encode(':'.join(known).encode()).decode()}\r\n"
    try:
        connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{header}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
            # Byte by byte: what follows the head belongs to the tunnel.
            byte = connection.recv(1)
            if not byte:
                raise TransportError("EOF")
            head += byte
    except TimeoutError as error:
        raise TransportError(_TIMED_OUT) from error
    except OSError as error:
        raise TransportError("EOF") from error
    version, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
    status, _, phrase = rest.partition(" ")
    if not version.startswith("HTTP/"):
        raise TransportError(f"malformed HTTP response {version[:40]!r}")
    if status != "200":
        # net/http tells the phrase alone.
        raise TransportError(phrase.strip() or "unknown status code")


def _unverified(error: ssl.SSLCertVerificationError, host: str) -> str:
    if "ostname mismatch" in str(error) or "IP address mismatch" in str(error):
        return f"certificate is not valid for {host}"
    if "expired" in str(error):
        return "certificate has expired or is not yet valid"
    return "certificate signed by unknown authority"
