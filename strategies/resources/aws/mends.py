"""What one key can mend in AWS (``base.Mend.operation``): narrow, repeatable, and waited for until it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from strategies.base import Json
from strategies.ports import Execution, ResourceError
from strategies.resources.aws.clients import AwsClients

AwsMend: TypeAlias = Callable[[AwsClients, Mapping[str, Json], Execution], None]

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between looks at what was changed."""


def enable_dns(clients: AwsClients, arguments: Mapping[str, Json], run: Execution) -> None:
    """Turn on DNS support and DNS host names of ``vpc``: ec2:ModifyVpcAttribute takes one attribute a call, in this order."""
    vpc = str(arguments["vpc"])

    def on() -> bool:
        support = clients.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")["EnableDnsSupport"]
        names = clients.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]
        return support.get("Value", False) and names.get("Value", False)

    with clients.working(f"turn DNS on in {vpc}", "ec2"):
        with run.mutation("ec2:ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsSupport": {"Value": True}}):
            clients.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
        with run.mutation("ec2:ModifyVpcAttribute", {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}}):
            clients.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        _until(on, f"DNS of {vpc}", run)


def add_audience(clients: AwsClients, arguments: Mapping[str, Json], run: Execution) -> None:
    """Add ``audience`` to the IAM OIDC ``provider`` (an ARN). One that it lists already is no error to IAM."""
    provider, audience = str(arguments["provider"]), str(arguments["audience"])
    call = {"OpenIDConnectProviderArn": provider, "ClientID": audience}

    def listed() -> bool:
        return audience in clients.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"]

    with clients.working(f"add the audience {audience} to {provider}", "iam"):
        with run.mutation("iam:AddClientIDToOpenIDConnectProvider", call):
            clients.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID=audience)
        _until(listed, f"audience {audience}", run)


def _until(holds: Callable[[], bool], what: str, run: Execution) -> None:
    """Wait until it can be read: EC2 and IAM are eventually consistent. Raises ResourceError when it takes too long."""
    for pause in _PAUSES:
        if holds():
            return
        run.progress(f"{what}: not seen yet")
        run.sleep(pause)
    why = f"it was changed, and after {sum(_PAUSES):.0f} s still reads as before"
    raise ResourceError(what, why, "Read the checks again in a minute.", retryable=True)


AWS_MENDS: Mapping[str, AwsMend] = {"vpc.enable-dns": enable_dns, "oidc.add-audience": add_audience}
