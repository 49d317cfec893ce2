"""Instance metadata of the account's machines on one loopback port: the credentials of their roles, by IMDSv2 alone.

EC2 user guide, "Use the Instance Metadata Service to access instance metadata" and "Retrieve security credentials from instance
metadata". Each machine has an address of its own there, so that no machine reads what is another's.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

_TOKEN = "/latest/api/token"
_CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
_LONGEST_SECONDS = 21600


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """Temporary credentials of a machine's role; ``expires`` as AWS writes it (``2026-11-24T18:00:00Z``)."""

    role: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: str


class Metadata:
    """``credentials`` gives those of a machine's role by the machine's id; None where it has none."""

    def __init__(self, credentials: Callable[[str], RoleCredentials | None]) -> None:
        self._credentials = credentials
        self._doors: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
                self._send(*outer._token(self.path, seconds))

            def do_GET(self) -> None:
                self._send(*outer._answer(self.path, self.headers.get("X-aws-ec2-metadata-token", "")))

            def _send(self, status: int, text: str) -> None:
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="metadata", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def address(self, instance_id: str) -> str:
        """Where one machine finds its metadata (``AWS_EC2_METADATA_SERVICE_ENDPOINT``)."""
        host, port = cast("tuple[str, int]", self._server.server_address[:2])
        with self._lock:
            door = next((key for key, one in self._doors.items() if one == instance_id), None)
            if door is None:
                door = secrets.token_urlsafe(18)
                self._doors[door] = instance_id
        return f"http://{host}:{port}/{door}"

    def _token(self, path: str, seconds: str) -> tuple[int, str]:
        machine, rest = self._machine(path)
        if machine is None or rest != _TOKEN:
            return 404, ""
        if not seconds.isdigit() or not 1 <= int(seconds) <= _LONGEST_SECONDS:
            return 400, ""
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._tokens[token] = machine
        return 200, token

    def _answer(self, path: str, token: str) -> tuple[int, str]:
        machine, rest = self._machine(path)
        with self._lock:
            if machine is None or self._tokens.get(token) != machine:
                return 401, ""
        found = self._credentials(machine)
        if found is None or not rest.startswith(_CREDENTIALS):
            return 404, ""
        name = rest.removeprefix(_CREDENTIALS)
        if not name:
            return 200, found.role
        if name != found.role:
            return 404, ""
        told = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Token": found.session_token,
            "Expiration": found.expires,
        }
        return 200, json.dumps(told)

    def _machine(self, path: str) -> tuple[str | None, str]:
        door, _, rest = path.lstrip("/").partition("/")
        with self._lock:
            return self._doors.get(door), f"/{rest}"
