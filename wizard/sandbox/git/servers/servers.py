"""All private Git servers of a scenario: each with its certificate, its ports on loopback, and its place in both networks."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError

from wizard.sandbox.certificates import Authority
from wizard.sandbox.git.servers import ssh_client
from wizard.sandbox.git.servers.bitbucket import Bitbucket
from wizard.sandbox.git.servers.ghes import Ghes
from wizard.sandbox.git.servers.gitea import Gitea
from wizard.sandbox.git.servers.gitlab import GitLab
from wizard.sandbox.git.servers.hostile import Hostile
from wizard.sandbox.git.servers.plain import Plain
from wizard.sandbox.git.servers.product import Product
from wizard.sandbox.git.servers.releases import up_to_date
from wizard.sandbox.git.servers.scenario import Kind, ServerSection, Vantage
from wizard.sandbox.git.servers.ssh import SshDoor, unavailable
from wizard.sandbox.git.servers.store import Store
from wizard.sandbox.git.servers.tls import OrganisationAuthority, server_context
from wizard.sandbox.network.front import HttpsFront
from wizard.sandbox.network.names import Names
from wizard.sandbox.network.proxy import Decision, Pass, Refuse, Route
from wizard.sandbox.reaper import Reaper
from wizard.sandbox.scenario import ScenarioError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PROGRAM = """#!/bin/sh
: "${{HTTPS_PROXY:={proxy}}}"
export HTTPS_PROXY
exec {command} "$@"
"""
_PRODUCTS: dict[Kind, type[Product]] = {
    "gitlab": GitLab,
    "bitbucket": Bitbucket,
    "gitea": Gitea,
    "forgejo": Gitea,
    "ghes": Ghes,
    "plain": Plain,
}


Obstacle: TypeAlias = Callable[[str, int], str | None]


def _no_obstacle(_address: str, _port: int) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class RunningServer:
    """One server that runs. ``ports`` leads from the ports of its host to those of 127.0.0.1."""

    section: ServerSection
    store: Store
    ports: Mapping[int, int]


def sections(given: Sequence[Mapping[str, object]]) -> tuple[ServerSection, ...]:
    """The ``servers:`` part of a scenario. Raises ScenarioError."""
    try:
        return tuple(ServerSection.model_validate(entry) for entry in given)
    except ValidationError as error:
        raise ScenarioError(f"servers: {error}") from error


class GitServers:
    """The servers of a scenario. ``note`` receives a line for each request of Git's that one of them refuses."""

    def __init__(
        self,
        given: Sequence[ServerSection],
        folder: Path,
        *,
        public: Authority,
        clock: Callable[[], datetime],
        reaper: Reaper | None = None,
        note: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._given = given
        self._folder = folder
        self._public = public
        self._clock = clock
        self._reaper = reaper
        self._note = note
        self._stack = ExitStack()
        self._own = OrganisationAuthority()
        self.running: dict[str, RunningServer] = {}

    @property
    def ca_file(self) -> Path:
        """The organisation's root certificate, as the people who run its CA hand it out."""
        return self._folder / "acme-root-ca.pem"

    def start(self) -> None:
        """Start all of them; they answer when this returns."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca_file.write_bytes(self._own.pem)
        with self._stack:
            for section in self._given:
                self.running[section.name] = self._started(section)
            self._stack = self._stack.pop_all()

    def stop(self) -> None:
        """Stop all of them."""
        self._stack.close()

    def __enter__(self) -> GitServers:
        """Start all of them."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop all of them."""
        self.stop()

    # the networks

    def route(self, vantage: Vantage, otherwise: Route, obstacle: Obstacle = _no_obstacle) -> Route:
        """The way to the servers by name or by address, and ``otherwise`` to everything else.

        ``obstacle`` says what stops a connection to an address and port on the way there; None: nothing.
        """

        def route(host: str, port: int) -> Decision:
            found = next((server for server in self.running.values() if _is(server.section, vantage, host)), None)
            if found is None:
                return otherwise(host, port)
            where = f"{host}:{port} cannot be reached"
            if vantage not in found.section.reachable_from:
                return Refuse(f"{where}: no way leads there from here")
            stopped = obstacle(host if host != found.section.host else found.section.addresses_from(vantage)[0], port)
            if stopped is not None:
                return Refuse(f"{where}: {stopped}")
            local = found.ports.get(port)
            return Refuse(f"{where}: nothing listens there", closed=True) if local is None else Pass(local)

        return route

    def names(self, vantage: Vantage, otherwise: Names) -> Names:
        """The addresses of the servers' names, and ``otherwise`` those of everything else."""
        known = {section.host: section.addresses_from(vantage) for section in self._given}
        return lambda host: known[host] if host in known else otherwise(host)

    def variables(self, programs: Path, proxy: str, path: str | None) -> dict[str, str]:
        """What the operator's machine has because of them: the CA's certificate, tokens, and an ``ssh`` that finds them.

        ``programs`` is the folder for it, ``proxy`` the URL of the operator's network, ``path`` the PATH so far.
        """
        if not self._given:
            return {}
        found = {"EZGITOPS_SANDBOX_CA": str(self.ca_file)}
        for section in self._given:
            found |= {entry.variable: entry.value for entry in section.tokens if entry.variable is not None}
            found |= {user.variable: user.password for user in section.users if user.variable and user.password}
        if self.programs(programs, proxy):
            before = (path or os.environ.get("PATH", os.defpath)).split(os.pathsep)
            found["PATH"] = os.pathsep.join([str(programs), *(entry for entry in before if entry != str(programs))])
        return found

    def programs(self, folder: Path, proxy: str) -> bool:
        """Put ``ssh`` and ``ssh-keyscan`` into the folder that go through the proxy (or that of ``HTTPS_PROXY``).

        False when this machine has neither.
        """
        made = False
        for name, verb in (("ssh", "ssh"), ("ssh-keyscan", "keyscan")):
            real = shutil.which(name)
            if real is not None:
                command = shlex.join([sys.executable, "-I", "-S", str(ssh_client.__file__), verb, real])
                folder.mkdir(mode=0o700, exist_ok=True)
                (folder / name).write_text(_PROGRAM.format(proxy=proxy, command=command), encoding="utf-8")
                (folder / name).chmod(0o700)
                made = True
        return made

    def _started(self, section: ServerSection) -> RunningServer:
        section = up_to_date(section, self._clock().date())
        folder = self._folder / section.name
        folder.mkdir(mode=0o700)
        store = Store(section, folder / "repositories", self._clock)
        product = _PRODUCTS[section.kind](section, store, note=lambda line: self._note(f"{section.host}: {line}"))
        application: WSGIApplication = product if section.redirects_to is None else _redirecting(section.redirects_to)
        if section.hostile is not None:
            hostile = Hostile(section.hostile, application)
            self._stack.callback(hostile.stop)
            application = hostile
        context = None
        if section.scheme == "https":
            now = datetime.now(UTC)
            context = server_context(section.tls, section.host, public=self._public, own=self._own, folder=folder, now=now)
        front = HttpsFront(context, {"*": application})
        front.start()
        self._stack.callback(front.stop)
        ports = {section.web_port: front.port}
        if section.ssh_port is not None and unavailable() is None:
            door = SshDoor(section, store, folder, reaper=self._reaper)
            door.start()
            self._stack.callback(door.stop)
            ports[section.ssh_port] = door.port
        return RunningServer(section, store, ports)


def _is(section: ServerSection, vantage: Vantage, host: str) -> bool:
    """Whether the name, or the address, is the server's as it is seen from there."""
    addresses = section.addresses_from(vantage)
    return bool(addresses) and (host == section.host or host in addresses)


def _redirecting(target: str) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        uri = str(environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
        start_response("301 Moved Permanently", [("Location", f"{target}{uri}"), ("Content-Length", "0")])
        return []

    return application
