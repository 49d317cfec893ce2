"""What one key can mend in AWS (``base.Mend.operation``): narrow, repeatable, and waited for until it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from strategies.base import Json
from strategies.ports import Execution
from strategies.resources.aws.clients import AwsClients

AwsMend: TypeAlias = Callable[[AwsClients, Mapping[str, Json], Execution], None]


def enable_dns(clients: AwsClients, arguments: Mapping[str, Json], run: Execution) -> None:
    """Turn on DNS support and DNS host names of ``vpc`` (ec2:ModifyVpcAttribute takes one attribute a call)."""
    vpc = str(arguments["vpc"])
    with clients.working(f"turn DNS on in {vpc}", "ec2"):
        with run.mutation("ec2:ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsSupport": {"Value": True}}):
            clients.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
        with run.mutation("ec2:ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}}):
            clients.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})


AWS_MENDS: Mapping[str, AwsMend] = {"vpc.enable-dns": enable_dns}
