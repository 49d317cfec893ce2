"""Routes that lead nowhere while what they lead through is not there, and peering connections that can be looked for.

EC2 API reference, "Route" and "DescribeVpcPeeringConnections"; VPC peering guide, "Update your route tables": "You can add a
route for a VPC peering connection that's in the pending-acceptance state. However, the route has a state of blackhole".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self

from moto.ec2.models.route_tables import Route
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection

from wizard.sandbox.aws.services.base import AwsError

_PEERING: Mapping[str, Callable[[VPCPeeringConnection], str]] = {
    "accepter-vpc-info.cidr-block": lambda one: str(one.peer_vpc.cidr_block),
    "accepter-vpc-info.owner-id": lambda one: str(one.peer_vpc.owner_id),
    "accepter-vpc-info.vpc-id": lambda one: str(one.peer_vpc.id),
    "requester-vpc-info.cidr-block": lambda one: str(one.vpc.cidr_block),
    "requester-vpc-info.owner-id": lambda one: str(one.vpc.owner_id),
    "requester-vpc-info.vpc-id": lambda one: str(one.vpc.id),
    "status-code": lambda one: str(one.status["Code"]),
    "vpc-peering-connection-id": lambda one: str(one.id),
}


class SandboxRoute(Route):
    """A route that follows the state of its target."""

    @classmethod
    def of(cls, route: Route) -> Self:
        """The same route as moto made it."""
        one = cls.__new__(cls)
        one.__dict__.update(route.__dict__)
        return one

    @property
    def state(self) -> str:
        """``active``, or ``blackhole`` where the peering connection does not carry or the NAT gateway or machine is gone."""
        peering, nat, instance = self.vpc_pcx, self.nat_gateway, self.instance
        dead = (
            (peering is not None and peering.status["Code"] != "active")
            or (nat is not None and nat.state != "available")
            or (instance is not None and instance.state != "running")
        )
        return "blackhole" if dead else "active"


def matching(peerings: Iterable[VPCPeeringConnection], filters: Mapping[str, Sequence[str]]) -> list[VPCPeeringConnection]:
    """Those that match every filter of DescribeVpcPeeringConnections. Raises AwsError for one that there is not."""
    for name in filters:
        if name not in _PEERING:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return [one for one in peerings if all(_PEERING[name](one) in values for name, values in filters.items())]
