"""Waiting for a machine: until EC2 says that it is in a state, and until Systems Manager hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from strategies.common.shown import shown
from strategies.ports import Execution, ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

GONE = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
_PATIENCE_SECONDS = 600.0
_USUAL_SECONDS = {"running": 30.0, "stopped": 60.0, "terminated": 60.0}
_USUALLY_ONLINE_SECONDS = 90.0
_FIRST_PAUSE, _LAST_PAUSE, _LATENESS = 0.5, 10.0, 0.2
_ENDING = ("shutting-down", "terminated")


class Watch:
    """Looks at machines until they are as they should be."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def until(self, machine: str, state: Literal["running", "stopped", "terminated"], run: Execution) -> None:
        """Wait until EC2 says that the machine is in ``state``. Raises ResourceError with the last state seen."""
        what = f"wait until machine {machine} is {state}"
        started = run.now()
        while True:
            found = self._look(what, machine)
            seen = "not listed yet" if found is None else found.get("State", {}).get("Name", "")
            if seen == state or (found is None and state == "terminated"):
                return
            if seen in _ENDING and state != "terminated":
                reason = shown((found or {}).get("StateReason", {}).get("Message", "")) or "EC2 does not say why"
                raise ResourceError(what, f"it is {seen}: {reason}", "Mend what EC2 names, then run it again.")
            waited = (run.now() - started).total_seconds()
            if waited >= _PATIENCE_SECONDS:
                why = f"after {int(_PATIENCE_SECONDS // 60)} minutes it is still {seen}"
                remedy = f"Run it again to go on waiting. See it with: aws ec2 describe-instances --instance-ids {machine}"
                raise ResourceError(what, why, remedy, retryable=True)
            run.progress(f"{seen}, usually a minute", min(0.95, waited / _USUAL_SECONDS[state]))
            run.sleep(_pause(waited))

    def online(self, machine: str, run: Execution) -> None:
        """Wait until Systems Manager says that the machine's agent is there. Raises ResourceError."""
        what = f"wait until Systems Manager hears of machine {machine}"
        started = run.now()
        while True:
            with self._clients.working(what, "ssm"):
                found = self._clients.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [machine]}])[
                    "InstanceInformationList"
                ]
            seen = found[0].get("PingStatus", "") if found else "not heard of yet"
            if seen == "Online":
                return
            waited = (run.now() - started).total_seconds()
            if waited >= _PATIENCE_SECONDS:
                raise ResourceError(
                    what,
                    f"after {int(_PATIENCE_SECONDS // 60)} minutes it is {seen}",
                    "See to its subnet's way out (a NAT gateway), or to the endpoints ssm, ssmmessages and ec2messages, and to "
                    "what the role's permissions boundary lets through; then run it again.",
                    retryable=True,
                )
            run.progress(f"it runs; Systems Manager: {seen}, usually a minute", min(0.95, waited / _USUALLY_ONLINE_SECONDS))
            run.sleep(_pause(waited))

    def _look(self, what: str, machine: str) -> InstanceTypeDef | None:
        with self._clients.working(what, "ec2"):
            try:
                groups = self._clients.ec2.describe_instances(InstanceIds=[machine])["Reservations"]
            except ClientError as error:
                if code(error) not in GONE:
                    raise
                return None
        return next((one for group in groups for one in group.get("Instances", ())), None)


def _pause(waited: float) -> float:
    return min(_LAST_PAUSE, max(_FIRST_PAUSE, waited * _LATENESS))
