"""What a request has to be allowed: its action on each resource that it names, and the actions that it implies.

Resource types, condition keys and dependent actions: service authorization reference, pages of EC2, IAM, CodeCommit. Tags given
while something is made need the right to tag as well: EC2 user guide, "Grant permission to tag resources during creation".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from wizard.sandbox.aws.world import World

ANY = "*"
"""The resource of actions that know no other."""

_NEW = "new"
"""Stands for the id that AWS has yet to give."""

_EC2_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AuthorizeSecurityGroupEgress": (("GroupId", "security-group"),),
    "AuthorizeSecurityGroupIngress": (("GroupId", "security-group"),),
    "CreateSecurityGroup": (("VpcId", "vpc"),),
    "CreateVpcEndpoint": (("VpcId", "vpc"), ("SubnetId", "subnet"), ("SecurityGroupId", "security-group")),
    "DeleteSecurityGroup": (("GroupId", "security-group"),),
    "DeleteVpcEndpoints": (("VpcEndpointId", "vpc-endpoint"),),
    "ModifyVpcEndpoint": (
        ("VpcEndpointId", "vpc-endpoint"),
        ("AddSubnetId", "subnet"),
        ("RemoveSubnetId", "subnet"),
        ("AddSecurityGroupId", "security-group"),
        ("RemoveSecurityGroupId", "security-group"),
    ),
    "RevokeSecurityGroupEgress": (("GroupId", "security-group"),),
    "RevokeSecurityGroupIngress": (("GroupId", "security-group"),),
}
"""EC2 operations held to resources: parameter (or the start of a numbered one) and resource type."""

_EC2_MADE = {"CreateSecurityGroup": "security-group", "CreateVpcEndpoint": "vpc-endpoint"}

_IAM_ARNS = ("OpenIDConnectProviderArn", "PolicySourceArn")
"""Parameters that name the one resource of an IAM operation."""

_IAM_TAG = {"CreateRole": "iam:TagRole", "CreateUser": "iam:TagUser"}


@dataclass(frozen=True, slots=True)
class Demand:
    """One action on one resource (None: no more is known than the action), with the condition keys of the request."""

    action: str
    resource: str | None
    context: Mapping[str, str] = field(default_factory=dict)


def demands(world: World, service: str, operation: str, body: bytes) -> Sequence[Demand]:
    """Everything that must be allowed, the operation's own action first."""
    if service == "codecommit":
        return list(_codecommit(world, operation, _json(body)))
    if service == "ssm":
        return list(_ssm(world, operation, _json(body)))
    parameters = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if service == "ec2":
        return list(_ec2(world, operation, parameters))
    if service == "iam":
        return list(_iam(world, operation, parameters))
    if service == "servicequotas":
        return [Demand(f"{service}:{operation}", ANY)]
    return [Demand(f"{service}:{operation}", None)]


def _ec2(world: World, operation: str, parameters: Mapping[str, str]) -> Iterator[Demand]:
    action, made = f"ec2:{operation}", _EC2_MADE.get(operation)
    named = _EC2_NAMED.get(operation)
    if named is None:
        yield Demand(action, ANY if operation.startswith("Describe") else None)
        return
    scenario = world.scenario
    prefix = f"arn:{scenario.partition}:ec2:{scenario.region}:{scenario.account_id}"
    asked = _request_tags(parameters, "TagSpecification.1.Tag.")
    if made is not None:
        yield Demand(action, f"{prefix}:{made}/{_NEW}", asked)
    for parameter, kind in named:
        for identifier in _numbered(parameters, parameter):
            tags = {f"aws:ResourceTag/{key}": str(value) for key, value in world.ec2.tags.get(identifier, {}).items()}
            yield Demand(action, f"{prefix}:{kind}/{identifier}", tags)
    if made is not None and asked:
        yield Demand("ec2:CreateTags", f"{prefix}:{made}/{_NEW}", {**asked, "ec2:CreateAction": operation})
    if parameters.get("PrivateDnsEnabled") == "true":
        # EC2 ties the service's private zone to the VPC in the caller's name.
        yield Demand("route53:AssociateVPCWithHostedZone", f"arn:{scenario.partition}:route53:::hostedzone/{_NEW}")


def _iam(world: World, operation: str, parameters: Mapping[str, str]) -> Iterator[Demand]:
    action = f"iam:{operation}"
    prefix = f"arn:{world.scenario.partition}:iam::{world.scenario.account_id}"
    named = next((parameters[name] for name in _IAM_ARNS if name in parameters), None)
    if operation == "GetPolicy":
        named = parameters.get("PolicyArn")
    if named is not None:
        yield Demand(action, named)
        return
    kind = "role" if "RoleName" in parameters else "user" if "UserName" in parameters else None
    if kind is None:
        yield Demand(action, ANY if operation.startswith("List") or operation == "GetAccountSummary" else None)
        return
    name = parameters["RoleName" if kind == "role" else "UserName"]
    known = world.arn_of(kind, name)
    resource = known or f"{prefix}:{kind}{parameters.get('Path', '/')}{name}"
    asked = _request_tags(parameters, "Tags.member.")
    if "PermissionsBoundary" in parameters:
        asked["iam:PermissionsBoundary"] = parameters["PermissionsBoundary"]
    yield Demand(action, resource, asked)
    if operation in _IAM_TAG and any(key.startswith("aws:RequestTag/") for key in asked):
        yield Demand(_IAM_TAG[operation], resource, asked)


def _codecommit(world: World, operation: str, body: Mapping[str, object]) -> Iterator[Demand]:
    action = f"codecommit:{operation}"
    scenario = world.scenario
    if "resourceArn" in body:
        yield Demand(action, str(body["resourceArn"]))
    elif "repositoryName" in body:
        arn = f"arn:{scenario.partition}:codecommit:{scenario.region}:{scenario.account_id}:{body['repositoryName']}"
        yield Demand(action, arn)
        if body.get("tags"):
            yield Demand("codecommit:TagResource", arn)
    else:
        yield Demand(action, ANY if operation.startswith("List") else None)


def _numbered(parameters: Mapping[str, str], name: str) -> list[str]:
    """The values of ``name`` and of ``name.1``, ``name.2`` and so on."""
    return [value for key, value in parameters.items() if key == name or key.rpartition(".")[0] == name]


def _request_tags(parameters: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        f"aws:RequestTag/{key}": parameters.get(name.removesuffix("Key") + "Value", "")
        for name, key in parameters.items()
        if name.startswith(prefix) and name.endswith(".Key")
    }


def _ssm(world: World, operation: str, parameters: Mapping[str, object]) -> Iterator[Demand]:
    """A command needs the right to its document and to each machine (SSM user guide, "Restrict Run Command access by tag")."""
    action, scenario = f"ssm:{operation}", world.scenario
    if operation != "SendCommand":
        yield Demand(action, ANY if operation == "GetCommandInvocation" else None)
        return
    # Documents of AWS belong to no account.
    yield Demand(action, f"arn:{scenario.partition}:ssm:{scenario.region}::document/{parameters.get('DocumentName', '')}")
    instances = parameters.get("InstanceIds")
    for identifier in instances if isinstance(instances, list) else ():
        tags = {f"ssm:resourceTag/{key}": str(value) for key, value in world.ec2.tags.get(str(identifier), {}).items()}
        arn = f"arn:{scenario.partition}:ec2:{scenario.region}:{scenario.account_id}:instance/{identifier}"
        yield Demand(action, arn, tags)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
