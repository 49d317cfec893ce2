"""Reads what the credentials may do, before anything is done: by IAM's policy simulator and by dry runs of EC2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from strategies.common.dry_runs import Trial
from strategies.common.logins import Login
from strategies.facts import (
    AwsIdentity,
    Denial,
    DryRun,
    DryRuns,
    FactError,
    Permission,
    PermissionsBoundary,
    SimulatedPermissions,
    Tried,
)
from strategies.ports import FactFailureError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import DENIED, code, explain
from strategies.resources.parallel import together

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam.type_defs import ContextEntryTypeDef, EvaluationResultTypeDef

_SESSION = re.compile(r"^arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/")
_SSO_ROLE = "AWSReservedSSO_"
"""Roles of IAM Identity Center have a path that depends on its region ("Referencing permission sets in resource policies")."""
_CALLS: Mapping[str, Callable[[EC2Client], Callable[..., object]]] = {
    "ec2:AuthorizeSecurityGroupEgress": lambda ec2: ec2.authorize_security_group_egress,
    "ec2:AuthorizeSecurityGroupIngress": lambda ec2: ec2.authorize_security_group_ingress,
    "ec2:CreateSecurityGroup": lambda ec2: ec2.create_security_group,
    "ec2:CreateVpcEndpoint": lambda ec2: ec2.create_vpc_endpoint,
    "ec2:RunInstances": lambda ec2: ec2.run_instances,
}
_ORGANIZATION = "service control policy"
_UNCLEAR = (
    "InstanceLimitExceeded",
    "MissingParameter",
    "ParameterNotFound",
    "RulesPerSecurityGroupLimitExceeded",
    "SecurityGroupLimitExceeded",
    "Unsupported",
    "VcpuLimitExceeded",
    "VpcEndpointLimitExceeded",
)
"""EC2 API reference, "Error codes": refusals that no policy has a part in."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_MESSAGE = 400


def read_permissions(clients: AwsClients, identity: AwsIdentity, needed: Sequence[Permission]) -> SimulatedPermissions:
    """Ask the simulator for everything that is needed, side by side (iam:SimulatePrincipalPolicy).

    For the session of a role the role itself is asked about; iam:GetRole finds the path of one that is not at ``/``. The
    account's root user has every permission, and cannot be simulated.
    """
    asked = sum(len(one.actions) * len(one.resources) for one in needed)
    if identity.arn.endswith(":root"):
        return SimulatedPermissions(identity.arn, asked)
    with clients.reading("simulation of the permissions", "iam"):
        session = _SESSION.match(identity.arn)
        if session is None:
            return _simulated(clients, identity.arn, needed, asked)
        role = session["role"]
        if not role.startswith(_SSO_ROLE):
            try:
                arn = f"arn:{session['partition']}:iam::{session['account']}:role/{role}"
                return _simulated(clients, arn, needed, asked)
            except ClientError as error:
                if code(error) != "NoSuchEntity":
                    raise
        return _simulated(clients, clients.iam.get_role(RoleName=role)["Role"]["Arn"], needed, asked)


def _simulated(clients: AwsClients, principal: str, needed: Sequence[Permission], asked: int) -> SimulatedPermissions:
    answers = together([partial(_evaluate, clients, principal, one) for one in needed])
    return SimulatedPermissions(principal, asked, tuple(dict.fromkeys(denial for found in answers for denial in found)))


def _evaluate(clients: AwsClients, principal: str, permission: Permission) -> list[Denial]:
    context: list[ContextEntryTypeDef] = [
        {
            "ContextKeyName": key,
            "ContextKeyType": "stringList" if key == "aws:TagKeys" else "string",
            "ContextKeyValues": [value],
        }
        for key, value in permission.context
    ]
    pages = clients.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=principal,
        ActionNames=list(permission.actions),
        ResourceArns=list(permission.resources),
        ContextEntries=context,
    )
    return [denial for page in pages for result in page["EvaluationResults"] for denial in _denials(result, permission)]


def _denials(result: EvaluationResultTypeDef, permission: Permission) -> Iterator[Denial]:
    """API_EvaluationResult: the top level is the strictest decision over all resources; each has its own below."""
    above = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    decisions = [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in result.get("ResourceSpecificResults", ())]
    decisions = decisions or [(result.get("EvalResourceName", permission.resources[0]), result["EvalDecision"])]
    for resource, decision in decisions:
        if decision != "allowed":
            yield Denial(result["EvalActionName"], resource, decision == "explicitDeny", by_organization=not above)


def read_dry_runs(clients: AwsClients, trials: Sequence[Trial]) -> DryRuns:
    """Try these calls with ``DryRun``, side by side: nothing is made, and every policy has its say.

    EC2 API reference, "DryRun": DryRunOperation when the caller may, UnauthorizedOperation when not.
    """
    with clients.reading("EC2 dry runs", "ec2"):
        login = clients.login()
        tried = together([partial(_tried, clients, one, login) for one in trials])
        return DryRuns(tuple(one for one in tried if one is not None))


def _tried(clients: AwsClients, trial: Trial, login: Login) -> DryRun | None:
    """How it ended; None where only the account's policies say no, and they do not count.

    Raises ClientError for what says nothing of permissions (throttling, credentials).
    """
    action = trial.action
    try:
        parameters = dict(trial.parameters)
        if trial.image_parameter is not None:
            parameters["ImageId"] = clients.ssm.get_parameter(Name=trial.image_parameter)["Parameter"].get("Value", "")
        _CALLS[action](clients.ec2)(DryRun=True, **parameters)
    except ClientError as error:
        kind = code(error)
        # EC2 may look for a rule that is there before it says that nothing was made.
        if kind in ("DryRunOperation", "InvalidPermission.Duplicate"):
            return DryRun(action, Tried.ALLOWED)
        if kind in DENIED:
            why = explain(error, "ec2", login).why
            return None if trial.organization_alone and _ORGANIZATION not in why else DryRun(action, Tried.DENIED, why)
        if kind.startswith("Invalid") or kind in _UNCLEAR:
            return DryRun(action, Tried.UNCLEAR, _shown(str(error.response.get("Error", {}).get("Message") or kind)))
        raise
    raise FactFailureError(FactError(f"{action} was asked for as a dry run and AWS did not take it as one"))


def _shown(message: str) -> str:
    return _CONTROL.sub(" ", message).strip()[:_LONGEST_MESSAGE]


def read_boundary(clients: AwsClients, arn: str | None) -> PermissionsBoundary:
    """Whether the permissions boundary that is asked for exists (iam:GetPolicy)."""
    if arn is None:
        return PermissionsBoundary(None)
    with clients.reading(f"permissions boundary {arn}", "iam"):
        try:
            clients.iam.get_policy(PolicyArn=arn)
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return PermissionsBoundary(arn, exists=False)
            raise
    return PermissionsBoundary(arn, exists=True)
