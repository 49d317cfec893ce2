"""The AWS API of the sandbox on 127.0.0.1: what ``AWS_ENDPOINT_URL`` points to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from moto.ec2.models.security_groups import SecurityGroupRule
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.route53.models import route53_backends
from werkzeug.serving import BaseWSGIServer, make_server

from wizard.sandbox.aws import extension
from wizard.sandbox.aws.commands import Shell, no_shell
from wizard.sandbox.aws.gateway import Gateway
from wizard.sandbox.aws.hosts import Hosts
from wizard.sandbox.aws.policy import Decision, Document, decide
from wizard.sandbox.aws.reach import Reach
from wizard.sandbox.aws.scenario import AwsScenario
from wizard.sandbox.aws.seed import seed
from wizard.sandbox.aws.services.endpoints import SandboxEndpoint
from wizard.sandbox.aws.services.iam import SandboxIam
from wizard.sandbox.aws.views import Call, Credential, EndpointView, IngressRule
from wizard.sandbox.aws.world import World
from wizard.sandbox.machines.spec import Host

_ROLE_SECONDS = 21600
"""How long credentials of a machine's role hold (EC2 user guide, "IAM roles for Amazon EC2")."""
_one_at_a_time = threading.Lock()


class QuietHandler(MotoRequestHandler):
    """moto's handler over HTTP/1.1 (connections are kept), without an access log."""

    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        """As usual but for the Date header: what time it is, AWS says."""
        self.send_response_only(code, message)
        self.send_header("Server", self.version_string())

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's own name
        """Say nothing: the calls are recorded."""


class AwsServer:
    """One AWS account in this process, served over HTTP on a free port of 127.0.0.1.

    ``scenario`` is the ``aws:`` part of a scenario file (see ``wizard.sandbox.aws.scenario.AwsScenario``). ``git_root`` is the
    folder with one bare Git repository for each CodeCommit repository (``NAME.git``). ``issuer_keys`` are the public keys that
    may have signed a projected service account token: issuer URL to key id to PEM. ``clock`` is the sandbox's own clock (with
    time zone); ``shell`` runs what Systems Manager sends to a machine; ``latency`` in seconds is added to every API call by
    ``sleep``.

    moto keeps its state in the process, so only one server can run at a time in one process; ``stop`` empties that state.
    moto also makes a boto3 session when it is imported: a process with an AWS_PROFILE that does not exist cannot import it.
    """

    def __init__(
        self,
        scenario: Mapping[str, object],
        *,
        git_root: Path,
        issuer_keys: Mapping[str, Mapping[str, str]],
        clock: Callable[[], datetime],
        shell: Shell = no_shell,
        latency: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._world = World(AwsScenario.model_validate(scenario), git_root, issuer_keys, clock, shell)
        self._applications = extension.Applications()
        self._gateway = Gateway(self._world, self._applications, latency=latency, sleep=sleep)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._operator: Credential | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``; only while the server runs."""
        if self._server is None:
            raise RuntimeError("the AWS of the sandbox is not running")
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Fill the account and serve it; returns when calls are answered. Raises RuntimeError when one runs already."""
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("another AWS of the sandbox runs in this process")
        try:
            extension.install(self._world)
            self._operator = seed(self._world)
            self._server = make_server("127.0.0.1", 0, self._gateway, threaded=True, request_handler=QuietHandler)
        except BaseException:
            extension.uninstall()
            _one_at_a_time.release()
            raise
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox-aws", daemon=True)
        self._thread.start()
        for service in ("sts", "codecommit", "iam", "ec2"):
            self._applications(service)

    def stop(self) -> None:
        """Stop serving and forget everything. Stopping twice does nothing."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None
        extension.uninstall()
        _one_at_a_time.release()

    @property
    def operator(self) -> Credential:
        """What the operator's profile holds (session credentials of the scenario's identity)."""
        if self._operator is None:
            raise RuntimeError("the AWS of the sandbox is not running")
        return self._operator

    def credential(self, access_key_id: str) -> Credential | None:
        """The operator's, a user's or an issued temporary credential; expired ones too, until the server stops."""
        with self._world.lock:
            return self._world.credential(access_key_id)

    def service_password(self, user_name: str) -> tuple[str, str] | None:
        """Password and user ARN of an active service-specific credential, by its generated user name (``NAME-at-ACCOUNT``)."""
        with self._world.lock:
            iam = self._world.iam
            if not isinstance(iam, SandboxIam):
                return None
            found = iam.service_credentials.active(user_name)
            return None if found is None else (found.password, iam.get_user(found.user_name).arn)

    def allowed(self, principal_arn: str, action: str, resource_arn: str) -> bool:
        """What organization, identity and permissions boundary say of an action (``codecommit:GitPull``) on a resource."""
        with self._world.lock:
            asked = (principal_arn, action, resource_arn)
            decisions = (self._world.organization_decision(*asked), self._world.decision(*asked))
            return all(decision is Decision.ALLOWED for decision in decisions)

    def machine_role(self, instance_id: str) -> tuple[str, Credential] | None:
        """The role of a machine's instance profile, and credentials of a session of it; None where it has none."""
        with self._world.lock:
            associations = self._world.ec2.iam_instance_profile_associations.values()
            profile = next((one.iam_instance_profile for one in associations if one.instance.id == instance_id), None)
            role = next(iter(profile.roles), None) if profile is not None else None
            if role is None:
                return None
            scenario = self._world.scenario
            session = f"arn:{scenario.partition}:sts::{scenario.account_id}:assumed-role/{role.name}/{instance_id}"
            return str(role.name), self._world.issue(session, _ROLE_SECONDS)

    def private_name(self, host: str) -> str | None:
        """Where a private hosted zone that is exactly this name leads it; None where there is none, or no address in it."""
        with self._world.lock:
            backend = route53_backends[self._world.scenario.account_id][self._world.scenario.partition]
            for zone in backend.zones.values():
                if zone.private_zone and zone.name.rstrip(".") == host:
                    records = (one for one in zone.rrsets if one.type == "A" and one.name.rstrip(".") == host)
                    return next((str(value) for one in records for value in one.records or ()), None)
        return None

    def endpoint(self, service_short_name: str) -> EndpointView | None:
        """The available interface endpoint with private DNS for ``git-codecommit``, ``sts`` ...; None when there is none.

        Nobody finds its private name in a VPC that lost one of its DNS attributes (VPC user guide, "DNS attributes").
        """
        with self._world.lock:
            named = (e for e in self._available() if e.short_name == service_short_name and e.found_by_name)
            return next(map(self._view, named), None)

    def endpoint_at(self, address: str) -> EndpointView | None:
        """The available interface endpoint that has an interface with this address, or None."""
        with self._world.lock:
            return next((view for view in map(self._view, self._available()) if address in view.addresses), None)

    def machines(self) -> list[Host]:
        """Every instance that is not terminated, as a machine."""
        with self._world.lock:
            return Hosts(self._world).all()

    def machine(self, instance_id: str) -> Host | None:
        """The instance as a machine, or None when there is none that is not terminated."""
        with self._world.lock:
            return Hosts(self._world).by_id(instance_id)

    def machine_at(self, address: str) -> Host | None:
        """The same, by its private address."""
        with self._world.lock:
            return Hosts(self._world).by_address(address)

    def is_machine(self, address: str) -> bool:
        """True when an instance has this private address."""
        with self._world.lock:
            return Reach(self._world.ec2).is_machine(address)

    def obstacle(self, source: str, target: str, port: int) -> str | None:
        """What stops a TCP connection from one private address to a machine's ``target:port``, in words; None: nothing."""
        with self._world.lock:
            return Reach(self._world.ec2).obstacle(source, target, port)

    def obstacle_outside(self, source: str, target: str, port: int) -> str | None:
        """What stops one to ``target:port`` in the company's own network, behind a transit gateway; None: nothing."""
        with self._world.lock:
            return Reach(self._world.ec2).obstacle_outside(source, target, port)

    def obstacle_inward(self, source: str, target: str, port: int) -> str | None:
        """What stops one from ``source`` in the company's own network to a machine's ``target:port``; None: nothing."""
        with self._world.lock:
            return Reach(self._world.ec2).obstacle_inward(source, target, port)

    @property
    def unoffered(self) -> tuple[str, ...]:
        """Service ids (as in ``AWS_ENDPOINT_URL_ID``) that the region does not have: their host names lead nowhere."""
        return () if self._world.scenario.codecommit.offered else ("CODECOMMIT",)

    def calls(self) -> list[Call]:
        """Every API call so far, in the order in which they ended."""
        return self._gateway.calls()

    def _available(self) -> list[SandboxEndpoint]:
        endpoints: list[SandboxEndpoint] = list(self._world.ec2.vpc_end_points.values())
        return [endpoint for endpoint in endpoints if endpoint.interface and endpoint.state == "available"]

    def _view(self, endpoint: SandboxEndpoint) -> EndpointView:
        policy: Document = json.loads(endpoint.policy_document)

        def permits(principal_arn: str, action: str, resource_arn: str) -> bool:
            names: list[str] = []
            context: dict[str, str] = {}
            if principal_arn:
                with self._world.lock:
                    names, context = self._world.names(principal_arn), self._world.context(principal_arn)
            return decide([policy], action, resource_arn, principals=names, context=context) is Decision.ALLOWED

        groups = [self._world.ec2.get_security_group_from_id(g) for g in endpoint.security_group_ids]
        return EndpointView(
            endpoint_id=endpoint.id,
            vpc_id=endpoint.vpc_id,
            service=endpoint.short_name,
            dns_names=tuple(entry["dns_name"] for entry in endpoint.dns_entries),
            subnet_ids=tuple(endpoint.subnet_ids),
            ingress=tuple(
                IngressRule(cidr, rule.ip_protocol, _port(rule.from_port), _port(rule.to_port))
                for group in groups
                for rule in group.ingress_rules
                for cidr in self._sources(rule)
            ),
            policy=policy,
            permits=permits,
            addresses=tuple(str(self._world.ec2.enis[one].private_ip_address) for one in endpoint.network_interface_ids),
        )

    def _sources(self, rule: SecurityGroupRule) -> list[str]:
        """Where a rule lets traffic in from: a range, or each interface that has the group which the rule names."""
        if rule.ip_range and "CidrIp" in rule.ip_range:
            return [rule.ip_range["CidrIp"]]
        named = (rule.source_group or {}).get("GroupId")
        members = (i for i in self._world.ec2.enis.values() if named in [group.id for group in i._group_set])
        return [f"{interface.private_ip_address}/32" for interface in members]


def _port(value: object) -> int | None:
    return None if value is None else int(str(value))
