"""Private Git servers to talk to: the sandbox's always, real ones where the environment names them.

A real server is named by ``EZGITOPS_TEST_GITLAB_URL``, ``..._BITBUCKET_URL``, ``..._GITEA_URL`` (Forgejo too) or
``..._GHES_URL``, with ``..._TOKEN`` of somebody who may make repositories in ``..._OWNER`` (a group, project or organisation)
and, where its CA is a private one, ``..._CA`` (a PEM file). Repositories that the tests make there are deleted again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from strategies.facts import ServerInfo, ServerKind
from strategies.resources.git.servers.api import ServerApi, Token
from strategies.resources.git.servers.connect import server_api
from strategies.resources.git.servers.dial import Dialer, Resolve, SocketAddress
from strategies.resources.git.servers.http import HttpClient, Limits
from strategies.resources.git.servers.recognise import recognise
from wizard.sandbox.certificates import Authority
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.servers import GitServers, sections
from wizard.sandbox.network.proxy import ConnectProxy, Refuse

GIVEN = dict(os.environ)
"""As whoever started the tests has it, before each test gets an environment of its own: the way to a real server is in it."""
ADMIN = "admin-token-0123456789abcdef"
EXPIRED = "expired-token-0123456789abcdef"
NARROW = "narrow-token-0123456789abcdef"
OWNER = "Platform"
LIMITS = Limits(seconds=10.0)

_SCOPES = {
    "gitlab": ("api",),
    "bitbucket": ("PROJECT_ADMIN", "REPO_ADMIN"),
    "gitea": ("all",),
    "forgejo": ("all",),
    "ghes": ("repo", "admin:org", "delete_repo"),
}
_NARROW = {
    "gitlab": ("read_user",),
    "bitbucket": ("REPO_READ",),
    "gitea": ("read:user", "read:organization"),
    "forgejo": ("read:user", "read:organization"),
    "ghes": ("read:user",),
}
_VERSIONS = {
    "gitlab": "18.5.1-ee",
    "bitbucket": "9.4.2",
    "gitea": "1.24.6",
    "forgejo": "11.0.6+gitea-1.22.0",
    "ghes": "3.20.1",
    "plain": "",
}
KINDS = ("gitlab", "bitbucket", "gitea", "forgejo", "ghes")
REAL = ("gitlab", "bitbucket", "gitea", "ghes")


def section(kind: str, **more: object) -> dict[str, object]:
    """A server of the sandbox with an organisation, an administrator and tokens of hers, as a scenario has it."""
    host = f"{kind}.example.com"
    tokens = [
        {"name": "admin", "value": ADMIN, "user": "root", "scopes": _SCOPES.get(kind, ())},
        {"name": "expired", "value": EXPIRED, "user": "root", "scopes": _SCOPES.get(kind, ()), "expires_in_days": -1},
        {"name": "narrow", "value": NARROW, "user": "root", "scopes": _NARROW.get(kind, ())},
    ]
    found = {
        "name": kind, "kind": kind, "host": host, "version": _VERSIONS[kind], "tokens": () if kind == "plain" else tokens,
        "addresses": {"workstation": ("10.0.7.7",)}, "users": ({"name": "root", "admin": True, "password": "secret-of-root"},),
        "groups": ({"name": OWNER, "members": {"root": "admin"}},), "context_path": "/bb" if kind == "bitbucket" else "",
    }  # fmt: skip
    return found | more


@dataclass(frozen=True)
class Offered:
    """One server: how it is reached, with whose token, and where repositories may be made."""

    kind: str
    url: str
    owner: str
    environ: Mapping[str, str]
    ca: str | None
    dialer: Dialer
    token: str = field(repr=False)
    ports: Mapping[int, int] = field(default_factory=dict)
    proxy: str = ""
    """A CONNECT proxy that leads to the server's real name and port."""
    sandbox: bool = False
    programs: Mapping[str, str] = field(default_factory=dict)
    """Variables for a sandbox's server: an ``ssh`` that finds it."""

    @property
    def for_git(self) -> Mapping[str, str]:
        """An environment in which git and ssh find it."""
        return {**self.environ, **({"HTTPS_PROXY": self.proxy} if self.proxy else {}), **self.programs}

    @property
    def http(self) -> HttpClient:
        """A client that believes the server's CA."""
        return HttpClient(self.dialer, self.environ, self.ca, LIMITS)

    def recognised(self) -> ServerInfo:
        """What it is, by its address alone."""
        return recognise(self.environ, self.url, ca=self.ca, dialer=self.dialer)

    def api(self, token: str | None = None) -> ServerApi:
        """Its API with a token; the administrator's, when none is given."""
        return server_api(self.recognised(), self.http, Token(token or self.token), lambda: datetime.now(UTC))


def finder(running: GitServers) -> Resolve:
    """Leads each host and port of the sandbox's servers to where it listens on loopback."""

    def find(host: str, port: int) -> list[SocketAddress]:
        for server in running.running.values():
            if server.section.host == host:
                return [(socket.AF_INET, socket.SOCK_STREAM, 0, ("127.0.0.1", server.ports.get(port, 1)))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    return find


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Offered]]:
    """Starts one of the sandbox's servers, with what a scenario may say of it."""
    public = Authority()
    bundle = public.write_bundle(tmp_path / "public.pem")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SSL_CERT_FILE": str(bundle)}
    with ExitStack() as stack:

        def start(kind: str, **more: object) -> Offered:
            (given,) = sections([section(kind, **more)])
            folder = tmp_path / f"servers-{uuid4().hex[:8]}"
            servers = stack.enter_context(GitServers([given], folder, public=public, clock=lambda: datetime.now(UTC)))
            running = servers.running[given.name]
            ca = servers.ca_file.read_text()
            proxy = ConnectProxy("workstation", servers.route("workstation", lambda _host, _port: Refuse("no way")))
            proxy.start()
            stack.callback(proxy.stop)
            dialer = Dialer(environ, finder(servers))
            programs = servers.variables(folder / "bin", proxy.url, environ["PATH"])
            return Offered(
                kind,
                given.web_url,
                OWNER,
                environ,
                ca,
                dialer,
                ADMIN,
                running.ports,
                proxy.url,
                sandbox=True,
                programs=programs,
            )

        yield start


@pytest.fixture(params=[*KINDS, *(f"real-{kind}" for kind in REAL)])
def offered(request: pytest.FixtureRequest, started: Callable[..., Offered]) -> Offered:
    """Each product of the sandbox, and each real one that the environment names."""
    which = str(request.param)
    if not which.startswith("real-"):
        return started(which)
    kind = which.removeprefix("real-")
    named = f"EZGITOPS_TEST_{kind.upper()}"
    url, token, owner = (GIVEN.get(f"{named}_{part}", "") for part in ("URL", "TOKEN", "OWNER"))
    if not (url and token and owner):
        pytest.skip(f"a real {ServerKind(kind).product} is named by {named}_URL, _TOKEN and _OWNER")
    file = GIVEN.get(f"{named}_CA")
    ca = Path(file).read_text() if file else None
    return Offered(kind, url, owner, GIVEN, ca, Dialer(GIVEN), token)


__all__ = ["ADMIN", "EXPIRED", "NARROW", "Offered", "ServerSection", "finder", "section"]
