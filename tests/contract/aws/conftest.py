"""The sandbox's AWS as boto3 sees it, with a clock that tests move."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from wizard.sandbox.aws.server import AwsServer
    from wizard.sandbox.aws.views import Credential

HEALTHY = Path(__file__).parents[3] / "wizard" / "sandbox" / "scenarios" / "healthy.aws.yaml"
ISSUER = "https://oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
KEY_ID = "projected-tokens"


class Clock:
    """The sandbox's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Issuer:
    """Signs projected service account tokens (RFC 7519) as the cluster's issuer does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def pem(self) -> str:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    def token(self, *, key_id: str = KEY_ID, **claims: object) -> str:
        now = int(self._clock().timestamp())
        payload = {"iss": ISSUER, "aud": ["openshift"], "nbf": now, "exp": now + 3600, **claims}
        signed = f"{_part({'alg': 'RS256', 'kid': key_id})}.{_part(payload)}"
        return f"{signed}.{_text(self._key.sign(signed.encode('ascii'), padding.PKCS1v15(), SHA256()))}"


class Account:
    """A running server, the operator's clients, and what belongs to them."""

    def __init__(self, server: AwsServer, clock: Clock, issuer: Issuer, git_root: Path) -> None:
        self.server = server
        self.clock = clock
        self.issuer = issuer
        self.git_root = git_root

    def client(self, service: str, credential: Credential | None = None) -> Any:
        credential = credential or self.server.operator
        session = boto3.Session(
            aws_access_key_id=credential.access_key_id,
            aws_secret_access_key=credential.secret_access_key,
            aws_session_token=credential.session_token,
            region_name="us-east-2",
        )
        config = Config(retries={"max_attempts": 0, "mode": "standard"})
        client: Callable[..., Any] = session.client
        return client(service, endpoint_url=self.server.url, config=config)


Start = Callable[..., AbstractContextManager[Account]]


@pytest.fixture(scope="session")
def start_account(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Start the healthy account, with parts of its scenario replaced (dotted keys)."""

    @contextmanager
    def start(
        changes: Mapping[str, object] | None = None, *, latency: float = 0.0, sleep: object = None, shell: object = None
    ) -> Iterator[Account]:
        from wizard.sandbox.aws.server import AwsServer

        scenario = yaml.safe_load(HEALTHY.read_text(encoding="utf-8"))
        for path, value in (changes or {}).items():
            *parents, last = path.split(".")
            place = scenario
            for parent in parents:
                place = place[int(parent)] if parent.isdigit() else place[parent]
            place[last] = value
        clock = Clock()
        issuer = Issuer(clock)
        git_root = tmp_path_factory.mktemp("git")
        optional = {name: value for name, value in (("sleep", sleep), ("shell", shell)) if value}
        server = AwsServer(
            scenario,
            git_root=git_root,
            issuer_keys={ISSUER: {KEY_ID: issuer.pem}},
            clock=clock,
            latency=latency,
            **optional,  # type: ignore[arg-type]  # a callable, when there is one
        )
        server.start()
        try:
            yield Account(server, clock, issuer, git_root)
        finally:
            server.stop()

    return start


@pytest.fixture(scope="module")
def account(start_account: Start) -> Iterator[Account]:
    """The healthy account, shared by the tests of a module: each uses names of its own."""
    with start_account() as account:
        yield account


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Call and give the AWS error code of the refusal."""

    def refused(call: Callable[..., object], **arguments: object) -> str:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        return str(caught.value.response["Error"]["Code"])

    return refused


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _part(value: Mapping[str, object]) -> str:
    return _text(json.dumps(value).encode("utf-8"))
