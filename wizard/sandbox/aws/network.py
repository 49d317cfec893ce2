"""Fills an account with the networks of a scenario, under the ids that the scenario gives."""

from __future__ import annotations

import json

from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.nat_gateways import NatGateway as MotoNatGateway
from moto.ec2.models.route_tables import RouteTable as MotoRouteTable
from moto.ec2.models.security_groups import SecurityGroup as MotoSecurityGroup
from moto.ec2.models.subnets import Subnet as MotoSubnet
from moto.ec2.models.vpcs import VPC
from moto.route53.models import route53_backends

from wizard.sandbox.aws.scenario import (
    AclEntry,
    Endpoint,
    Instance,
    NatGateway,
    NetworkAcl,
    SecurityGroup,
    Subnet,
    TcpRule,
    Vpc,
)
from wizard.sandbox.aws.services.ec2 import SandboxEc2

_NOTHING_ELSE = 32767
"""The number of the entry that denies what no other entry matched (VPC user guide, "Default network ACL")."""


def seed_network(ec2: SandboxEc2, vpc: Vpc) -> None:
    """A VPC with everything in it, but for the routes: they may lead to another one."""
    made = VPC(ec2, vpc.id, vpc.cidr, is_default=False)
    made.enable_dns_support = made.enable_dns_hostnames = True
    made.add_tags({"Name": vpc.name, **vpc.tags})
    ec2.vpcs[vpc.id] = made
    _seed_table(ec2, vpc, vpc.main_route_table, main=True)
    ec2.create_network_acl(vpc.id, default=True)
    ec2.create_security_group("default", "default VPC security group", vpc_id=vpc.id, is_default=True)
    if vpc.internet_gateway:
        gateway = ec2.create_internet_gateway()
        ec2.internet_gateways.pop(gateway.id)
        gateway.id = vpc.internet_gateway
        ec2.internet_gateways[gateway.id] = gateway
        ec2.attach_internet_gateway(gateway.id, vpc.id)
    for table in vpc.route_tables:
        _seed_table(ec2, vpc, table.id, main=False)
    for subnet in vpc.subnets:
        _seed_subnet(ec2, vpc, subnet)
    for nat in vpc.nat_gateways:
        _seed_nat_gateway(ec2, nat)
    for acl in vpc.network_acls:
        _seed_acl(ec2, vpc, acl)
    for group in vpc.security_groups:
        _seed_group(ec2, vpc, group)
    for group in vpc.security_groups:
        _seed_rules(ec2, vpc, group)
    for endpoint in vpc.endpoints:
        _seed_endpoint(ec2, vpc, endpoint)
    for instance in vpc.instances:
        _seed_instance(ec2, instance)
    for zone in vpc.private_zones:
        route53_backends[ec2.account_id][ec2.partition].create_hosted_zone(
            zone.name, private_zone=True, vpcid=vpc.id, vpcregion=ec2.region_name
        )
    for subnet in vpc.subnets:
        for _ in range(subnet.interfaces):
            ec2.create_network_interface(subnet.id, ec2.free_address(subnet.id), description="ELB app/somebody-elses")
    made.enable_dns_support, made.enable_dns_hostnames = vpc.dns_support, vpc.dns_hostnames


def _seed_table(ec2: SandboxEc2, vpc: Vpc, table_id: str, *, main: bool) -> None:
    table = MotoRouteTable(ec2, table_id, vpc.id, main=main)
    ec2.route_tables[table.id] = table
    ec2.create_route(table.id, vpc.cidr, local=True)


def _seed_subnet(ec2: SandboxEc2, vpc: Vpc, subnet: Subnet) -> None:
    zone = next(z for zones in RegionsAndZonesBackend.zones.values() for z in zones if z.name == subnet.zone)
    made = MotoSubnet(ec2, subnet.id, vpc.id, subnet.cidr, None, zone, default_for_az=False, map_public_ip_on_launch=False)
    made.add_tags({"Name": subnet.name, **subnet.tags})
    ec2.associate_default_network_acl_with_subnet(subnet.id, vpc.id)
    ec2.subnets[subnet.zone][subnet.id] = made
    if subnet.route_table is not None:
        ec2.associate_route_table(subnet.route_table, subnet_id=subnet.id)


def _seed_nat_gateway(ec2: SandboxEc2, nat: NatGateway) -> None:
    made: MotoNatGateway = ec2.create_nat_gateway(nat.subnet, ec2.allocate_address("vpc").allocation_id)
    ec2.nat_gateways.pop(made.id)
    made.id = nat.id
    ec2.nat_gateways[made.id] = made


def _seed_acl(ec2: SandboxEc2, vpc: Vpc, acl: NetworkAcl) -> None:
    made = ec2.create_network_acl(vpc.id)
    ec2.network_acls.pop(made.id)
    made.id = acl.id
    ec2.network_acls[acl.id] = made
    for entry in acl.entries:
        _seed_entry(ec2, acl.id, entry)
    for outbound in (False, True):
        _seed_entry(ec2, acl.id, AclEntry(number=_NOTHING_ELSE, outbound=outbound, action="deny"))
    associations = [(key, one.subnet_id) for other in ec2.network_acls.values() for key, one in other._associations.items()]
    for association, subnet in associations:
        if subnet in acl.subnets:
            ec2.replace_network_acl_association(association, acl.id)


def _seed_entry(ec2: SandboxEc2, acl_id: str, entry: AclEntry) -> None:
    low, high = (None, None) if entry.protocol == "all" else entry.ports
    number = {"tcp": "6", "udp": "17", "all": "-1"}[entry.protocol]
    ec2.create_network_acl_entry(
        acl_id, entry.number, number, entry.action, entry.outbound, entry.cidr, None, None, low, high, None
    )


def _seed_group(ec2: SandboxEc2, vpc: Vpc, group: SecurityGroup) -> None:
    made = MotoSecurityGroup(ec2, group.id, group.name, group.description, vpc_id=vpc.id, tags=dict(group.tags))
    ec2.groups[vpc.id][group.id] = made
    if group.egress is not True:
        made.egress_rules.clear()


def _seed_rules(ec2: SandboxEc2, vpc: Vpc, group: SecurityGroup) -> None:
    for rule in group.ingress:
        ec2.authorize_security_group_ingress(group.id, *_rule(rule), vpc_id=vpc.id)
    for rule in group.egress if isinstance(group.egress, tuple) else ():
        ec2.authorize_security_group_egress(group.id, *_rule(rule), vpc_id=vpc.id)


def _rule(rule: TcpRule) -> tuple[str, str, str, list[dict[str, str]], dict[str, str], list[dict[str, str]]]:
    """What moto takes: protocol, first and last port, ranges, tags, groups."""
    ranges = [{"CidrIp": rule.cidr}] if rule.cidr is not None else []
    groups = [{"GroupId": rule.group}] if rule.group is not None else []
    return "tcp", str(rule.port), str(rule.port), ranges, {}, groups


def _seed_endpoint(ec2: SandboxEc2, vpc: Vpc, endpoint: Endpoint) -> None:
    made = ec2.add_vpc_endpoint(
        vpc.id,
        f"com.amazonaws.{ec2.region_name}.{endpoint.service}",
        endpoint.type,
        endpoint_id=endpoint.id,
        subnet_ids=endpoint.subnets,
        group_ids=endpoint.security_groups,
        route_table_ids=[vpc.main_route_table] if endpoint.type == "Gateway" else (),
        private_dns=endpoint.private_dns,
        policy=json.dumps(endpoint.policy) if endpoint.policy else None,
        tags=endpoint.tags,
    )
    made.failed = endpoint.failed


def _seed_instance(ec2: SandboxEc2, instance: Instance) -> None:
    reservation = ec2.run_instances(
        "ami-0a1b2c3d4e5f60718",
        1,
        None,
        [],
        security_group_ids=list(instance.security_groups),
        subnet_id=instance.subnet,
        private_ip=instance.address,
        instance_type=instance.type,
        is_instance_type_default=False,
        region_name=ec2.region_name,
        associate_public_ip=False,
    )
    made = reservation.instances[0]
    # moto makes up the id; the name of the scenario takes its place everywhere.
    made.id = instance.id
    for interface in made.nics.values():
        interface.instance = made
    made.add_tags({"Name": instance.name, **instance.tags})
    if instance.state == "stopped":
        made.stop()
