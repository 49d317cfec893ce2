"""Run Command: how a command's end, or that it never ends, is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from botocore.exceptions import ClientError

from strategies.common.logins import Login
from strategies.ports import ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import as_resource_error
from strategies.resources.aws.run_command import Ran, RunCommand

MACHINE = "i-0c1b2c3d4e5f60010"
ONLINE = [{"InstanceId": MACHINE, "PingStatus": "Online"}]
UNKNOWN = "InvocationDoesNotExist"


class Clock:
    """Seconds that pass only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def failure(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "GetCommandInvocation")


class Ssm:
    """Answers GetCommandInvocation with ``seen``, one after the other, the last one for ever."""

    def __init__(self, seen: Sequence[dict[str, object] | str], information: object = ONLINE, send: str = "") -> None:
        self._seen = list(seen)
        self._information = information
        self._send = send
        self.sent: dict[str, object] = {}

    def describe_instance_information(self, **_filters: object) -> object:
        return {"InstanceInformationList": self._information}

    def send_command(self, **sent: object) -> object:
        if self._send:
            raise failure(self._send)
        self.sent = sent
        return {"Command": {"CommandId": "c-1"}}

    def get_command_invocation(self, **_of: object) -> object:
        seen = self._seen.pop(0) if len(self._seen) > 1 else self._seen[0]
        if isinstance(seen, str):
            raise failure(seen)
        return seen


def command(ssm: Ssm) -> tuple[RunCommand, Clock]:
    @contextmanager
    def working(what: str, service: str) -> Iterator[None]:
        with as_resource_error(what, service, lambda: Login("Log in.", None)):
            yield

    clock = Clock()
    clients = cast("AwsClients", SimpleNamespace(ssm=ssm, working=working))
    return RunCommand(clients, sleep=clock.sleep, clock=clock), clock


def look(ssm: Ssm) -> Ran:
    return command(ssm)[0].look(MACHINE, "echo hello", seconds=60, comment="look")


def ended(status: str, details: str, code: int = -1) -> dict[str, object]:
    return {"Status": status, "StatusDetails": details, "ResponseCode": code, "StandardOutputContent": "out"}


def test_a_command_that_is_not_known_yet_is_waited_for() -> None:
    ssm = Ssm(
        [UNKNOWN, UNKNOWN, ended("Pending", "Pending"), ended("InProgress", "InProgress"), ended("Success", "Success", 0)]
    )
    assert look(ssm) == Ran(0, "out", "")
    assert ssm.sent["Parameters"] == {"commands": ["echo hello"], "executionTimeout": ["60"]}
    assert ssm.sent["InstanceIds"] == [MACHINE]


def test_a_script_that_fails_has_come_to_its_end() -> None:
    assert look(Ssm([ended("Failed", "Failed", 3)])) == Ran(3, "out", "")


@pytest.mark.parametrize(
    ("status", "details", "said", "again"),
    [
        ("TimedOut", "DeliveryTimedOut", "never reached the machine's agent", True),
        ("TimedOut", "Delivery Timed Out", "never reached the machine's agent", True),
        ("TimedOut", "ExecutionTimedOut", "did not end in time", True),
        ("Failed", "Undeliverable", "cannot be delivered", True),
        ("Failed", "Terminated", "gave up on the command", True),
        ("Failed", "AccessDenied", "was not allowed to run", False),
        ("Failed", "InvalidPlatform", "cannot run AWS-RunShellScript", False),
        ("Cancelled", "Cancelled", "somebody cancelled", True),
        ("Failed", "Something New", "ended as Something New", True),
    ],
)
def test_what_never_came_to_its_end_says_why(status: str, details: str, said: str, again: bool) -> None:
    with pytest.raises(ResourceError) as caught:
        look(Ssm([ended(status, details)]))
    assert said in caught.value.why
    assert "aws ssm get-command-invocation --command-id c-1" in caught.value.remedy
    assert caught.value.retryable is again


def test_waiting_ends() -> None:
    running, clock = command(Ssm([ended("InProgress", "InProgress")]))
    with pytest.raises(ResourceError, match="still InProgress"):
        running.look(MACHINE, "sleep 1000", seconds=60, comment="look")
    assert 60 < clock.now < 200
    forgotten, clock = command(Ssm([UNKNOWN]))
    with pytest.raises(ResourceError, match="still not known yet"):
        forgotten.look(MACHINE, "true", seconds=60, comment="look")
    assert clock.now < 60


def test_a_machine_that_is_not_heard_is_sent_nothing() -> None:
    for information, said in (
        ([], "not managed"),
        ([{"InstanceId": MACHINE, "PingStatus": "ConnectionLost"}], "ConnectionLost"),
    ):
        ssm = Ssm([UNKNOWN], information)
        with pytest.raises(ResourceError, match=said):
            look(ssm)
        assert not ssm.sent


def test_what_systems_manager_refuses_is_said() -> None:
    with pytest.raises(ResourceError, match="not managed"):
        look(Ssm([UNKNOWN], send="InvalidInstanceId"))
    with pytest.raises(ResourceError, match="may not call ssm:GetCommandInvocation"):
        look(Ssm(["AccessDeniedException"]))
