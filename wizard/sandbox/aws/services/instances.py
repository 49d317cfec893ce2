"""Machines that are refused, pending, running, shutting down and gone as in AWS (EC2 API reference, RunInstances and on;
EC2 user guide, "Amazon EC2 instance state changes")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError
from moto.ec2.models.amis import Ami
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance, InstanceState, Reservation
from moto.iam.models import InstanceProfile

from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.services.endpoints import EndpointsBackend

PENDING_SECONDS = 1.0
SHUTTING_DOWN_SECONDS = 1.0
HEARD_SECONDS = 2.0
"""After that long a machine that runs reports to Systems Manager; in AWS it is more like a minute."""
KNOWN_SECONDS = 2.0
"""How long EC2 does not know what IAM has just been told (IAM user guide, "Changes that I make are not always immediately
visible")."""

_PENDING, _SHUTTING_DOWN = ("pending", 0), ("shutting-down", 32)
_RESERVED = 4
"""AWS keeps the first four addresses of a subnet and the last (VPC user guide, "Subnet sizing")."""


class InstancesBackend(EndpointsBackend):
    """The part of the sandbox's EC2 that launches, starts, stops and ends machines; states follow the sandbox's clock."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._due: dict[str, tuple[datetime, str]] = {}
        self._heard_from: dict[str, datetime] = {}

    def all_reservations(self, filters: Mapping[str, object] | None = None) -> list[Reservation]:
        """Every reservation, its machines in the state that they are in by now."""
        self.settle()
        return list(super().all_reservations(filters))

    def settle(self) -> None:
        """Bring to their next state the machines whose time has come."""
        now = self.world.clock()
        for reservation in list(self.reservations.values()):
            for instance in reservation.instances:
                due, what = self._due.get(instance.id, (None, ""))
                if due is None or now < due:
                    continue
                del self._due[instance.id]
                if what == "run":
                    instance.start()
                else:
                    instance.terminate()

    def launched(self, instance: Instance) -> None:
        """A machine that RunInstances or StartInstances gave: it is pending at first."""
        instance._state = InstanceState(*_PENDING)
        runs = self.world.clock() + timedelta(seconds=PENDING_SECONDS)
        self._due[instance.id] = (runs, "run")
        self._heard_from[instance.id] = runs + timedelta(seconds=HEARD_SECONDS)

    def start_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        """StartInstances: a machine that runs already stays as it is."""
        started = []
        for instance in self.get_multi_instances_by_id(instance_ids):
            before = InstanceState(instance.state, instance.state_code)
            if instance.state not in ("stopped", "running", "pending"):
                message = f"The instance '{instance.id}' is not in a state from which it can be started."
                raise AwsError("IncorrectInstanceState", message)
            if instance.state == "stopped":
                self.launched(instance)
            started.append((instance, before))
        return started

    def terminate_instances(self, instance_ids: list[str]) -> list[tuple[Instance, InstanceState]]:
        """TerminateInstances: gone already is no error."""
        ended = []
        for instance in self.get_multi_instances_by_id(instance_ids):
            before = InstanceState(instance.state, instance.state_code)
            if instance.disable_api_termination is True:
                message = f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiTermination' attribute."
                raise AwsError("OperationNotPermitted", message)
            if instance.state not in ("shutting-down", "terminated"):
                instance._state = InstanceState(*_SHUTTING_DOWN)
                self._due[instance.id] = (self.world.clock() + timedelta(seconds=SHUTTING_DOWN_SECONDS), "end")
            ended.append((instance, before))
        return ended

    def heard(self, instance: Instance) -> bool:
        """True when a launched machine's agent has had the time to report."""
        since = self._heard_from.get(instance.id)
        return since is not None and self.world.clock() >= since

    def made_by_call(self, instance: Instance) -> bool:
        """True for a machine that the scenario does not know."""
        return instance.id not in {one.id for vpc in self.world.scenario.vpcs for one in vpc.instances}

    def usable_image(self, image_id: str, instance_type: str) -> Ami:
        """The image, fit for the type. Raises AwsError."""
        image = self.amis.get(image_id)
        if image is None:
            raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
        if instance_type not in INSTANCE_TYPES:
            raise AwsError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")
        offered = INSTANCE_TYPES[instance_type]["ProcessorInfo"]["SupportedArchitectures"]
        if image.architecture not in offered:
            message = (
                f"The architecture '{','.join(offered)}' of the specified instance type does not match the architecture "
                f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching "
                "architectures, and try again."
            )
            raise AwsError("InvalidParameterValue", message)
        return image

    def check_groups(self, subnet_id: str, group_ids: list[str]) -> None:
        """Raise AwsError for a group that is not there, or is of another VPC."""
        vpc = self.get_subnet(subnet_id).vpc_id
        for group_id in group_ids:
            group = self.get_security_group_from_id(group_id)
            if group is None:
                raise InvalidSecurityGroupNotFoundError(group_id)
            if group.vpc_id != vpc:
                message = f"Security group {group_id} and subnet {subnet_id} belong to different networks."
                raise AwsError("InvalidParameter", message)

    def check_address(self, subnet_id: str, address: str) -> None:
        """Raise AwsError for an address that a machine cannot have in this subnet."""
        network, wanted = ip_network(self.get_subnet(subnet_id).cidr_block), ip_address(address)
        if wanted not in network:
            raise AwsError("InvalidParameterValue", f"Address {address} does not fall within the subnet's address range")
        place = int(wanted) - int(network.network_address)
        if place < _RESERVED or wanted == network.broadcast_address:
            raise AwsError("InvalidParameterValue", f"Address {address} is in subnet's reserved address range")
        self.settle()
        if any(one.subnet.id == subnet_id and one.private_ip_address == address for one in self.enis.values()):
            raise AwsError("InvalidIPAddress.InUse", f"Address {address} is in use.")

    def usable_profile(self, name: str) -> InstanceProfile:
        """The instance profile, once EC2 knows it and its role. Raises AwsError."""
        profile = self.world.iam.instance_profiles.get(name)
        changed: datetime | None = getattr(profile, "changed_at", None)
        known = changed is None or self.world.clock() >= changed + timedelta(seconds=KNOWN_SECONDS)
        if profile is None or not known:
            message = f"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
            raise AwsError("InvalidParameterValue", message)
        if not profile.roles:
            raise AwsError("InvalidParameterValue", f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles')
        return profile
