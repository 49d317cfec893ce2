"""A private hosted zone of Route 53 that is exactly one name, and leads it to one address in one VPC.

Route 53 takes no tags when a zone is made. Until it has them, a zone is known by the caller reference that it was made with, so
that a crash in between leaves none without an owner (Route 53 API reference, CreateHostedZone).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import PrivateNameResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import DENIED, code
from strategies.resources.aws.tags import as_mapping, owner_of, told
from strategies.resources.parallel import together

if TYPE_CHECKING:
    from mypy_boto3_route53.literals import VPCRegionType
    from mypy_boto3_route53.type_defs import (
        HostedZoneSummaryTypeDef,
        HostedZoneTypeDef,
        ListHostedZonesByVPCRequestTypeDef,
        ResourceRecordSetOutputTypeDef,
    )

_MISSING = "NoSuchHostedZone"
_REFERENCE = "ezgitops/"
_TTL_SECONDS = 60
_ASKED_AT_ONCE = 10
"""The most zones whose tags ListTagsForResources tells."""
_OWN_RECORDS = ("NS", "SOA")
"""What every zone has, and loses with itself."""
_PATIENCE_SECONDS = 180.0
_PAUSE_SECONDS = 3.0


class PrivateNameHandler:
    """Reads and carries out ``PrivateNameResource``."""

    kind: Final = "private-name"
    rank: int = 25
    group = Group.AWS
    noun = "Private name"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: PrivateNameResource) -> Observed | None:
        """The zone of exactly this name that answers in the VPC, with where the name leads. Raises ResourceError."""
        with self._clients.working(f"read private zone {resource.name}", "route53"):
            found = self._in_vpc(resource)
            if found is None:
                return None
            identity = _short(found["HostedZoneId"])
            try:
                zone = self._clients.route53.get_hosted_zone(Id=identity)["HostedZone"]
                target = self._target(identity, resource.name)
            except ClientError as error:
                # Another account's zone that was tied to this VPC: it answers here, and cannot be looked into.
                if code(error) not in (*DENIED, _MISSING):
                    raise
                fields: dict[str, Json] = {
                    "name": resource.name,
                    "target": None,
                    "account": found["Owner"].get("OwningAccount"),
                }
                return Observed(identity, fields, None, {"id": identity})
            owner = self._owners([zone])[identity]
        return _observed(zone, owner, target)

    def plan(self, resource: PrivateNameResource, observed: Observed | None) -> Change:
        """Create it, lead the name to the address, use a foreign zone in which it leads there, or name the conflict."""
        if observed is None:
            diff = [FieldDiff("zone", None, resource.name), FieldDiff("leads to", None, resource.target)]
            return changes.create(self.kind, resource, diff)
        target = observed.fields["target"]
        if observed.owner == resource.owner:
            differs = [] if target == resource.target else [FieldDiff("leads to", target, resource.target)]
            return changes.settle(self.kind, resource, observed, differs)
        if target == resource.target:
            return changes.use_foreign(self.kind, resource, observed)
        leads = "has no address there" if target is None else f"leads to {target} there"
        return changes.conflict(
            self.kind,
            resource,
            observed,
            f"Private hosted zone {observed.provider_id} answers for {resource.name} in the VPC, and the name {leads}.",
            f"Lead it to {resource.target} by an A record in that zone, or answer another name: "
            f"aws route53 list-resource-record-sets --hosted-zone-id {observed.provider_id}",
        )

    def create(self, resource: PrivateNameResource, run: Execution) -> Mapping[str, str]:
        """Make the zone, tie it to the VPC, tag it, and set its one record."""
        what = f"make private zone {resource.name}"
        found = self.read(resource)
        if found is not None and found.owner != resource.owner:
            why = "a zone of this name was tied to the VPC by somebody else in the meantime"
            raise ResourceError(what, why, "Plan again: it is used when it fits.")
        identity = found.provider_id if found is not None else self._make(what, resource, run)
        self._tag(what, identity, resource, run)
        self._lead(what, identity, resource, run)
        return {"id": identity}

    def update(self, resource: PrivateNameResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Lead the name to the address that is asked for."""
        what = f"change private zone {resource.name}"
        self._tag(what, observed.provider_id, resource, run)
        self._lead(what, observed.provider_id, resource, run)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete the record and the zone; what somebody else put into it is named, and keeps it."""
        zone, name = observed.provider_id, str(observed.fields["name"])
        what = f"delete private zone {name}"
        with self._clients.working(what, "route53"):
            try:
                pages = self._clients.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
                records = [one for page in pages for one in page["ResourceRecordSets"] if one["Type"] not in _OWN_RECORDS]
            except ClientError as error:
                if code(error) == _MISSING:
                    return
                raise
            strange = [f"{one['Type']} {one['Name']}" for one in records if not _is_ours(one, name)]
            if strange:
                command = f"aws route53 list-resource-record-sets --hosted-zone-id {zone}"
                why = f"somebody else's records are in it: {', '.join(strange[:5])}"
                raise ResourceError(what, why, f"Move them to another zone, then run destroy again: {command}")
            for record in records:
                self._change(zone, "DELETE", record, run)
            with run.mutation("route53:DeleteHostedZone", {"Id": zone}):
                try:
                    self._clients.route53.delete_hosted_zone(Id=zone)
                except ClientError as error:
                    if code(error) != _MISSING:
                        raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every private zone of the account that is the owner's."""
        with self._clients.working("list private zones", "route53"):
            pages = self._clients.route53.get_paginator("list_hosted_zones").paginate()
            zones = [one for page in pages for one in page["HostedZones"] if one.get("Config", {}).get("PrivateZone")]
            owners = self._owners(zones)
        return [_observed(one, owner, None) for one in zones if owners[_short(one["Id"])] == owner]

    def _in_vpc(self, resource: PrivateNameResource) -> HostedZoneSummaryTypeDef | None:
        region = self._clients.region or self._clients.configured_region() or ""
        request: ListHostedZonesByVPCRequestTypeDef = {"VPCId": resource.vpc_id, "VPCRegion": cast("VPCRegionType", region)}
        while True:
            answer = self._clients.route53.list_hosted_zones_by_vpc(**request)
            for one in answer["HostedZoneSummaries"]:
                if _plain(one["Name"]) == resource.name and "OwningService" not in one["Owner"]:
                    return one
            if not answer.get("NextToken"):
                return None
            request["NextToken"] = answer["NextToken"]

    def _target(self, zone: str, name: str) -> str | None:
        """Where the name leads: its address, several with commas between, or None."""
        listed = self._clients.route53.list_resource_record_sets(
            HostedZoneId=zone, StartRecordName=name, StartRecordType="A", MaxItems="1"
        )["ResourceRecordSets"]
        for one in listed:
            if one["Type"] == "A" and _plain(one["Name"]) == name:
                return ",".join(sorted(record["Value"] for record in one.get("ResourceRecords", ()))) or "an alias"
        return None

    def _owners(self, zones: list[HostedZoneTypeDef]) -> dict[str, Owner | None]:
        """Whose each zone is: by its tags, or, where it has none, by the caller reference it was made with."""
        ids = [_short(one["Id"]) for one in zones]
        chunks = [ids[start : start + _ASKED_AT_ONCE] for start in range(0, len(ids), _ASKED_AT_ONCE)]

        def ask(chunk: list[str]) -> dict[str, dict[str, str]]:
            answer = self._clients.route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=chunk)
            return {_short(one.get("ResourceId", "")): as_mapping(one.get("Tags", ())) for one in answer["ResourceTagSets"]}

        tags: dict[str, dict[str, str]] = {}
        for answer in together([partial(ask, chunk) for chunk in chunks]):
            tags |= answer
        return {
            identity: owner_of(found) if (found := tags.get(identity, {})) else _made_for(zone.get("CallerReference", ""))
            for identity, zone in zip(ids, zones, strict=True)
        }

    def _make(self, what: str, resource: PrivateNameResource, run: Execution) -> str:
        region = self._clients.region or self._clients.configured_region() or ""
        reference = f"{_REFERENCE}{resource.owner.instance}/{run.now():%Y%m%dT%H%M%S%f}"
        comment = f"ezgitops {resource.owner.instance}: this one name, for the VPC alone"
        arguments: dict[str, Json] = {
            "Name": resource.name,
            "CallerReference": reference,
            "VPC": {"VPCRegion": region, "VPCId": resource.vpc_id},
            "HostedZoneConfig": {"Comment": comment, "PrivateZone": True},
        }
        with self._clients.working(what, "route53"), run.mutation("route53:CreateHostedZone", arguments):
            try:
                made = self._clients.route53.create_hosted_zone(
                    Name=resource.name,
                    CallerReference=reference,
                    VPC={"VPCRegion": cast("VPCRegionType", region), "VPCId": resource.vpc_id},
                    HostedZoneConfig={"Comment": comment, "PrivateZone": True},
                )
            except ClientError as error:
                if code(error) == "ConflictingDomainExists":
                    why = "another zone of this name is tied to the VPC, and not listed yet"
                    raise ResourceError(what, why, "Run it again in a minute.", retryable=True) from error
                raise
        return _short(made["HostedZone"]["Id"])

    def _tag(self, what: str, zone: str, resource: PrivateNameResource, run: Execution) -> None:
        tags = {**resource.owner.tags, "Name": resource.name}
        with self._clients.working(what, "route53"):
            answer = self._clients.route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])
            present = {k: v for one in answer["ResourceTagSets"] for k, v in as_mapping(one.get("Tags", ())).items()}
            if present.items() >= tags.items():
                return
            call: dict[str, Json] = {"ResourceType": "hostedzone", "ResourceId": zone, "AddTags": told(tags)}
            with run.mutation("route53:ChangeTagsForResource", call):
                self._clients.route53.change_tags_for_resource(
                    ResourceType="hostedzone", ResourceId=zone, AddTags=[{"Key": k, "Value": v} for k, v in tags.items()]
                )

    def _lead(self, what: str, zone: str, resource: PrivateNameResource, run: Execution) -> None:
        with self._clients.working(what, "route53"):
            if self._target(zone, resource.name) == resource.target:
                return
            record: ResourceRecordSetOutputTypeDef = {
                "Name": resource.name, "Type": "A", "TTL": _TTL_SECONDS, "ResourceRecords": [{"Value": resource.target}],
            }  # fmt: skip
            change = self._change(zone, "UPSERT", record, run)
            started = run.now()
            while self._clients.route53.get_change(Id=change)["ChangeInfo"]["Status"] != "INSYNC":
                if (run.now() - started).total_seconds() >= _PATIENCE_SECONDS:
                    command = f"aws route53 get-change --id {change}"
                    raise ResourceError(what, "Route 53 has not told all of its servers yet", f"Look again: {command}")
                run.progress("waits until every server of Route 53 knows it, usually a minute")
                run.sleep(_PAUSE_SECONDS)

    def _change(self, zone: str, action: str, record: ResourceRecordSetOutputTypeDef, run: Execution) -> str:
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        call: dict[str, Json] = {"HostedZoneId": zone, "ChangeBatch": cast("Json", batch)}
        with run.mutation("route53:ChangeResourceRecordSets", call):
            answer = self._clients.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)  # type: ignore[arg-type]
        return answer["ChangeInfo"]["Id"].rpartition("/")[2]


def _is_ours(record: ResourceRecordSetOutputTypeDef, name: str) -> bool:
    return record["Type"] == "A" and _plain(record["Name"]) == name


def _observed(zone: HostedZoneTypeDef, owner: Owner | None, target: str | None) -> Observed:
    identity = _short(zone["Id"])
    fields: dict[str, Json] = {"name": _plain(zone["Name"]), "target": target}
    return Observed(identity, fields, owner, {"id": identity})


def _made_for(reference: str) -> Owner | None:
    """The owner in a caller reference of ours (``ezgitops/INSTANCE/TIME``)."""
    parts = reference.split("/")
    return Owner(parts[1]) if reference.startswith(_REFERENCE) and len(parts) == 3 else None


def _short(identity: str) -> str:
    """``Z0123`` of ``/hostedzone/Z0123``."""
    return identity.rpartition("/")[2]


def _plain(name: str) -> str:
    return name.rstrip(".").lower()
