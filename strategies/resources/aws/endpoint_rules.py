"""When an interface endpoint fits, and what differs when it does not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from strategies.base import Change, FieldDiff, Json, Observed
from strategies.common.cidrs import uncovered
from strategies.common.passages import Passage, passage
from strategies.kinds import VpcEndpointResource
from strategies.resources.aws import changes, documents
from strategies.resources.aws.group_rules import open_cidrs, refers_elsewhere
from strategies.resources.aws.tags import as_mapping, owner_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SecurityGroupTypeDef, VpcEndpointTypeDef

PORT = 443


def observe(endpoint: VpcEndpointTypeDef, groups: Mapping[str, SecurityGroupTypeDef]) -> Observed:
    """An endpoint and the groups in front of it, in the words of ``VpcEndpointResource``."""
    permissions = [
        permission
        for one in endpoint.get("Groups", ())
        for permission in groups.get(one.get("GroupId", ""), {}).get("IpPermissions", ())
    ]
    fields: dict[str, Json] = {
        "service_name": endpoint["ServiceName"],
        "vpc_id": endpoint["VpcId"],
        "subnet_ids": sorted(endpoint.get("SubnetIds", ())),
        "security_group_ids": sorted(group["GroupId"] for group in endpoint.get("Groups", ())),
        "private_dns": endpoint.get("PrivateDnsEnabled", False),
        "state": endpoint["State"].lower(),
        "policy": documents.parse(endpoint.get("PolicyDocument")),
        "open_to": open_cidrs(permissions, PORT),
        "open_by_reference": refers_elsewhere(permissions, PORT),
    }
    names = [entry["DnsName"] for entry in endpoint.get("DnsEntries", ()) if "DnsName" in entry]
    outputs = {"id": endpoint["VpcEndpointId"], "dns-name": names[0] if names else ""}
    return Observed(endpoint["VpcEndpointId"], fields, owner_of(as_mapping(endpoint.get("Tags", ()))), outputs)


def plan(kind: str, resource: VpcEndpointResource, observed: Observed | None) -> Change:
    """Create it, mend ours, use a foreign one that fits, or name the conflict."""
    if observed is None:
        diff = [
            FieldDiff("service", None, resource.service_name),
            FieldDiff("subnets", None, sorted(resource.subnet_ids)),
            FieldDiff("private dns", None, True),
            FieldDiff("policy", None, resource.policy or documents.FULL_ACCESS),
        ]
        return changes.create(kind, resource, diff)
    if observed.owner == resource.owner:
        diff = differences(resource, observed)
        if observed.fields["state"] == "failed":
            return changes.replace(kind, resource, observed, diff)
        return changes.settle(kind, resource, observed, diff)
    return _plan_foreign(kind, resource, observed)


def differences(resource: VpcEndpointResource, observed: Observed) -> list[FieldDiff]:
    """What an endpoint of ours has otherwise than asked."""
    diff: list[FieldDiff] = []
    if observed.fields["state"] != "available":
        diff.append(FieldDiff("state", observed.fields["state"], "available"))
    if observed.fields["subnet_ids"] != sorted(resource.subnet_ids):
        diff.append(FieldDiff("subnets", observed.fields["subnet_ids"], sorted(resource.subnet_ids)))
    if not observed.fields["private_dns"]:
        diff.append(FieldDiff("private dns", False, True))
    if _shut_out(resource, observed):
        diff.append(FieldDiff("reachable from", observed.fields["open_to"], list(resource.client_cidrs)))
    policy = _policy(observed)
    if not documents.same(policy, resource.policy or documents.FULL_ACCESS):
        diff.append(FieldDiff("policy", policy, resource.policy or documents.FULL_ACCESS))
    return diff


def _plan_foreign(kind: str, resource: VpcEndpointResource, observed: Observed) -> Change:
    name = f"VPC endpoint {observed.provider_id} for {resource.service_name}"
    shut_out = _shut_out(resource, observed)
    if shut_out and not observed.fields["open_by_reference"]:
        why = f"{name} holds the private DNS name and does not let {', '.join(shut_out)} in on port {PORT}."
        groups = cast("list[str]", observed.fields["security_group_ids"])
        rule = f"--protocol tcp --port {PORT} --cidr {shut_out[0]}"
        command = f" aws ec2 authorize-security-group-ingress --group-id {groups[0]} {rule}" if groups else ""
        return changes.conflict(kind, resource, observed, why, f"Have its owner let the nodes in:{command}")
    if observed.fields["state"] == "failed":
        why = f"{name} holds the private DNS name and has failed: it serves nobody."
        remedy = f"Have its owner delete it: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {observed.provider_id}"
        return changes.conflict(kind, resource, observed, why, remedy)
    passages = {call: passage(_policy(observed), *call) for call in resource.calls}
    if Passage.SHUT in passages.values():
        needed = ", ".join(f"{action} on {arn}" for (action, arn), found in passages.items() if found is Passage.SHUT)
        why = f"{name} holds the private DNS name and its policy does not let {needed} through."
        remedy = (
            f"Have it allowed in that endpoint's policy, or, where it is the endpoint of another instance of this program, set "
            f"codecommit.network.endpointPolicy to full-access for {observed.owner.instance} and apply that."
            if observed.owner is not None
            else "Have it allowed in that endpoint's policy."
        )
        return changes.conflict(kind, resource, observed, why, remedy)
    notes = [
        note
        for note, holds in (
            ("its policy has conditions that only AWS can judge", Passage.CONDITIONAL in passages.values()),
            ("its security group lets others in by reference, which is not judged here", bool(shut_out)),
            (f"it is {observed.fields['state']}", observed.fields["state"] != "available"),
        )
        if holds
    ]
    return changes.use_foreign(kind, resource, observed, "; ".join(notes))


def _shut_out(resource: VpcEndpointResource, observed: Observed) -> list[str]:
    return uncovered(resource.client_cidrs, cast("list[str]", observed.fields["open_to"]))


def _policy(observed: Observed) -> Mapping[str, Json]:
    policy = observed.fields["policy"]
    return policy if isinstance(policy, Mapping) else documents.FULL_ACCESS
