"""AWS clients: one session for each profile and region, each client made once and shared by all threads.

Making clients side by side is not safe (boto3 guide, "Multithreading with sessions"), using them is: they are made
under one lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import RLock
from typing import TYPE_CHECKING, TypeVar, cast

import boto3.session
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from strategies.common.logins import Login
from strategies.resources.aws.errors import as_fact_failure, as_resource_error
from strategies.resources.aws.models import plain_loader
from strategies.resources.aws.profile_kinds import login_of

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_codecommit import CodeCommitClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

T = TypeVar("T")

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
CONNECTIONS = 32
ATTEMPTS = 3
"""Three attempts and the pauses between them end within a reader's 20 s when a host cannot be reached."""


_SERVICE_IDS = {"secretsmanager": "SECRETS_MANAGER", "service-quotas": "SERVICE_QUOTAS"}
"""Services whose variable does not end with their client's name (SDKs and Tools reference, "Service-specific endpoints")."""


class AwsClients:
    """The clients of one profile and region. Attributes may be read from any thread.

    Raises botocore's ``ProfileNotFound`` when the profile does not exist (at the first client, inside ``reading``/``working``).
    """

    def __init__(self, environ: Mapping[str, str], profile: str | None, region: str | None) -> None:
        self.profile = profile
        self.region = region
        self._environ = environ
        self._lock = RLock()
        # boto3 cannot be told where the configuration files are, and its core can: the environment is given, not looked up.
        self._core = botocore.session.Session(profile=profile)
        for variable, name in (("config_file", "AWS_CONFIG_FILE"), ("credentials_file", "AWS_SHARED_CREDENTIALS_FILE")):
            if name in environ:
                self._core.set_config_variable(variable, environ[name])
        self._core.lazy_register_component("data_loader", lambda: plain_loader(self._core.get_config_variable("data_path")))
        self._session: boto3.session.Session | None = None
        self._clients: dict[tuple[str, bool], object] = {}

    @property
    def ec2(self) -> EC2Client:
        """Amazon EC2."""
        return cast("EC2Client", self._client("ec2"))

    @property
    def iam(self) -> IAMClient:
        """AWS IAM."""
        return cast("IAMClient", self._client("iam"))

    @property
    def sts(self) -> STSClient:
        """AWS STS at the region's own host."""
        return cast("STSClient", self._client("sts"))

    @property
    def unsigned_sts(self) -> STSClient:
        """The same without credentials: its calls carry no signature."""
        return cast("STSClient", self._client("sts", signed=False))

    @property
    def service_quotas(self) -> ServiceQuotasClient:
        """Service Quotas."""
        return cast("ServiceQuotasClient", self._client("service-quotas"))

    @property
    def codecommit(self) -> CodeCommitClient:
        """AWS CodeCommit."""
        return cast("CodeCommitClient", self._client("codecommit"))

    @property
    def secretsmanager(self) -> SecretsManagerClient:
        """AWS Secrets Manager."""
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    @property
    def route53(self) -> Route53Client:
        """Amazon Route 53, which is one for all regions of a partition."""
        return cast("Route53Client", self._client("route53"))

    @property
    def ssm(self) -> SSMClient:
        """AWS Systems Manager."""
        return cast("SSMClient", self._client("ssm"))

    def credentials(self) -> Credentials | None:
        """The credentials themselves, renewed by botocore as they end; for signing what no client signs (Git passwords)."""
        with self._lock:
            return self._open().get_credentials()

    def profiles(self) -> tuple[str, ...]:
        """Names of the profiles in the AWS configuration files."""
        with self._lock:
            return tuple(self._open().available_profiles)

    def profile_sections(self) -> Mapping[str, Mapping[str, object]]:
        """What the AWS configuration files say of each profile. Holds secrets: not for facts. Raises BotoCoreError."""
        with self._lock:
            return cast("Mapping[str, Mapping[str, object]]", self._core.full_config.get("profiles", {}))

    def sso_sessions(self) -> Mapping[str, Mapping[str, object]]:
        """The ``sso-session`` sections of the AWS configuration files. Raises BotoCoreError."""
        with self._lock:
            return cast("Mapping[str, Mapping[str, object]]", self._core.full_config.get("sso_sessions", {}))

    def login(self) -> Login:
        """How the operator gets fresh credentials of this profile."""
        try:
            return login_of(self.profile, self.profile_sections())
        except BotoCoreError:
            return login_of(self.profile, {})

    def configured_region(self) -> str | None:
        """The region of the environment or of the profile."""
        with self._lock:
            return self._region()

    def regions(self, service: str) -> tuple[str, ...]:
        """Regions of every partition in which the SDK knows the service."""
        with self._lock:
            session = self._open()
            return tuple(
                region
                for partition in session.get_available_partitions()
                for region in session.get_available_regions(service, partition_name=partition)
            )

    def reading(self, what: str, service: str) -> AbstractContextManager[None]:
        """AWS errors inside become ``FactFailureError``."""
        return as_fact_failure(what, service, self.login)

    def working(self, what: str, service: str) -> AbstractContextManager[None]:
        """AWS errors inside become ``ResourceError``."""
        return as_resource_error(what, service, self.login)

    def _client(self, service: str, *, signed: bool = True) -> object:
        with self._lock:
            if (service, signed) not in self._clients:
                make = cast("Callable[..., object]", self._open().client)
                self._clients[service, signed] = make(
                    service,
                    region_name=self._region(),
                    endpoint_url=self._endpoint_url(service),
                    verify=self._ca_bundle(),
                    config=Config(
                        retries={"mode": "standard", "max_attempts": ATTEMPTS},
                        connect_timeout=CONNECT_TIMEOUT_SECONDS,
                        read_timeout=READ_TIMEOUT_SECONDS,
                        max_pool_connections=CONNECTIONS,
                        user_agent_extra="ezgitops",
                        signature_version=None if signed else UNSIGNED,
                    ),
                )
            return self._clients[service, signed]

    def _open(self) -> boto3.session.Session:
        if self._session is None:
            self._session = boto3.session.Session(botocore_session=self._core)
        return self._session

    def _region(self) -> str | None:
        given = self.region or self._environ.get("AWS_REGION") or self._environ.get("AWS_DEFAULT_REGION")
        return given or self._open().region_name

    def _endpoint_url(self, service: str) -> str | None:
        if self._environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return None
        return self._environ.get(f"AWS_ENDPOINT_URL_{_SERVICE_IDS.get(service, service.upper())}") or self._environ.get(
            "AWS_ENDPOINT_URL"
        )

    def _ca_bundle(self) -> str | None:
        """What botocore would use, or else what OpenSSL and every other program on this machine use: SSL_CERT_FILE."""
        if self._core.get_config_variable("ca_bundle"):
            return None
        if self._environ.get("AWS_CA_BUNDLE") or self._environ.get("REQUESTS_CA_BUNDLE"):
            return self._environ.get("AWS_CA_BUNDLE") or self._environ["REQUESTS_CA_BUNDLE"]
        return self._environ.get("SSL_CERT_FILE")


class AwsSessions:
    """Makes ``AwsClients`` and keeps them: the same clients for the same profile and region."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self._lock = RLock()
        self._known: dict[tuple[str | None, str | None], AwsClients] = {}

    def clients(self, profile: str | None, region: str | None) -> AwsClients:
        """The clients of a profile (None: the standard credential chain) and region (None: the profile's own)."""
        with self._lock:
            return self._known.setdefault((profile, region), AwsClients(self.environ, profile, region))
