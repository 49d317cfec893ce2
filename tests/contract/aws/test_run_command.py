"""Run Command as the SSM API reference has it: what is refused, what is told, and who may send what to which machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws.conftest import Account, Start
from wizard.sandbox.machines.toolbox import Said

MACHINE, STOPPED = "i-0c1b2c3d4e5f60010", "i-0b1b2c3d4e5f60009"


class Shell:
    """Stands for the machines: says what it is told to, once it may."""

    def __init__(self) -> None:
        self.said: Said | None = Said(0, "out", "err")
        self.go = Event()
        self.ran: list[tuple[str, str, float]] = []
        self.go.set()

    def __call__(self, instance_id: str, script: str, seconds: float) -> Said | None:
        self.go.wait(20)
        self.ran.append((instance_id, script, seconds))
        if script == "gone":
            raise KeyError(instance_id)
        return self.said


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def account(start_account: Start, shell: Shell) -> Iterator[Account]:
    """The healthy account whose old bastion is stopped."""
    with start_account(shell=shell) as account:
        account.client("ec2").stop_instances(InstanceIds=[STOPPED])
        yield account


def send(account: Account, **changes: object) -> Any:
    asked: dict[str, object] = {
        "DocumentName": "AWS-RunShellScript",
        "InstanceIds": [MACHINE],
        "Parameters": {"commands": ["echo a", "echo b"], "executionTimeout": ["60"]},
    }
    return account.client("ssm").send_command(**{**asked, **changes})["Command"]


def invocation(account: Account, command: str, instance: str = MACHINE) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = account.client("ssm").get_command_invocation(CommandId=command, InstanceId=instance)
    return answer


def ended(account: Account, command: str) -> Mapping[str, Any]:
    """Ask until it has ended; the first question is not answered."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            seen = invocation(account, command)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvocationDoesNotExist":
                raise
            continue
        if seen["Status"] not in ("Pending", "InProgress"):
            return seen
        time.sleep(0.02)
    raise AssertionError("the command never ended")


def test_a_script_is_run_and_its_end_told(account: Account, shell: Shell, refusal: Callable[..., str]) -> None:
    shell.go.clear()
    command = send(account, Comment="look")["CommandId"]
    asked = account.client("ssm").get_command_invocation
    assert refusal(asked, CommandId=command, InstanceId=MACHINE) == "InvocationDoesNotExist", "it is not known at once"
    running = invocation(account, command)
    assert (running["ResponseCode"], running["StandardOutputContent"]) == (-1, "")
    assert running["Status"] in ("Pending", "InProgress")
    shell.go.set()
    seen = ended(account, command)
    assert shell.ran == [(MACHINE, "echo a\necho b", 60.0)]
    assert (seen["Status"], seen["StatusDetails"], seen["ResponseCode"]) == ("Success", "Success", 0)
    assert (seen["StandardOutputContent"], seen["StandardErrorContent"], seen["Comment"]) == ("out", "err", "look")
    assert refusal(asked, CommandId=command, InstanceId="i-0a1b2c3d4e5f60001") == "InvocationDoesNotExist"


@pytest.mark.parametrize(
    ("said", "script", "expected"),
    [
        (Said(3), "x", ("Failed", "Failed", 3)),
        (None, "x", ("TimedOut", "ExecutionTimedOut", -1)),
        (Said(0), "gone", ("Failed", "Undeliverable", -1)),
    ],
)
def test_how_else_it_may_end(
    account: Account, shell: Shell, said: Said | None, script: str, expected: tuple[str, str, int]
) -> None:
    shell.said = said
    seen = ended(account, send(account, Parameters={"commands": [script]})["CommandId"])
    assert (seen["Status"], seen["StatusDetails"], seen["ResponseCode"]) == expected


def test_no_more_is_passed_on_than_is_documented(account: Account, shell: Shell) -> None:
    shell.said = Said(0, "o" * 30_000, "e" * 30_000)
    seen = ended(account, send(account)["CommandId"])
    assert (len(seen["StandardOutputContent"]), len(seen["StandardErrorContent"])) == (24_000, 8_000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DocumentName": "AWS-RunPowerShellScripts"}, "InvalidDocument"),
        ({"TimeoutSeconds": 29}, "ParamValidationError"),
        ({"Comment": "c" * 101}, "ParamValidationError"),
        ({"Parameters": {}}, "InvalidParameters"),
        ({"Parameters": {"commands": ["true"], "timeout": ["1"]}}, "InvalidParameters"),
        ({"Parameters": {"commands": ["x" * 66_000]}}, "MaxDocumentSizeExceeded"),
        ({"InstanceIds": [STOPPED]}, "InvalidInstanceId"),
        ({"InstanceIds": ["i-0a1b2c3d4e5f60001"]}, "InvalidInstanceId"),
        ({"InstanceIds": ["i-0123456789abcdef0"]}, "InvalidInstanceId"),
    ],
)
def test_what_is_refused(account: Account, shell: Shell, changes: Mapping[str, object], code: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the client refuses some of it itself
        send(account, **changes)
    told = caught.value.response["Error"]["Code"] if isinstance(caught.value, ClientError) else type(caught.value).__name__
    assert told in (code, "ValidationException")
    assert not shell.ran


def allow(*resources: str, condition: Mapping[str, object] | None = None) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": list(resources)}
    more = {"Condition": condition} if condition else {}
    reading = {"Effect": "Allow", "Action": ["ssm:GetCommandInvocation", "ec2:*"], "Resource": "*"}
    return {"only": {"Version": "2012-10-17", "Statement": [{**statement, **more}, reading]}}


SHELL = "arn:aws:ssm:us-east-2::document/AWS-RunShellScript"
INSTANCE = f"arn:aws:ec2:us-east-2:123456789012:instance/{MACHINE}"


@pytest.mark.parametrize(
    ("resources", "passes"),
    [((SHELL, INSTANCE), True), ((SHELL,), False), ((INSTANCE,), False), ((SHELL, f"{INSTANCE}0"), False)],
)
def test_document_and_machine_must_both_be_allowed(
    start_account: Start, shell: Shell, resources: tuple[str, ...], *, passes: bool
) -> None:
    with start_account({"operator.policies": allow(*resources)}, shell=shell) as account:
        if passes:
            assert ended(account, send(account)["CommandId"])["Status"] == "Success"
        else:
            with pytest.raises(ClientError, match="ssm:SendCommand") as caught:
                send(account)
            assert caught.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_machine_may_be_allowed_by_its_tag(start_account: Start, shell: Shell) -> None:
    condition = {"StringEquals": {"ssm:resourceTag/ezgitops.dev/squid": "prod-east"}}
    policies = allow(INSTANCE, condition=condition)
    policies["document"] = allow(SHELL)["only"]
    with start_account({"operator.policies": policies}, shell=shell) as account:
        with pytest.raises(ClientError, match="ssm:SendCommand"):
            send(account)
        account.client("ec2").create_tags(Resources=[MACHINE], Tags=[{"Key": "ezgitops.dev/squid", "Value": "prod-east"}])
        assert send(account)["Status"] == "Pending"


def test_without_machines_a_command_is_not_delivered(start_account: Start) -> None:
    with start_account() as account:
        assert ended(account, send(account)["CommandId"])["StatusDetails"] == "Undeliverable"
