"""Ties the networks of a scenario together: peering connections, transit gateways, and the routes that lead through them."""

from __future__ import annotations

from collections.abc import Mapping

from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection

from wizard.sandbox.aws.scenario import AwsScenario, Peering, TransitGateway, Vpc
from wizard.sandbox.aws.services.ec2 import SandboxEc2

_EVERYWHERE = "0.0.0.0/0"


def seed_routes(ec2: SandboxEc2, scenario: AwsScenario) -> None:
    """What lies between the VPCs, then every route; the VPCs are there."""
    for peering in scenario.peerings:
        _seed_peering(ec2, peering)
    for gateway in scenario.transit_gateways:
        _seed_transit_gateway(ec2, gateway)
    for vpc in scenario.vpcs:
        for table, routes in _routes(vpc):
            for cidr, target in routes.items():
                _seed_route(ec2, table, cidr, target)


def _routes(vpc: Vpc) -> list[tuple[str, Mapping[str, str]]]:
    main = {_EVERYWHERE: vpc.internet_gateway} if vpc.internet_gateway else {}
    tables: list[tuple[str, Mapping[str, str]]] = [(vpc.main_route_table, {**main, **vpc.main_routes})]
    for table in vpc.route_tables:
        default = {_EVERYWHERE: table.default} if table.default else {}
        tables.append((table.id, {**default, **table.routes}))
    return tables


def _seed_route(ec2: SandboxEc2, table: str, cidr: str, target: str) -> None:
    parameter = {
        "nat": "nat_gateway_id",
        "igw": "gateway_id",
        "pcx": "vpc_peering_connection_id",
        "tgw": "transit_gateway_id",
    }[target.partition("-")[0]]
    ec2.create_route(table, cidr, **{parameter: target})


def _seed_peering(ec2: SandboxEc2, peering: Peering) -> None:
    requester, accepter = (ec2.get_vpc(vpc) for vpc in peering.vpcs)
    made = VPCPeeringConnection(ec2, peering.id, requester, accepter, dict(peering.tags))
    made._status.code, made._status.message = peering.state, peering.state.replace("-", " ").capitalize()
    ec2.vpc_pcxs[peering.id] = made


def _seed_transit_gateway(ec2: SandboxEc2, gateway: TransitGateway) -> None:
    made = ec2.create_transit_gateway("", {}, [{"Key": key, "Value": value} for key, value in gateway.tags.items()])
    ec2.transit_gateways.pop(made.id)
    made.id = gateway.id
    ec2.transit_gateways[gateway.id] = made
    ec2.beyond[gateway.id] = gateway.beyond
    for vpc in gateway.vpcs:
        subnets = [one.id for one in ec2.describe_subnets(filters={"vpc-id": [vpc]})]
        ec2.create_transit_gateway_vpc_attachment(gateway.id, vpc, subnets)
