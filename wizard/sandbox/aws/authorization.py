"""What a request has to be allowed: its action on each resource that it names, and the actions that it implies.

Resource types, condition keys and dependent actions: service authorization reference, pages of IAM, CodeCommit and Systems
Manager (EC2's: ``ec2_authorization``). Who gives tags while something is made needs the right to tag as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs

from wizard.sandbox.aws.demands import ANY, Demand, request_tags, resource_tags
from wizard.sandbox.aws.ec2_authorization import ec2_demands, passing
from wizard.sandbox.aws.secret_demands import secret_demands
from wizard.sandbox.aws.world import World

_IAM_ARNS = ("OpenIDConnectProviderArn", "PolicySourceArn")
"""Parameters that name the one resource of an IAM operation."""

_IAM_KINDS = (("InstanceProfileName", "instance-profile"), ("RoleName", "role"), ("UserName", "user"))
"""What an IAM operation is about, by the parameter that names it. Of a profile and a role it is the profile."""

_IAM_TAG = {
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
}


def demands(world: World, service: str, operation: str, body: bytes) -> Sequence[Demand]:
    """Everything that must be allowed, the operation's own action first."""
    if service == "codecommit":
        return list(_codecommit(world, operation, _json(body)))
    if service == "secretsmanager":
        return [Demand(*asked) for asked in secret_demands(world, operation, _json(body))]
    if service == "ssm":
        return list(_ssm(world, operation, _json(body)))
    parameters = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if service == "ec2":
        return list(ec2_demands(world, operation, parameters))
    if service == "iam":
        return list(_iam(world, operation, parameters))
    if service == "servicequotas":
        return [Demand(f"{service}:{operation}", ANY)]
    return [Demand(f"{service}:{operation}", None)]


def _iam(world: World, operation: str, parameters: Mapping[str, str]) -> Iterator[Demand]:
    action = f"iam:{operation}"
    prefix = f"arn:{world.scenario.partition}:iam::{world.scenario.account_id}"
    named = next((parameters[name] for name in _IAM_ARNS if name in parameters), None)
    if operation == "GetPolicy":
        named = parameters.get("PolicyArn")
    if named is not None:
        yield Demand(action, named)
        return
    of_operation = next(((name, kind) for name, kind in _IAM_KINDS if name in parameters), None)
    # ListInstanceProfiles and the like are about no one thing.
    if of_operation is None:
        yield Demand(action, ANY if operation.startswith("List") or operation == "GetAccountSummary" else None)
        return
    parameter, kind = of_operation
    name = parameters[parameter]
    resource = world.arn_of(kind, name) or f"{prefix}:{kind}{parameters.get('Path', '/')}{name}"
    asked = request_tags(parameters, "Tags.member.")
    keys = (
        {**asked, "iam:PermissionsBoundary": parameters["PermissionsBoundary"]}
        if "PermissionsBoundary" in parameters
        else asked
    )
    yield Demand(action, resource, keys)
    if operation in _IAM_TAG and asked:
        yield Demand(_IAM_TAG[operation], resource, keys)
    if operation == "AddRoleToInstanceProfile":
        role = parameters.get("RoleName", "")
        yield passing(world.arn_of("role", role) or f"{prefix}:role/{role}")


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


def _ssm(world: World, operation: str, parameters: Mapping[str, object]) -> Iterator[Demand]:
    """A command needs the right to its document and to each machine (SSM user guide, "Restrict Run Command access by tag")."""
    action, scenario = f"ssm:{operation}", world.scenario
    # Documents and parameters of AWS belong to no account.
    public = f"arn:{scenario.partition}:ssm:{scenario.region}:"
    if operation == "GetParameter":
        name = str(parameters.get("Name", ""))
        owner = "" if name.startswith("/aws/") else scenario.account_id
        yield Demand(action, f"{public}{owner}:parameter/{name.removeprefix('/')}")
        return
    if operation != "SendCommand":
        yield Demand(action, ANY if operation.startswith("Describe") or operation == "GetCommandInvocation" else None)
        return
    yield Demand(action, f"{public}:document/{parameters.get('DocumentName', '')}")
    instances = parameters.get("InstanceIds")
    for identifier in instances if isinstance(instances, list) else ():
        tags = resource_tags(world.ec2.tags.get(str(identifier), {}), "aws:ResourceTag", "ssm:resourceTag")
        arn = f"arn:{scenario.partition}:ec2:{scenario.region}:{scenario.account_id}:instance/{identifier}"
        yield Demand(action, arn, tags)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
