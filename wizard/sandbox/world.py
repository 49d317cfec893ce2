"""One sandbox: starts every part side by side, ties them together, and takes all of it down again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from wizard.sandbox.certificates import Authority
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.control import ControlServer, Log, calls
from wizard.sandbox.git.apps import Apps
from wizard.sandbox.git.codecommit import CodeCommit
from wizard.sandbox.git.seed import seed
from wizard.sandbox.git.sites import github_sites
from wizard.sandbox.machines.machines import Machines, reachable
from wizard.sandbox.machines.toolbox import Said
from wizard.sandbox.network import names, perimeter, private, routes
from wizard.sandbox.network.doors import Doors
from wizard.sandbox.network.forward import forward
from wizard.sandbox.network.front import HttpsFront
from wizard.sandbox.network.names import Names, Resolver
from wizard.sandbox.network.proxy import Attempt, ConnectProxy, Route
from wizard.sandbox.profiles import profile_variables
from wizard.sandbox.reaper import Reaper
from wizard.sandbox.scenario import Scenario
from wizard.sandbox.workstation import machine_variables
from wizard.sandbox.yard import Yard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from pydantic import JsonValue

    from wizard.sandbox.aws.server import AwsServer
    from wizard.sandbox.cluster.server import ClusterServer
    from wizard.sandbox.git.servers.servers import GitServers

_LOOPBACK = "127.0.0.1,localhost"
_NOWHERE = "http://127.0.0.1:9"
"""The port of the discard protocol (RFC 863), which no machine serves any more."""


class SandboxWorld:
    """Everything outside the product, on loopback. ``latency`` in seconds is added to each AWS and cluster call.

    moto keeps its state in the process: one world at a time in one process.
    """

    def __init__(self, scenario: Scenario, *, latency: float = 0.0) -> None:
        self._scenario = scenario
        self._latency = latency + scenario.world.latency_seconds
        self._stack = ExitStack()
        self.clock = SandboxClock()
        self.log = Log(self.clock)
        self.folder = Path()
        self._environ: dict[str, str] = {}
        self._machines: Machines | None = None

    @property
    def environ(self) -> Mapping[str, str]:
        """The standard variables that point a program at this world."""
        return self._environ

    def __enter__(self) -> SandboxWorld:
        """Start everything; what was started is stopped again when something fails."""
        with self._stack:
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop everything and leave nothing behind."""
        self._stack.close()

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ezgitops-sandbox-"))
        reaper = Reaper(self.folder)
        self._stack.callback(reaper.close)
        with ThreadPoolExecutor(max_workers=4) as pool:
            # The AWS backends take longest to load, so they start first; the rest is done meanwhile.
            aws_ready = pool.submit(_import_aws)
            github_ready = pool.submit(seed, self._scenario.github, self.folder / "github")
            section = self._scenario.github
            apps_ready = pool.submit(Apps, section.apps, section.organisation, self.clock)
            issuer_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            authority = Authority()
            servers = self._git_servers(authority, reaper)
            servers_ready = pool.submit(servers.start)
            cluster = self._cluster(authority, issuer_key)
            aws = self._aws(aws_ready.result(), cluster, issuer_key)
            apps = apps_ready.result()
            github = github_sites(self._scenario.github, github_ready.result(), apps)
            self._environ = apps.variables()
            servers_ready.result()
        self._network(authority, cluster, aws, github, servers, reaper)

    def _cluster(self, authority: Authority, issuer_key: rsa.RSAPrivateKey) -> ClusterServer:
        from wizard.sandbox.cluster.server import ClusterServer

        section = cast("Mapping[str, JsonValue]", self._scenario.cluster)  # parsed YAML; validated by the server
        cluster = ClusterServer(section, ca=authority.ca, issuer_key=issuer_key, clock=self.clock, latency=self._latency)
        cluster.start()
        self._stack.callback(cluster.stop)
        return cluster

    def _aws(self, server: type[AwsServer], cluster: ClusterServer, issuer_key: rsa.RSAPrivateKey) -> AwsServer:
        public = issuer_key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        jwks = json.loads(json.dumps(cluster.issuer_jwks))
        issuer = f"https://{self._scenario.cluster['issuer']}"
        aws = server(
            self._scenario.aws,
            git_root=_made(self.folder / "codecommit"),
            issuer_keys={issuer: {key["kid"]: public.decode() for key in jwks["keys"]}},
            clock=self.clock,
            shell=self._shell,
            latency=self._latency,
        )
        aws.start()
        self._stack.callback(aws.stop)
        return aws

    def _network(
        self,
        authority: Authority,
        cluster: ClusterServer,
        aws: AwsServer,
        github: Mapping[str, WSGIApplication],
        servers: GitServers,
        reaper: Reaper,
    ) -> None:
        region = self._scenario.world.region
        domain = f"{region}.amazonaws.com"
        context = authority.server_context(*github, f"*.{domain}")
        api = forward(lambda: aws.url)

        def sites(*, inside: bool) -> dict[str, WSGIApplication]:
            def codecommit(short_name: str) -> CodeCommit:
                return CodeCommit(
                    aws,
                    git_root=self.folder / "codecommit",
                    host=f"{short_name}.{domain}",
                    region=region,
                    arn_prefix=f"arn:aws:codecommit:{region}:{aws.operator.principal_arn.split(':')[4]}:",
                    now=self.clock,
                    endpoint=(lambda: aws.endpoint(short_name)) if inside else None,
                    note=lambda line: self.log.note("codecommit", line),
                )

            hosts = ("git-codecommit", "git-codecommit-fips")
            found: dict[str, WSGIApplication] = {f"{name}.{domain}": codecommit(name) for name in hosts}
            found[f"*.{domain}"] = api
            if inside:
                return found | {f"sts.{domain}": perimeter.behind(lambda: aws.endpoint("sts"), api)}
            return found | dict(github)

        def proxy(name: str, route: Route) -> ConnectProxy:
            made = ConnectProxy(name, route, on_attempt=lambda attempt: self._attempted(name, attempt))
            made.start()
            self._stack.callback(made.stop)
            return made

        outer, inner = (self._front(HttpsFront(context, sites(inside=inside))) for inside in (False, True))
        outside = routes.workstation(lambda: outer.port, domain=domain, internet=tuple(github))
        address = self._scenario.world.workstation_address
        office = private.into(
            outside,
            name=aws.private_name,
            is_machine=aws.is_machine,
            obstacle=lambda target, port: aws.obstacle_inward(address, target, port),
            web=lambda target: None if self._machines is None else self._machines.web(target),
        )
        workstation = proxy("workstation", servers.route("workstation", office))
        resolve = servers.names(
            "cluster",
            names.before(
                aws.private_name,
                names.vpc(
                    domain=domain, endpoint=aws.endpoint, elsewhere=self._scenario.world.names_elsewhere, internet=tuple(github)
                ),
            ),
        )
        bundle = authority.write_bundle(self.folder / "ca.pem")
        beyond = reachable(outside)
        internet = proxy("internet", beyond)
        yard = Yard(self._stack, self.folder, self.log, self.clock)
        others = yard.corporate(aws, beyond, internet, sites(inside=False))
        machines = self._machines = yard.machines(aws, internet, others, tuple(github), bundle, reaper)
        node = self._scenario.world.node_address
        inside_vpc = servers.route(
            "cluster",
            self._vpc(inner, aws, resolve, domain, machines),
            lambda address, port: aws.obstacle_outside(node, address, port),
        )
        vpc = proxy("VPC", inside_vpc)
        doors = Doors(inside_vpc, lambda why: self.log.note("VPC network", why))
        self._stack.callback(doors.close)
        resolver = Resolver(resolve)
        resolver.start()
        self._stack.callback(resolver.stop)
        cluster_network = {"HTTPS_PROXY": vpc.url, "NO_PROXY": _LOOPBACK, "SSL_CERT_FILE": str(bundle)}
        self._stand_ins(cluster, cluster_network, doors, resolver.address, bundle, reaper)
        control = ControlServer(self.clock, lambda: calls(aws, cluster), self.log.lines, machines)
        control.start()
        self._stack.callback(control.stop)
        self._environ |= self._exports(cluster, aws, workstation, bundle, control)
        self._environ |= servers.variables(self.folder / "bin", workstation.url, self._environ.get("PATH"))

    def _git_servers(self, authority: Authority, reaper: Reaper) -> GitServers:
        from wizard.sandbox.git.servers.servers import GitServers, sections

        made = GitServers(
            sections(self._scenario.servers),
            self.folder / "servers",
            public=authority,
            clock=self.clock,
            reaper=reaper,
            note=lambda line: self.log.note("git servers", line),
        )
        self._stack.callback(made.stop)
        return made

    def _shell(self, instance_id: str, script: str, seconds: float) -> Said | None:
        """What Systems Manager sends to a machine. Raises KeyError for one that does not run, as long as none does."""
        if self._machines is None:
            raise KeyError(instance_id)
        return self._machines.execute(instance_id, script, seconds)

    def _vpc(self, front: HttpsFront, aws: AwsServer, resolve: Names, domain: str, machines: Machines) -> Route:
        world = self._scenario.world
        middlebox = None
        if world.intercepted:
            inspector = Authority("Acme Corp", "TLS inspection").server_context(f"*.{domain}")
            middlebox = self._front(HttpsFront(inspector, {}))
        return routes.vpc(
            lambda: front.port,
            names=resolve,
            endpoint_at=aws.endpoint_at,
            node_address=world.node_address,
            obstacles=routes.Obstacles(world.dropped, world.intercepted),
            middlebox=None if middlebox is None else lambda: middlebox.port,
            machines=routes.MachineWays(aws.is_machine, aws.obstacle, machines.listener, machines.web),
        )

    def _front(self, front: HttpsFront) -> HttpsFront:
        front.start()
        self._stack.callback(front.stop)
        return front

    def _stand_ins(
        self,
        cluster: ClusterServer,
        network: Mapping[str, str],
        doors: Doors,
        resolver: str,
        bundle: Path,
        reaper: Reaper,
    ) -> None:
        from wizard.sandbox.argocd.controller import ArgoCd
        from wizard.sandbox.pods.container import PodNetwork
        from wizard.sandbox.pods.kubelet import Kubelet

        argocd = ArgoCd(
            cluster.store,
            clock=self.clock,
            doors=doors,
            proxy=network["HTTPS_PROXY"],
            ca_bundle=bundle,
            folder=_made(self.folder / "argocd"),
            note=lambda line: self.log.note("argocd", line),
        )
        argocd.start()
        self._stack.callback(argocd.stop)
        kubelet = Kubelet(
            cluster,
            clock=self.clock,
            network=network,
            folder=_made(self.folder / "pods"),
            images=self._scenario.world.images,
            reaper=reaper,
            note=lambda line: self.log.note("kubelet", line),
            vpc=PodNetwork(resolver, urlsplit(network["HTTPS_PROXY"]).netloc),
        )
        cluster.logs = kubelet.log
        kubelet.start()
        self._stack.callback(kubelet.stop)

    def _exports(
        self, cluster: ClusterServer, aws: AwsServer, proxy: ConnectProxy, bundle: Path, control: ControlServer
    ) -> dict[str, str]:
        world = self._scenario.world
        kubeconfig = self.folder / "kubeconfig"
        cluster.kubeconfig(kubeconfig)
        return {
            **profile_variables(world.profile, world.region, self._scenario.workstation.profiles, aws.operator, self.folder),
            "AWS_ENDPOINT_URL": aws.url,
            # What a host name that does not exist is to an SDK: a place where nobody listens.
            **{f"AWS_ENDPOINT_URL_{service}": _NOWHERE for service in aws.unoffered},
            "AWS_EC2_METADATA_DISABLED": "true",
            "KUBECONFIG": str(kubeconfig),
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": _LOOPBACK,
            "SSL_CERT_FILE": str(bundle),
            "GIT_SSL_CAINFO": str(bundle),
            "XDG_CACHE_HOME": str(_made(self.folder / "cache")),
            "EZGITOPS_SANDBOX_CONTROL": control.url,
            **machine_variables(self._scenario.workstation, self.folder / "bin"),
        }

    def _attempted(self, network: str, attempt: Attempt) -> None:
        if not attempt.passed:
            self.log.note(f"{network} network", attempt.why)


def _import_aws() -> type[AwsServer]:
    from wizard.sandbox.aws.server import AwsServer

    return AwsServer


def _port_of(proxy: ConnectProxy) -> Callable[[], int]:
    return lambda: urlsplit(proxy.url).port or 0


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder
