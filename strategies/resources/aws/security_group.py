"""The security group in front of the interface endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.cidrs import uncovered
from strategies.kinds import SecurityGroupResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.tags import as_mapping, ec2_tags, owner_filters, owner_of, told
from strategies.resources.parallel import both

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        IpPermissionOutputTypeDef,
        IpPermissionTypeDef,
        IpRangeTypeDef,
        SecurityGroupRuleTypeDef,
        SecurityGroupTypeDef,
    )

_MISSING = ("InvalidGroup.NotFound", "InvalidGroupId.NotFound")
_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 5.0
_LISTED_AFTER = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses, in seconds: EC2 is eventually consistent, so a group just made may take a moment to be known everywhere."""

T = TypeVar("T")


def open_cidrs(permissions: Sequence[IpPermissionOutputTypeDef], port: int) -> list[str]:
    """IPv4 ranges from which TCP ``port`` is let in, sorted."""
    return sorted(
        block["CidrIp"] for one in permissions if _covers(one, port) for block in one.get("IpRanges", ()) if "CidrIp" in block
    )


def refers_elsewhere(permissions: Sequence[IpPermissionOutputTypeDef], port: int) -> bool:
    """True when TCP ``port`` is also let in by reference (another group, a prefix list): who that is, is not known here."""
    return any(_covers(one, port) and (one.get("UserIdGroupPairs") or one.get("PrefixListIds")) for one in permissions)


def _covers(permission: IpPermissionOutputTypeDef, port: int) -> bool:
    protocol = permission.get("IpProtocol")
    if protocol == "-1":
        return True
    return protocol == "tcp" and permission.get("FromPort", 0) <= port <= permission.get("ToPort", 65535)


class SecurityGroupHandler:
    """Reads and carries out ``SecurityGroupResource``."""

    kind: Final = "security-group"
    rank: int = 20
    group = Group.AWS
    noun = "Security group"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: SecurityGroupResource) -> Observed | None:
        """The group of this name in the VPC. Raises ResourceError."""
        with self._clients.working(f"read security group {resource.name}", "ec2"):
            groups = self._clients.ec2.describe_security_groups(
                Filters=[
                    {"Name": "vpc-id", "Values": [resource.vpc_id]},
                    {"Name": "group-name", "Values": [resource.name]},
                ]
            )["SecurityGroups"]
        return _observed(groups[0], resource.port) if groups else None

    def plan(self, resource: SecurityGroupResource, observed: Observed | None) -> Change:
        """Create it, mend its rules, use a foreign one that lets the nodes in, or name the conflict."""
        if observed is None:
            diff = [
                FieldDiff("name", None, resource.name),
                FieldDiff("vpc", None, resource.vpc_id),
                FieldDiff("ingress", None, sorted(_rules(resource))),
            ]
            return changes.create(self.kind, resource, diff)
        if observed.owner == resource.owner:
            return changes.settle(self.kind, resource, observed, _differences(resource, observed))
        shut_out = uncovered(resource.ingress_cidrs, _texts(observed.fields["ingress_cidrs"]))
        if not shut_out:
            return changes.use_foreign(self.kind, resource, observed)
        return changes.conflict(
            self.kind,
            resource,
            observed,
            f"Security group {observed.provider_id} has the name {resource.name} and does not let {', '.join(shut_out)} in.",
            f"Let it in, or rename that group: aws ec2 authorize-security-group-ingress --group-id {observed.provider_id} "
            f"--protocol tcp --port {resource.port} --cidr {shut_out[0]}",
        )

    def create(self, resource: SecurityGroupResource, run: Execution) -> Mapping[str, str]:
        """Make the group with its tags in one call, then its rules."""
        what = f"make security group {resource.name}"
        tags = {**resource.owner.tags, "Name": resource.name}
        arguments: dict[str, Json] = {
            "GroupName": resource.name,
            "Description": resource.description,
            "VpcId": resource.vpc_id,
            "TagSpecifications": [{"ResourceType": "security-group", "Tags": told(tags)}],
        }
        with self._clients.working(what, "ec2"), run.mutation("ec2:CreateSecurityGroup", arguments):
            try:
                made = self._clients.ec2.create_security_group(
                    GroupName=resource.name,
                    VpcId=resource.vpc_id,
                    Description=resource.description,
                    TagSpecifications=[{"ResourceType": "security-group", "Tags": ec2_tags(tags)}],
                )["GroupId"]
            except ClientError as error:
                if code(error) != "InvalidGroup.Duplicate":
                    raise
                made = None
        if made is not None:
            self._settle(resource, made, (), run, fresh=True)
            return {"id": made}
        found = _until(lambda: self.read(resource), run)
        if found is None:
            why = "EC2 says that it exists but does not list it"
            raise ResourceError(what, why, "Run it again in a minute.", retryable=True)
        if found.owner != resource.owner:
            why = "a group of this name was made by somebody else in the meantime"
            raise ResourceError(what, why, "Plan again: it is used when it fits.")
        return self.update(resource, found, run)

    def update(self, resource: SecurityGroupResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Let in exactly what is asked, and nothing out. New rules come before old ones go: nobody is cut off in between."""
        self._settle(resource, observed.provider_id, _texts(observed.fields["ingress"]), run)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete the group; the interfaces of a deleted endpoint hold it for a while, which is waited for."""
        group = observed.provider_id
        what = f"delete security group {group}"
        started = run.now()
        while True:
            with self._clients.working(what, "ec2"), run.mutation("ec2:DeleteSecurityGroup", {"GroupId": group}):
                try:
                    self._clients.ec2.delete_security_group(GroupId=group)
                    return
                except ClientError as error:
                    if code(error) in _MISSING:
                        return
                    if code(error) != "DependencyViolation":
                        raise
                    refusal = error
            if (run.now() - started).total_seconds() >= _PATIENCE_SECONDS:
                command = f"aws ec2 describe-network-interfaces --filters Name=group-id,Values={group}"
                remedy = f"See what uses it, free it, then run destroy again: {command}"
                raise ResourceError(what, "a network interface still uses it", remedy) from refusal
            run.progress("waits until the endpoint's network interfaces are gone")
            run.sleep(_PAUSE_SECONDS)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every group of the region with the owner's tags."""
        filters = owner_filters(owner)
        with self._clients.working("list security groups", "ec2"):
            pages = self._clients.ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
            return [_observed(group, 443) for page in pages for group in page["SecurityGroups"]]

    def _settle(
        self, resource: SecurityGroupResource, group: str, present: Sequence[str], run: Execution, *, fresh: bool = False
    ) -> None:
        """Bring the rules to what is asked. ``present``: those that let in already; ``fresh``: the group was just made."""
        ec2 = self._clients.ec2
        asked = _rules(resource)
        missing = sorted(cidr for rule, cidr in asked.items() if rule not in present)

        def authorize() -> bool | None:
            try:
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_permission(resource.port, missing)])
            except ClientError as error:
                if fresh and code(error) in _MISSING:
                    return None
                raise
            return True

        def let_in() -> None:
            if missing:
                with run.mutation("ec2:AuthorizeSecurityGroupIngress", {"GroupId": group, "Cidrs": missing}):
                    known(_until(authorize, run))

        def rules() -> list[SecurityGroupRuleTypeDef] | None:
            # A group just made lets everything out: that rule is listed as soon as the group is.
            filters: list[FilterTypeDef] = [{"Name": "group-id", "Values": [group]}]
            found = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
            return None if fresh and not any(rule["IsEgress"] for rule in found) else found

        def known(found: T | None) -> T:
            if found is None:
                why = "EC2 accepted it but does not know it yet"
                raise ResourceError(f"make security group {resource.name}", why, "Run it again in a minute.", retryable=True)
            return found

        with self._clients.working(f"change the rules of security group {resource.name}", "ec2"):
            _, found = both(let_in, lambda: known(_until(rules, run)))
            surplus = [r["SecurityGroupRuleId"] for r in found if not r["IsEgress"] and _rule(r) not in asked]
            outward = [r["SecurityGroupRuleId"] for r in found if r["IsEgress"]]
            if surplus:
                with run.mutation("ec2:RevokeSecurityGroupIngress", {"GroupId": group, "SecurityGroupRuleIds": surplus}):
                    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=surplus)
            if outward:
                with run.mutation("ec2:RevokeSecurityGroupEgress", {"GroupId": group, "SecurityGroupRuleIds": outward}):
                    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=outward)


def _until(look: Callable[[], T | None], run: Execution) -> T | None:
    """Look until there is something, a few times."""
    for pause in _LISTED_AFTER:
        found = look()
        if found is not None:
            return found
        run.sleep(pause)
    return look()


def _observed(group: SecurityGroupTypeDef, port: int) -> Observed:
    fields: dict[str, Json] = {
        "name": group["GroupName"],
        "vpc_id": group.get("VpcId"),
        "description": group.get("Description", ""),
        "ingress_cidrs": open_cidrs(group.get("IpPermissions", []), port),
        "ingress": sorted(rule for one in group.get("IpPermissions", []) for rule in _permission_rules(one)),
        "egress": len(group.get("IpPermissionsEgress", [])),
    }
    return Observed(group["GroupId"], fields, owner_of(as_mapping(group.get("Tags", ()))), {"id": group["GroupId"]})


def _differences(resource: SecurityGroupResource, observed: Observed) -> list[FieldDiff]:
    diff: list[FieldDiff] = []
    if observed.fields["ingress"] != sorted(_rules(resource)):
        diff.append(FieldDiff("ingress", observed.fields["ingress"], sorted(_rules(resource))))
    if observed.fields["egress"]:
        diff.append(FieldDiff("egress rules", observed.fields["egress"], 0))
    return diff


def _rules(resource: SecurityGroupResource) -> dict[str, str]:
    """The rules asked for, in words, with the range of each."""
    return {_in_words("tcp", resource.port, resource.port, cidr): cidr for cidr in resource.ingress_cidrs}


def _permission_rules(permission: IpPermissionOutputTypeDef) -> list[str]:
    sources = [block["CidrIp"] for block in permission.get("IpRanges", ()) if "CidrIp" in block]
    sources += [block["CidrIpv6"] for block in permission.get("Ipv6Ranges", ()) if "CidrIpv6" in block]
    sources += [pair["GroupId"] for pair in permission.get("UserIdGroupPairs", ()) if "GroupId" in pair]
    sources += [one["PrefixListId"] for one in permission.get("PrefixListIds", ()) if "PrefixListId" in one]
    protocol, low, high = permission.get("IpProtocol", "-1"), permission.get("FromPort", -1), permission.get("ToPort", -1)
    return [_in_words(protocol, low, high, source) for source in sources]


def _rule(rule: SecurityGroupRuleTypeDef) -> str:
    group = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    source = rule.get("CidrIpv4") or rule.get("CidrIpv6") or group or rule.get("PrefixListId") or ""
    return _in_words(rule.get("IpProtocol", "-1"), rule.get("FromPort", -1), rule.get("ToPort", -1), source)


def _in_words(protocol: str, low: int, high: int, source: str) -> str:
    if protocol == "-1":
        return f"everything from {source}"
    return f"{protocol} {low if low == high else f'{low}-{high}'} from {source}"


def _texts(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else []


def _permission(port: int, cidrs: Sequence[str]) -> IpPermissionTypeDef:
    ranges: list[IpRangeTypeDef] = [{"CidrIp": cidr, "Description": "OpenShift nodes"} for cidr in cidrs]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
