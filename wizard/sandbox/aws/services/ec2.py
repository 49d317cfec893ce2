"""EC2 with strict VPC endpoints and security groups (EC2 API reference)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidServiceName, InvalidVPCPeeringConnectionIdError
from moto.ec2.models.amis import Ami
from moto.ec2.models.route_tables import Route
from moto.ec2.models.security_groups import SecurityGroup
from moto.utilities.utils import load_resource

from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.services.instances import InstancesBackend
from wizard.sandbox.aws.services.launching import LaunchingApi
from wizard.sandbox.aws.services.routing import SandboxRoute, matching

TEXT = re.compile(r"^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$")
"""API_CreateSecurityGroup: what the name and the description of a group of a VPC may hold."""


class SandboxEc2(InstancesBackend):
    """moto's EC2 without a default VPC, with AWS's checks on security groups."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.beyond: dict[str, tuple[str, ...]] = {}
        """By transit gateway, the IPv4 ranges outside of AWS that its VPN or Direct Connect attachments lead to."""
        for made_for_the_default_vpc in (
            self.vpcs, self.subnets, self.route_tables, self.network_acls, self.groups, self.internet_gateways
        ):  # fmt: skip
            made_for_the_default_vpc.clear()

    def _load_amis(self) -> None:
        """Amazon Linux, to which parameters of Systems Manager lead. moto would load a thousand images of ECS beside them."""
        with contextlib.suppress(FileNotFoundError):  # a region that moto does not know
            for image in load_resource(f"ec2/resources/latest_amis/{self.region_name}.json"):
                self.amis[image["ami_id"]] = Ami(self, **image, owner_alias="amazon")

    def create_security_group(
        self,
        name: str,
        description: str,
        vpc_id: str | None = None,
        tags: dict[str, str] | None = None,
        force: bool = False,
        is_default: bool | None = None,
    ) -> SecurityGroup:
        """CreateSecurityGroup."""
        if not vpc_id:
            raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
        self.get_vpc(vpc_id)
        for parameter, value in (("GroupName", name), ("GroupDescription", description)):
            if not TEXT.match(value or ""):
                message = (
                    f"Value ({value}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
                )
                raise AwsError("InvalidParameterValue", message)
        if name.startswith("sg-"):
            raise AwsError(
                "InvalidParameterValue", f"Value ({name}) for parameter GroupName is invalid. Names may not begin sg-."
            )
        return super().create_security_group(name, description, vpc_id, tags, force, is_default)

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        """DeleteSecurityGroup: not while an interface or another group's rule needs it."""
        self.purge()
        group = self.get_security_group_from_id(group_id) if group_id else None
        if group is not None and group.is_default:
            message = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
            raise AwsError("CannotDelete", message)
        if group is not None and (self._interfaces_use(group.id) or self._rules_name(group.id)):
            raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
        super().delete_security_group(name, group_id)

    def create_route(self, route_table_id: str, *cidrs: str | None, **target: str | bool | None) -> Route:
        """CreateRoute, with a route that knows whether its target is there."""
        made = SandboxRoute.of(super().create_route(route_table_id, *cidrs, **target))
        self.get_route_table(route_table_id)._routes[made.id] = made
        return made

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """What the Resource Groups Tagging API finds: as moto, and VPC endpoints."""
        yield from super().iter_tagged_resources()
        prefix = f"arn:{self.partition}:ec2:{self.region_name}:{self.account_id}"
        for endpoint in self.vpc_end_points.values():
            tags = {tag["key"]: tag["value"] for tag in endpoint.get_tags()}
            yield TaggedResource(f"{prefix}:vpc-endpoint/{endpoint.id}", tags, "ec2:vpc-endpoint")

    def _interfaces_use(self, group_id: str) -> bool:
        return any(group_id in [g.id for g in interface._group_set] for interface in self.enis.values())

    def _rules_name(self, group_id: str) -> bool:
        others = [g for groups in self.groups.values() for g in groups.values() if g.id != group_id]
        rules = [rule for group in others for rule in (*group.ingress_rules, *group.egress_rules)]
        return any((rule.source_group or {}).get("GroupId") == group_id for rule in rules)


class SandboxEc2Api(LaunchingApi):
    """The operations that differ from moto's; each follows the page of its name in the EC2 API reference."""

    @property
    def ec2(self) -> SandboxEc2:
        """The account's network in the request's region."""
        backend: SandboxEc2 = self.ec2_backend
        return backend

    def create_vpc_endpoint(self) -> ActionResult:
        """CreateVpcEndpoint: a gateway endpoint when no type is given."""
        self.error_on_dryrun()
        kind = self.text("VpcEndpointType") or "Gateway"
        if kind == "Interface":
            self._check_quota(self.text("VpcId"))
        endpoint = self.ec2.add_vpc_endpoint(
            self.text("VpcId"),
            self.text("ServiceName"),
            kind,
            subnet_ids=self._get_param("SubnetIds") or [],
            group_ids=self._get_param("SecurityGroupIds") or [],
            route_table_ids=self._get_param("RouteTableIds") or [],
            private_dns=self._get_bool_param("PrivateDnsEnabled", if_none=True),
            policy=self._get_param("PolicyDocument"),
            tags=self._parse_tag_specification().get("vpc-endpoint", {}),
            client_token=self._get_param("ClientToken"),
            pending_seconds=self.world.scenario.endpoint_services.pending_seconds,
        )
        return ActionResult({"VpcEndpoint": endpoint})

    def modify_vpc_endpoint(self) -> ActionResult:
        """ModifyVpcEndpoint."""
        self.error_on_dryrun()
        self.ec2.change_vpc_endpoint(
            self.text("VpcEndpointId"),
            add_subnets=self._get_param("AddSubnetIds") or [],
            remove_subnets=self._get_param("RemoveSubnetIds") or [],
            add_groups=self._get_param("AddSecurityGroupIds") or [],
            remove_groups=self._get_param("RemoveSecurityGroupIds") or [],
            policy="" if self._get_bool_param("ResetPolicy") else self._get_param("PolicyDocument"),
            private_dns=self._get_bool_param("PrivateDnsEnabled"),
        )
        return ActionResult({"Return": True})

    def delete_vpc_endpoints(self) -> ActionResult:
        """DeleteVpcEndpoints: what is not there is reported in the answer, not as an error."""
        self.error_on_dryrun()
        unsuccessful = [
            {
                "ResourceId": endpoint_id,
                "Error": {
                    "Code": "InvalidVpcEndpointId.NotFound",
                    "Message": f"The Vpc Endpoint Id '{endpoint_id}' does not exist",
                },
            }
            for endpoint_id in self.ec2.remove_vpc_endpoints(self._get_param("VpcEndpointIds") or [])
        ]
        return ActionResult({"Unsuccessful": unsuccessful})

    def describe_vpc_endpoint_services(self) -> ActionResult:
        """DescribeVpcEndpointServices, with the filters ``service-name`` and ``service-type``."""
        names: list[str] = self._get_param("ServiceNames") or []
        details = self.ec2.service_details()
        for name in names:
            if name not in [d["ServiceName"] for d in details]:
                raise InvalidServiceName(name)
        found = [d for d in details if not names or d["ServiceName"] in names]
        for name, values in self._filters_from_querystring().items():
            if name not in ("service-name", "service-type"):
                raise AwsError("InvalidFilter", f"The filter '{name}' is invalid")
            found = [d for d in found if _service_value(d, name) in values]
        return ActionResult({"ServiceNames": list(dict.fromkeys(d["ServiceName"] for d in found)), "ServiceDetails": found})

    def describe_vpc_peering_connections(self) -> ActionResult:
        """DescribeVpcPeeringConnections, with its filters."""
        wanted: list[str] = self._get_param("VpcPeeringConnectionIds") or []
        for unknown in wanted:
            if unknown not in self.ec2.vpc_pcxs:
                raise InvalidVPCPeeringConnectionIdError(unknown)
        there = [one for one in self.ec2.vpc_pcxs.values() if not wanted or one.id in wanted]
        return ActionResult({"VpcPeeringConnections": matching(there, self._filters_from_querystring())})

    def authorize_security_group_ingress(self) -> ActionResult:
        """AuthorizeSecurityGroupIngress."""
        self._check_rule_descriptions()
        return super().authorize_security_group_ingress()

    def authorize_security_group_egress(self) -> ActionResult:
        """AuthorizeSecurityGroupEgress."""
        self._check_rule_descriptions()
        return super().authorize_security_group_egress()

    def _check_quota(self, vpc_id: str) -> None:
        """API reference, "Client error codes": VpcEndpointLimitExceeded."""
        there = sum(e.vpc_id == vpc_id and e.interface for e in self.ec2.vpc_end_points.values())
        if there >= self.world.scenario.quotas.interface_endpoints_per_vpc:
            raise AwsError("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")

    def _check_rule_descriptions(self) -> None:
        for permission in self._get_param("IpPermissions") or []:
            for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
                for entry in permission.get(kind) or []:
                    description = entry.get("Description")
                    if description and not TEXT.match(description):
                        allowed = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
                        message = (
                            f"Invalid rule description. Valid descriptions are strings less than 256 characters from {allowed}"
                        )
                        raise AwsError("InvalidParameterValue", message)


def _service_value(detail: dict[str, object], name: str) -> object:
    if name == "service-name":
        return detail["ServiceName"]
    types = detail["ServiceType"]
    return types[0]["ServiceType"] if isinstance(types, list) else None
