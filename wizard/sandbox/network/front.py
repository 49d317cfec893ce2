"""TLS servers that answer under real host names: one for each network, so that a request's vantage is known by its door."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Sites: TypeAlias = "Mapping[str, WSGIApplication]"
"""From host name, ``*.suffix`` for every other name under a domain, or ``*`` for whatever is left, to who answers for it."""


class HttpsFront:
    """One threaded HTTPS server on 127.0.0.1, dispatching on the Host header. Without a context it speaks plain HTTP."""

    def __init__(self, context: ssl.SSLContext | None, sites: Sites) -> None:
        # The server would otherwise write each request to standard error.
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self._sites = sites
        self._server = make_server("127.0.0.1", 0, self._dispatch, threaded=True, ssl_context=context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="https-front", daemon=True)
        self.port: int = self._server.port

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; connections in flight end with their threads."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _dispatch(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").partition(":")[0].lower()
        site = self._sites.get(host) or self._sites.get(f"*.{host.partition('.')[2]}") or self._sites.get("*")
        if site is None:
            start_response("421 Misdirected Request", [("Content-Type", "text/plain")])
            return [f"no server for {host!r} in this sandbox\n".encode()]
        return site(environ, start_response)
