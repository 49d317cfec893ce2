"""What the stand-ins share of HTTP: a request as data, an answer as data, and a table of routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qs, unquote, urlencode

from werkzeug.datastructures import Authorization
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_BODY_LIMIT = 1024 * 1024


class BodyError(Exception):
    """The body of a request is not a JSON object."""


class RefusedError(Exception):
    """A request goes no further: this is its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``path`` is as it was sent, percent-encoded, below the server's context path."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, environ: WSGIEnvironment, context_path: str = "") -> Request:
        """From WSGI; at most a megabyte of body is read."""
        # PATH_INFO is decoded: it cannot tell the slash of group%2Fname from one that separates.
        raw = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ.get("PATH_INFO", "/"))
        path, _, query = raw.partition("?")
        return cls(
            method=str(environ["REQUEST_METHOD"]),
            path=path.removeprefix(context_path) or "/",
            query=parse_qs(query, keep_blank_values=True),
            headers=_headers(environ),
            body=get_input_stream(environ, max_content_length=_BODY_LIMIT).read(),
        )

    def first(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a number; anything else counts as the default."""
        text = self.first(name)
        return int(text) if text.isdigit() else default

    def json(self) -> dict[str, object]:
        """The body as a JSON object; a form counts as one. Raises BodyError."""
        if not self.body.strip():
            return {}
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            form = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
            return {name.removesuffix("[]"): (values if name.endswith("[]") else values[0]) for name, values in form.items()}
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise BodyError(str(error)) from error
        if not isinstance(value, dict):
            raise BodyError("an object is expected")
        return value

    def basic(self) -> tuple[str, str] | None:
        """User and password of Basic authentication (RFC 7617)."""
        found = Authorization.from_header(self.headers.get("authorization"))
        if found is None or found.type != "basic":
            return None
        return str(found.username or ""), str(found.password or "")

    def credential(self, *schemes: str) -> str | None:
        """What follows one of these schemes in the Authorization header, in whatever case."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() in schemes and value.strip() else None

    @property
    def wants_html(self) -> bool:
        """Whether a browser asks."""
        return "text/html" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def plus(self, *headers: tuple[str, str]) -> Answer:
        """The same with more headers."""
        return replace(self, headers=(*self.headers, *headers))

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Give it to WSGI."""
        phrase = HTTPStatus(self.status).phrase
        length = [] if self.status in {204, 304} else [("Content-Length", str(len(self.body)))]
        start_response(f"{self.status} {phrase}", [*self.headers, *length])
        return [self.body]


Handler: TypeAlias = Callable[..., Answer]
"""Called with the request and the decoded parts of the path by name."""


class Routes:
    """From method and path to a handler. A pattern's ``{name}`` is one segment; ``%2F`` in it is a slash."""

    def __init__(self, *routes: tuple[str, str, Handler]) -> None:
        self._routes = [(method, _pattern(path), handler) for method, path, handler in routes]

    def find(self, request: Request) -> tuple[Handler, dict[str, str]] | None:
        """The handler with the values of its pattern, decoded."""
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path) if method == request.method else None
            if match is not None:
                return handler, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def as_json(status: int, value: object, *headers: tuple[str, str], kind: str = "application/json") -> Answer:
    """An answer in JSON."""
    return Answer(status, (("Content-Type", kind), *headers), json.dumps(value).encode())


def as_text(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    """An answer in plain text."""
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"), *headers), text.encode())


def as_html(status: int, title: str, text: str = "", *headers: tuple[str, str]) -> Answer:
    """An HTML page."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    return Answer(status, (("Content-Type", "text/html; charset=utf-8"), *headers), page.encode())


def redirect(status: int, location: str) -> Answer:
    """A redirect, with the short page that servers send along."""
    return as_html(status, HTTPStatus(status).phrase, f'<a href="{location}">moved</a>', ("Location", location))


def pages(url: str, page: int, size: int, total: int) -> str:
    """The value of a Link header (RFC 8288): ``first``, ``prev``, ``next`` and ``last``."""
    last = max((total + size - 1) // size, 1)
    wanted = {"prev": page - 1, "next": page + 1, "first": 1, "last": last}
    separator = "&" if "?" in url else "?"
    return ", ".join(
        f'<{url}{separator}{urlencode({"page": number, "per_page": size})}>; rel="{name}"'
        for name, number in wanted.items()
        if 1 <= number <= last and (name in {"first", "last"} or number != page)
    )


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return found | ({"content-type": str(environ["CONTENT_TYPE"])} if environ.get("CONTENT_TYPE") else {})


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
