"""Fills an empty account with what the scenario says is there already, under the ids that the scenario gives."""

from __future__ import annotations

import json

from moto.codecommit.models import codecommit_backends
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.security_groups import SecurityGroup as MotoSecurityGroup
from moto.ec2.models.subnets import Subnet as MotoSubnet
from moto.ec2.models.vpcs import VPC

from wizard.sandbox.aws.scenario import SecurityGroup, Subnet, Vpc
from wizard.sandbox.aws.services.codecommit import SandboxCodeCommit
from wizard.sandbox.aws.services.ec2 import SandboxEc2
from wizard.sandbox.aws.services.iam import SandboxIam
from wizard.sandbox.aws.views import Credential
from wizard.sandbox.aws.world import World


def seed(world: World) -> Credential:
    """Fill the account; gives the operator's credential."""
    seed_identities(world)
    ec2: SandboxEc2 = world.ec2
    for vpc in world.scenario.vpcs:
        seed_network(ec2, vpc)
    repositories: SandboxCodeCommit = codecommit_backends[world.scenario.account_id][world.scenario.region]
    for repository in world.scenario.codecommit.repositories:
        repositories.create(repository.name, repository.description, repository.kms_key_id or "", repository.tags)
    return world.issue(world.scenario.operator_arn, world.scenario.operator.session_seconds)


def seed_identities(world: World) -> None:
    """Alias, OIDC providers, policies, the operator's role, and the other roles and users."""
    scenario, iam = world.scenario, world.iam
    if not isinstance(iam, SandboxIam):
        raise TypeError("the sandbox's services are not installed")
    if scenario.alias:
        iam.create_account_alias(scenario.alias)
    for provider in scenario.iam.oidc_providers:
        iam.create_open_id_connect_provider(provider.url, list(provider.thumbprints), list(provider.audiences), [])
    for policy in scenario.iam.policies:
        iam.create_policy("", policy.path, json.dumps(policy.document), policy.name, [])
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:{scenario.partition}:iam::{scenario.account_id}:saml-provider/sso"},
                "Action": "sts:AssumeRoleWithSAML",
            }
        ],
    }
    operator = iam.create_role(scenario.operator.role, json.dumps(trust), "/", None, "", [], "43200")
    for name, document in scenario.operator.policies.items():
        operator.put_policy(name, json.dumps(document))
    for role in scenario.iam.roles:
        made = iam.create_role(
            role.name, json.dumps(role.trust), role.path, role.permissions_boundary, "", _pairs(role.tags), "3600"
        )
        for name, document in role.policies.items():
            made.put_policy(name, json.dumps(document))
    for user in scenario.iam.users:
        person = iam.create_user(scenario.region, user.name, user.path, _pairs(user.tags))
        for name, document in user.policies.items():
            person.put_policy(name, json.dumps(document))


def seed_network(ec2: SandboxEc2, vpc: Vpc) -> None:
    """A VPC with its subnets, security groups and endpoints."""
    made = VPC(ec2, vpc.id, vpc.cidr, is_default=False)
    made.enable_dns_support, made.enable_dns_hostnames = vpc.dns_support, vpc.dns_hostnames
    made.add_tags({"Name": vpc.name, **vpc.tags})
    ec2.vpcs[vpc.id] = made
    table = RouteTable(ec2, vpc.main_route_table, vpc.id, main=True)
    ec2.route_tables[table.id] = table
    ec2.create_route(table.id, vpc.cidr, local=True)
    ec2.create_network_acl(vpc.id, default=True)
    ec2.create_security_group("default", "default VPC security group", vpc_id=vpc.id, is_default=True)
    if vpc.internet_gateway:
        gateway = ec2.create_internet_gateway()
        ec2.internet_gateways.pop(gateway.id)
        gateway.id = vpc.internet_gateway
        ec2.internet_gateways[gateway.id] = gateway
        ec2.attach_internet_gateway(gateway.id, vpc.id)
        ec2.create_route(table.id, "0.0.0.0/0", gateway_id=gateway.id)
    for subnet in vpc.subnets:
        _seed_subnet(ec2, vpc, subnet)
    for group in vpc.security_groups:
        _seed_group(ec2, vpc, group)
    for endpoint in vpc.endpoints:
        ec2.add_vpc_endpoint(
            vpc.id,
            f"com.amazonaws.{ec2.region_name}.{endpoint.service}",
            endpoint.type,
            endpoint_id=endpoint.id,
            subnet_ids=endpoint.subnets,
            group_ids=endpoint.security_groups,
            route_table_ids=[table.id] if endpoint.type == "Gateway" else (),
            private_dns=endpoint.private_dns,
            policy=json.dumps(endpoint.policy) if endpoint.policy else None,
            tags=endpoint.tags,
        )


def _seed_subnet(ec2: SandboxEc2, vpc: Vpc, subnet: Subnet) -> None:
    zone = next(z for zones in RegionsAndZonesBackend.zones.values() for z in zones if z.name == subnet.zone)
    made = MotoSubnet(ec2, subnet.id, vpc.id, subnet.cidr, None, zone, default_for_az=False, map_public_ip_on_launch=False)
    made.add_tags({"Name": subnet.name, **subnet.tags})
    ec2.associate_default_network_acl_with_subnet(subnet.id, vpc.id)
    ec2.subnets[subnet.zone][subnet.id] = made


def _seed_group(ec2: SandboxEc2, vpc: Vpc, group: SecurityGroup) -> None:
    made = MotoSecurityGroup(ec2, group.id, group.name, group.description, vpc_id=vpc.id, tags=dict(group.tags))
    ec2.groups[vpc.id][group.id] = made
    if not group.egress:
        made.egress_rules.clear()
    for rule in group.ingress:
        port = str(rule.port)
        ec2.authorize_security_group_ingress(group.id, "tcp", port, port, [{"CidrIp": rule.cidr}], vpc_id=vpc.id)


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
