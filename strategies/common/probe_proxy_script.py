"""The second part of the probe's script: an HTTP proxy, by what it lets through and what it refuses.

A client asks for a tunnel with CONNECT (RFC 9110, section 9.3.6) and speaks TLS in it; what is no such tunnel a proxy may carry
itself, asked for in absolute form (RFC 9112, section 3.2.2). Each question is a connection of its own. Credentials that Argo CD
has for the proxy are sent to that proxy alone, and never printed.
"""

import base64
import http.client
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple
from urllib.parse import unquote, urlsplit

from strategies.common.probe_tls_script import TIMEOUT_SECONDS, Report, content, disbelief, said

ANSWER_SECONDS = 10.0
"""A proxy answers when it has reached the host, or given up."""
MOST_HEAD = 16 * 1024
MOST_TARGETS = 40
SIDE_BY_SIDE = 16


class Proxy(NamedTuple):
    """The proxy, what must pass through it and what must not: each ``HOST:PORT``, or ``http://`` for a plain request.

    ``secret`` is the folder with the files of Argo CD's Secret, ``authorities`` that with the certificates which Argo CD
    believes, by host name; None: there is none.
    """

    url: str
    host: str
    port: int
    secret: Optional[str]
    authorities: Optional[str]
    allowed: List[str]
    forbidden: List[str]


class ProxyError(OSError):
    """A proxy that did not open the tunnel; ``status`` is its answer, None when there was none that can be read."""

    def __init__(self, words: str, status: Optional[int]) -> None:
        super().__init__(words)
        self.status = status


class Tunnels:
    """Opens tunnels through one proxy, with the login that Argo CD's Secret has for it."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.login = None if proxy.secret is None else login_for(proxy, content(proxy.secret, "proxy") or "")

    def open(self, target: str) -> socket.socket:
        """A connection to ``HOST:PORT`` through the proxy. Raises ProxyError, OSError."""
        bare = self.ask(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n")
        try:
            bare.settimeout(ANSWER_SECONDS)
            status, words = answer(bare)
            if status is None or not 200 <= status < 300:
                raise ProxyError(words, status)
            bare.settimeout(TIMEOUT_SECONDS)
        except BaseException:
            bare.close()
            raise
        return bare

    def fetch(self, url: str) -> int:
        """The status of a plain request for a URL, whoever gave it. Raises ProxyError, OSError."""
        with self.ask(f"GET {url} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nConnection: close\r\n") as bare:
            bare.settimeout(ANSWER_SECONDS)
            status, words = answer(bare)
        if status is None or status in (400, 403, 405, 407, 501) or status >= 500:
            raise ProxyError(words, status)
        return status

    def ask(self, head: str) -> socket.socket:
        """A connection to the proxy over which the head of a request was sent."""
        bare = socket.create_connection((self.proxy.host, self.proxy.port), TIMEOUT_SECONDS)
        try:
            if self.login is not None:
                head += f"Proxy-Authorization: Basic {self.login}\r\n"
            bare.sendall((head + "User-Agent: ezgitops-probe\r\n\r\n").encode())
        except BaseException:
            bare.close()
            raise
        return bare


def answer(bare: socket.socket) -> Tuple[Optional[int], str]:
    """The status of a proxy's answer and what that means; nothing after the head is taken from the connection.

    Its own words are not repeated: it was sent a login, and could say it again.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < MOST_HEAD:
        more = bare.recv(1)
        if not more:
            break
        head += more
    found = re.match(rb"HTTP/[0-9.]+ ([1-9][0-9]{2})[ \r]", head)
    if found is None:
        return None, "the proxy closed the connection" if not head else "no HTTP answer"
    status = int(found.group(1))
    return status, http.client.responses.get(status, "")


def login_for(proxy: Proxy, url: str) -> Optional[str]:
    """User and password of the Secret's ``proxy``, as Basic carries them (RFC 7617), if that is this proxy; else None."""
    try:
        found = urlsplit(url.strip())
        if (found.hostname, found.port) != (proxy.host.lower(), proxy.port) or found.username is None:
            return None
    except ValueError:
        return None
    login = "{}:{}".format(unquote(found.username), unquote(found.password or ""))
    return base64.b64encode(login.encode()).decode()


def trusted_file(folder: Optional[str], host: str) -> Optional[str]:
    """The PEM file that Argo CD believes for a host in the place of its image's authorities, or None."""
    if folder is None:
        return None
    path = Path(folder) / host
    return str(path) if path.is_file() else None


def look_through_proxy(proxy: Proxy, tunnels: Tunnels) -> Report:
    """The proxy, step by step: its name, a connection, and how each question ends."""
    seen: Report = {"url": proxy.url, "login": tunnels.login is not None}
    try:
        socket.getaddrinfo(proxy.host, proxy.port, 0, socket.SOCK_STREAM)
    except OSError as error:
        seen["address_error"] = said(error)
        return seen
    try:
        socket.create_connection((proxy.host, proxy.port), TIMEOUT_SECONDS).close()
    except OSError as error:
        seen["unreached"] = said(error)
        return seen
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        allowed = [pool.submit(passage, tunnels, target, True) for target in proxy.allowed[:MOST_TARGETS]]
        forbidden = [pool.submit(passage, tunnels, target, False) for target in proxy.forbidden[:MOST_TARGETS]]
        seen["allowed"] = [one.result() for one in allowed]
        seen["forbidden"] = [one.result() for one in forbidden]
    return seen


def passage(tunnels: Tunnels, target: str, secured: bool) -> Report:
    """How the proxy answers for one target; ``secured``: also whether what answers behind it has a certificate to believe."""
    seen: Report = {"target": target}
    try:
        if target.startswith("http://"):
            seen.update({"state": "open", "status": tunnels.fetch(target)})
            return seen
        ready = [tunnels.open(target)]
    except ProxyError as error:
        state = "unanswered" if error.status is None else "refused"
        seen.update({"state": state, "status": error.status, "error": said(error)})
        return seen
    except OSError as error:
        seen.update({"state": "unanswered", "error": said(error)})
        return seen
    seen["state"] = "open"
    if not secured:
        ready.pop().close()
        return seen
    host, _, port = target.rpartition(":")
    authorities = trusted_file(tunnels.proxy.authorities, host)
    seen.update(disbelief(host, int(port), lambda: ready.pop() if ready else tunnels.open(target), authorities))
    seen["own_authorities"] = authorities is not None
    return seen
