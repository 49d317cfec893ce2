"""The sandbox's control API on loopback: move the clock, read the recorded calls and the log.

``POST /TOKEN/clock/advance`` with ``{"seconds": 960}``, ``GET /TOKEN/clock``, ``GET /TOKEN/calls``, ``GET /TOKEN/log``;
``POST /TOKEN/machines/squid`` stops and starts Squid of a machine, ``POST /TOKEN/machines/file`` writes a file of it. The token
in the path is random: knowing the URL is the permission.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias, cast

from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.machines.machines import Machines

if TYPE_CHECKING:
    from wizard.sandbox.aws.server import AwsServer
    from wizard.sandbox.cluster.server import ClusterServer

Record: TypeAlias = Mapping[str, str | float | bool | Sequence[str] | None]


class Log:
    """One line for everything worth knowing about the sandbox itself, with its time; oldest first."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def note(self, source: str, line: str) -> None:
        """Add a line."""
        with self._lock:
            self._lines.append(f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} {source}: {line}")

    def lines(self) -> tuple[str, ...]:
        """The lines so far."""
        with self._lock:
            return tuple(self._lines)


class ControlServer:
    """HTTP on 127.0.0.1, behind a path that cannot be guessed."""

    def __init__(
        self,
        clock: SandboxClock,
        calls: Callable[[], Sequence[Record]],
        log: Callable[[], Sequence[str]],
        machines: Machines | None = None,
    ) -> None:
        prefix = f"/{secrets.token_urlsafe(24)}"

        def advance(body: Mapping[str, object]) -> object:
            return {"now": clock.advance(float(str(body["seconds"]))).isoformat()}

        def squid(body: Mapping[str, object]) -> object:
            """Stop Squid on a machine, as if it had died, or start it again."""
            if machines is None:
                raise KeyError(body["id"])
            if body["running"] is True:
                return {"error": machines.start_squid(str(body["id"]))}
            machines.stop_squid(str(body["id"]))
            return {"error": None}

        def write(body: Mapping[str, object]) -> object:
            """Write a file on a machine, as somebody who is logged in would."""
            if machines is None:
                raise KeyError(body["id"])
            machines.write(str(body["id"]), str(body["path"]), str(body["text"]))
            return {"error": None}

        actions = {
            f"{prefix}/clock/advance": (advance, '{"seconds": 960}'),
            f"{prefix}/machines/squid": (squid, '{"id": "i-...", "running": false}'),
            f"{prefix}/machines/file": (write, '{"id": "i-...", "path": "/etc/...", "text": "..."}'),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                routes: dict[str, Callable[[], object]] = {
                    f"{prefix}/calls": lambda: list(calls()),
                    f"{prefix}/log": lambda: list(log()),
                    f"{prefix}/clock": lambda: {"now": clock.now().isoformat()},
                }
                answer = routes.get(self.path)
                self._send(404, {"error": "not found"}) if answer is None else self._send(200, answer())

            def do_POST(self) -> None:
                if self.path not in actions:
                    self._send(404, {"error": "not found"})
                    return
                act, example = actions[self.path]
                try:
                    answer = act(json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0")))))
                except (ValueError, TypeError, KeyError) as error:
                    self._send(400, {"error": f"a body like {example} is expected: {error}"})
                    return
                self._send(200, answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                """Nothing: standard error belongs to the operator."""

            def _send(self, status: int, value: object) -> None:
                raw = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="control", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{prefix}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def calls(aws: AwsServer, cluster: ClusterServer) -> Sequence[Record]:
    """The calls to both APIs, oldest first; seconds are those of the sandbox's monotonic clock."""
    made: list[Record] = [
        {
            "api": "aws",
            "service": call.service,
            "operation": call.operation,
            "start": call.started,
            "end": call.ended,
            "mutating": call.mutating,
            "status": call.status,
            "error": call.error,
            "actions": list(call.actions),
            "principal": call.principal,
        }
        for call in aws.calls()
    ]
    made += [{"api": "cluster", **asdict(call)} for call in cluster.calls()]
    return sorted(made, key=lambda record: cast("float", record["start"]))
