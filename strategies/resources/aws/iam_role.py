"""The IAM roles of the refresher and of the mirror pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.passages import Passage, worst_passage
from strategies.kinds import IamRoleResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes, documents
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.iam_policies import (
    EXISTS,
    MISSING,
    boundary_of,
    once_propagated,
    read_role_policy,
    remove_role_policies,
    role_policies,
)
from strategies.resources.aws.tags import as_mapping, iam_tags, owner_of, told
from strategies.resources.parallel import both, together

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import CreateRoleRequestTypeDef, RoleTypeDef

_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"


class IamRoleHandler:
    """Reads and carries out ``IamRoleResource``. A foreign role that trusts and allows what is asked is used as it is."""

    kind: Final = "iam-role"
    rank: int = 20
    group = Group.AWS
    noun = "IAM role"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: IamRoleResource) -> Observed | None:
        """The role of this name with its trust and inline policy. Raises ResourceError."""
        with self._clients.working(f"read IAM role {resource.name}", "iam"):
            role, policy = both(
                lambda: self._role(resource.name),
                lambda: read_role_policy(self._clients, resource.name, resource.policy_name),
            )
            if role is None:
                return None
            observed = _observed(role, policy)
            if observed.owner is not None or policy is not None:
                return observed
            # Whoever prepares roles for others names the policy as he likes.
            others = role_policies(self._clients, resource.name)
        fitting = [one for one in others if worst_passage(one, resource.policy) is not Passage.SHUT]
        return _observed(role, fitting[0]) if fitting else observed

    def plan(self, resource: IamRoleResource, observed: Observed | None) -> Change:
        """Create it, mend ours, use a foreign one that fits, or name the conflict."""
        if observed is None:
            return changes.create(self.kind, resource, _asked(resource))
        diff = _differences(resource, observed)
        if observed.owner == resource.owner:
            if observed.fields["path"] != resource.path:
                diff = [FieldDiff("path", observed.fields["path"], resource.path), *diff]
                return changes.replace(self.kind, resource, observed, diff)
            return changes.settle(self.kind, resource, observed, diff)
        unfit = self._unfit(resource, observed)
        if unfit is None:
            return changes.use_foreign(self.kind, resource, observed)
        return changes.conflict(
            self.kind,
            resource,
            observed,
            f"An IAM role named {resource.name} exists and {unfit}.",
            "Answer another role name, or have that role's trust and policy changed to what the plan shows.",
        )

    def create(self, resource: IamRoleResource, run: Execution) -> Mapping[str, str]:
        """Make the role with its tags and boundary in one call, then its inline policy."""
        what = f"make IAM role {resource.name}"
        request: CreateRoleRequestTypeDef = {
            "RoleName": resource.name,
            "Path": resource.path,
            "Description": resource.description,
            "AssumeRolePolicyDocument": documents.dump(resource.trust_policy),
            "Tags": iam_tags(resource.owner.tags),
        }
        arguments: dict[str, Json] = {"RoleName": resource.name, "Path": resource.path}
        arguments["Description"] = resource.description
        arguments["AssumeRolePolicyDocument"] = resource.trust_policy
        arguments["Tags"] = told(resource.owner.tags)
        if resource.permissions_boundary is not None:
            request["PermissionsBoundary"] = resource.permissions_boundary
            arguments["PermissionsBoundary"] = resource.permissions_boundary
        with self._clients.working(what, "iam"), run.mutation("iam:CreateRole", arguments):
            try:
                made = self._clients.iam.create_role(**request)["Role"]
            except ClientError as error:
                if code(error) != EXISTS:
                    raise
                made = None
        if made is None:
            found = self.read(resource)
            if found is None or found.owner != resource.owner:
                why = "a role of this name was made by somebody else in the meantime"
                raise ResourceError(what, why, "Answer another role name, then plan again.")
            return self.update(resource, found, run)
        self._put_policy(resource, run)
        return {"arn": made["Arn"], "name": made["RoleName"]}

    def update(self, resource: IamRoleResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Set trust, policy, boundary and description to what is asked."""
        iam, name = self._clients.iam, resource.name
        arguments: dict[str, Json]
        for difference in _differences(resource, observed):
            with self._clients.working(f"change {difference.path} of IAM role {name}", "iam"):
                match difference.path:
                    case "trust policy":
                        document = documents.dump(resource.trust_policy)
                        with run.mutation(
                            "iam:UpdateAssumeRolePolicy", {"RoleName": name, "PolicyDocument": resource.trust_policy}
                        ):
                            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
                    case "policy":
                        self._put_policy(resource, run)
                    case "description":
                        with run.mutation("iam:UpdateRole", {"RoleName": name, "Description": resource.description}):
                            iam.update_role(RoleName=name, Description=resource.description)
                    case _ if resource.permissions_boundary is None:
                        with run.mutation("iam:DeleteRolePermissionsBoundary", {"RoleName": name}):
                            iam.delete_role_permissions_boundary(RoleName=name)
                    case _:
                        boundary = resource.permissions_boundary
                        arguments = {"RoleName": name, "PermissionsBoundary": boundary}
                        with run.mutation("iam:PutRolePermissionsBoundary", arguments):
                            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take its policies away, then delete it. Gone already is success."""
        name = observed.provider_id
        with self._clients.working(f"delete IAM role {name}", "iam"):
            try:
                remove_role_policies(self._clients, name, run)
                with run.mutation("iam:DeleteRole", {"RoleName": name}):
                    self._clients.iam.delete_role(RoleName=name)
            except ClientError as error:
                if code(error) != MISSING:
                    raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every role of the account with the owner's tags.

        ListRoles does not carry tags, so each candidate's are read. AWS's own roles are no candidates, nor are roles that no
        web identity may assume, unless their description is one of ours.
        """
        with self._clients.working("list IAM roles", "iam"):
            pages = self._clients.iam.get_paginator("list_roles").paginate()
            roles = [role for page in pages for role in page["Roles"] if _candidate(role)]
            tags = together([partial(self._tags, role["RoleName"]) for role in roles])
        return [_observed(role, None, found) for role, found in zip(roles, tags, strict=True) if owner_of(found) == owner]

    def _role(self, name: str) -> RoleTypeDef | None:
        try:
            return self._clients.iam.get_role(RoleName=name)["Role"]
        except ClientError as error:
            if code(error) == MISSING:
                return None
            raise

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return as_mapping(self._clients.iam.list_role_tags(RoleName=name)["Tags"])
        except ClientError as error:
            if code(error) == MISSING:
                return {}
            raise

    def _put_policy(self, resource: IamRoleResource, run: Execution) -> None:
        arguments: dict[str, Json] = {
            "RoleName": resource.name,
            "PolicyName": resource.policy_name,
            "PolicyDocument": resource.policy,
        }
        put = partial(
            self._clients.iam.put_role_policy,
            RoleName=resource.name,
            PolicyName=resource.policy_name,
            PolicyDocument=documents.dump(resource.policy),
        )
        with (
            self._clients.working(f"put the policy of IAM role {resource.name}", "iam"),
            run.mutation("iam:PutRolePolicy", arguments),
        ):
            once_propagated(put, run)

    @staticmethod
    def _unfit(resource: IamRoleResource, observed: Observed) -> str | None:
        if observed.fields["path"] != resource.path:
            return f"has the path {observed.fields['path']}, not {resource.path}"
        if not documents.same(_document(observed, "trust_policy"), resource.trust_policy):
            return "trusts somebody else than the answers ask for"
        policy = _document(observed, "policy")
        if policy is None or worst_passage(policy, resource.policy) is Passage.SHUT:
            return "has no inline policy that allows what is needed"
        return None


def _candidate(role: RoleTypeDef) -> bool:
    if role["Path"].startswith("/aws-"):
        return False
    trust = documents.parse(role.get("AssumeRolePolicyDocument"))
    return (trust is not None and _WEB_IDENTITY in documents.dump(trust)) or "ezgitops" in role.get("Description", "")


def _observed(role: RoleTypeDef, policy: Mapping[str, Json] | None, tags: Mapping[str, str] | None = None) -> Observed:
    fields: dict[str, Json] = {
        "name": role["RoleName"],
        "path": role["Path"],
        "description": role.get("Description", ""),
        "permissions_boundary": boundary_of(role),
        "trust_policy": documents.parse(role.get("AssumeRolePolicyDocument")),
        "policy": policy,
    }
    outputs = {"arn": role["Arn"], "name": role["RoleName"]}
    marks = as_mapping(role.get("Tags", ())) if tags is None else tags
    return Observed(role["RoleName"], fields, owner_of(marks), outputs)


def _asked(resource: IamRoleResource) -> list[FieldDiff]:
    diff = [
        FieldDiff("name", None, resource.name),
        FieldDiff("trust policy", None, resource.trust_policy),
        FieldDiff("policy", None, resource.policy),
    ]
    if resource.permissions_boundary is not None:
        diff.append(FieldDiff("permissions boundary", None, resource.permissions_boundary))
    return diff


def _differences(resource: IamRoleResource, observed: Observed) -> list[FieldDiff]:
    found = observed.fields
    diff: list[FieldDiff] = []
    if not documents.same(_document(observed, "trust_policy"), resource.trust_policy):
        diff.append(FieldDiff("trust policy", found["trust_policy"], resource.trust_policy))
    if not documents.same(_document(observed, "policy"), resource.policy):
        diff.append(FieldDiff("policy", found["policy"], resource.policy))
    if found["permissions_boundary"] != resource.permissions_boundary:
        diff.append(FieldDiff("permissions boundary", found["permissions_boundary"], resource.permissions_boundary))
    if found["description"] != resource.description:
        diff.append(FieldDiff("description", found["description"], resource.description))
    return diff


def _document(observed: Observed, name: str) -> Mapping[str, Json] | None:
    value = observed.fields[name]
    return value if isinstance(value, Mapping) else None
