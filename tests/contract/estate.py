"""The private Git servers of the healthy sandbox on their own, without AWS and cluster: for tests that need nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import urllib3

from wizard.sandbox import scenario
from wizard.sandbox.certificates import Authority
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.git.servers.scenario import ServerSection, Vantage
from wizard.sandbox.git.servers.servers import GitServers, sections
from wizard.sandbox.network.proxy import Attempt, ConnectProxy, Refuse, Route

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
"""A public key to whose private one nobody has."""


@cache
def _healthy() -> Mapping[str, Mapping[str, object]]:
    return {str(entry["name"]): entry for entry in scenario.load(scenario.HEALTHY).servers}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return json.loads(self.body)


class Estate:
    """Servers that run, and the workstation's way to them. ``clock`` is theirs."""

    def __init__(self, servers: GitServers, proxy: str, folder: Path, clock: SandboxClock, public: Authority) -> None:
        self.servers = servers
        self.proxy = proxy
        self.folder = folder
        self.clock = clock
        self.system_bundle = public.write_bundle(folder / "system.pem")
        """The public CAs of this world: they have not signed for the organisation's own servers."""
        self.bundle = folder / "all.pem"
        self.bundle.write_bytes(public.pem + servers.ca_file.read_bytes())
        self._pool = urllib3.ProxyManager(proxy, ca_certs=str(self.bundle), retries=False, timeout=30.0)
        variables = servers.variables(folder / "bin", proxy, None)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(self.system_bundle),
            "GIT_SSL_CAINFO": str(self.bundle),
            **variables,
        }

    def section(self, name: str) -> ServerSection:
        """What the scenario says of a server."""
        return self.servers.running[name].section

    def url(self, name: str) -> str:
        """A server's web address."""
        return self.section(name).web_url

    def call(self, name: str, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """One request to a server; redirects are not followed. Underscores in names of headers are hyphens."""
        sent = {"User-Agent": "tests", **{key.replace("_", "-"): value for key, value in headers.items()}}
        if body is not None:
            sent["Content-Type"] = "application/json"
        raw = None if body is None else json.dumps(body)
        found = self._pool.request(method, self.url(name) + path, body=raw, headers=sent, redirect=False)
        return Reply(found.status, {key.lower(): value for key, value in found.headers.items()}, found.data)

    def git(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run git on the workstation."""
        return subprocess.run(
            ["git", *arguments], env=self.environ | variables, capture_output=True, text=True, check=False, timeout=60
        )

    def reads(self, url: str, header: str | None = None) -> str:
        """What git says when it lists a repository with this Authorization header: nothing when it can."""
        return _told(self.git("ls-remote", url, **({} if header is None else authorized(header))))

    def pushes(self, url: str, header: str) -> str:
        """What git says when it pushes a commit to the branch ``pushed``: nothing when it can."""
        work = self.folder / "work"
        if not work.exists():
            self.git("init", "-q", "-b", "pushed", str(work))
            identity = ("-c", "user.name=t", "-c", "user.email=t@t")
            self.git("-C", str(work), *identity, "commit", "-q", "--allow-empty", "-m", "x")
        return _told(self.git("-C", str(work), "push", "-q", url, "pushed", **authorized(header)))


def _told(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == 0:
        return ""
    # A login that is refused makes git ask for another one, and there is nobody to ask.
    return "401" if "could not read Username" in done.stderr else done.stderr


def authorized(header: str) -> dict[str, str]:
    """The variables with which git sends an Authorization header."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: {header}",
    }


def basic(user: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return str(urllib3.make_headers(basic_auth=f"{user}:{password}")["authorization"])


@contextlib.contextmanager
def estate(folder: Path, *names: str, vantage: Vantage = "workstation", **changes: Mapping[str, object]) -> Iterator[Estate]:
    """The servers of these names (all, when none is said), each with what is said otherwise about it."""
    wanted = names or tuple(changes) or tuple(_healthy())
    given = sections([{**_healthy()[name], **changes.get(name, {})} for name in wanted])
    attempts: list[Attempt] = []
    clock, public = SandboxClock(), Authority()
    folder.mkdir(exist_ok=True)
    with GitServers(given, folder / "servers", public=public, clock=clock) as servers:
        route: Route = servers.route(vantage, lambda host, port: Refuse(f"{host}:{port} is not in this world"))
        proxy = ConnectProxy("test", route, on_attempt=attempts.append)
        proxy.start()
        try:
            yield Estate(servers, proxy.url, folder, clock, public)
        finally:
            proxy.stop()
