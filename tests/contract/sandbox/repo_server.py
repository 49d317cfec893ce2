"""A repo-server of the sandbox with a GitHub behind one proxy of its VPC, without AWS: for tests of what Argo CD says."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.resources_cluster.conftest import Cluster, healthy
from wizard.sandbox.argocd.githubapp import AppTokens
from wizard.sandbox.argocd.reposerver import Loaded, RepoServer
from wizard.sandbox.certificates import Authority
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.objects import Json, Object
from wizard.sandbox.git.apps import Apps
from wizard.sandbox.git.seed import seed
from wizard.sandbox.git.sites import github_sites
from wizard.sandbox.network.doors import Doors
from wizard.sandbox.network.front import HttpsFront
from wizard.sandbox.network.proxy import Attempt, ConnectProxy, Decision, Pass, Refuse
from wizard.sandbox.scenario import load

NAMESPACE = "openshift-gitops"
PROXY, SURLY, SHUT, LOST = "10.1.1.10", "10.1.1.11", "10.1.1.12", "10.9.9.9"
"""A proxy that lets GitHub through, one that answers everything with ``World.surly``, one that is down, one without a way."""
GITHUB = "https://github.com/acme/cluster-config.git"
PRIVATE = "https://github.com/acme/private-config.git"
CHARTS = "https://acme.github.io/charts"


def proxied(host: str, login: str = "") -> str:
    """The URL of a proxy."""
    return f"http://{login}{host}:3128"


@dataclass
class World:
    """The repo-server and what it stands in."""

    server: RepoServer
    cluster: Cluster
    key: str
    denied: set[str] = field(default_factory=set)
    passed: list[str] = field(default_factory=list)
    surly: str = "407 Proxy Authentication Required"
    heard: list[bytes] = field(default_factory=list)

    def secret(self, secret: str, /, **values: str) -> None:
        """A repository Secret."""
        labels: Object = {"argocd.argoproj.io/secret-type": "repository"}
        data: Object = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        metadata: Object = {"name": secret, "namespace": NAMESPACE, "labels": labels}
        self.cluster.server.store.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}, manager="test"
        )

    def environment(self, **variables: str) -> None:
        """What the ArgoCD resource gives the repo-server."""
        env: list[Json] = [{"name": name, "value": value} for name, value in variables.items()]
        self.cluster.edit("test", "ArgoCD", NAMESPACE, NAMESPACE, {"spec": {"repo": {"env": env}}})

    def load(self, **source: Json) -> Loaded:
        """What an Application with this source is to be."""
        asked: Object = {"repoURL": GITHUB, "path": "clusters/prod-east-proxied", "targetRevision": "main", **source}
        spec: Object = {"project": "default", "source": asked, "destination": {"namespace": "somewhere"}}
        return self.server.load({"metadata": {"name": "a", "namespace": NAMESPACE}, "spec": spec})


@contextmanager
def repo_server(authority: tuple[trustme.CA, rsa.RSAPrivateKey], folder: Path) -> Iterator[World]:
    """One that is stopped with everything that it needs."""
    section, clock, signer = load("healthy").github, SandboxClock(), Authority()
    with ExitStack() as stack:
        cluster = stack.enter_context(healthy(authority, folder, clock.now))
        apps = Apps(section.apps, section.organisation, clock)
        sites = github_sites(section, seed(section, folder / "github"), apps)
        front = HttpsFront(signer.server_context(*sites), sites)
        front.start()
        stack.callback(front.stop)
        holder: list[World] = []

        def out(host: str, port: int) -> Decision:
            known = port == 443 and host in sites and host not in holder[0].denied
            return Pass(front.port) if known else Refuse("not on the list")

        def noted(attempt: Attempt) -> None:
            if attempt.passed:
                holder[0].passed.append(attempt.host)

        proxy = ConnectProxy("test", out, on_attempt=noted)
        proxy.start()
        stack.callback(proxy.stop)
        surly = stack.enter_context(_surly(holder))

        def inside(host: str, port: int) -> Decision:
            doors = {PROXY: Pass(urlsplit(proxy.url).port or 0), SURLY: Pass(surly)}
            if port == 3128 and host in doors:
                return doors[host]
            return Refuse(f"{host}:{port}", closed=host == SHUT)

        direct = ConnectProxy("VPC", inside)
        direct.start()
        stack.callback(direct.stop)
        doors = Doors(inside)
        stack.callback(doors.close)
        clones = folder / "clones"
        clones.mkdir()
        server = RepoServer(
            cluster.server.store,
            doors=doors,
            direct=direct.url,
            ca_bundle=signer.write_bundle(folder / "ca.pem"),
            folder=clones,
            tokens=AppTokens(clock.now),
        )
        holder.append(World(server, cluster, apps.variables()["GITHUB_APP_PRIVATE_KEY"]))
        yield holder[0]


@contextmanager
def _surly(holder: list[World]) -> Iterator[int]:
    """A proxy that hears everything out and gives one answer."""

    class Refusing(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while (line := self.rfile.readline().strip()) != b"":
                head += line + b"\n"
            holder[0].heard.append(head)
            self.wfile.write(f"HTTP/1.1 {holder[0].surly}\r\nContent-Length: 0\r\n\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
