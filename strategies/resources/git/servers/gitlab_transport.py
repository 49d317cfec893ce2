"""The way by which python-gitlab's requests go: our own, by the extension point that requests has for it.

``HttpClient`` sends, so that CA, proxy, time, size and redirects are bounded as everywhere, and nothing is taken from the
process's environment or a ``.netrc``. Every answer that is no success is raised here, so python-gitlab never waits and tries
again by itself.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from strategies.resources.git.servers.dial import TalkError, Trouble
from strategies.resources.git.servers.errors import RefusedError
from strategies.resources.git.servers.http import HttpClient

_SENT = ("private-token", "accept", "content-type")


REQUESTS_MOST = 25
"""Requests that one question may take: a list has so many pages at most. A server that always names a next page has no end."""


class BoundedAdapter(BaseAdapter):
    """Sends to one server and no other. ``renew`` begins a new question."""

    def __init__(self, http: HttpClient, base_url: str) -> None:
        super().__init__()
        self._http = http
        self._origin = urlsplit(base_url)[:2]
        self._left = REQUESTS_MOST

    def renew(self) -> None:
        """Let so many requests be made again."""
        self._left = REQUESTS_MOST

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - requests' signature
        timeout: object = None,  # noqa: ARG002
        verify: object = True,  # noqa: ARG002
        cert: object = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """One request. Raises RefusedError for everything but 2xx, TalkError for what cannot be read as JSON."""
        url = request.url or ""
        if urlsplit(url)[:2] != self._origin:
            raise TalkError(Trouble.REDIRECT, "it names another server's address for the next page")
        if self._left == 0:
            raise TalkError(Trouble.TOO_MUCH, f"its list has more than {REQUESTS_MOST} pages")
        self._left -= 1
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() in _SENT}
        body = request.body if isinstance(request.body, bytes) else None
        answer = self._http.request(request.method or "GET", url, headers=headers, body=body)
        if not 200 <= answer.status < 300:
            raise RefusedError(answer)
        if answer.body and not isinstance(answer.json(), dict | list):
            raise TalkError(Trouble.CONTENT, "its JSON is neither an object nor a list")
        found = requests.Response()
        found.status_code, found.url, found.request = answer.status, url, request
        found.headers.update(answer.headers)
        found.raw = io.BytesIO(answer.body)
        return found

    def close(self) -> None:
        """Nothing is kept open."""


def bounded_session(adapter: BoundedAdapter) -> requests.Session:
    """A session that can reach the one server, by HTTPS only."""
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    session.mount("https://", adapter)
    return session
