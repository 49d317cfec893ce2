"""Single rules of ours in security groups of somebody else's, known by their own tags.

EC2 user guide, "Security group rules": a rule has an id and tags of its own. In one group no two rules say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.cidrs import uncovered
from strategies.kinds import SecurityGroupRuleResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.group_rules import MISSING, as_told, in_words, rule_words, tcp
from strategies.resources.aws.tags import as_mapping, ec2_tags, owner_filters, owner_of, told

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, SecurityGroupRuleTypeDef, TagSpecificationTypeDef

_GONE = (*MISSING, "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound")
_DUPLICATE = "InvalidPermission.Duplicate"


class SecurityGroupRuleHandler:
    """Reads and carries out ``SecurityGroupRuleResource``.

    A rule is either exactly the one asked for and tagged as ours, or somebody else's. One of ours that says something else is
    not mended: the right one is made beside it, and then the old one goes, as everything that is no longer asked for.
    """

    kind: Final = "security-group-rule"
    rank: int = 25
    group = Group.AWS
    noun = "Rule"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: SecurityGroupRuleResource) -> Observed | None:
        """Our rule, else one of somebody else's that lets the same through, or more. Raises ResourceError."""
        with self._clients.working(f"read the rules of security group {resource.group_id}", "ec2"):
            try:
                rules = self._rules([{"Name": "group-id", "Values": [resource.group_id]}])
            except ClientError as error:
                if code(error) not in MISSING:
                    raise
                rules = []
        wanted = _wanted(resource)
        fitting = [one for one in rules if one.get("IsEgress") == resource.outbound and _covers(one, resource)]
        exact = [one for one in fitting if rule_words(one) == wanted]
        # Of two rules that say the same there is only one, so ours is never hidden behind another.
        ours = [one for one in exact if _owner(one) == resource.owner]
        nobodys = [one for one in fitting if _owner(one) is None]
        anothers = [one for one in fitting if _owner(one) not in (None, resource.owner)]
        return next(map(_observed, (*ours, *nobodys, *anothers)), None)

    def plan(self, resource: SecurityGroupRuleResource, observed: Observed | None) -> Change:
        """Add it, or use what is there."""
        if observed is None:
            diff = [FieldDiff("group", None, resource.group_id), FieldDiff("rule", None, _wanted(resource))]
            return changes.create(self.kind, resource, diff)
        if observed.owner == resource.owner:
            return changes.settle(self.kind, resource, observed, [])
        return changes.use_foreign(self.kind, resource, observed, str(observed.fields["rule"]))

    def create(self, resource: SecurityGroupRuleResource, run: Execution) -> Mapping[str, str]:
        """Add the rule with its tags in one call. One that somebody added in the meantime does as well."""
        what = f"add a rule to security group {resource.group_id}"
        permissions = [tcp(resource.port, [resource.cidr], resource.description)]
        tags: list[TagSpecificationTypeDef] = [{"ResourceType": "security-group-rule", "Tags": ec2_tags(resource.owner.tags)}]
        arguments: dict[str, Json] = {
            "GroupId": resource.group_id,
            "IpPermissions": as_told(permissions),
            "TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": told(resource.owner.tags)}],
        }
        call = "AuthorizeSecurityGroupEgress" if resource.outbound else "AuthorizeSecurityGroupIngress"
        ec2 = self._clients.ec2
        with self._clients.working(what, "ec2"), run.mutation(f"ec2:{call}", arguments):
            authorize = ec2.authorize_security_group_egress if resource.outbound else ec2.authorize_security_group_ingress
            try:
                made = authorize(GroupId=resource.group_id, IpPermissions=permissions, TagSpecifications=tags)
                rules = made.get("SecurityGroupRules", [])
            except ClientError as error:
                if code(error) in MISSING:
                    why, remedy = "there is no such group", "Answer the group that is there now, then plan again."
                    raise ResourceError(what, why, remedy) from error
                if code(error) != _DUPLICATE:
                    raise
                rules = []
        if rules:
            return {"id": rules[0].get("SecurityGroupRuleId", "")}
        found = self.read(resource)
        if found is None:
            why = "EC2 says that it is there but does not list it"
            raise ResourceError(what, why, "Run it again in a minute.", retryable=True)
        return found.outputs

    def update(
        self,
        resource: SecurityGroupRuleResource,  # noqa: ARG002 - the port
        observed: Observed,
        run: Execution,  # noqa: ARG002 - the port
    ) -> Mapping[str, str]:
        """Nothing: a rule that is ours says exactly what is asked."""
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take the rule away. Gone already is success, with its group or without."""
        rule, group = observed.provider_id, str(observed.fields["group_id"])
        outbound = observed.fields["outbound"] is True
        arguments: dict[str, Json] = {"GroupId": group, "SecurityGroupRuleIds": [rule]}
        call = "RevokeSecurityGroupEgress" if outbound else "RevokeSecurityGroupIngress"
        ec2 = self._clients.ec2
        with (
            self._clients.working(f"take rule {rule} out of security group {group}", "ec2"),
            run.mutation(f"ec2:{call}", arguments),
        ):
            try:
                if outbound:
                    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule])
                else:
                    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
            except ClientError as error:
                if code(error) not in _GONE:
                    raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every rule of the region with the owner's tags."""
        with self._clients.working("list rules of security groups", "ec2"):
            return [_observed(one) for one in self._rules(owner_filters(owner))]

    def _rules(self, filters: list[FilterTypeDef]) -> list[SecurityGroupRuleTypeDef]:
        pages = self._clients.ec2.get_paginator("describe_security_group_rules").paginate(Filters=filters)
        return [rule for page in pages for rule in page["SecurityGroupRules"]]


def _covers(rule: SecurityGroupRuleTypeDef, resource: SecurityGroupRuleResource) -> bool:
    cidr, protocol = rule.get("CidrIpv4"), rule.get("IpProtocol")
    if cidr is None or uncovered([resource.cidr], [cidr]):
        return False
    return protocol == "-1" or (protocol == "tcp" and rule.get("FromPort", 0) <= resource.port <= rule.get("ToPort", 65535))


def _owner(rule: SecurityGroupRuleTypeDef) -> Owner | None:
    return owner_of(as_mapping(rule.get("Tags", ())))


def _wanted(resource: SecurityGroupRuleResource) -> str:
    return in_words("tcp", resource.port, resource.port, resource.cidr, outbound=resource.outbound)


def _observed(rule: SecurityGroupRuleTypeDef) -> Observed:
    identifier, group = rule.get("SecurityGroupRuleId", ""), rule.get("GroupId", "")
    words = rule_words(rule)
    fields: dict[str, Json] = {
        "name": f"{words} in {group}",
        "group_id": group,
        "outbound": rule.get("IsEgress", False),
        "rule": words,
    }
    return Observed(identifier, fields, _owner(rule), {"id": identifier})
