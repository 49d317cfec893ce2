"""The IAM user of a static Git password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import IamUserResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes, documents
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.iam_policies import (
    EXISTS,
    MISSING,
    boundary_of,
    once_propagated,
    read_user_policy,
    remove_user_policies,
)
from strategies.resources.aws.service_credentials import ServiceCredentials
from strategies.resources.aws.tags import as_mapping, iam_tags, owner_of, told
from strategies.resources.parallel import both, together

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import CreateUserRequestTypeDef, UserTypeDef


class IamUserHandler:
    """Reads and carries out ``IamUserResource``. A foreign user is always a conflict: he would be given a password."""

    kind: Final = "iam-user"
    rank: int = 20
    group = Group.AWS
    noun = "IAM user"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._credentials = ServiceCredentials(clients)

    def read(self, resource: IamUserResource) -> Observed | None:
        """The user of this name with the inline policy. Raises ResourceError."""
        with self._clients.working(f"read IAM user {resource.name}", "iam"):
            user, policy = both(
                lambda: self._user(resource.name),
                lambda: read_user_policy(self._clients, resource.name, resource.policy_name),
            )
        return None if user is None else _observed(user, policy)

    def plan(self, resource: IamUserResource, observed: Observed | None) -> Change:
        """Create it, mend ours, or name the conflict."""
        if observed is None:
            diff = [FieldDiff("name", None, resource.name), FieldDiff("policy", None, resource.policy)]
            return changes.create(self.kind, resource, diff)
        if observed.owner != resource.owner:
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"An IAM user named {resource.name} exists already.",
                "Answer another codecommit.credentials.userName.",
            )
        diff = _differences(resource, observed)
        if observed.fields["path"] != resource.path:
            diff = [FieldDiff("path", observed.fields["path"], resource.path), *diff]
            return changes.replace(self.kind, resource, observed, diff)
        return changes.settle(self.kind, resource, observed, diff)

    def create(self, resource: IamUserResource, run: Execution) -> Mapping[str, str]:
        """Make the user with its tags and boundary in one call, then the inline policy."""
        what = f"make IAM user {resource.name}"
        request: CreateUserRequestTypeDef = {
            "UserName": resource.name,
            "Path": resource.path,
            "Tags": iam_tags(resource.owner.tags),
        }
        arguments: dict[str, Json] = {"UserName": resource.name, "Path": resource.path, "Tags": told(resource.owner.tags)}
        if resource.permissions_boundary is not None:
            request["PermissionsBoundary"] = resource.permissions_boundary
            arguments["PermissionsBoundary"] = resource.permissions_boundary
        with self._clients.working(what, "iam"), run.mutation("iam:CreateUser", arguments):
            try:
                self._clients.iam.create_user(**request)
            except ClientError as error:
                if code(error) != EXISTS:
                    raise
        found = self._seen(resource, run)
        if found.owner != resource.owner:
            why = "a user of this name was made by somebody else in the meantime"
            raise ResourceError(what, why, "Answer another codecommit.credentials.userName, then plan again.")
        return self.update(resource, found, run)

    def update(self, resource: IamUserResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Set policy and boundary to what is asked."""
        iam, name = self._clients.iam, resource.name
        arguments: dict[str, Json]
        for difference in _differences(resource, observed):
            with self._clients.working(f"change {difference.path} of IAM user {name}", "iam"):
                if difference.path == "policy":
                    put = partial(
                        iam.put_user_policy,
                        UserName=name,
                        PolicyName=resource.policy_name,
                        PolicyDocument=documents.dump(resource.policy),
                    )
                    arguments = {"UserName": name, "PolicyName": resource.policy_name, "PolicyDocument": resource.policy}
                    with run.mutation("iam:PutUserPolicy", arguments):
                        once_propagated(put, run)
                elif resource.permissions_boundary is None:
                    with run.mutation("iam:DeleteUserPermissionsBoundary", {"UserName": name}):
                        iam.delete_user_permissions_boundary(UserName=name)
                else:
                    arguments = {"UserName": name, "PermissionsBoundary": resource.permissions_boundary}
                    with run.mutation("iam:PutUserPermissionsBoundary", arguments):
                        iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=resource.permissions_boundary)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete its Git credentials and policies, then the user. Gone already is success.

        Other credentials that somebody gave the user (access keys, a console password) are left: IAM then refuses, and says so.
        """
        name = observed.provider_id
        for credential in self._credentials.every(name):
            self._credentials.delete(name, credential, run)
        with self._clients.working(f"delete IAM user {name}", "iam"):
            try:
                remove_user_policies(self._clients, name, run)
                with run.mutation("iam:DeleteUser", {"UserName": name}):
                    self._clients.iam.delete_user(UserName=name)
            except ClientError as error:
                if code(error) != MISSING:
                    raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every user of the account with the owner's tags (ListUsers does not carry tags, so each one's are read)."""
        with self._clients.working("list IAM users", "iam"):
            users = [user for page in self._clients.iam.get_paginator("list_users").paginate() for user in page["Users"]]
            tags = together([partial(self._tags, user["UserName"]) for user in users])
        return [_observed(user, None, found) for user, found in zip(users, tags, strict=True) if owner_of(found) == owner]

    def _user(self, name: str) -> UserTypeDef | None:
        try:
            return self._clients.iam.get_user(UserName=name)["User"]
        except ClientError as error:
            if code(error) == MISSING:
                return None
            raise

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return as_mapping(self._clients.iam.list_user_tags(UserName=name)["Tags"])
        except ClientError as error:
            if code(error) == MISSING:
                return {}
            raise

    def _seen(self, resource: IamUserResource, run: Execution) -> Observed:
        for pause in (0.5, 1.0, 2.0, 4.0, 8.0):
            found = self.read(resource)
            if found is not None:
                return found
            run.progress("waits until IAM knows it everywhere, usually some seconds")
            run.sleep(pause)
        why = "IAM accepted it but does not list it"
        raise ResourceError(f"make IAM user {resource.name}", why, "Run it again in a minute.", retryable=True)


def _observed(user: UserTypeDef, policy: Mapping[str, Json] | None, tags: Mapping[str, str] | None = None) -> Observed:
    fields: dict[str, Json] = {
        "name": user["UserName"],
        "path": user["Path"],
        "permissions_boundary": boundary_of(user),
        "policy": policy,
    }
    marks = as_mapping(user.get("Tags", ())) if tags is None else tags
    return Observed(user["UserName"], fields, owner_of(marks), {"arn": user["Arn"], "name": user["UserName"]})


def _differences(resource: IamUserResource, observed: Observed) -> list[FieldDiff]:
    diff: list[FieldDiff] = []
    policy = observed.fields["policy"]
    if not isinstance(policy, Mapping) or not documents.same(policy, resource.policy):
        diff.append(FieldDiff("policy", policy, resource.policy))
    if observed.fields["permissions_boundary"] != resource.permissions_boundary:
        before = observed.fields["permissions_boundary"]
        diff.append(FieldDiff("permissions boundary", before, resource.permissions_boundary))
    return diff
