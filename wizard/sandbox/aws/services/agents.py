"""Whether the agent of a machine that was launched gets through to Systems Manager, and may.

The instance profile's role, and a way over HTTPS to ssm, ssmmessages and ec2messages: SSM user guide, "Configure instance
permissions required for Systems Manager" and "Improve the security of EC2 instances by using VPC endpoints".
"""

from __future__ import annotations

from moto.ec2.models.instances import Instance
from moto.ec2.models.security_groups import SecurityGroupRule

from wizard.sandbox.aws.policy import Decision
from wizard.sandbox.aws.services.ec2 import SandboxEc2
from wizard.sandbox.aws.world import World

NEEDED = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:OpenControlChannel",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:SendReply",
)
"""What an agent calls that says who it is, hears of a command and answers it."""

_SERVICES = {"ssm", "ssmmessages", "ec2messages"}
_EVERYWHERE, _HTTPS = "0.0.0.0/0", 443


def ping_status(world: World, instance: Instance) -> str | None:
    """``Online``, ``ConnectionLost``, or None for a machine that was never heard of."""
    ec2: SandboxEc2 = world.ec2
    if not ec2.heard(instance) or not _may(world, instance) or not _has_a_way(ec2, instance):
        return None
    return "Online" if instance.state == "running" else "ConnectionLost"


def _may(world: World, instance: Instance) -> bool:
    associated = [
        one.iam_instance_profile
        for one in world.ec2.iam_instance_profile_associations.values()
        if one.instance.id == instance.id
    ]
    roles = [role for profile in associated for role in profile.roles]
    return any(all(world.decision(role.arn, action, "*") is Decision.ALLOWED for action in NEEDED) for role in roles)


def _has_a_way(ec2: SandboxEc2, instance: Instance) -> bool:
    if not any(_lets_out(rule) for group in instance.nics[0]._group_set for rule in group.egress_rules):
        return False
    offered = {one.short_name for one in ec2.vpc_end_points.values() if one.vpc_id == instance.vpc_id and one.found_by_name}
    return offered >= _SERVICES or _leads_out(ec2, instance)


def _lets_out(rule: SecurityGroupRule) -> bool:
    if rule.ip_protocol == "-1":
        return True
    return bool(rule.ip_protocol == "tcp" and rule.from_port <= _HTTPS <= rule.to_port)


def _leads_out(ec2: SandboxEc2, instance: Instance) -> bool:
    own = ec2.describe_route_tables(filters={"association.subnet-id": [instance.subnet_id]})
    main = ec2.describe_route_tables(filters={"association.main": ["true"], "vpc-id": [instance.vpc_id]})
    for route in (own or main)[0].routes:
        if route.destination_cidr_block == _EVERYWHERE and route.state == "active":
            return bool(route.nat_gateway or (route.gateway and instance.public_ip))
    return False
