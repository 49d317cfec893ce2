"""The front door of the sandbox's AWS: every request is timed, recorded, authenticated and authorised, then given to moto."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.wrappers import Response

from wizard.sandbox.aws import faults
from wizard.sandbox.aws.authorization import demands
from wizard.sandbox.aws.demands import Demand
from wizard.sandbox.aws.faults import Fault
from wizard.sandbox.aws.policy import Decision
from wizard.sandbox.aws.rest import operation as operation_of
from wizard.sandbox.aws.views import Call, Credential
from wizard.sandbox.aws.world import World

LOG = logging.getLogger(__name__)
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
ERROR_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type":\s*"(?:[^"#]*#)?([^"]+)"')
READS = ("Describe", "Get", "GET ", "List", "Simulate", "Assume", "Lookup", "Head", "BatchGet")
UNSIGNED = ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
ACTION_PREFIX = {"tagging": "tag"}
"""Services whose actions in policies do not begin with their signing name."""
ALWAYS_ALLOWED = ("sts:GetCallerIdentity", "sts:GetSessionToken")


@dataclass(frozen=True, slots=True)
class Request:
    """What the door reads of a request: where it goes and who signed it."""

    service: str
    operation: str
    region: str
    access_key_id: str | None
    json_protocol: bool
    dry_run: bool
    body: bytes

    @property
    def mutating(self) -> bool:
        """True for a call that may change something."""
        return not self.dry_run and not self.operation.startswith(READS)


class Gateway:
    """A WSGI application in front of the services' own; ``application`` gives the one of a service, by signing name."""

    def __init__(
        self,
        world: World,
        application: Callable[[str], WSGIApplication | None],
        *,
        latency: float,
        sleep: Callable[[float], None],
        machine_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._world = world
        self._application = application
        self._latency = latency
        self._sleep = sleep
        self._machine_clock = machine_clock
        self._calls: list[Call] = []

    def calls(self) -> list[Call]:
        """Every call so far, in the order in which they ended."""
        with self._world.lock:
            return list(self._calls)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        started = time.monotonic()
        request = _read(environ)
        latency = self._latency + self._world.scenario.delays.get(request.service, 0.0)
        if latency > 0:
            self._sleep(latency)
        with self._world.lock:
            status, headers, body = self._answer(request, environ)
            code = _error_code(body) if status >= 400 else None
            ended = time.monotonic()
            actions = tuple(dict.fromkeys(demand.action for demand in _demands(self._world, request)))
            signer = self._world.credential(request.access_key_id) if request.access_key_id is not None else None
            whose = signer.principal_arn if signer is not None else ""
            self._calls.append(
                Call(request.service, request.operation, started, ended, request.mutating, status, code, actions, whose)
            )
        headers = [
            *(header for header in headers if header[0] != "Date"),
            ("Date", format_datetime(self._aws_time(), usegmt=True)),
        ]
        start_response(f"{status} {'OK' if status < 400 else 'Error'}", headers)
        return [body]

    def _answer(self, request: Request, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        fault = self._refuse(request, environ)
        application = None if fault else self._application(request.service)
        if application is not None:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._world.scenario.account_id
            try:
                response = Response.from_app(application, environ, buffered=True)
                return response.status_code, list(response.headers.items()), response.get_data()
            except NotImplementedError:
                fault = faults.not_implemented(request.service, request.operation)
            except Exception as error:  # the boundary of the server: whatever breaks moto, the client gets an AWS error
                LOG.exception("%s:%s broke the sandbox", request.service, request.operation)
                fault = faults.internal(error)
        fault = fault or faults.not_implemented(request.service, request.operation)
        content_type, body = fault.render(request.service, json_protocol=request.json_protocol)
        return fault.status, [("Content-Type", content_type), ("Content-Length", str(len(body)))], body

    def _refuse(self, request: Request, environ: WSGIEnvironment) -> Fault | None:
        if request.access_key_id is None:
            return None if request.operation in UNSIGNED else faults.unauthenticated()
        credential = self._world.credential(request.access_key_id)
        token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
        if credential is None or credential.session_token != token:
            return faults.invalid_token(request.service, json_protocol=request.json_protocol)
        if not _signed_by(credential, request, environ):
            return faults.bad_signature(request.service, json_protocol=request.json_protocol)
        wrong = self._wrong_time(request, environ.get("HTTP_X_AMZ_DATE", ""))
        if wrong is not None:
            return wrong
        if credential.expired(self._world.clock()):
            return faults.expired_token(request.service, json_protocol=request.json_protocol)
        return self._deny(request, credential.principal_arn)

    def _wrong_time(self, request: Request, signed: str) -> Fault | None:
        """Signatures are made with the machine's clock, which a test that moves the sandbox's clock leaves alone."""
        now = self._aws_time()
        lifetime = faults.EC2_SIGNATURE_LIFETIME if request.service == "ec2" else faults.SIGNATURE_LIFETIME
        try:
            made = datetime.strptime(signed, "%Y%m%dT%H%M%S%z")
        except ValueError:
            return faults.bad_signature(request.service, json_protocol=request.json_protocol)
        if abs(now - made) <= lifetime:
            return None
        return faults.wrong_time(request.service, signed, now, json_protocol=request.json_protocol)

    def _deny(self, request: Request, principal: str) -> Fault | None:
        for demand in _demands(self._world, request):
            asked = (principal, demand.action, demand.resource, demand.context)
            for policy, decision in (
                ("service control policy", self._world.organization_decision(*asked)),
                ("identity-based policy", self._world.decision(*asked)),
            ):
                if decision is not Decision.ALLOWED:
                    return faults.denied(
                        request.service,
                        principal,
                        demand.action,
                        demand.resource,
                        policy,
                        explicit=decision is Decision.EXPLICIT_DENY,
                        json_protocol=request.json_protocol,
                    )
        return None

    def _aws_time(self) -> datetime:
        return self._machine_clock() + timedelta(seconds=self._world.scenario.clock_offset_seconds)


def _demands(world: World, request: Request) -> Sequence[Demand]:
    service = ACTION_PREFIX.get(request.service, request.service)
    if f"{service}:{request.operation}" in ALWAYS_ALLOWED:
        return ()
    return demands(world, service, request.operation, request.body)


def _read(environ: WSGIEnvironment) -> Request:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    match = AUTHORIZATION.match(environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    form = parse_qs(body.decode("utf-8", "replace")) if "form-urlencoded" in environ.get("CONTENT_TYPE", "") else {}
    form = form or parse_qs(environ.get("QUERY_STRING", ""))
    fallback = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '/')}"
    rest = operation_of(environ["REQUEST_METHOD"], str(environ.get("PATH_INFO", "/")))
    operation = target.rpartition(".")[2] or rest or form.get("Action", [fallback])[0]
    return Request(
        service=match["service"] if match else "sts",
        operation=operation,
        region=match["region"] if match else "",
        access_key_id=match["key"] if match else None,
        json_protocol=bool(target),
        dry_run=form.get("DryRun", ["false"])[0].lower() == "true",
        body=body,
    )


def _signed_by(credential: Credential, request: Request, environ: WSGIEnvironment) -> bool:
    """True when botocore's own signer, given the same request and the real secret, comes to the same signature."""
    match = AUTHORIZATION.match(environ["HTTP_AUTHORIZATION"])
    if match is None:
        return False
    headers = {}
    for name in match["headers"].split(";"):
        key = name.upper().replace("-", "_")
        headers[name] = str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))
    query = environ.get("QUERY_STRING", "")
    url = f"http://{environ.get('HTTP_HOST', '')}{environ.get('PATH_INFO', '/')}{'?' + query if query else ''}"
    signed = AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers, data=request.body)
    signed.context["timestamp"] = environ.get("HTTP_X_AMZ_DATE", "")
    signer = SigV4Auth(
        Credentials(credential.access_key_id, credential.secret_access_key), request.service, request.region or "us-east-1"
    )
    return bool(signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed) == match["signature"])


def _error_code(body: bytes) -> str | None:
    match = ERROR_CODE.search(body)
    return (match[1] or match[2]).decode("utf-8", "replace") if match else None
