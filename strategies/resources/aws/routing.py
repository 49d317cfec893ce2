"""Reads what decides whether the nodes reach a proxy, and the proxy the internet: routes, network ACLs, the machine's agent.

Only for strategies that need it. For a proxy of somebody else nothing in AWS tells, so nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from strategies.base import Situation
from strategies.bastion_proxy import machines
from strategies.common import effective
from strategies.facts import (
    AWS_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_PROXY_AGENT,
    AWS_ROUTING,
    AWS_TAKEN_ADDRESSES,
    AclRule,
    ManagedInstance,
    NetworkAcl,
    Peering,
    Route,
    RouteTable,
    Routing,
)
from strategies.ports import Reader
from strategies.resources.aws.clients import AwsClients, AwsSessions
from strategies.resources.aws.errors import DENIED, code
from strategies.resources.aws.network import target_of
from strategies.resources.parallel import started

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkAclEntryTypeDef, NetworkAclTypeDef, RouteTableTypeDef, SubnetTypeDef

PROXY, SERVER = "bastion-proxy", "private-server"
"""The strategies whose checks judge ways inside AWS."""
_PEERINGS = "ec2:DescribeVpcPeeringConnections"
_TCP, _EVERY_PROTOCOL = "6", "-1"
"""IANA's number, and EC2's word for all of them (EC2 API reference, "NetworkAclEntry")."""
_LAST_PORT = 65535


def routing_readers(sessions: AwsSessions) -> Sequence[Reader]:
    """One reader for each fact."""

    def at(situation: Situation) -> AwsClients:
        return sessions.clients(effective.profile(situation), effective.region(situation))

    def of_ours(read: Callable[[AwsClients], object]) -> Callable[[Situation], object]:
        return lambda situation: None if _somebody_elses(situation) else read(at(situation))

    return (
        Reader(AWS_ROUTING.id, _place, of_ours(read_routing)),
        Reader(AWS_NETWORK_ACLS.id, _place, of_ours(read_network_acls)),
        Reader(
            AWS_TAKEN_ADDRESSES.id,
            _subnet_place,
            lambda situation: read_taken_addresses(at(situation), _subnet(situation)),
        ),
        Reader(AWS_PROXY_AGENT.id, _agent_place, lambda situation: read_agent(at(situation), _machine(situation))),
    )


def _somebody_elses(situation: Situation) -> bool:
    return situation.answers.strategy == PROXY and situation.answers.bastion_proxy.proxy.method == "existing"


def _place(situation: Situation) -> Hashable | None:
    """Profile and region, for these strategies. A proxy of somebody else is a place of its own, at which nothing is read."""
    place = effective.aws_place(situation)
    if situation.answers.strategy not in (PROXY, SERVER) or place is None:
        return None
    return "existing" if _somebody_elses(situation) else place


def _subnet(situation: Situation) -> str | None:
    """The subnet answered for a machine that is made; None where none is made."""
    answers = situation.answers
    if answers.strategy == SERVER:
        return answers.private_server.own.subnet_id if answers.private_server.own.make else None
    return answers.bastion_proxy.instance.subnet_id if answers.bastion_proxy.proxy.method == "new" else None


def _making(situation: Situation) -> bool:
    answers = situation.answers
    return answers.private_server.own.make if answers.strategy == SERVER else answers.bastion_proxy.proxy.method == "new"


def _subnet_place(situation: Situation) -> Hashable | None:
    place, making = _place(situation), _making(situation)
    if place is None or (making and _subnet(situation) is None):
        return None
    return (place, _subnet(situation))


def _machine(situation: Situation) -> str | None:
    """The machine answered, or the one that was made; None where there is none (yet)."""
    asked = situation.answers.bastion_proxy
    if asked.proxy.method != "new":
        return asked.instance.id if asked.proxy.method == "instance" else None
    made = machines.ours(situation)
    return None if made is None else made.id


def _agent_place(situation: Situation) -> Hashable | None:
    place, making = _place(situation), situation.answers.bastion_proxy.proxy.method == "new"
    if place is None or situation.answers.strategy != PROXY or (making and not situation.facts.known(AWS_INSTANCES.id)):
        return None
    return (place, _machine(situation))


def read_routing(clients: AwsClients) -> Routing:
    """Every route table of the region with the subnets that it holds for, and every peering connection.

    A subnet that no table names has the main one of its VPC (VPC user guide, "Subnet route tables").
    """
    ec2 = clients.ec2
    with clients.reading(f"routes of {clients.region}", "ec2"):
        listed_tables = started(lambda: list(ec2.get_paginator("describe_route_tables").paginate()))
        listed_subnets = started(lambda: list(ec2.get_paginator("describe_subnets").paginate()))
        listed_peerings = started(lambda: _peerings(clients))
        tables = [table for page in listed_tables.result() for table in page["RouteTables"]]
        subnets = [subnet for page in listed_subnets.result() for subnet in page["Subnets"]]
        try:
            return Routing(_tables(tables, subnets), listed_peerings.result())
        except ClientError as error:
            if code(error) not in DENIED:
                raise
            return Routing(_tables(tables, subnets), unseen=(_PEERINGS,))


def _peerings(clients: AwsClients) -> tuple[Peering, ...]:
    pages = clients.ec2.get_paginator("describe_vpc_peering_connections").paginate()
    return tuple(
        Peering(
            one.get("VpcPeeringConnectionId", ""),
            one.get("Status", {}).get("Code", ""),
            (one.get("RequesterVpcInfo", {}).get("VpcId", ""), one.get("AccepterVpcInfo", {}).get("VpcId", "")),
        )
        for page in pages
        for one in page["VpcPeeringConnections"]
    )


def _tables(tables: Sequence[RouteTableTypeDef], subnets: Sequence[SubnetTypeDef]) -> tuple[RouteTable, ...]:
    own = {
        link["SubnetId"]: table.get("RouteTableId", "")
        for table in tables
        for link in table.get("Associations", ())
        if "SubnetId" in link
    }
    main = {
        table.get("VpcId"): table.get("RouteTableId", "")
        for table in tables
        if any(link.get("Main") for link in table.get("Associations", ()))
    }
    held = {one["SubnetId"]: own.get(one["SubnetId"], main.get(one["VpcId"])) for one in subnets}
    return tuple(_table(one, held) for one in tables)


def _table(table: RouteTableTypeDef, held: Mapping[str, str | None]) -> RouteTable:
    name = table.get("RouteTableId", "")
    live: list[Route] = []
    gone: list[Route] = []
    for route in table.get("Routes", ()):
        where = route.get("DestinationCidrBlock") or route.get("DestinationPrefixListId")
        if where is None:  # IPv6, which Argo CD's proxy is not reached by
            continue
        (live if route.get("State", "active") == "active" else gone).append(Route(where, target_of(route)))
    return RouteTable(
        id=name,
        vpc_id=table.get("VpcId", ""),
        subnet_ids=tuple(subnet for subnet, holds in held.items() if holds == name),
        routes=tuple(live),
        blackholes=tuple(gone),
    )


def read_network_acls(clients: AwsClients) -> tuple[NetworkAcl, ...]:
    """Every network ACL of the region with its entries about TCP over IPv4, in the order in which they are looked at."""
    with clients.reading(f"network ACLs of {clients.region}", "ec2"):
        pages = list(clients.ec2.get_paginator("describe_network_acls").paginate())
    return tuple(_acl(one) for page in pages for one in page["NetworkAcls"])


def _acl(acl: NetworkAclTypeDef) -> NetworkAcl:
    return NetworkAcl(
        id=acl.get("NetworkAclId", ""),
        subnet_ids=tuple(link.get("SubnetId", "") for link in acl.get("Associations", ())),
        rules=tuple(sorted(_acl_rules(acl.get("Entries", ())), key=lambda rule: (rule.outbound, rule.number))),
    )


def _acl_rules(entries: Sequence[NetworkAclEntryTypeDef]) -> Iterator[AclRule]:
    for entry in entries:
        protocol, cidr = entry.get("Protocol"), entry.get("CidrBlock")
        if protocol not in (_TCP, _EVERY_PROTOCOL) or cidr is None:
            continue
        ports = entry.get("PortRange", {}) if protocol == _TCP else {}
        yield AclRule(
            number=entry.get("RuleNumber", 0),
            allow=entry.get("RuleAction") == "allow",
            outbound=entry.get("Egress", False),
            cidr=cidr,
            low=ports.get("From", 0),
            high=ports.get("To", _LAST_PORT),
        )


def read_taken_addresses(clients: AwsClients, subnet: str | None) -> frozenset[str] | None:
    """Every private address that a network interface of the subnet has; None where no machine is made."""
    if subnet is None:
        return None
    with clients.reading(f"addresses of {subnet}", "ec2"):
        pages = list(
            clients.ec2.get_paginator("describe_network_interfaces").paginate(
                Filters=[{"Name": "subnet-id", "Values": [subnet]}]
            )
        )
    return frozenset(
        address.get("PrivateIpAddress", "")
        for page in pages
        for one in page["NetworkInterfaces"]
        for address in ({"PrivateIpAddress": one.get("PrivateIpAddress", "")}, *one.get("PrivateIpAddresses", ()))
    )


def read_agent(clients: AwsClients, machine: str | None) -> ManagedInstance | None:
    """What Systems Manager knows of one machine (SSM API reference, "DescribeInstanceInformation"); None without a machine."""
    if machine is None:
        return None
    with clients.reading(f"what Systems Manager knows of {machine}", "ssm"):
        found = clients.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [machine]}])
    for one in found["InstanceInformationList"]:
        return ManagedInstance(
            id=machine,
            ping=one.get("PingStatus"),
            platform=f"{one.get('PlatformName', '')} {one.get('PlatformVersion', '')}".strip(),
            kind=one.get("PlatformType", ""),
            agent=one.get("AgentVersion", ""),
            last_ping=one.get("LastPingDateTime"),
        )
    return ManagedInstance(machine)
