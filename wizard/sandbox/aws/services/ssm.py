"""Systems Manager that knows which instances of the scenario it manages (SSM API reference)."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance as LaunchedInstance
from moto.ssm.responses import SimpleSystemManagerResponse

from wizard.sandbox.aws.scenario import Instance
from wizard.sandbox.aws.services import agents
from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.services.commands import RunCommandApi
from wizard.sandbox.aws.services.ec2 import SandboxEc2

_FILTERS = (
    "ActivationIds", "AgentVersion", "AssociationStatus", "IamRole", "InstanceIds", "PingStatus", "PlatformTypes",
    "ResourceType", "SourceIds", "SourceTypes",
)  # fmt: skip
_SMALLEST_PAGE, _LARGEST_PAGE = 5, 50


class SandboxSsmApi(RunCommandApi, SimpleSystemManagerResponse):
    """The operations that moto lacks, or does not carry out."""

    def ping_status(self, instance_id: str) -> str | None:
        """Whether the agent of a machine is heard; None: it never was."""
        return next((one["PingStatus"] for one in self._everything() if one["InstanceId"] == instance_id), None)

    def describe_instance_information(self) -> ActionResult:
        """DescribeInstanceInformation, with ``Filters`` of what a scenario can tell."""
        size = int(self._get_param("MaxResults") or _LARGEST_PAGE)
        if not _SMALLEST_PAGE <= size <= _LARGEST_PAGE:
            raise AwsError("ValidationException", f"MaxResults {size} is not between {_SMALLEST_PAGE} and {_LARGEST_PAGE}")
        found = self._everything()
        for condition in self._get_param("Filters") or []:
            name, values = condition["Key"], condition["Values"]
            if name not in _FILTERS:
                raise AwsError("InvalidFilterKey", f"The filter key {name} is not valid.")
            field = {"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType"}.get(name, name)
            found = [one for one in found if one.get(field) in values]
        start = int(self._get_param("NextToken") or 0)
        answer: dict[str, object] = {"InstanceInformationList": found[start : start + size]}
        if start + size < len(found):
            answer["NextToken"] = str(start + size)
        return ActionResult(answer)

    def _everything(self) -> list[dict[str, str]]:
        seeded = (one for vpc in self.world.scenario.vpcs for one in vpc.instances)
        ec2: SandboxEc2 = self.world.ec2
        launched = (one for one in ec2.all_instances() if ec2.made_by_call(one) and one.state != "terminated")
        found = (*map(self._told, seeded), *map(self._launched, launched))
        return [told for told in found if told is not None]

    def _launched(self, instance: LaunchedInstance) -> dict[str, str] | None:
        """What is said of a machine that was launched; None: its agent does not get through, or has not yet."""
        status = agents.ping_status(self.world, instance)
        if status is None:
            return None
        return {
            "InstanceId": instance.id,
            "PingStatus": status,
            "PlatformType": "Linux",
            "PlatformName": "Amazon Linux",
            "PlatformVersion": "2023",
            "ResourceType": "EC2Instance",
            "IPAddress": str(instance.private_ip),
        }

    def _told(self, instance: Instance) -> dict[str, str] | None:
        """What is said of a machine of the scenario; None: it was never heard of, or is gone."""
        if instance.platform is None or instance.ssm == "none":
            return None
        state = next((one.state for one in self.world.ec2.all_instances() if one.id == instance.id), "terminated")
        if state == "terminated":
            return None
        name, version = instance.platform
        return {
            "InstanceId": instance.id,
            "PingStatus": "Online" if instance.ssm == "online" and state == "running" else "ConnectionLost",
            "PlatformType": "Linux",
            "PlatformName": name,
            "PlatformVersion": version,
            "ResourceType": "EC2Instance",
            "IPAddress": instance.address,
        }
