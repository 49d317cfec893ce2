"""Instance profiles: what gives a role to a machine (IAM user guide, "Use instance profiles")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import InstanceProfileResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.iam_policies import EXISTS, MISSING, once_propagated
from strategies.resources.aws.tags import as_mapping, iam_tags, owner_of, told
from strategies.resources.parallel import together

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import InstanceProfileTypeDef

_FULL = "LimitExceeded"
"""A profile holds one role (API reference, "AddRoleToInstanceProfile"): this comes when it is there already, too."""


class InstanceProfileHandler:
    """Reads and carries out ``InstanceProfileResource``. A foreign profile that holds the role is used as it is."""

    kind: Final = "instance-profile"
    rank: int = 30
    group = Group.AWS
    noun = "Instance profile"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: InstanceProfileResource) -> Observed | None:
        """The profile of this name with its role. Raises ResourceError."""
        with self._clients.working(f"read instance profile {resource.name}", "iam"):
            try:
                found = self._clients.iam.get_instance_profile(InstanceProfileName=resource.name)["InstanceProfile"]
            except ClientError as error:
                if code(error) == MISSING:
                    return None
                raise
        return _observed(found, as_mapping(found.get("Tags", ())))

    def plan(self, resource: InstanceProfileResource, observed: Observed | None) -> Change:
        """Create it, put the role into ours, use a foreign one that holds it, or name the conflict: another path is one."""
        if observed is None:
            diff = [FieldDiff("name", None, resource.name), FieldDiff("role", None, resource.name)]
            return changes.create(self.kind, resource, diff)
        held, path = _roles(observed), observed.fields["path"]
        if observed.owner == resource.owner:
            if path != resource.path:
                # A profile that is made anew is another one to EC2: the machine would run on without its role.
                return changes.conflict(
                    self.kind,
                    resource,
                    observed,
                    f"IAM cannot move instance profile {resource.name} from the path {path} to {resource.path}.",
                    "Answer another role name with the new path (bastionProxy.instance.roleName): role, profile and machine "
                    f"are then made anew. Or keep {path} (bastionProxy.instance.rolePath).",
                )
            differs = [] if held == [resource.name] else [FieldDiff("role", ", ".join(held) or None, resource.name)]
            return changes.settle(self.kind, resource, observed, differs)
        if held == [resource.name]:
            return changes.use_foreign(self.kind, resource, observed)
        return changes.conflict(
            self.kind,
            resource,
            observed,
            f"An instance profile named {resource.name} exists and holds {', '.join(held) or 'no role'}.",
            "Answer another role name (bastionProxy.instance.roleName).",
        )

    def create(self, resource: InstanceProfileResource, run: Execution) -> Mapping[str, str]:
        """Make the profile with its tags in one call, then put the role into it."""
        what = f"make instance profile {resource.name}"
        arguments: dict[str, Json] = {
            "InstanceProfileName": resource.name,
            "Path": resource.path,
            "Tags": told(resource.owner.tags),
        }
        with self._clients.working(what, "iam"), run.mutation("iam:CreateInstanceProfile", arguments):
            try:
                made = self._clients.iam.create_instance_profile(
                    InstanceProfileName=resource.name, Path=resource.path, Tags=iam_tags(resource.owner.tags)
                )["InstanceProfile"]
            except ClientError as error:
                if code(error) != EXISTS:
                    raise
                made = None
        if made is not None:
            self._add(resource, run)
            return _outputs(made)
        found = self.read(resource)
        if found is None or found.owner != resource.owner:
            why = "an instance profile of this name was made by somebody else in the meantime"
            raise ResourceError(what, why, "Plan again: it is used when it holds the role.")
        return self.update(resource, found, run)

    def update(self, resource: InstanceProfileResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Have exactly the role in it."""
        held = _roles(observed)
        self._remove(resource.name, [role for role in held if role != resource.name], run)
        if resource.name not in held:
            self._add(resource, run)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take its role out, then delete it. Gone already is success."""
        name = observed.provider_id
        self._remove(name, _roles(observed), run)
        with (
            self._clients.working(f"delete instance profile {name}", "iam"),
            run.mutation("iam:DeleteInstanceProfile", {"InstanceProfileName": name}),
        ):
            try:
                self._clients.iam.delete_instance_profile(InstanceProfileName=name)
            except ClientError as error:
                if code(error) != MISSING:
                    raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every profile of the account with the owner's tags. ListInstanceProfiles does not carry them: each one's are read."""
        with self._clients.working("list instance profiles", "iam"):
            pages = self._clients.iam.get_paginator("list_instance_profiles").paginate()
            profiles = [one for page in pages for one in page["InstanceProfiles"] if not one["Path"].startswith("/aws-")]
            tags = together([partial(self._tags, one["InstanceProfileName"]) for one in profiles])
        return [_observed(one, found) for one, found in zip(profiles, tags, strict=True) if owner_of(found) == owner]

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return as_mapping(self._clients.iam.list_instance_profile_tags(InstanceProfileName=name)["Tags"])
        except ClientError as error:
            if code(error) == MISSING:
                return {}
            raise

    def _add(self, resource: InstanceProfileResource, run: Execution) -> None:
        name = resource.name

        def add() -> None:
            try:
                self._clients.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
            except ClientError as error:
                found = self.read(resource) if code(error) == _FULL else None
                if found is None or _roles(found) != [name]:
                    raise

        arguments: dict[str, Json] = {"InstanceProfileName": name, "RoleName": name}
        with (
            self._clients.working(f"put IAM role {name} into its instance profile", "iam"),
            run.mutation("iam:AddRoleToInstanceProfile", arguments),
        ):
            once_propagated(add, run)

    def _remove(self, name: str, roles: Sequence[str], run: Execution) -> None:
        for role in roles:
            arguments: dict[str, Json] = {"InstanceProfileName": name, "RoleName": role}
            with (
                self._clients.working(f"take IAM role {role} out of instance profile {name}", "iam"),
                run.mutation("iam:RemoveRoleFromInstanceProfile", arguments),
            ):
                try:
                    self._clients.iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
                except ClientError as error:
                    if code(error) != MISSING:
                        raise


def _observed(profile: InstanceProfileTypeDef, tags: Mapping[str, str]) -> Observed:
    fields: dict[str, Json] = {
        "name": profile["InstanceProfileName"],
        "path": profile["Path"],
        "roles": [role["RoleName"] for role in profile.get("Roles", ())],
    }
    return Observed(profile["InstanceProfileName"], fields, owner_of(tags), _outputs(profile))


def _outputs(profile: InstanceProfileTypeDef) -> dict[str, str]:
    return {"arn": profile["Arn"], "name": profile["InstanceProfileName"]}


def _roles(observed: Observed) -> list[str]:
    held = observed.fields["roles"]
    return [str(role) for role in held] if isinstance(held, list) else []
