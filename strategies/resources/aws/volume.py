"""The data volume of a machine: made, attached, grown, and kept while it may hold data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import HOLDS_TAG, DataVolumeResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.squid import find, place_filters
from strategies.resources.aws.tags import as_mapping, ec2_tags, owner_filters, owner_of, told
from strategies.resources.parallel import both

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef, VolumeTypeDef

_MISSING = "InvalidVolume.NotFound"
_GONE = ("deleting", "deleted")
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 3.0


def machine_made_of(machine: InstanceTypeDef) -> tuple[str, str, str]:
    """Image, instance type and instance profile of a machine (``DataVolumeResource.made_of``)."""
    profile = machine.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]
    return machine.get("ImageId", ""), machine.get("InstanceType", ""), profile


def find_volume(clients: AwsClients, owner: Owner, name: str) -> VolumeTypeDef | None:
    """The volume of this name that carries the owner's tags: one in use before others. Raises botocore's errors."""
    # A machine's own disk may carry the same name: it has no word of what it holds.
    named: list[FilterTypeDef] = [{"Name": "tag:Name", "Values": [name]}, {"Name": "tag-key", "Values": [HOLDS_TAG]}]
    pages = clients.ec2.get_paginator("describe_volumes").paginate(Filters=[*owner_filters(owner), *named])
    found = [one for page in pages for one in page["Volumes"] if one.get("State") not in _GONE]
    return min(found, key=lambda one: (one.get("State") != "in-use", one.get("VolumeId", "")), default=None)


class DataVolumeHandler:
    """Reads and carries out ``DataVolumeResource``. A volume is found by its tags, so none of somebody else's is ever taken."""

    kind: Final = "data-volume"
    rank: int = 15
    group = Group.AWS
    noun = "Data volume"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: DataVolumeResource) -> Observed | None:
        """The volume of this name that is ours, with the machine that it is attached to. Raises ResourceError."""
        with self._clients.working(f"read data volume {resource.name}", "ec2"):
            volume, machine = both(
                lambda: find_volume(self._clients, resource.owner, resource.name), lambda: self._machine(resource)
            )
            zone = self._zone(resource) if volume is not None else ""
        if volume is None:
            return None
        observed = _observed(volume)
        fields = dict(observed.fields)
        fields["machine"] = None if machine is None else machine.get("InstanceId")
        fields["made_of"] = None if machine is None else list(machine_made_of(machine))
        fields["wanted_zone"] = zone
        return Observed(observed.provider_id, fields, observed.owner, observed.outputs, filled=observed.filled)

    def plan(self, resource: DataVolumeResource, observed: Observed | None) -> Change:
        """Create it, attach it, let it grow; a volume in another zone or larger than asked is a conflict."""
        if observed is None:
            asked: dict[str, Json] = {"name": resource.name, "size": f"{resource.size_gib} GiB gp3, encrypted"}
            return changes.create(self.kind, resource, [FieldDiff(name, None, value) for name, value in asked.items()])
        fields = observed.fields
        if fields["zone"] != fields["wanted_zone"]:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"Data volume {observed.provider_id} is in {fields['zone']}, the subnet of the machine in "
                f"{fields['wanted_zone']}: a volume does not move.",
                f"Choose a subnet in {fields['zone']}, or copy it by a snapshot: "
                f"aws ec2 create-snapshot --volume-id {observed.provider_id}",
            )
        if _size(observed) > resource.size_gib:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"Data volume {observed.provider_id} has {fields['size_gib']} GiB: a volume does not shrink.",
                f"Answer privateServer.own.dataGib: '{fields['size_gib']}'.",
            )
        return changes.settle(self.kind, resource, observed, _differences(resource, observed))

    def create(self, resource: DataVolumeResource, run: Execution) -> Mapping[str, str]:
        """Make the volume with its tags in one call, and attach it. One that a run before this made is carried on with."""
        what = f"make data volume {resource.name}"
        with self._clients.working(what, "ec2"):
            volume = find_volume(self._clients, resource.owner, resource.name)
        if volume is None:
            volume = self._make(what, resource, run)
        self._settle(what, resource, volume.get("VolumeId", ""), run)
        return {"id": volume.get("VolumeId", "")}

    def update(self, resource: DataVolumeResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Let it grow, and attach it to the machine that is there now."""
        self._settle(f"change data volume {resource.name}", resource, observed.provider_id, run)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete it once no machine has it any more; gone already is success."""
        volume, what = observed.provider_id, f"delete data volume {observed.provider_id}"
        started = run.now()
        while True:
            with self._clients.working(what, "ec2"), run.mutation("ec2:DeleteVolume", {"VolumeId": volume}):
                try:
                    self._clients.ec2.delete_volume(VolumeId=volume)
                    return
                except ClientError as error:
                    if code(error) == _MISSING:
                        return
                    if code(error) != "VolumeInUse":
                        raise
                    refusal = error
            if (run.now() - started).total_seconds() >= _PATIENCE_SECONDS:
                command = f"aws ec2 describe-volumes --volume-ids {volume} --query Volumes[].Attachments"
                raise ResourceError(what, "a machine still has it", f"See which one, and detach it: {command}") from refusal
            run.progress("waits until the machine has let go of it")
            run.sleep(_PAUSE_SECONDS)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every data volume of the region with the owner's tags; a machine's own disk is none, and goes with it."""
        with self._clients.working("list data volumes", "ec2"):
            pages = self._clients.ec2.get_paginator("describe_volumes").paginate(Filters=owner_filters(owner))
            found = [one for page in pages for one in page["Volumes"] if one.get("State") not in _GONE]
        return [_observed(one) for one in found if HOLDS_TAG in as_mapping(one.get("Tags", ()))]

    def _make(self, what: str, resource: DataVolumeResource, run: Execution) -> VolumeTypeDef:
        tags = {**resource.owner.tags, "Name": resource.name, HOLDS_TAG: "nothing"}
        with self._clients.working(what, "ec2"):
            zone = self._zone(resource)
        arguments: dict[str, Json] = {
            "AvailabilityZone": zone,
            "Size": resource.size_gib,
            "VolumeType": "gp3",
            "Encrypted": True,
            "TagSpecifications": [{"ResourceType": "volume", "Tags": told(tags)}],
        }
        with self._clients.working(what, "ec2"), run.mutation("ec2:CreateVolume", arguments):
            made = self._clients.ec2.create_volume(
                AvailabilityZone=zone,
                Size=resource.size_gib,
                VolumeType="gp3",
                Encrypted=True,
                TagSpecifications=[{"ResourceType": "volume", "Tags": ec2_tags(tags)}],
            )
        return {"VolumeId": made.get("VolumeId", ""), "State": made.get("State", "creating")}

    def _settle(self, what: str, resource: DataVolumeResource, volume: str, run: Execution) -> None:
        state = self._until(what, volume, ("available", "in-use"), run)
        if state.get("Size", resource.size_gib) < resource.size_gib:
            change: dict[str, Json] = {"VolumeId": volume, "Size": resource.size_gib}
            with self._clients.working(what, "ec2"), run.mutation("ec2:ModifyVolume", change):
                self._clients.ec2.modify_volume(VolumeId=volume, Size=resource.size_gib)
        with self._clients.working(what, "ec2"):
            machine = self._machine(resource)
        if machine is None:
            raise ResourceError(what, f"there is no machine at {resource.private_address}", "Plan again.", retryable=True)
        instance = machine.get("InstanceId", "")
        holder = _holder(state)
        if holder == instance:
            return
        if holder is not None:
            # It was replaced a moment ago: what is terminated lets go by itself.
            run.progress(f"waits until {holder} has let go of it")
            self._until(what, volume, ("available",), run)
        self._attach(what, resource, volume, instance, run)

    def _attach(self, what: str, resource: DataVolumeResource, volume: str, instance: str, run: Execution) -> None:
        call: dict[str, Json] = {"VolumeId": volume, "InstanceId": instance, "Device": resource.device}
        with self._clients.working(what, "ec2"), run.mutation("ec2:AttachVolume", call):
            try:
                self._clients.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=resource.device)
            except ClientError as error:
                if code(error) == "IncorrectState":
                    raise ResourceError(what, f"{instance} cannot take it yet", "Run it again.", retryable=True) from error
                raise
        self._until(what, volume, ("in-use",), run)

    def _until(self, what: str, volume: str, states: tuple[str, ...], run: Execution) -> VolumeTypeDef:
        started = run.now()
        while True:
            with self._clients.working(what, "ec2"):
                try:
                    found = self._clients.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
                except ClientError as error:
                    if code(error) != _MISSING:
                        raise
                    found = {"State": "creating"}  # EC2 is eventually consistent: it was made a moment ago
            state = found.get("State", "")
            if state in states:
                return found
            if state == "error" or (run.now() - started).total_seconds() >= _PATIENCE_SECONDS:
                command = f"aws ec2 describe-volumes --volume-ids {volume}"
                raise ResourceError(what, f"{volume} is {state}", f"See what EC2 says of it: {command}")
            run.progress(f"waits until {volume} is {' or '.join(states)}")
            run.sleep(_PAUSE_SECONDS)

    def _machine(self, resource: DataVolumeResource) -> InstanceTypeDef | None:
        found = find(self._clients, place_filters(None, resource.vpc_id, resource.private_address))
        return found[0] if found else None

    def _zone(self, resource: DataVolumeResource) -> str:
        subnets = self._clients.ec2.describe_subnets(SubnetIds=[resource.subnet_id])["Subnets"]
        return subnets[0].get("AvailabilityZone", "") if subnets else ""


def _observed(volume: VolumeTypeDef) -> Observed:
    tags, identity = as_mapping(volume.get("Tags", ())), volume.get("VolumeId", "")
    fields: dict[str, Json] = {
        "name": tags.get("Name") or identity,
        "size_gib": volume.get("Size", 0),
        "zone": volume.get("AvailabilityZone", ""),
        "encrypted": volume.get("Encrypted", False),
        "attached_to": _holder(volume),
        "kept": f"it holds the server's data (aws ec2 delete-volume --volume-id {identity} removes it and them)",
    }
    outputs = {"id": identity, "size": f"{volume.get('Size', 0)} GiB"}
    return Observed(identity, fields, owner_of(tags), outputs, filled=tags.get(HOLDS_TAG) not in (None, "nothing"))


def _holder(volume: VolumeTypeDef) -> str | None:
    held = (one.get("InstanceId") for one in volume.get("Attachments", ()) if one.get("State") != "detached")
    return next(held, None)


def _size(observed: Observed) -> int:
    size = observed.fields["size_gib"]
    return size if isinstance(size, int) else 0


def _differences(resource: DataVolumeResource, observed: Observed) -> list[FieldDiff]:
    fields, diff = observed.fields, list[FieldDiff]()
    if _size(observed) < resource.size_gib:
        diff.append(FieldDiff("size", f"{fields['size_gib']} GiB", f"{resource.size_gib} GiB"))
    attached = fields["attached_to"] is not None and fields["attached_to"] == fields["machine"]
    if not attached or fields["made_of"] != list(resource.made_of):
        diff.append(
            FieldDiff("attached to", fields["attached_to"] if attached else None, f"machine at {resource.private_address}")
        )
    return diff
