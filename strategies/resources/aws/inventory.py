"""Reads what stands in the account's VPCs: security groups, instances, and which of these Systems Manager reaches.

Nothing of it is needed to go on: an operator who may not read one of them has one fact less. Each is one list, so a chain of
calls is never longer than its pages.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from strategies.base import Situation
from strategies.common import effective
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    Ingress,
    Instance,
    ManagedInstances,
    PrivateZone,
    SecurityGroup,
)
from strategies.ports import Reader
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.tags import RED_HAT_TAG, as_mapping, clusters_of, instance_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, IpPermissionOutputTypeDef
    from mypy_boto3_route53.literals import VPCRegionType
    from mypy_boto3_route53.type_defs import HostedZoneSummaryTypeDef, ListHostedZonesByVPCRequestTypeDef

_ROSA_NAME_TAG = "api.openshift.com/name"
_LAST_PORT = 65535
_THERE = ("pending", "running", "stopping", "stopped")
"""The states in which a machine is there, or comes back (EC2 user guide, "Instance lifecycle")."""
_PAGE = 50
"""The most that DescribeInstanceInformation gives at once."""


def inventory_readers(sessions: AwsSessions) -> Sequence[Reader]:
    """One reader for each fact."""

    def at(situation: Situation) -> AwsClients:
        return sessions.clients(effective.profile(situation), effective.region(situation))

    return (
        Reader(AWS_SECURITY_GROUPS.id, effective.aws_place, lambda situation: read_security_groups(at(situation))),
        Reader(AWS_INSTANCES.id, effective.aws_place, lambda situation: read_instances(at(situation))),
        Reader(AWS_MANAGED_INSTANCES.id, effective.aws_place, lambda situation: read_managed_instances(at(situation))),
        Reader(
            AWS_PRIVATE_ZONES.id,
            _vpc_place,
            lambda situation: read_private_zones(at(situation), _vpc_id(situation) or ""),
        ),
    )


def _vpc_id(situation: Situation) -> str | None:
    """The VPC answered, else the one that is suggested once it has been found."""
    suggested = effective.suggested_vpc(situation)
    return situation.answers.aws.vpc_id or (suggested.id if suggested is not None else None)


def _vpc_place(situation: Situation) -> Hashable | None:
    """For the strategies that make names in the VPC: CodeCommit's endpoints, and a Git server of one's own."""
    place, vpc = effective.codecommit_place(situation), _vpc_id(situation)
    if situation.answers.strategy == "private-server" and situation.answers.private_server.own.make:
        place = effective.aws_place(situation)
    return None if place is None or vpc is None else (place, vpc)


def read_security_groups(clients: AwsClients) -> tuple[SecurityGroup, ...]:
    """Every security group of the region with what it lets in and out over TCP."""
    with clients.reading(f"security groups of {clients.region}", "ec2"):
        pages = list(clients.ec2.get_paginator("describe_security_groups").paginate())
    return tuple(
        SecurityGroup(
            id=one["GroupId"],
            name=one.get("GroupName", ""),
            vpc_id=one.get("VpcId", ""),
            ingress=tuple(rule for permission in one.get("IpPermissions", ()) for rule in _rules(permission)),
            clusters=clusters_of(as_mapping(one.get("Tags", ()))),
            egress=tuple(rule for permission in one.get("IpPermissionsEgress", ()) for rule in _rules(permission)),
        )
        for page in pages
        for one in page["SecurityGroups"]
    )


def read_instances(clients: AwsClients) -> tuple[Instance, ...]:
    """Every instance of the region but those that are terminated: one that is stopped can be started again."""
    with clients.reading(f"EC2 instances of {clients.region}", "ec2"):
        pages = list(
            clients.ec2.get_paginator("describe_instances").paginate(
                Filters=[{"Name": "instance-state-name", "Values": list(_THERE)}],
            )
        )
    return tuple(_instance(one) for page in pages for group in page["Reservations"] for one in group.get("Instances", ()))


def read_managed_instances(clients: AwsClients) -> ManagedInstances:
    """The EC2 instances that Systems Manager reaches now (SSM API reference, "DescribeInstanceInformation").

    No more than the first 200: some of them are offered, and nobody waits for the pages of a whole fleet.
    """
    with clients.reading(f"instances managed by SSM in {clients.region}", "ssm"):
        pages = list(
            clients.ssm.get_paginator("describe_instance_information").paginate(
                Filters=[{"Key": "PingStatus", "Values": ["Online"]}, {"Key": "ResourceType", "Values": ["EC2Instance"]}],
                PaginationConfig={"MaxItems": 4 * _PAGE, "PageSize": _PAGE},
            )
        )
    return ManagedInstances(
        {
            one.get("InstanceId", ""): f"{one.get('PlatformName', '')} {one.get('PlatformVersion', '')}".strip()
            for page in pages
            for one in page["InstanceInformationList"]
        }
    )


def read_private_zones(clients: AwsClients, vpc_id: str) -> tuple[PrivateZone, ...]:
    """The private hosted zones that somebody tied to the VPC, in this account or another (Route 53: ListHostedZonesByVPC).

    Those that belong to a service of AWS are left out: an endpoint's own private name is one of them.
    """
    found: list[HostedZoneSummaryTypeDef] = []
    request: ListHostedZonesByVPCRequestTypeDef = {"VPCId": vpc_id, "VPCRegion": cast("VPCRegionType", clients.region or "")}
    with clients.reading(f"private hosted zones of {vpc_id}", "route53"):
        while True:
            answer = clients.route53.list_hosted_zones_by_vpc(**request)
            found += answer["HostedZoneSummaries"]
            if not answer.get("NextToken"):
                break
            request["NextToken"] = answer["NextToken"]
    return tuple(
        PrivateZone(one["Name"].rstrip(".").lower(), one["Owner"].get("OwningAccount", ""))
        for one in found
        if "OwningService" not in one["Owner"]
    )


def _instance(one: InstanceTypeDef) -> Instance:
    tags = as_mapping(one.get("Tags", ()))
    return Instance(
        id=one.get("InstanceId", ""),
        name=tags.get("Name", ""),
        vpc_id=one.get("VpcId", ""),
        subnet_id=one.get("SubnetId", ""),
        address=one.get("PrivateIpAddress", ""),
        security_group_ids=tuple(group.get("GroupId", "") for group in one.get("SecurityGroups", ())),
        clusters=clusters_of(tags),
        rosa_name=tags.get(_ROSA_NAME_TAG) if tags.get(RED_HAT_TAG) == "true" else None,
        state=one.get("State", {}).get("Name", "running"),
        type=one.get("InstanceType", ""),
        public_address=one.get("PublicIpAddress") or None,
        instance=instance_of(tags),
        profile=one.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2] or None,
    )


def _rules(permission: IpPermissionOutputTypeDef) -> Iterator[Ingress]:
    """Its rules: for protocol ``-1``, which is every protocol, ports mean nothing (EC2 API reference, "IpPermission")."""
    protocol = permission.get("IpProtocol")
    if protocol not in ("tcp", "-1"):
        return
    low, high = (0, _LAST_PORT) if protocol == "-1" else (permission.get("FromPort", 0), permission.get("ToPort", _LAST_PORT))
    sources = (
        *(block.get("CidrIp", "") for block in permission.get("IpRanges", ())),
        *(pair.get("GroupId", "") for pair in permission.get("UserIdGroupPairs", ())),
        *(block.get("PrefixListId", "") for block in permission.get("PrefixListIds", ())),
    )
    for source in sources:
        if source:
            yield Ingress(source, low, high)
