"""The handlers and readers of AWS against the sandbox's account, with a run whose clock moves only by sleeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from strategies.base import Json, Owner, Ref
from strategies.resources.aws.clients import AwsClients, AwsSessions
from wizard.sandbox.aws.commands import Shell, no_shell
from wizard.sandbox.aws.server import AwsServer

HEALTHY = Path(__file__).parents[3] / "wizard" / "sandbox" / "scenarios" / "healthy.aws.yaml"
OWNER = Owner("prod-east")
VPC = "vpc-0a1b2c3d4e5f60718"
SUBNETS = ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "subnet-0cccccccccccccccc")


class Clock:
    """The account's clock and the run's: one and the same."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class CrashError(Exception):
    """The process dies between a call and its journal line."""


@dataclass
class Run:
    """``ports.Execution`` for one handler: remembers what was called, told and slept."""

    clock: Clock
    owner: Owner = OWNER
    outputs: dict[Ref, str] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    crash_after: str | None = None

    @contextmanager
    def mutation(self, call: str, arguments: Mapping[str, Json]) -> Iterator[None]:
        self.calls.append((call, arguments))
        yield
        if call == self.crash_after:
            raise CrashError(call)

    def progress(self, message: str, fraction: float | None = None) -> None:
        self.told.append(message)

    def sleep(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.clock()

    def output(self, ref: Ref) -> str:
        return self.outputs[ref]

    @property
    def names(self) -> list[str]:
        """The mutating calls in order."""
        return [name for name, _ in self.calls]


@dataclass
class World:
    """A started account and the product's clients for its operator."""

    clients: AwsClients
    sessions: AwsSessions
    clock: Clock
    server: AwsServer

    def run(self, **options: object) -> Run:
        return Run(self.clock, **options)  # type: ignore[arg-type]  # dataclass fields by name


StartWorld = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def start_world(tmp_path: Path) -> StartWorld:
    """Start the healthy account, changed by a function over its scenario; ``shell`` runs what is sent to its machines."""

    @contextmanager
    def start(change: Callable[[dict[str, object]], None] = lambda _scenario: None, shell: Shell = no_shell) -> Iterator[World]:
        scenario = yaml.safe_load(HEALTHY.read_text(encoding="utf-8"))
        change(scenario)
        clock = Clock()
        server = AwsServer(scenario, git_root=tmp_path / "git", issuer_keys={}, clock=clock, shell=shell)
        (tmp_path / "git").mkdir(exist_ok=True)
        server.start()
        try:
            operator = server.operator
            credentials = tmp_path / "credentials"
            credentials.write_text(
                f"[prod-east]\naws_access_key_id = {operator.access_key_id}\n"
                f"aws_secret_access_key = {operator.secret_access_key}\naws_session_token = {operator.session_token}\n"
            )
            config = tmp_path / "config"
            config.write_text("[profile prod-east]\nregion = us-east-2\n")
            environ = {
                "AWS_ENDPOINT_URL": server.url,
                "AWS_CONFIG_FILE": str(config),
                "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
                "AWS_PROFILE": "prod-east",
            }
            sessions = AwsSessions(environ)
            yield World(sessions.clients("prod-east", "us-east-2"), sessions, clock, server)
        finally:
            server.stop()

    return start


@pytest.fixture
def world(start_world: StartWorld) -> Iterator[World]:
    """The healthy account, fresh."""
    with start_world() as world:
        yield world
