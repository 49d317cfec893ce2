"""Passes requests that arrive under an AWS host name on to the AWS stand-in, which speaks plain HTTP on loopback."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive"}


def forward(url: Callable[[], str]) -> WSGIApplication:
    """A WSGI application that repeats each request at ``url()``, host name and headers included."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        headers["Connection"] = "close"
        target = str(environ.get("PATH_INFO", "/")) or "/"
        if environ.get("QUERY_STRING"):
            target += f"?{environ['QUERY_STRING']}"
        connection = http.client.HTTPConnection(urlsplit(url()).netloc, timeout=60)
        try:
            connection.request(str(environ["REQUEST_METHOD"]), target, body=get_input_stream(environ).read(), headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        passed = [(name, value) for name, value in answer.getheaders() if name.lower() not in _NOT_PASSED_ON]
        start_response(f"{answer.status} {answer.reason}", [*passed, ("Content-Length", str(len(body)))])
        return [body]

    return application
