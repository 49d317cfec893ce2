"""The machines that are made (EC2 user guide, "Launch, list, and terminate Amazon EC2 instances")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner, Ref
from strategies.kinds import Ec2InstanceResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.instance_launch import Launcher
from strategies.resources.aws.instance_states import GONE, Watch
from strategies.resources.aws.tags import as_mapping, owner_filters, owner_of
from strategies.resources.parallel import both

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, NetworkInterfaceTypeDef

_ENDING = "shutting-down"
_THERE = ["pending", "running", "stopping", "stopped", _ENDING]
_IMDS = "IMDSv2 alone"
_FREE = "Answer a free address of that subnet (in bastionProxy.proxy.url, or privateServer.own.address)."


class Ec2InstanceHandler:
    """Reads and carries out ``Ec2InstanceResource``.

    There is one machine of ours for each instance of the program, known by its tags. Its address is fixed: what stands there
    already, and is not our machine, is in the way.
    """

    kind: Final = "ec2-instance"
    rank: int = 40
    group = Group.AWS
    noun = "Machine"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._launcher = Launcher(clients)
        self._watch = Watch(clients)

    def read(self, resource: Ec2InstanceResource) -> Observed | None:
        """Our machine, else what holds its address. Raises ResourceError."""
        with self._clients.working(f"read machine {resource.name}", "ec2"):
            machines, holders = both(lambda: self._machines(resource.owner), lambda: self._holders(resource))
        # One that goes away counts last. Of several others, which only somebody's copying of tags can make, the one at the
        # address is the one.
        machines.sort(key=lambda one: (_ending(one), one.get("PrivateIpAddress") != resource.private_address))
        machine = machines[0].get("InstanceId", "") if machines else None
        taken = [one for one in holders if machine is None or one.get("Attachment", {}).get("InstanceId") != machine]
        if machines:
            return _observed(machines[0], ", ".join(map(_holder, taken)))
        return _in_the_way(taken[0]) if taken else None

    def plan(self, resource: Ec2InstanceResource, observed: Observed | None) -> Change:
        """Launch it, start it, launch it anew where EC2 cannot change what differs, or name what has its address."""
        if observed is None:
            return changes.create(self.kind, resource, _asked(resource))
        taken = observed.fields["taken_by"]
        if taken:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"{resource.private_address} is the address of {taken}.",
                _FREE,
            )
        fixed = [
            FieldDiff(path, observed.fields[name], wanted)
            for path, name, wanted in (
                ("subnet", "subnet_id", resource.subnet_id),
                ("address", "private_address", resource.private_address),
                ("type", "instance_type", resource.instance_type),
                ("profile", "profile", resource.profile_name),
            )
            if observed.fields[name] != wanted
        ]
        # What a parameter names changes every week; an image that was named is the one that is wanted.
        if resource.image_id is not None and observed.fields["image"] != resource.image_id:
            fixed.append(FieldDiff("image", observed.fields["image"], resource.image_id))
        if fixed:
            return changes.replace(self.kind, resource, observed, fixed)
        if observed.fields["state"] == _ENDING:
            return changes.replace(self.kind, resource, observed, [FieldDiff("state", _ENDING, "running")])
        differs: list[FieldDiff] = []
        if observed.fields["state"] != "running":
            differs.append(FieldDiff("state", observed.fields["state"], "running"))
        if observed.fields["metadata"] != _IMDS:
            differs.append(FieldDiff("metadata", observed.fields["metadata"], _IMDS))
        return changes.settle(self.kind, resource, observed, differs)

    def create(self, resource: Ec2InstanceResource, run: Execution) -> Mapping[str, str]:
        """Launch the machine and wait until Systems Manager hears of it.

        The address keeps a repeated run from making a second machine, and not only a client token: one that EC2 has seen
        already would give a machine back that was deleted meanwhile.
        """
        found = self.read(resource)
        if found is not None and found.fields.get("state") == _ENDING:
            self._watch.until(found.provider_id, "terminated", run)
            found = self.read(resource)
        if found is not None and found.owner == resource.owner:
            return self.update(resource, found, run)
        if found is not None:
            raise _taken(resource, str(found.fields["taken_by"]))
        launched = self._launcher.launch(resource, run.output(Ref(resource.security_group, "id")), run)
        if launched is None:
            return self._found_after_all(resource, run)
        return self._online(resource, launched, run)

    def update(self, resource: Ec2InstanceResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Shut IMDSv1, start it, wait until Systems Manager hears of it."""
        machine = observed.provider_id
        ec2 = self._clients.ec2
        if observed.fields["metadata"] != _IMDS:
            arguments: dict[str, Json] = {"InstanceId": machine, "HttpTokens": "required", "HttpPutResponseHopLimit": 1}
            with (
                self._clients.working(f"have machine {machine} answer IMDSv2 alone", "ec2"),
                run.mutation("ec2:ModifyInstanceMetadataOptions", arguments),
            ):
                ec2.modify_instance_metadata_options(InstanceId=machine, HttpTokens="required", HttpPutResponseHopLimit=1)
        if observed.fields["state"] == "stopping":
            self._watch.until(machine, "stopped", run)
        if observed.fields["state"] in ("stopping", "stopped"):
            with (
                self._clients.working(f"start machine {machine}", "ec2"),
                run.mutation("ec2:StartInstances", {"InstanceIds": [machine]}),
            ):
                ec2.start_instances(InstanceIds=[machine])
        return self._online(resource, machine, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Terminate the machine and wait until it is gone, with its network interface: the security group can then go too."""
        machine = observed.provider_id
        with (
            self._clients.working(f"terminate machine {machine}", "ec2"),
            run.mutation("ec2:TerminateInstances", {"InstanceIds": [machine]}),
        ):
            try:
                self._clients.ec2.terminate_instances(InstanceIds=[machine])
            except ClientError as error:
                if code(error) not in GONE:
                    raise
                return
        self._watch.until(machine, "terminated", run)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every machine of the region with the owner's tags that is not gone."""
        with self._clients.working("list EC2 instances", "ec2"):
            return [_observed(one, "") for one in self._machines(owner)]

    def _machines(self, owner: Owner) -> list[InstanceTypeDef]:
        pages = self._clients.ec2.get_paginator("describe_instances").paginate(
            Filters=[*owner_filters(owner), {"Name": "instance-state-name", "Values": _THERE}]
        )
        return [one for page in pages for group in page["Reservations"] for one in group.get("Instances", ())]

    def _holders(self, resource: Ec2InstanceResource) -> list[NetworkInterfaceTypeDef]:
        """The network interface at the address, if there is one: at most one in a VPC."""
        return self._clients.ec2.describe_network_interfaces(
            Filters=[
                {"Name": "vpc-id", "Values": [resource.vpc_id]},
                {"Name": "addresses.private-ip-address", "Values": [resource.private_address]},
            ]
        )["NetworkInterfaces"]

    def _found_after_all(self, resource: Ec2InstanceResource, run: Execution) -> Mapping[str, str]:
        """EC2 says that the address is in use: ours, a moment ago, or somebody else's."""
        found = self.read(resource)
        if found is not None and found.owner == resource.owner:
            return self.update(resource, found, run)
        raise _taken(resource, "something else" if found is None else str(found.fields["taken_by"]))

    def _online(self, resource: Ec2InstanceResource, machine: str, run: Execution) -> Mapping[str, str]:
        self._watch.until(machine, "running", run)
        self._watch.online(machine, run)
        return {"id": machine, "address": resource.private_address}


def _taken(resource: Ec2InstanceResource, holder: str) -> ResourceError:
    return ResourceError(
        f"make machine {resource.name}",
        f"its address {resource.private_address} belongs to {holder}",
        f"{_FREE} Then plan again.",
    )


def _ending(machine: InstanceTypeDef) -> bool:
    return machine.get("State", {}).get("Name") == _ENDING


def _observed(machine: InstanceTypeDef, taken: str) -> Observed:
    tags = as_mapping(machine.get("Tags", ()))
    identifier, address = machine.get("InstanceId", ""), machine.get("PrivateIpAddress", "")
    tokens = machine.get("MetadataOptions", {}).get("HttpTokens", "optional")
    fields: dict[str, Json] = {
        "name": tags.get("Name") or identifier,
        "vpc_id": machine.get("VpcId", ""),
        "subnet_id": machine.get("SubnetId", ""),
        "private_address": address,
        "instance_type": machine.get("InstanceType", ""),
        "image": machine.get("ImageId", ""),
        "profile": machine.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2],
        "state": machine.get("State", {}).get("Name", ""),
        "metadata": _IMDS if tokens == "required" else "IMDSv1 too",
        "taken_by": taken,
    }
    return Observed(identifier, fields, owner_of(tags), {"id": identifier, "address": address})


def _in_the_way(interface: NetworkInterfaceTypeDef) -> Observed:
    holder = _holder(interface)
    return Observed(interface.get("NetworkInterfaceId", ""), {"name": holder, "taken_by": holder}, None, {})


def _holder(interface: NetworkInterfaceTypeDef) -> str:
    machine = interface.get("Attachment", {}).get("InstanceId")
    return f"machine {machine}" if machine else f"network interface {interface.get('NetworkInterfaceId', '')}"


def _asked(resource: Ec2InstanceResource) -> list[FieldDiff]:
    return [
        FieldDiff("name", None, resource.name),
        FieldDiff("subnet", None, resource.subnet_id),
        FieldDiff("address", None, resource.private_address),
        FieldDiff("type", None, resource.instance_type),
        FieldDiff("image", None, resource.image_id or resource.image_parameter),
        FieldDiff("profile", None, resource.profile_name),
        FieldDiff("metadata", None, _IMDS),
        FieldDiff("disk", None, "encrypted gp3"),
        FieldDiff("public address", None, "none"),
    ]
