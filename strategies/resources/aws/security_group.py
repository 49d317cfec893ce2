"""The security groups that are made: in front of the interface endpoints, and of the proxy's machine."""

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
from strategies.resources.aws.group_rules import (
    MISSING,
    as_told,
    in_words,
    open_cidrs,
    permission_words,
    rule_words,
    tcp,
    tcp_to,
)
from strategies.resources.aws.tags import as_mapping, ec2_tags, owner_filters, owner_of, told
from strategies.resources.parallel import both

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, SecurityGroupRuleTypeDef, SecurityGroupTypeDef

_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 5.0
_LISTED_AFTER = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses, in seconds: EC2 is eventually consistent, so a group just made may take a moment to be known everywhere."""
_NODES = "OpenShift nodes"
_OUT = "What the machine needs"
_LISTED = "com.amazonaws."
"""What EC2 keeps beside a rule of ours."""

T = TypeVar("T")


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
            lists = self._lists(resource) if groups else {}
        if not groups:
            return None
        observed = _observed(groups[0], resource.port, [port for _, port in resource.egress])
        # A prefix list is known here by its name, as it is asked for; EC2's rules have its id.
        rules = sorted(_renamed(rule, lists) for rule in _texts(observed.fields["egress"]))
        return Observed(observed.provider_id, {**observed.fields, "egress": rules}, observed.owner, observed.outputs)

    def plan(self, resource: SecurityGroupResource, observed: Observed | None) -> Change:
        """Create it, mend its rules, use a foreign one that lets the nodes in, or name the conflict."""
        if observed is None:
            diff = [
                FieldDiff("name", None, resource.name),
                FieldDiff("vpc", None, resource.vpc_id),
                FieldDiff("ingress", None, sorted(_rules(resource))),
            ]
            if resource.egress:
                diff.append(FieldDiff("egress", None, sorted(_egress(resource))))
            return changes.create(self.kind, resource, diff)
        if observed.owner == resource.owner:
            return changes.settle(self.kind, resource, observed, _differences(resource, observed))
        missing = _missing(resource, observed)
        if missing is None:
            return changes.use_foreign(self.kind, resource, observed)
        lacks, call, port, cidr = missing
        return changes.conflict(
            self.kind,
            resource,
            observed,
            f"Security group {observed.provider_id} has the name {resource.name} and does not let {lacks}.",
            f"Have that added, or rename that group: aws ec2 {call} --group-id {observed.provider_id} "
            f"--ip-permissions IpProtocol=tcp,FromPort={port},ToPort={port},IpRanges=[{{CidrIp={cidr}}}]",
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
        """Let in and out exactly what is asked. New rules come before old ones go: nobody is cut off in between."""
        self._settle(resource, observed.provider_id, _texts(observed.fields["ingress"]), run)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete the group; the interfaces of a deleted endpoint or machine hold it for a while, which is waited for."""
        group = observed.provider_id
        what = f"delete security group {group}"
        started = run.now()
        while True:
            with self._clients.working(what, "ec2"), run.mutation("ec2:DeleteSecurityGroup", {"GroupId": group}):
                try:
                    self._clients.ec2.delete_security_group(GroupId=group)
                    return
                except ClientError as error:
                    if code(error) in MISSING:
                        return
                    if code(error) != "DependencyViolation":
                        raise
                    refusal = error
            if (run.now() - started).total_seconds() >= _PATIENCE_SECONDS:
                command = f"aws ec2 describe-network-interfaces --filters Name=group-id,Values={group}"
                remedy = f"See what uses it, free it, then run destroy again: {command}"
                raise ResourceError(what, "a network interface still uses it", remedy) from refusal
            run.progress("waits until the network interfaces that use it are gone")
            run.sleep(_PAUSE_SECONDS)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every group of the region with the owner's tags."""
        filters = owner_filters(owner)
        with self._clients.working("list security groups", "ec2"):
            pages = self._clients.ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
            return [_observed(group, 443, ()) for page in pages for group in page["SecurityGroups"]]

    def _settle(
        self, resource: SecurityGroupResource, group: str, present: Sequence[str], run: Execution, *, fresh: bool = False
    ) -> None:
        """Bring the rules to what is asked. ``present``: those that let in already; ``fresh``: the group was just made."""
        ec2 = self._clients.ec2
        with self._clients.working(f"change the rules of security group {resource.name}", "ec2"):
            ids = {name: identity for identity, name in self._lists(resource).items()}
        wanted = [(ids.get(target, target), port) for target, port in resource.egress]
        asked, asked_out = _rules(resource), {_out(target, port): (target, port) for target, port in wanted}
        missing = sorted((port, cidr) for rule, (port, cidr) in asked.items() if rule not in present)
        inward = [tcp(port, [cidr for one, cidr in missing if one == port], _NODES) for port in dict(missing)]

        def authorize() -> bool | None:
            try:
                ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=inward)
            except ClientError as error:
                if fresh and code(error) in MISSING:
                    return None
                raise
            return True

        def let_in() -> None:
            if missing:
                arguments: dict[str, Json] = {"GroupId": group, "IpPermissions": as_told(inward)}
                with run.mutation("ec2:AuthorizeSecurityGroupIngress", arguments):
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
            surplus = [r["SecurityGroupRuleId"] for r in found if not r["IsEgress"] and rule_words(r) not in asked]
            outward = [r["SecurityGroupRuleId"] for r in found if r["IsEgress"] and rule_words(r) not in asked_out]
            there = {rule_words(rule) for rule in found}
            lacking = [pair for rule, pair in sorted(asked_out.items()) if rule not in there]
            if lacking:
                permissions = [tcp_to(port, target, _OUT) for target, port in lacking]
                with run.mutation(
                    "ec2:AuthorizeSecurityGroupEgress", {"GroupId": group, "IpPermissions": as_told(permissions)}
                ):
                    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)
            if surplus:
                with run.mutation("ec2:RevokeSecurityGroupIngress", {"GroupId": group, "SecurityGroupRuleIds": surplus}):
                    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=surplus)
            if outward:
                with run.mutation("ec2:RevokeSecurityGroupEgress", {"GroupId": group, "SecurityGroupRuleIds": outward}):
                    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=outward)

    def _lists(self, resource: SecurityGroupResource) -> dict[str, str]:
        """The prefix lists that are asked for by name: id to name (VPC user guide, "AWS-managed prefix lists")."""
        names = [target for target, _ in resource.egress if target.startswith(_LISTED)]
        if not names:
            return {}
        found = self._clients.ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": names}])
        lists = {one.get("PrefixListId", ""): one.get("PrefixListName", "") for one in found["PrefixLists"]}
        missing = sorted(set(names) - set(lists.values()))
        if missing:
            what = f"find the prefix list {missing[0]}"
            raise ResourceError(
                what, "the region has none of this name", "Look which there are: aws ec2 describe-managed-prefix-lists"
            )
        return lists


def _until(look: Callable[[], T | None], run: Execution) -> T | None:
    """Look until there is something, a few times."""
    for pause in _LISTED_AFTER:
        found = look()
        if found is not None:
            return found
        run.sleep(pause)
    return look()


def _observed(group: SecurityGroupTypeDef, port: int, egress_ports: Iterable[int]) -> Observed:
    inward, outward = group.get("IpPermissions", []), group.get("IpPermissionsEgress", [])
    fields: dict[str, Json] = {
        "name": group["GroupName"],
        "vpc_id": group.get("VpcId"),
        "description": group.get("Description", ""),
        "ingress_cidrs": open_cidrs(inward, port),
        "egress_cidrs": {str(one): open_cidrs(outward, one) for one in egress_ports},
        "ingress": sorted(rule for one in inward for rule in permission_words(one)),
        "egress": sorted(rule for one in outward for rule in permission_words(one, outbound=True)),
    }
    return Observed(group["GroupId"], fields, owner_of(as_mapping(group.get("Tags", ()))), {"id": group["GroupId"]})


def _differences(resource: SecurityGroupResource, observed: Observed) -> list[FieldDiff]:
    diff: list[FieldDiff] = []
    for path, asked in (("ingress", sorted(_rules(resource))), ("egress", sorted(_egress(resource)))):
        if observed.fields[path] != asked:
            diff.append(FieldDiff(path, observed.fields[path], asked))
    return diff


def _missing(resource: SecurityGroupResource, observed: Observed) -> tuple[str, str, int, str] | None:
    """What a group of somebody else's does not let through: in words, the call that adds it, the first port and range."""
    shut_out = uncovered(resource.ingress_cidrs, _texts(observed.fields["ingress_cidrs"]))
    if shut_out:
        return f"{', '.join(shut_out)} in", "authorize-security-group-ingress", resource.port, shut_out[0]
    for rule, (port, cidr) in _rules(resource).items():
        if port != resource.port and rule not in _texts(observed.fields["ingress"]):
            return f"{cidr} in at {port}", "authorize-security-group-ingress", port, cidr
    outward = observed.fields["egress_cidrs"]
    for cidr, port in resource.egress:
        if cidr.startswith(_LISTED):
            if _out(cidr, port) not in _texts(observed.fields["egress"]):
                return f"TCP {port} out to {cidr}", "authorize-security-group-egress", port, cidr
        elif uncovered([cidr], _texts(outward.get(str(port)) if isinstance(outward, Mapping) else None)):
            return f"TCP {port} out to {cidr}", "authorize-security-group-egress", port, cidr
    return None


def _rules(resource: SecurityGroupResource) -> dict[str, tuple[int, str]]:
    """The rules asked for that let in, in words, with port and range of each."""
    ports = (resource.port, *resource.more_ports)
    return {in_words("tcp", port, port, cidr): (port, cidr) for port in ports for cidr in resource.ingress_cidrs}


def _egress(resource: SecurityGroupResource) -> dict[str, tuple[str, int]]:
    """The rules asked for that let out, in words, with target and port of each."""
    return {_out(target, port): (target, port) for target, port in resource.egress}


def _out(target: str, port: int) -> str:
    return in_words("tcp", port, port, target, outbound=True)


def _renamed(rule: str, lists: Mapping[str, str]) -> str:
    start, _, target = rule.rpartition(" ")
    return f"{start} {lists.get(target, target)}"


def _texts(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
