"""Runs a script on a machine through Systems Manager (SSM user guide, "AWS Systems Manager Run Command").

SendCommand gives the command's id; GetCommandInvocation is asked until the command has ended. Right after sending, that one may
not know the command yet: ``InvocationDoesNotExist`` is normal then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from strategies.base import Json
from strategies.common.shown import shown
from strategies.ports import Execution, ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import GetCommandInvocationResultTypeDef

DOCUMENT = "AWS-RunShellScript"
DELIVERY_SECONDS = 60
"""How long Systems Manager tries to hand the command over to the agent (API reference, SendCommand: at least 30)."""
_PAUSES = (0.3, 0.3, 0.5, 0.5, 1.0)
_PAUSE = 2.0
_UNSEEN = 15.0
"""Seconds after which a command that Systems Manager does not know is no longer taken for one that it does not know yet."""
_GRACE = 30.0
_ENDED = frozenset({"Success", "Failed", "TimedOut", "Cancelled"})
_BECAUSE = {
    "Delivery Timed Out": "the command never reached the machine's agent",
    "DeliveryTimedOut": "the command never reached the machine's agent",
    "Execution Timed Out": "the script did not end in time and was stopped",
    "ExecutionTimedOut": "the script did not end in time and was stopped",
    "Undeliverable": "the command cannot be delivered: the machine's agent did not answer",
    "Terminated": "Systems Manager gave up on the command before it was delivered",
    "Access Denied": "the machine's agent was not allowed to run the command",
    "AccessDenied": "the machine's agent was not allowed to run the command",
    "Invalid Platform": f"the machine cannot run {DOCUMENT}",
    "InvalidPlatform": f"the machine cannot run {DOCUMENT}",
    "Cancelled": "somebody cancelled the command",
}
"""By ``StatusDetails`` (SSM user guide, "Understanding command statuses")."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A script that came to its end: its exit status, and the beginning of what it wrote."""

    status: int
    output: str
    errors: str


class UnreachedError(ResourceError):
    """Systems Manager does not hear the machine's agent: nothing was sent."""


class RunCommand:
    """Scripts on machines. ``sleep`` and ``clock`` (seconds, monotonic) are those of looks that belong to no run."""

    def __init__(
        self,
        clients: AwsClients,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._sleep = sleep
        self._clock = clock

    def look(self, instance_id: str, script: str, *, seconds: int, comment: str) -> Ran:
        """Run a script that only reads. Raises ResourceError, also when it does not come to its end in ``seconds``."""
        self.reached(instance_id)
        what = f"look at {instance_id}"
        with self._sending(what, instance_id):
            command = self._send(instance_id, script, seconds, comment)
        return self._wait(what, command, instance_id, seconds, self._sleep)

    def change(self, what: str, instance_id: str, script: str, run: Execution, *, seconds: int, comment: str) -> Ran:
        """Run a script that changes the machine, journalled. Raises ResourceError; ``what`` says what it is for."""
        self.reached(instance_id)
        arguments: dict[str, Json] = {
            "DocumentName": DOCUMENT,
            "InstanceIds": [instance_id],
            "Comment": comment,
            "Parameters": {"commands": [script], "executionTimeout": [str(seconds)]},
        }
        with self._sending(what, instance_id), run.mutation("ssm:SendCommand", arguments):
            command = self._send(instance_id, script, seconds, comment)
        run.progress(f"{comment}: Systems Manager passes it on to {instance_id}")
        return self._wait(what, command, instance_id, seconds, run.sleep)

    def reached(self, instance_id: str) -> None:
        """Raise UnreachedError where Systems Manager does not hear the machine's agent now: no command would arrive."""
        what = f"reach {instance_id} through Systems Manager"
        with self._clients.working(what, "ssm"):
            found = self._clients.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [instance_id]}])[
                "InstanceInformationList"
            ]
        if not found:
            raise _unmanaged(what, instance_id)
        state = found[0].get("PingStatus", "")
        if state != "Online":
            last = found[0].get("LastPingDateTime")
            since = "" if last is None else f", last heard {last:%Y-%m-%d %H:%M} UTC"
            raise UnreachedError(
                what,
                f"its agent is not heard ({state}{since})",
                "Start the machine, or see to its way to Systems Manager: the internet, or the endpoints ssm, ssmmessages and "
                "ec2messages.",
                retryable=True,
            )

    @contextmanager
    def _sending(self, what: str, instance_id: str) -> Iterator[None]:
        with self._clients.working(what, "ssm"):
            try:
                yield
            except ClientError as error:
                if code(error) == "InvalidInstanceId":
                    raise _unmanaged(what, instance_id) from error
                raise

    def _send(self, instance_id: str, script: str, seconds: int, comment: str) -> str:
        sent = self._clients.ssm.send_command(
            DocumentName=DOCUMENT,
            InstanceIds=[instance_id],
            Comment=comment[:100],
            TimeoutSeconds=DELIVERY_SECONDS,
            Parameters={"commands": [script], "executionTimeout": [str(seconds)]},
        )
        return sent["Command"].get("CommandId", "")

    def _wait(self, what: str, command: str, instance_id: str, seconds: int, sleep: Callable[[float], None]) -> Ran:
        begun = self._clock()
        state = "not known yet"
        for pause in chain(_PAUSES, repeat(_PAUSE)):
            found = self._invocation(what, command, instance_id)
            if found is not None:
                state = found.get("StatusDetails") or found.get("Status", "")
                if found.get("Status") in _ENDED:
                    return _ended(what, instance_id, command, found)
            waited = self._clock() - begun
            if waited > (_UNSEEN if found is None else DELIVERY_SECONDS + seconds + _GRACE):
                raise ResourceError(
                    what,
                    f"after {waited:.0f} s the command is still {shown(state)}",
                    f"See what became of it: aws ssm get-command-invocation --command-id {command} --instance-id {instance_id}",
                    retryable=True,
                )
            sleep(pause)
        raise AssertionError("the pauses never end")

    def _invocation(self, what: str, command: str, instance_id: str) -> GetCommandInvocationResultTypeDef | None:
        with self._clients.working(what, "ssm"):
            try:
                return self._clients.ssm.get_command_invocation(CommandId=command, InstanceId=instance_id)
            except ClientError as error:
                if code(error) == "InvocationDoesNotExist":
                    return None
                raise


def _ended(what: str, instance_id: str, command: str, found: GetCommandInvocationResultTypeDef) -> Ran:
    details, status = found.get("StatusDetails", ""), found.get("ResponseCode", -1)
    # A script that ran and failed has an exit status of its own; everything else never came to its end.
    if found.get("Status") == "Success" or (details == "Failed" and status > 0):
        return Ran(status, found.get("StandardOutputContent", ""), found.get("StandardErrorContent", ""))
    raise ResourceError(
        what,
        _BECAUSE.get(details, f"the command ended as {shown(details)}, exit status {status}"),
        f"See what it said: aws ssm get-command-invocation --command-id {command} --instance-id {instance_id}",
        retryable=details not in ("Access Denied", "AccessDenied", "Invalid Platform", "InvalidPlatform"),
    )


def _unmanaged(what: str, instance_id: str) -> UnreachedError:
    return UnreachedError(
        what,
        f"{instance_id} is not managed by Systems Manager",
        "It needs the agent, a way to Systems Manager, and an instance profile with AmazonSSMManagedInstanceCore; then it is "
        "listed by: aws ssm describe-instance-information",
    )
