"""Interface endpoints: making, waiting, changing, removing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, Group, Json, Observed, Owner, Ref
from strategies.kinds import VpcEndpointResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import documents
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.endpoint_rules import differences, observe, plan
from strategies.resources.aws.errors import code
from strategies.resources.aws.tags import ec2_tags, owner_filters, told
from strategies.resources.parallel import both

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        CreateVpcEndpointRequestTypeDef,
        ModifyVpcEndpointRequestTypeDef,
        SecurityGroupTypeDef,
        VpcEndpointTypeDef,
    )

_GONE = frozenset({"deleted", "rejected", "expired"})
_MISSING = ("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound")
_PATIENCE_SECONDS = 900.0
_USUAL_SECONDS = 120.0
_FIRST_PAUSE = 0.5
_LAST_PAUSE = 10.0
_LATENESS = 0.2
"""By which part of itself a wait may last too long: a pause grows with what has been waited."""


class VpcEndpointHandler:
    """Reads and carries out ``VpcEndpointResource``.

    ``CreateVpcEndpoint`` is called without a client token: one repeated after a delete would give the deleted endpoint back.
    What keeps a repeated call from making a second one is that a VPC has one private DNS name for each service.
    """

    kind: Final = "vpc-endpoint"
    rank: int = 30
    group = Group.AWS
    noun = "VPC endpoint"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: VpcEndpointResource) -> Observed | None:
        """Our endpoint for the service, else the one that holds the service's private DNS name. Raises ResourceError.

        A foreign endpoint without private DNS is not in the way of ours, so it is not looked at.
        """
        with self._clients.working(f"read VPC endpoints for {resource.service_name}", "ec2"):
            endpoints, groups = both(lambda: self._endpoints(resource), lambda: self._groups(resource.vpc_id))
        return _chosen(resource, endpoints, groups)

    def plan(self, resource: VpcEndpointResource, observed: Observed | None) -> Change:
        """Create it, mend ours, use a foreign one that fits, or name the conflict."""
        return plan(self.kind, resource, observed)

    def create(self, resource: VpcEndpointResource, run: Execution) -> Mapping[str, str]:
        """Make the endpoint with its tags in one call and wait until it is available."""
        what = f"make VPC endpoint for {resource.service_name}"
        group = run.output(Ref(resource.security_group, "id"))
        short = resource.service_name.split(".", 3)[-1]
        tags = {**resource.owner.tags, "Name": f"ezgitops-{resource.owner.instance}-{short}"}
        request: CreateVpcEndpointRequestTypeDef = {
            "VpcEndpointType": "Interface",
            "VpcId": resource.vpc_id,
            "ServiceName": resource.service_name,
            "SubnetIds": list(resource.subnet_ids),
            "SecurityGroupIds": [group],
            "PrivateDnsEnabled": True,
            "TagSpecifications": [{"ResourceType": "vpc-endpoint", "Tags": ec2_tags(tags)}],
        }
        arguments: dict[str, Json] = {
            "VpcId": resource.vpc_id,
            "VpcEndpointType": "Interface",
            "ServiceName": resource.service_name,
            "SubnetIds": list(resource.subnet_ids),
            "SecurityGroupIds": [group],
            "PrivateDnsEnabled": True,
            "TagSpecifications": [{"ResourceType": "vpc-endpoint", "Tags": told(tags)}],
        }
        if resource.policy is not None:
            request["PolicyDocument"] = documents.dump(resource.policy)
            arguments["PolicyDocument"] = resource.policy
        started = run.now()
        while not self._made(what, request, arguments, run):
            found = self.read(resource)
            if found is not None and found.owner == resource.owner:
                return self.update(resource, found, run)
            if found is not None or self._waited(started, run):
                why = "another endpoint in this VPC holds the service's private DNS name"
                remedy = f"Plan again: it is used when it fits. See it with: {_describe(resource)}"
                raise ResourceError(what, why, remedy)
            run.progress("waits until the endpoint deleted before has given its private DNS name back")
            run.sleep(_LAST_PAUSE)
        return self._available(resource, run)

    def update(self, resource: VpcEndpointResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Bring subnets, group, private DNS and policy to what is asked, then wait until it is available."""
        request: ModifyVpcEndpointRequestTypeDef = {"VpcEndpointId": observed.provider_id}
        arguments: dict[str, Json] = {"VpcEndpointId": observed.provider_id}
        for difference in differences(resource, observed):
            match difference.path:
                case "subnets":
                    before, after = _texts(difference.before), _texts(difference.after)
                    request["AddSubnetIds"] = sorted(after - before)
                    request["RemoveSubnetIds"] = sorted(before - after)
                    arguments["AddSubnetIds"] = sorted(after - before)
                    arguments["RemoveSubnetIds"] = sorted(before - after)
                case "reachable from":
                    group = run.output(Ref(resource.security_group, "id"))
                    request["AddSecurityGroupIds"] = [group]
                    arguments["AddSecurityGroupIds"] = [group]
                case "private dns":
                    request["PrivateDnsEnabled"] = True
                    arguments["PrivateDnsEnabled"] = True
                case "policy" if resource.policy is None:
                    request["ResetPolicy"] = True
                    arguments["ResetPolicy"] = True
                case "policy" if resource.policy is not None:
                    request["PolicyDocument"] = documents.dump(resource.policy)
                    arguments["PolicyDocument"] = resource.policy
                case _:
                    pass
        if len(request) > 1:
            with (
                self._clients.working(f"change VPC endpoint {observed.provider_id}", "ec2"),
                run.mutation("ec2:ModifyVpcEndpoint", arguments),
            ):
                self._clients.ec2.modify_vpc_endpoint(**request)
        return self._available(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete the endpoint and wait until it is gone, so that its security group can go too."""
        endpoint = observed.provider_id
        what = f"delete VPC endpoint {endpoint}"
        with self._clients.working(what, "ec2"), run.mutation("ec2:DeleteVpcEndpoints", {"VpcEndpointIds": [endpoint]}):
            refused = self._clients.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"]
        for one in refused:
            error = one.get("Error", {})
            if error.get("Code") not in _MISSING:
                why = f"{error.get('Message', 'refused')} ({error.get('Code', '')})"
                raise ResourceError(what, why, "Mend what AWS names, then run destroy again.")
        started = run.now()
        while True:
            state = self._state(endpoint)
            if state in (None, *_GONE):
                return
            run.progress(f"{state}, usually 2 minutes", self._fraction(started, run))
            if self._waited(started, run):
                raise ResourceError(what, f"it is still {state}", "Run destroy again in some minutes.", retryable=True)
            run.sleep(_pause(started, run))

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every endpoint of the region with the owner's tags that is not on its way out."""
        with self._clients.working("list VPC endpoints", "ec2"):
            pages = self._clients.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=owner_filters(owner))
            found = [one for page in pages for one in page["VpcEndpoints"] if one["State"].lower() not in (*_GONE, "deleting")]
        return [observe(one, {}) for one in found]

    def _made(self, what: str, request: CreateVpcEndpointRequestTypeDef, arguments: Mapping[str, Json], run: Execution) -> bool:
        """Call CreateVpcEndpoint; False when the private DNS name is taken."""
        with self._clients.working(what, "ec2"), run.mutation("ec2:CreateVpcEndpoint", arguments):
            try:
                self._clients.ec2.create_vpc_endpoint(**request)
            except ClientError as error:
                if code(error) == "InvalidParameter" and "conflicting DNS domain" in str(error):
                    return False
                raise
        return True

    def _available(self, resource: VpcEndpointResource, run: Execution) -> Mapping[str, str]:
        what = f"wait for the VPC endpoint for {resource.service_name}"
        started = run.now()
        while True:
            with self._clients.working(what, "ec2"):
                # Without the groups: whether they fit was compared before, and does not change the state.
                found = _chosen(resource, self._endpoints(resource), {})
            if found is not None:
                state = found.fields["state"]
                if state == "available":
                    return found.outputs
                if state == "failed":
                    why = f"AWS says that {found.provider_id} failed"
                    raise ResourceError(what, why, f"Delete it, then run it again: {_describe(resource)}")
            else:
                state = "not listed yet"
            run.progress(f"{state}, usually 2 minutes", self._fraction(started, run))
            if self._waited(started, run):
                minutes = int(_PATIENCE_SECONDS // 60)
                why = f"after {minutes} minutes it is still {state}"
                raise ResourceError(what, why, f"Run it again to go on waiting. See it with: {_describe(resource)}")
            run.sleep(_pause(started, run))

    def _endpoints(self, resource: VpcEndpointResource) -> list[VpcEndpointTypeDef]:
        pages = self._clients.ec2.get_paginator("describe_vpc_endpoints").paginate(
            Filters=[
                {"Name": "vpc-id", "Values": [resource.vpc_id]},
                {"Name": "service-name", "Values": [resource.service_name]},
            ]
        )
        return [one for page in pages for one in page["VpcEndpoints"] if one["VpcEndpointType"] == "Interface"]

    def _groups(self, vpc_id: str) -> dict[str, SecurityGroupTypeDef]:
        """Every group of the VPC: asking for an endpoint's own would have to wait for the endpoint."""
        paginator = self._clients.ec2.get_paginator("describe_security_groups")
        pages = paginator.paginate(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
        return {group["GroupId"]: group for page in pages for group in page["SecurityGroups"]}

    def _state(self, endpoint: str) -> str | None:
        with self._clients.working(f"read VPC endpoint {endpoint}", "ec2"):
            try:
                found = self._clients.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
            except ClientError as error:
                if code(error) in _MISSING:
                    return None
                raise
        return found[0]["State"].lower() if found else None

    @staticmethod
    def _waited(started: datetime, run: Execution) -> bool:
        return (run.now() - started).total_seconds() >= _PATIENCE_SECONDS

    @staticmethod
    def _fraction(started: datetime, run: Execution) -> float:
        return min(0.95, (run.now() - started).total_seconds() / _USUAL_SECONDS)


def _chosen(
    resource: VpcEndpointResource, endpoints: Iterable[VpcEndpointTypeDef], groups: Mapping[str, SecurityGroupTypeDef]
) -> Observed | None:
    standing = [observe(one, groups) for one in endpoints if one["State"].lower() not in (*_GONE, "deleting")]
    ours = [one for one in standing if one.owner == resource.owner]
    holding = [one for one in standing if one.fields["private_dns"]]
    return next(iter([*ours, *holding]), None)


def _pause(started: datetime, run: Execution) -> float:
    waited = (run.now() - started).total_seconds()
    return min(_LAST_PAUSE, max(_FIRST_PAUSE, waited * _LATENESS))


def _describe(resource: VpcEndpointResource) -> str:
    return (
        f"aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values={resource.vpc_id} "
        f"Name=service-name,Values={resource.service_name}"
    )


def _texts(value: Json) -> set[str]:
    return {str(one) for one in value} if isinstance(value, (list, tuple)) else set()
