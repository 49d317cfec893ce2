"""Calls a product's REST API: JSON in and out, one token in one header, no redirects, pages up to a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from strategies.base import Json
from strategies.resources.git.servers.errors import RefusedError
from strategies.resources.git.servers.fields import Document
from strategies.resources.git.servers.http import HttpAnswer, HttpClient


def joined(*segments: str) -> str:
    """A path of these segments, each quoted whole: a slash in a name is no separator, and dots climb nowhere."""
    return "".join(f"/{quote(one, safe='').replace('..', '%2E%2E')}" for one in segments)


class Rest:
    """One API with one login. ``headers`` carry the token and are in no error and no ``repr``."""

    def __init__(self, http: HttpClient, base_url: str, headers: Mapping[str, str]) -> None:
        self._http = http
        self._base = base_url.rstrip("/")
        self._headers = headers

    def call(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, content: Document | None = None
    ) -> HttpAnswer:
        """One call. Raises RefusedError for everything but 2xx, and TalkError."""
        url = self._base + path + (f"?{urlencode(query)}" if query else "")
        answer = self._http.request(method, url, headers=self._headers, content=content)
        if not 200 <= answer.status < 300:
            raise RefusedError(answer)
        return answer

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        """GET, and the JSON of the answer; None where it has no content (204). Raises RefusedError, TalkError."""
        answer = self.call("GET", path, query=query)
        return None if answer.status == 204 else answer.json()

    def find(self, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        """The same, with None for 404."""
        try:
            return self.get(path, query)
        except RefusedError as error:
            if error.answer.status == 404:
                return None
            raise

    def send(self, method: str, path: str, content: Document) -> Json:
        """Change something; the JSON of the answer, None where it has none."""
        answer = self.call(method, path, content=content)
        return answer.json() if answer.body else None

    def delete(self, path: str) -> None:
        """Delete something. Gone already is no error."""
        try:
            self.call("DELETE", path)
        except RefusedError as error:
            if error.answer.status != 404:
                raise


def parts(path: str) -> tuple[str, str]:
    """Owner and name of ``owner/name``; the name is empty where there is no slash."""
    owner, _, name = path.strip("/").partition("/")
    return owner, name.removesuffix(".git")


def limited(found: Sequence[Document], most: int) -> list[Document]:
    """As many as were asked for: a server may send more."""
    return list(found[:most])
