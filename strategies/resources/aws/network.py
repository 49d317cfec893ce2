"""Reads the account's network: VPCs with what decides about interface endpoints, and the endpoints that are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from strategies.facts import Endpoint, Subnet, Vpc
from strategies.resources.aws import documents
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import DENIED, code
from strategies.resources.aws.tags import RED_HAT_TAG, as_mapping, clusters_of, instance_of
from strategies.resources.parallel import started, together

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.literals import VpcAttributeNameType
    from mypy_boto3_ec2.type_defs import RouteTableTypeDef, RouteTypeDef, SubnetTypeDef, VpcTypeDef

T = TypeVar("T")

_DNS_ATTRIBUTES: tuple[VpcAttributeNameType, ...] = ("enableDnsSupport", "enableDnsHostnames")
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_GONE = ("deleted", "rejected", "expired")


def read_vpcs(clients: AwsClients) -> tuple[Vpc, ...]:
    """Every VPC of the region with its subnets, DNS attributes, internet gateway and NAT gateways.

    Two waves of calls: the five lists together, then the two DNS attributes of each VPC together (EC2 lists do not carry them).
    Without VPCs and subnets there is nothing to read. What else is denied is missing from each VPC and named in its ``unseen``.
    """
    ec2 = clients.ec2
    denied: list[str] = []
    with clients.reading(f"VPCs of {clients.region}", "ec2"):
        listed_vpcs = started(lambda: _vpcs(ec2))
        listed_subnets = started(lambda: _subnets(ec2))
        listed_tables = started(lambda: _route_tables(ec2))
        listed_internet = started(lambda: _internet_gateways(ec2))
        listed_nat = started(lambda: _nat_gateways(ec2))
        vpcs, subnets = listed_vpcs.result(), listed_subnets.result()
        tables = _permitted(listed_tables.result, "ec2:DescribeRouteTables", denied) or []
        internet = _permitted(listed_internet.result, "ec2:DescribeInternetGateways", denied) or {}
        nat = _permitted(listed_nat.result, "ec2:DescribeNatGateways", denied) or {}
        dns = together(
            [
                partial(_permitted, partial(_dns_attribute, ec2, vpc["VpcId"], name), "ec2:DescribeVpcAttribute", denied)
                for vpc in vpcs
                for name in _DNS_ATTRIBUTES
            ]
        )
    return tuple(
        _vpc(
            vpc,
            dns_support=dns[2 * index] or False,
            dns_hostnames=dns[2 * index + 1] or False,
            subnets=tuple(_subnet(s, tables) for s in subnets if s["VpcId"] == vpc["VpcId"]),
            internet_gateway=internet.get(vpc["VpcId"]),
            nat_gateways=tuple(nat.get(vpc["VpcId"], ())),
            unseen=tuple(dict.fromkeys(denied)),
        )
        for index, vpc in enumerate(vpcs)
    )


def _permitted(call: Callable[[], T], action: str, denied: list[str]) -> T | None:
    """The result of the call; None, and a note in ``denied``, where the operator may not make it."""
    try:
        return call()
    except ClientError as error:
        if code(error) not in DENIED:
            raise
        denied.append(action)
        return None


def _dns_attribute(ec2: EC2Client, vpc_id: str, name: VpcAttributeNameType) -> bool:
    answer = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)
    told = answer["EnableDnsSupport"] if name == "enableDnsSupport" else answer["EnableDnsHostnames"]
    return told.get("Value", False)


def _vpc(
    vpc: VpcTypeDef,
    *,
    dns_support: bool,
    dns_hostnames: bool,
    subnets: tuple[Subnet, ...],
    internet_gateway: str | None,
    nat_gateways: tuple[str, ...],
    unseen: tuple[str, ...],
) -> Vpc:
    associations = vpc.get("CidrBlockAssociationSet", ())
    cidrs = tuple(
        a["CidrBlock"] for a in associations if a.get("CidrBlockState", {}).get("State", "associated") == "associated"
    )
    return Vpc(
        id=vpc["VpcId"],
        name=as_mapping(vpc.get("Tags", ())).get("Name", ""),
        cidrs=cidrs or (vpc["CidrBlock"],),
        dns_support=dns_support,
        dns_hostnames=dns_hostnames,
        subnets=subnets,
        internet_gateway=internet_gateway,
        nat_gateways=nat_gateways,
        unseen=unseen,
    )


def _subnet(subnet: SubnetTypeDef, tables: list[RouteTableTypeDef]) -> Subnet:
    tags = as_mapping(subnet.get("Tags", ()))
    clusters = clusters_of(tags)
    table = _route_table(subnet, tables)
    default = _default_route(table)
    return Subnet(
        id=subnet["SubnetId"],
        az=subnet["AvailabilityZone"],
        cidr=subnet["CidrBlock"],
        free_addresses=subnet["AvailableIpAddressCount"],
        name=tags.get("Name", ""),
        has_default_route=default is not None,
        cluster=clusters[0] if clusters else None,
        clusters=clusters,
        route_table=None if table is None else table.get("RouteTableId"),
        way_out=None if default is None else target_of(default),
    )


def _route_table(subnet: SubnetTypeDef, tables: list[RouteTableTypeDef]) -> RouteTableTypeDef | None:
    """The table associated with the subnet, else the VPC's main table (VPC user guide, "Subnet route tables")."""
    own = [t for t in tables if any(a.get("SubnetId") == subnet["SubnetId"] for a in t.get("Associations", ()))]
    main = [t for t in tables if t.get("VpcId") == subnet["VpcId"] and any(a.get("Main") for a in t.get("Associations", ()))]
    return next(iter([*own, *main]), None)


def _default_route(table: RouteTableTypeDef | None) -> RouteTypeDef | None:
    """The table's route to everywhere, unless it leads to something that is gone (state ``blackhole``)."""
    for route in table.get("Routes", ()) if table is not None else ():
        everywhere = route.get("DestinationCidrBlock") in _EVERYWHERE or route.get("DestinationIpv6CidrBlock") in _EVERYWHERE
        if everywhere and route.get("State", "active") == "active":
            return route
    return None


def target_of(route: RouteTypeDef) -> str:
    """What the route leads to (EC2 API reference, "Route"): it has exactly one target."""
    targets = (
        route.get("GatewayId"),
        route.get("NatGatewayId"),
        route.get("TransitGatewayId"),
        route.get("EgressOnlyInternetGatewayId"),
        route.get("VpcPeeringConnectionId"),
        route.get("NetworkInterfaceId"),
        route.get("InstanceId"),
        route.get("LocalGatewayId"),
        route.get("CarrierGatewayId"),
        route.get("CoreNetworkArn"),
    )
    return next((one for one in targets if one), "a target that is not known here")


def _vpcs(ec2: EC2Client) -> list[VpcTypeDef]:
    return [vpc for page in ec2.get_paginator("describe_vpcs").paginate() for vpc in page["Vpcs"]]


def _subnets(ec2: EC2Client) -> list[SubnetTypeDef]:
    return [subnet for page in ec2.get_paginator("describe_subnets").paginate() for subnet in page["Subnets"]]


def _route_tables(ec2: EC2Client) -> list[RouteTableTypeDef]:
    return [table for page in ec2.get_paginator("describe_route_tables").paginate() for table in page["RouteTables"]]


def _internet_gateways(ec2: EC2Client) -> dict[str, str]:
    pages = ec2.get_paginator("describe_internet_gateways").paginate()
    return {
        attachment["VpcId"]: gateway["InternetGatewayId"]
        for page in pages
        for gateway in page["InternetGateways"]
        for attachment in gateway.get("Attachments", ())
    }


def _nat_gateways(ec2: EC2Client) -> dict[str, list[str]]:
    pages = ec2.get_paginator("describe_nat_gateways").paginate()
    found: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for gateway in page["NatGateways"]:
            if gateway.get("State") in ("pending", "available"):
                found[gateway["VpcId"]].append(gateway["NatGatewayId"])
    return found


def read_endpoints(clients: AwsClients) -> tuple[Endpoint, ...]:
    """Every VPC endpoint of the region that is there or on its way."""
    with clients.reading(f"VPC endpoints of {clients.region}", "ec2"):
        pages = list(clients.ec2.get_paginator("describe_vpc_endpoints").paginate())
    return tuple(
        Endpoint(
            id=one["VpcEndpointId"],
            vpc_id=one["VpcId"],
            service=one["ServiceName"],
            type=one["VpcEndpointType"],
            state=one["State"].lower(),
            private_dns=one.get("PrivateDnsEnabled", False),
            subnet_ids=tuple(one.get("SubnetIds", ())),
            security_group_ids=tuple(group["GroupId"] for group in one.get("Groups", ())),
            instance=instance_of(tags),
            policy=documents.parse(one.get("PolicyDocument")),
            keeper="Red Hat" if tags.get(RED_HAT_TAG) == "true" else tags.get("Name"),
        )
        for page in pages
        for one in page["VpcEndpoints"]
        for tags in (as_mapping(one.get("Tags", ())),)
        if one["State"].lower() not in _GONE
    )
