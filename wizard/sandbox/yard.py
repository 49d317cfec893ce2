"""Starts what stands in the account: its machines, and the proxies of others before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wizard.sandbox.certificates import Authority
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.control import Log
from wizard.sandbox.machines.corporate import CorporateProxies
from wizard.sandbox.machines.machines import Internet, Machines
from wizard.sandbox.machines.metadata import Metadata, RoleCredentials
from wizard.sandbox.network.front import HttpsFront
from wizard.sandbox.network.proxy import ConnectProxy, Pass, Route
from wizard.sandbox.reaper import Reaper

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from wizard.sandbox.aws.server import AwsServer


class Yard:
    """What it starts is stopped by ``stack``; what it writes stands below ``folder``."""

    def __init__(self, stack: ExitStack, folder: Path, log: Log, clock: SandboxClock) -> None:
        self._stack, self._folder, self._log, self._clock = stack, folder, log, clock

    def corporate(
        self, aws: AwsServer, beyond: Route, internet: ConnectProxy, outside: Mapping[str, WSGIApplication]
    ) -> CorporateProxies:
        """The proxies of others. ``outside`` are the sites that there are, for one that ends TLS and answers in their names."""
        front: HttpsFront | None = None
        if any(host.spec.proxy is not None and host.spec.proxy.intercepts for host in aws.machines()):
            inspector = Authority("Acme Corp", "corporate proxy")
            inspector.write_bundle(self._folder / "corporate-ca.pem")
            front = self._front(HttpsFront(inspector.server_context(*outside), outside))
        proxies = CorporateProxies(beyond, inspected=lambda: 0 if front is None else front.port, anything=_port_of(internet))
        self._stack.callback(proxies.stop)
        return proxies

    def machines(
        self,
        aws: AwsServer,
        internet: ConnectProxy,
        others: CorporateProxies,
        hosts: Sequence[str],
        bundle: Path,
        reaper: Reaper,
    ) -> Machines:
        middlebox = None
        if any(host.spec.way_out == "intercepted" for host in aws.machines()):
            inspector = Authority("Acme Corp", "TLS inspection").server_context(*hosts)
            front = self._front(HttpsFront(inspector, {}))
            middlebox = ConnectProxy("middlebox", lambda _host, _port: Pass(front.port))
            middlebox.start()
            self._stack.callback(middlebox.stop)
        metadata = Metadata(lambda machine: _role_of(aws, machine))
        metadata.start()
        self._stack.callback(metadata.stop)

        def environment(machine: str) -> dict[str, str]:
            found = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.address(machine)}
            # Where the VPC has no endpoint, the service's name leads nowhere: there is no way out.
            return found | ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": aws.url} if aws.endpoint("secretsmanager") else {})

        machines = Machines(
            self._folder / "machines",
            bundle=lambda: bundle,
            find=aws.machine,
            find_at=aws.machine_at,
            internet=Internet(_port_of(internet), None if middlebox is None else _port_of(middlebox)),
            reaper=reaper,
            others=others.listener,
            note=lambda line: self._log.note("machines", line),
            environment=environment,
            now=self._clock,
        )
        machines.start()
        self._stack.callback(machines.stop)
        return machines

    def _front(self, front: HttpsFront) -> HttpsFront:
        front.start()
        self._stack.callback(front.stop)
        return front


def _port_of(proxy: ConnectProxy) -> Callable[[], int]:
    return lambda: urlsplit(proxy.url).port or 0


def _role_of(aws: AwsServer, machine: str) -> RoleCredentials | None:
    """Credentials of a machine's role, as its metadata tells them."""
    found = aws.machine_role(machine)
    if found is None:
        return None
    role, one = found
    ends = "" if one.expires_at is None else f"{one.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    return RoleCredentials(role, one.access_key_id, one.secret_access_key, one.session_token or "", ends)
