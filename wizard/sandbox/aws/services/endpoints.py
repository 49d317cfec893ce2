"""VPC endpoints that are refused, pending, available, deleting and gone as in AWS (EC2 API reference; PrivateLink guide)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import islice
from typing import ClassVar

from moto.core.base_backend import BaseBackend
from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError, InvalidServiceName, InvalidVpcEndPointIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.utils import generic_filter, random_vpc_ep_id
from moto.route53.models import route53_backends

from wizard.sandbox.aws.policy import PolicyFaultError, parse
from wizard.sandbox.aws.scenario import EndpointService
from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.world import World


class SandboxEndpoint(VPCEndPoint):
    """An endpoint whose state follows the sandbox's clock."""

    ready_at: datetime | None = None
    gone_at: datetime | None = None
    failed = False
    ip_address_type = "ipv4"
    requester_managed = False

    @property
    def state(self) -> str:
        """``pending``, ``available``, ``failed`` or ``deleting``."""
        if self.gone_at is not None:
            return "deleting"
        if self.failed:
            return "failed"
        ready = self.ready_at is None or self.ec2_backend.world.clock() >= self.ready_at
        return "available" if ready else "pending"

    @state.setter
    def state(self, value: str) -> None:
        """moto sets a state of its own, which says nothing here."""

    @property
    def short_name(self) -> str:
        """``git-codecommit`` of ``com.amazonaws.us-east-2.git-codecommit``."""
        return str(self.service_name).split(".", 3)[3]

    @property
    def found_by_name(self) -> bool:
        """True when its VPC resolves the service's own name to it."""
        vpc = self.ec2_backend.get_vpc(self.vpc_id)
        return bool(self.private_dns_enabled) and _true(vpc.enable_dns_support) and _true(vpc.enable_dns_hostnames)

    @property
    def interface(self) -> bool:
        """True for an interface endpoint."""
        return bool(self.vpc_endpoint_type == "Interface")

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> object:
        """The filters of DescribeVpcEndpoints."""
        if filter_name == "vpc-endpoint-id":
            return self.id
        return super().get_filter_value(filter_name, method_name)


class EndpointsBackend(EC2Backend):
    """The part of the sandbox's EC2 that makes, changes and removes VPC endpoints."""

    world: ClassVar[World]

    def add_vpc_endpoint(
        self,
        vpc_id: str,
        service_name: str,
        kind: str,
        *,
        endpoint_id: str | None = None,
        subnet_ids: Sequence[str] = (),
        group_ids: Sequence[str] = (),
        route_table_ids: Sequence[str] = (),
        private_dns: bool = True,
        policy: str | None = None,
        tags: Mapping[str, str] | None = None,
        client_token: str | None = None,
        pending_seconds: float = 0.0,
    ) -> SandboxEndpoint:
        """CreateVpcEndpoint; ``kind`` is ``Interface`` or ``Gateway``, ``endpoint_id`` None: a new id."""
        self.get_vpc(vpc_id)
        self.purge()
        again: list[SandboxEndpoint] = [
            e for e in self.vpc_end_points.values() if client_token and e.client_token == client_token
        ]
        if again:
            return again[0]
        service = self.offered(service_name, kind)
        check_policy(policy)
        groups = self.usable_groups(vpc_id, group_ids) if kind == "Interface" else []
        endpoint = SandboxEndpoint(
            self,
            endpoint_id or random_vpc_ep_id(),
            vpc_id,
            service_name,
            kind,
            policy,
            list(route_table_ids),
            [],
            client_token=client_token,
            security_group_ids=groups,
            private_dns_enabled=False,
        )
        if kind == "Interface":
            self.check_subnets(endpoint, service, subnet_ids)
            if private_dns:
                self.enable_private_dns(endpoint)
            endpoint.ready_at = self.world.clock() + timedelta(seconds=pending_seconds)
            self.attach(endpoint, subnet_ids)
        else:
            self.check_route_tables(endpoint)
        endpoint.add_tags(dict(tags or {}))
        self.vpc_end_points[endpoint.id] = endpoint
        return endpoint

    def change_vpc_endpoint(
        self,
        endpoint_id: str,
        *,
        add_subnets: Sequence[str],
        remove_subnets: Sequence[str],
        add_groups: Sequence[str],
        remove_groups: Sequence[str],
        policy: str | None,
        private_dns: bool | None,
    ) -> None:
        """ModifyVpcEndpoint; ``policy`` empty text resets it to full access."""
        endpoint = self.describe_vpc_endpoints([endpoint_id])[0]
        check_policy(policy)
        if add_subnets:
            self.check_subnets(endpoint, self.offered(endpoint.service_name, "Interface"), add_subnets)
        added = self.usable_groups(endpoint.vpc_id, add_groups) if add_groups else []
        if private_dns and not endpoint.private_dns_enabled:
            self.enable_private_dns(endpoint)
        elif private_dns is False:
            endpoint.private_dns_enabled = False
        if policy is not None:
            endpoint.policy_document = policy or json.dumps(VPCEndPoint.DEFAULT_POLICY)
        kept = [g for g in endpoint.security_group_ids if g not in remove_groups]
        endpoint.security_group_ids = list(dict.fromkeys([*kept, *added]))
        for interface_id in list(endpoint.network_interface_ids):
            interface = self.enis[interface_id]
            if interface.subnet.id in remove_subnets:
                endpoint.network_interface_ids.remove(interface_id)
                self.enis.pop(interface_id)
            else:
                interface._group_set = [self.get_security_group_from_id(g) for g in endpoint.security_group_ids]
        endpoint.subnet_ids = [s for s in endpoint.subnet_ids if s not in remove_subnets]
        self.attach(endpoint, add_subnets)

    def remove_vpc_endpoints(self, endpoint_ids: Iterable[str]) -> list[str]:
        """DeleteVpcEndpoints; returns the ids that are not there."""
        self.purge()
        missing = []
        for endpoint_id in endpoint_ids:
            endpoint = self.vpc_end_points.get(endpoint_id)
            if endpoint is None:
                missing.append(endpoint_id)
            elif endpoint.gone_at is None:
                seconds = self.world.scenario.endpoint_services.deleting_seconds if endpoint.interface else 0
                endpoint.gone_at = self.world.clock() + timedelta(seconds=seconds)
        self.purge()
        return missing

    def describe_vpc_endpoints(
        self, vpc_end_point_ids: list[str] | None, filters: dict[str, list[str]] | None = None
    ) -> list[SandboxEndpoint]:
        """DescribeVpcEndpoints."""
        self.purge()
        for endpoint_id in vpc_end_point_ids or []:
            if endpoint_id not in self.vpc_end_points:
                raise InvalidVpcEndPointIdError(endpoint_id)
        wanted = [e for e in self.vpc_end_points.values() if not vpc_end_point_ids or e.id in vpc_end_point_ids]
        found: list[SandboxEndpoint] = generic_filter(filters, wanted)
        return found

    def purge(self) -> None:
        """Forget the endpoints whose deletion is over, and their network interfaces."""
        now = self.world.clock()
        for endpoint in list(self.vpc_end_points.values()):
            if endpoint.gone_at is not None and now >= endpoint.gone_at:
                for interface_id in endpoint.network_interface_ids:
                    self.enis.pop(interface_id, None)
                del self.vpc_end_points[endpoint.id]

    def offered(self, service_name: str, kind: str) -> EndpointService:
        """The service, if it is there and offers this type of endpoint."""
        prefix = f"com.amazonaws.{self.region_name}."
        services = {prefix + s.name: s for s in self.world.scenario.endpoint_services.services}
        if service_name not in services:
            raise InvalidServiceName(service_name)
        service = services[service_name]
        if kind not in service.types:
            offered = ", ".join(service.types)
            message = f"Endpoint type ({kind}) does not match available service types ([{offered}])."
            raise AwsError("InvalidParameter", message)
        return service

    def service_details(self) -> list[dict[str, object]]:
        """What DescribeVpcEndpointServices says of each service and type."""
        config, details = self.world.scenario.endpoint_services, []
        for service in sorted(config.services, key=lambda s: s.name):
            host = ".".join(reversed(service.name.split(".")))
            for kind in service.types:
                made: list[dict[str, object]] = BaseBackend.default_vpc_endpoint_service_factory(
                    self.region_name,
                    list(service.zones or config.zones),
                    host,
                    kind,
                    private_dns_names=kind == "Interface",
                    special_service_name=service.name,
                )
                details += made
        return details

    def usable_groups(self, vpc_id: str, group_ids: Sequence[str]) -> list[str]:
        """The ids, or the VPC's default group when there are none. Raises when one is not there or of another VPC."""
        for group_id in group_ids:
            group = self.get_security_group_from_id(group_id)
            if group is None:
                raise InvalidSecurityGroupNotFoundError(group_id)
            if group.vpc_id != vpc_id:
                message = f"Security group {group_id} and VPC {vpc_id} belong to different networks."
                raise AwsError("InvalidParameter", message)
        return list(group_ids) or [self.get_default_security_group(vpc_id).id]

    def check_subnets(self, endpoint: SandboxEndpoint, service: EndpointService, subnet_ids: Sequence[str]) -> None:
        """Raise unless the subnets are of the endpoint's VPC, in zones of the service, and one for each zone."""
        zones = {self.get_subnet(s).availability_zone for s in endpoint.subnet_ids}
        supported = service.zones or self.world.scenario.endpoint_services.zones
        for subnet_id in subnet_ids:
            subnet = self.get_subnet(subnet_id)
            if subnet.vpc_id != endpoint.vpc_id:
                raise AwsError("InvalidParameter", f"The subnet {subnet_id} does not belong to VPC {endpoint.vpc_id}.")
            if subnet.availability_zone not in supported:
                message = f"does not support the availability zone of the subnet: {subnet_id}."
                raise AwsError("InvalidParameter", f"The VPC endpoint service {endpoint.service_name} {message}")
            if subnet.availability_zone in zones:
                raise AwsError(
                    "DuplicateSubnetsInSameZone",
                    f"Found another VPC endpoint subnet in the availability zone of {subnet_id}. VPC endpoint subnets "
                    "should be in different availability zones supported by the VPC endpoint service.",
                )
            if subnet.available_ip_address_count < 1:
                message = f"The subnet {subnet_id} does not contain enough free private IP addresses to fulfill your request."
                raise AwsError("InsufficientFreeAddressesInSubnet", message)
            zones.add(subnet.availability_zone)

    def check_route_tables(self, endpoint: SandboxEndpoint) -> None:
        """Raise when a route table already leads to the same service."""
        for other in self.vpc_end_points.values():
            for table in set(other.route_table_ids) & set(endpoint.route_table_ids):
                if other.service_name == endpoint.service_name and other.gone_at is None:
                    message = f"route table {table} already has a route with destination-prefix-list-id of {other.service_name}"
                    raise AwsError("RouteAlreadyExists", message)
        for table in endpoint.route_table_ids:
            self.get_route_table(table)

    def enable_private_dns(self, endpoint: SandboxEndpoint) -> None:
        """Raise unless the VPC has both DNS attributes and nobody else in it has the name."""
        vpc = self.get_vpc(endpoint.vpc_id)
        if not (_true(vpc.enable_dns_support) and _true(vpc.enable_dns_hostnames)):
            needed = "both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
            raise AwsError("InvalidParameter", f"Enabling private DNS requires {needed} for {vpc.id}")
        for other in self.vpc_end_points.values():
            same = other.service_name == endpoint.service_name and other.vpc_id == endpoint.vpc_id
            if same and other.interface and other.private_dns_enabled and other is not endpoint:
                raise self._name_taken(endpoint)
        # A private hosted zone of the same name is as much in the way as another endpoint.
        zones = route53_backends[self.account_id][self.partition].list_hosted_zones_by_vpc(vpc.id)
        host = ".".join(reversed(endpoint.short_name.split(".")))
        if f"{host}.{self.region_name}.amazonaws.com" in [str(zone["Name"]).rstrip(".") for zone in zones]:
            raise self._name_taken(endpoint)
        endpoint.private_dns_enabled = True

    def _name_taken(self, endpoint: SandboxEndpoint) -> AwsError:
        domain = f"{endpoint.short_name}.{self.region_name}.amazonaws.com"
        what = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
        return AwsError("InvalidParameter", f"{what} {domain} in the VPC {endpoint.vpc_id}")

    def attach(self, endpoint: SandboxEndpoint, subnet_ids: Iterable[str]) -> None:
        """Give the endpoint a network interface in each subnet, and the DNS names that follow from it."""
        for subnet_id in subnet_ids:
            interface = self.create_network_interface(
                subnet_id,
                self.free_address(subnet_id),
                group_ids=endpoint.security_group_ids,
                description=f"VPC Endpoint Interface {endpoint.id}",
            )
            interface.interface_type, interface.status, interface.requester_managed = "vpc_endpoint", "in-use", True
            endpoint.network_interface_ids.append(interface.id)
            endpoint.subnet_ids.append(subnet_id)
        endpoint.dns_entries = self.dns_entries(endpoint)

    def free_address(self, subnet_id: str) -> str:
        """The first free address of a subnet; AWS keeps the first four and the last (VPC user guide, "Subnet sizing")."""
        taken = {str(interface.private_ip_address) for interface in self.enis.values()}
        hosts = islice(ip_network(self.get_subnet(subnet_id).cidr_block).hosts(), 3, None)
        return next(str(address) for address in hosts if str(address) not in taken)

    def dns_entries(self, endpoint: SandboxEndpoint) -> list[dict[str, str]]:
        """Regional name, one name for each zone, and the private name (PrivateLink guide, "Access an AWS service")."""
        host = ".".join(reversed(endpoint.short_name.split(".")))
        unique, public = f"{endpoint.id}-{endpoint.id[-8:]}", f"{host}.{self.region_name}.vpce.amazonaws.com"
        zones = [self.get_subnet(s).availability_zone for s in endpoint.subnet_ids]
        names = [f"{unique}.{public}", *(f"{unique}-{zone}.{public}" for zone in zones)]
        entries = [{"dns_name": name, "hosted_zone_id": "ZC8PG0KIFKBRI"} for name in names]
        if endpoint.private_dns_enabled:
            private = ("*." if endpoint.short_name == "ecr.dkr" else "") + f"{host}.{self.region_name}.amazonaws.com"
            entries.append({"dns_name": private, "hosted_zone_id": "Z" + endpoint.id[-20:].upper().replace("-", "")})
        return entries


def check_policy(text: str | None) -> None:
    """Raise what EC2 answers to an endpoint policy that is not one (EC2 API reference, "Error codes")."""
    try:
        if text:
            parse(text)
    except PolicyFaultError as fault:
        raise AwsError("InvalidPolicyDocument", f"The specified policy document is not valid: {fault}") from fault


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
