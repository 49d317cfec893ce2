"""Every machine of the account that was ever spoken to, and the door at which their programs' stand-ins knock."""

from __future__ import annotations

import json
import secrets
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from wizard.sandbox.machines.daemon import program
from wizard.sandbox.machines.gitlab import GitLabs
from wizard.sandbox.machines.machine import Machine
from wizard.sandbox.machines.spec import Host
from wizard.sandbox.machines.toolbox import Said
from wizard.sandbox.network.proxy import ConnectProxy, Decision, Refuse, Route
from wizard.sandbox.reaper import Reaper


def reachable(route: Route) -> Route:
    """A way out for proxies: what cannot be reached is no refusal of theirs, and must not look like one (502, not 403)."""

    def led(host: str, port: int) -> Decision:
        decision = route(host, port)
        return Refuse(decision.why, closed=True) if isinstance(decision, Refuse) else decision

    return led


@dataclass(frozen=True, slots=True)
class Internet:
    """The loopback ports of the CONNECT proxies that lead out: the open one, and one through a middlebox that ends TLS.

    Their routes are ``reachable``.
    """

    open: Callable[[], int]
    intercepted: Callable[[], int] | None = None

    def way(self, host: Host) -> int | None:
        """The way out of a machine; None: its packets go nowhere."""
        kind = host.spec.way_out or ("open" if host.routed_out else "none")
        if not host.running or kind == "none":
            return None
        return self.intercepted() if kind == "intercepted" and self.intercepted is not None else self.open()


class Machines:
    """The machines. ``find`` knows them by id, ``find_at`` by address, as the account has them at the moment.

    ``others`` answers for machines whose proxy is not looked after here (``MachineSpec.proxy``). ``note`` is told once that
    there is no real Squid, which ``squid`` looks for. ``environment`` says by which variables a machine finds AWS and its own
    metadata; ``now`` is the sandbox's clock.
    """

    def __init__(
        self,
        folder: Path,
        *,
        bundle: Callable[[], Path],
        find: Callable[[str], Host | None],
        find_at: Callable[[str], Host | None],
        internet: Internet,
        reaper: Reaper,
        others: Callable[[Host, int], int | None] = lambda _host, _port: None,
        note: Callable[[str], None] = lambda _line: None,
        squid: Callable[[], str | None] = program,
        environment: Callable[[str], Mapping[str, str]] = lambda _instance_id: {},
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder, self._bundle = folder, bundle
        self._find, self._find_at = find, find_at
        self._internet, self._reaper = internet, reaper
        self._others, self._note, self._squid = others, note, squid
        self._environment, self._gitlabs = environment, GitLabs(folder / "gitlabs", now)
        self._made: dict[str, Machine] = {}
        self._tokens: dict[str, str] = {}
        self._lock = threading.RLock()
        self._nowhere = ConnectProxy("nowhere", reachable(lambda host, _port: Refuse(f"no way leads to {host}")))
        outer = self

        class Door(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = json.loads(self.rfile.readline() or b"{}")
                said = outer._call(str(asked.get("token")), [str(word) for word in asked.get("call", ())])
                answer = {"status": said.status, "output": said.output, "errors": said.errors}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="machines", daemon=True)

    def start(self) -> None:
        """Open the door; a machine is made when it is first spoken to."""
        self._nowhere.start()
        self._thread.start()

    def stop(self) -> None:
        """End everything that runs on them, and close the door."""
        with self._lock:
            for machine in self._made.values():
                machine.end()
        self._nowhere.stop()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def execute(self, instance_id: str, script: str, seconds: float) -> Said | None:
        """Run a script there (None: it did not end in time). Raises KeyError where there is no such machine that runs."""
        return self._machine(instance_id).execute(script, seconds)

    def listener(self, address: str, port: int) -> int | None:
        """The loopback port that stands for a machine's port, or None when nobody listens there.

        What connects sends a PROXY protocol header (version 1) first.
        """
        host = self._find_at(address)
        if host is None or not host.running:
            return None
        if host.spec.proxy is not None:
            return self._others(host, port)
        return self._machine(host.id).listener(port)

    def web(self, address: str) -> int | None:
        """The loopback port of the GitLab that answers at 443 of a machine, which is sent no header; None where none does."""
        host = self._find_at(address)
        if host is None or not host.running or host.spec.gitlab is None:
            return None
        found = self._machine(host.id).gitlab
        return None if found is None else found.port

    def start_squid(self, instance_id: str) -> str | None:
        """Start Squid there, as somebody who is logged in would; why it did not start, or None."""
        return self._machine(instance_id).start()

    def stop_squid(self, instance_id: str) -> None:
        """Stop Squid there, as if it had died."""
        self._machine(instance_id).stop()

    def write(self, instance_id: str, path: str, text: str) -> None:
        """Write a file there, as somebody who is logged in would."""
        place = self._machine(instance_id).folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def folder(self, instance_id: str) -> Path:
        """Where its files are: ``/etc/squid/squid.conf`` is ``etc/squid/squid.conf`` there."""
        return self._machine(instance_id).folder

    def _machine(self, instance_id: str) -> Machine:
        host = self._find(instance_id)
        if host is None or not host.running:
            raise KeyError(instance_id)
        with self._lock:
            machine = self._made.get(instance_id)
            if machine is None:
                machine = self._made[instance_id] = self._make(host)
            machine.host = host
            return machine

    def _make(self, host: Host) -> Machine:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = host.id
        where, port = cast("tuple[str, int]", self._server.server_address[:2])
        machine = Machine(
            host,
            self._folder / host.id,
            bundle=self._bundle(),
            door=f"{where}:{port}/{token}",
            internet=self._internet.way,
            nowhere=lambda: urlsplit(self._nowhere.url).port or 0,
            executable=self._squid(),
            reaper=self._reaper,
        )
        if host.spec.gitlab is not None:
            machine.environment = lambda: self._environment(host.id)
            machine.furnish_gitlab(self._gitlabs)
        elif self._squid() is None and not self._made:
            self._note("there is no squid on this machine: a small CONNECT proxy obeys the same configuration in its place")
        return machine

    def _call(self, token: str, arguments: list[str]) -> Said:
        instance_id = self._tokens.get(token)
        if instance_id is None or not arguments:
            return Said(1, errors="nobody knows this machine\n")
        return self._made[instance_id].call(arguments)
