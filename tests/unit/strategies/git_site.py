"""An HTTPS server on this machine that lists references to whoever has the password, for the probe's script."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

COMMIT = "3f2c9d1" + "a" * 33
LOGIN = "AKIA%token:marker-secret"


def packet(line: str) -> bytes:
    """One line as git sends it (gitprotocol-common(5), "pkt-line Format")."""
    return f"{len(line) + 4:04x}{line}".encode()


ADVERTISED = (
    packet("# service=git-upload-pack\n")
    + b"0000"
    + packet(f"{COMMIT} HEAD\0multi_ack symref=HEAD:refs/heads/main\n")
    + packet(f"{COMMIT} refs/heads/main\n")
    + packet(f"{COMMIT} refs/tags/v1.0.0\n")
    + b"0000"
)


@dataclass
class Site:
    """The server. ``seen`` are the values of Authorization that were sent, in their order; ``bundle`` trusts it."""

    port: int
    bundle: Path
    seen: list[str | None] = field(default_factory=list)


@contextmanager
def git_site(folder: Path, *names: str, open_to_all: bool = False) -> Iterator[Site]:
    """A running server with a certificate for these names, and the bundle in the folder."""
    authority = trustme.CA(organization_name="Acme Corp")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    bundle = folder / "ca.pem"
    bundle.write_bytes(authority.cert_pem.bytes())
    made = Site(0, bundle)
    good = {"Basic " + base64.b64encode(LOGIN.encode()).decode(), "Bearer marker-secret"}

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.seen.append(self.headers["Authorization"])
            taken = open_to_all or self.headers["Authorization"] in good
            body = ADVERTISED if taken else b""
            self.send_response(200 if taken else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
