"""One HTTP request to a server that may be anything, with bounds on all of it.

TLS is always verified. A request ends in its time whatever the server does, and its answer has a greatest size; header lines
longer than 64 KiB and more than a hundred headers are refused by ``http.client``. Redirects are told, not followed, but for a
GET without a login that stays on the same host. Compressed answers are not asked for, and not taken.

urllib3 and requests bound each read and not the whole, and take their environment from the process; ``http.client`` can be
given a connection that is bounded already.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from strategies.base import Json
from strategies.common.shown import shown, size
from strategies.facts import TrustFault
from strategies.resources.git.servers.dial import Deadline, Dialer, TalkError, Trouble, said
from strategies.resources.git.servers.trust import believing, disbelief

REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 64 * 1024
_HOPS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for one request, redirects included; ``body`` in bytes."""

    seconds: float = 20.0
    body: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: headers by names in lower case (several of one name joined by commas), the whole body. Neither is shown."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def location(self) -> str | None:
        """Where a redirect sends to, as an absolute URL; None where the answer is none."""
        target = self.headers.get("location")
        return urljoin(self.url, target) if target is not None and self.status in REDIRECTS else None

    @property
    def declares_json(self) -> bool:
        """Whether the body says that it is JSON."""
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return media == "application/json" or media.endswith("+json")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Json:
        """The body as JSON. Raises TalkError for another media type (a login page, say) and for what is no JSON."""
        where = urlsplit(self.url).path
        if not self.declares_json:
            media = shown(self.headers.get("content-type", "")) or "no type"
            raise TalkError(Trouble.CONTENT, f"{shown(where)} answers {self.status} with {media} where JSON belongs")
        try:
            found: Json = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise TalkError(Trouble.CONTENT, f"{shown(where)} answers {self.status} with JSON that is none") from error
        return found


class HttpClient:
    """Asks servers. ``ca`` (PEM) is believed instead of the system's CAs. Threads may share it: it keeps no connection."""

    def __init__(self, dialer: Dialer, environ: Mapping[str, str], ca: str | None = None, limits: Limits | None = None) -> None:
        self._dialer = dialer
        self._environ = environ
        self._ca = ca
        self._limits = limits or Limits()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Json = None,
        body: bytes | None = None,
        follow: bool = False,
    ) -> HttpAnswer:
        """One request and its whole answer, whatever its status. ``content`` is sent as JSON, or ``body`` as it is.

        Raises TalkError.

        ``follow``: go after redirects that stay on the same scheme, host and port; never with a login.
        """
        body = body if content is None else json.dumps(content).encode()
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ezgitops", "Connection": "close"}
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        sent |= headers or {}
        with Deadline(self._limits.seconds) as deadline:
            answer = self._once(method, url, sent, body, deadline)
            for _hop in range(_HOPS):
                target = answer.location
                if not follow or target is None or not _same_place(url, target):
                    return answer
                answer = self._once(method, target, sent, body, deadline)
        if answer.location is not None:
            raise TalkError(Trouble.REDIRECT, f"it sends from one address to the next and back: {shown(answer.location)}")
        return answer

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline) -> HttpAnswer:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname is None:
            raise TalkError(Trouble.PROTOCOL, f"{shown(url)} is no HTTPS address")
        context = believing(self._environ, self._ca)
        connection = self._dialer.open(parts.hostname, parts.port or 443, deadline)
        try:
            with context.wrap_socket(connection, server_hostname=parts.hostname) as secure:
                answer = _exchange(secure, method, parts, headers, body, self._limits.body)
        except ssl.SSLError as error:
            if deadline.passed or isinstance(error, TimeoutError):
                raise deadline.error() from error
            found = disbelief(error)
            plain = found.fault is TrustFault.NO_TLS
            told = found.why if plain else f"its certificate is not believed: {found.fault} ({found.why})"
            raise TalkError(Trouble.TLS, told) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed or isinstance(error, TimeoutError):
                raise deadline.error() from error
            raise _broken(error) from error
        except TalkError as error:
            if deadline.passed:
                raise deadline.error() from error
            raise
        finally:
            connection.close()
        if deadline.passed:
            # A connection that was ended looks like the end of an answer that gave no length.
            raise deadline.error()
        return answer


def _exchange(
    secure: ssl.SSLSocket, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes | None, limit: int
) -> HttpAnswer:
    """Send the request and take the answer. Raises OSError, HTTPException, TalkError."""
    exchange = http.client.HTTPConnection(url.hostname or "", url.port or 443)
    exchange.sock = secure
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    exchange.request(method, target, body=body, headers={"Host": url.netloc.rpartition("@")[2], **headers})
    answer = exchange.getresponse()
    found: dict[str, str] = {}
    for name, value in answer.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    coding = found.get("content-encoding", "identity").lower()
    if coding != "identity":
        raise TalkError(Trouble.CONTENT, f"it answers compressed ({shown(coding)}), which was not asked for")
    return HttpAnswer(url.geturl(), answer.status, found, _body(answer, limit))


def _body(answer: http.client.HTTPResponse, limit: int) -> bytes:
    """The whole body. Raises TalkError as soon as more comes than is allowed."""
    taken = bytearray()
    while chunk := answer.read1(_CHUNK):
        taken += chunk
        if len(taken) > limit:
            raise TalkError(Trouble.TOO_MUCH, f"its answer is longer than {size(limit)}, and was cut off")
    if answer.length:
        raise TalkError(Trouble.PROTOCOL, "it broke off in the middle of its answer")
    return bytes(taken)


def _broken(error: Exception) -> TalkError:
    if isinstance(error, http.client.LineTooLong) or "got more than" in str(error):
        return TalkError(Trouble.TOO_MUCH, f"its headers are longer than any server's: {said(error)}")
    if isinstance(error, http.client.BadStatusLine | http.client.RemoteDisconnected | ConnectionError):
        return TalkError(Trouble.CONNECT, f"it broke the connection off: {said(error)}")
    if isinstance(error, OSError):
        return TalkError(Trouble.CONNECT, said(error))
    if isinstance(error, http.client.HTTPException):
        return TalkError(Trouble.PROTOCOL, f"it does not speak HTTP as it should: {said(error)}")
    # The words of a ValueError quote the header that could not be sent.
    return TalkError(Trouble.PROTOCOL, "the request could not be put into HTTP")


def _same_place(url: str, target: str) -> bool:
    """Same scheme, host and port."""
    try:
        one, other = urlsplit(url), urlsplit(target)
        return (one.scheme, one.hostname, one.port or 443) == (other.scheme, other.hostname, other.port or 443)
    except ValueError:
        return False
