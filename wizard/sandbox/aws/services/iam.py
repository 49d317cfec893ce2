"""IAM that refuses malformed policies and knows service-specific credentials (IAM API reference)."""

from __future__ import annotations

import re
from typing import ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import IAMBackend, Role, User

from wizard.sandbox.aws.policy import PolicyFaultError, validate_identity, validate_trust
from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.services.credentials import ServiceCredentials, new_password
from wizard.sandbox.aws.services.profiles import ProfilesApi
from wizard.sandbox.aws.services.simulation import simulate
from wizard.sandbox.aws.world import World

NAME = re.compile(r"^[\w+=,.@-]+$", re.ASCII)
PATH = re.compile(r"^/([!-~]{0,510}/)?$")


class SandboxIam(IAMBackend):
    """moto's IAM with AWS's own checks in front of it."""

    world: ClassVar[World]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.service_credentials = ServiceCredentials(account_id)

    def create_role(
        self,
        role_name: str,
        assume_role_policy_document: str,
        path: str,
        permissions_boundary: str | None,
        description: str,
        tags: list[dict[str, str]],
        max_session_duration: str | None,
        linked_service: str | None = None,
    ) -> Role:
        """CreateRole: name, path, trust policy and boundary are checked first."""
        check_name("roleName", role_name)
        check_path(path)
        check_quota("RolesPerAccount", len(self.roles), self.world.scenario.quotas.roles)
        self._check_trust(assume_role_policy_document)
        self.check_boundary(permissions_boundary)
        return super().create_role(
            role_name,
            assume_role_policy_document,
            path,
            permissions_boundary,
            description,
            tags,
            max_session_duration,
            linked_service,
        )

    def update_assume_role_policy(self, role_name: str, policy_document: str) -> None:
        """UpdateAssumeRolePolicy."""
        role = self.get_role(role_name)
        self._check_trust(policy_document)
        role.assume_role_policy_document = policy_document

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        """PutRolePolicy."""
        role = self.get_role(role_name)
        check_name("policyName", policy_name, longest=128)
        check_identity(policy_json)
        role.put_policy(policy_name, policy_json)

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        """PutRolePermissionsBoundary."""
        self.check_boundary(permissions_boundary)
        super().put_role_permissions_boundary(role_name, permissions_boundary)

    def create_user(self, region_name: str, user_name: str, path: str = "/", tags: list[dict[str, str]] | None = None) -> User:
        """CreateUser."""
        check_name("userName", user_name)
        check_path(path)
        check_quota("UsersPerAccount", len(self.users), self.world.scenario.quotas.users)
        return super().create_user(region_name, user_name, path, tags)

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        """PutUserPolicy."""
        user = self.get_user(user_name)
        check_name("policyName", policy_name, longest=128)
        check_identity(policy_json)
        user.put_policy(policy_name, policy_json)

    def set_user_boundary(self, user_name: str, arn: str | None) -> None:
        """PutUserPermissionsBoundary, or with None DeleteUserPermissionsBoundary."""
        user = self.get_user(user_name)
        self.check_boundary(arn)
        user.permissions_boundary_arn = arn
        user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None

    def delete_user(self, user_name: str) -> None:
        """DeleteUser: nothing may hang on the user any more."""
        user = self.get_user(user_name)
        if user.access_keys:
            raise AwsError("DeleteConflict", "Cannot delete entity, must delete access keys first.")
        if self.service_credentials.of(user_name):
            raise AwsError("DeleteConflict", "Cannot delete entity, must remove service-specific credentials first.")
        super().delete_user(user_name)

    def _check_trust(self, text: str) -> None:
        try:
            validate_trust(text, self.world.exists)
        except PolicyFaultError as fault:
            raise AwsError("MalformedPolicyDocument", str(fault)) from fault

    def check_boundary(self, arn: str | None) -> None:
        """Raise NoSuchEntity for a permissions boundary that is not there."""
        if not arn:
            return
        if not self.policy_arn_regex.match(arn):
            raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
        if ":iam::aws:policy/" not in arn and arn not in self.managed_policies:
            raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")


class SandboxIamApi(ProfilesApi):
    """The operations that moto lacks; each follows the page of its name in the IAM API reference."""

    @property
    def backend(self) -> SandboxIam:
        """The account's identities."""
        backend: SandboxIam = self.world.iam
        return backend

    def create_user(self) -> ActionResult:
        """CreateUser, with its permissions boundary."""
        boundary = self.text("PermissionsBoundary")
        self.backend.check_boundary(boundary)
        answer = super().create_user()
        if boundary:
            self.backend.set_user_boundary(self.text("UserName"), boundary)
        return answer

    def put_user_permissions_boundary(self) -> ActionResult:
        """PutUserPermissionsBoundary."""
        self.backend.set_user_boundary(self.text("UserName"), self.text("PermissionsBoundary"))
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        """DeleteUserPermissionsBoundary."""
        self.backend.set_user_boundary(self.text("UserName"), None)
        return EmptyResult()

    def simulate_principal_policy(self) -> ActionResult:
        """SimulatePrincipalPolicy, in one page."""
        entries: list[dict[str, object]] = self._get_param("ContextEntries") or []
        context: dict[str, str | tuple[str, ...]] = {}
        for entry in entries:
            values = entry.get("ContextKeyValues")
            given = tuple(map(str, values)) if isinstance(values, list) else ()
            many = str(entry.get("ContextKeyType", "")).endswith("List")
            context[str(entry["ContextKeyName"])] = given if many else next(iter(given), "")
        found = simulate(
            self.world,
            self.text("PolicySourceArn"),
            self._get_param("ActionNames") or [],
            self._get_param("ResourceArns") or [],
            context,
        )
        return ActionResult({"EvaluationResults": found, "IsTruncated": False})

    def get_account_summary(self) -> ActionResult:
        """GetAccountSummary, with the account's own quotas."""
        quotas = self.world.scenario.quotas
        summary = dict(self.backend.get_account_summary().summary_map)
        return ActionResult({"SummaryMap": {**summary, "RolesQuota": quotas.roles, "UsersQuota": quotas.users}})

    def add_client_id_to_open_id_connect_provider(self) -> ActionResult:
        """AddClientIDToOpenIDConnectProvider: one that is listed already is no error."""
        provider = self.backend.get_open_id_connect_provider(self.text("OpenIDConnectProviderArn"))
        provider.client_id_list = list(dict.fromkeys([*provider.client_id_list, self.text("ClientID")]))
        return EmptyResult()

    def create_service_specific_credential(self) -> ActionResult:
        """CreateServiceSpecificCredential."""
        user = self.backend.get_user(self.text("UserName"))
        made = self.backend.service_credentials.create(user.name, self.text("ServiceName"), self.world.clock())
        return ActionResult({"ServiceSpecificCredential": made.revealed()})

    def list_service_specific_credentials(self) -> ActionResult:
        """ListServiceSpecificCredentials."""
        user = self.backend.get_user(self.text("UserName"))
        found = self.backend.service_credentials.of(user.name, self.text("ServiceName"))
        return ActionResult({"ServiceSpecificCredentials": [c.metadata() for c in found]})

    def update_service_specific_credential(self) -> ActionResult:
        """UpdateServiceSpecificCredential: ``Active`` or ``Inactive``."""
        credentials = self.backend.service_credentials
        found = credentials.get(self.text("ServiceSpecificCredentialId"), self.text("UserName"))
        found.active = self.text("Status") == "Active"
        return EmptyResult()

    def reset_service_specific_credential(self) -> ActionResult:
        """ResetServiceSpecificCredential: the same user name, a new password."""
        credentials = self.backend.service_credentials
        found = credentials.get(self.text("ServiceSpecificCredentialId"), self.text("UserName"))
        found.password = new_password()
        return ActionResult({"ServiceSpecificCredential": found.revealed()})

    def delete_service_specific_credential(self) -> ActionResult:
        """DeleteServiceSpecificCredential."""
        credentials = self.backend.service_credentials
        credentials.delete(credentials.get(self.text("ServiceSpecificCredentialId"), self.text("UserName")))
        return EmptyResult()


def check_quota(name: str, number: int, most: int) -> None:
    """Raise LimitExceeded when one more would be too many."""
    if number >= most:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for {name}: {most}")


def check_identity(text: str) -> None:
    """Raise MalformedPolicyDocument for an identity policy that AWS does not store."""
    try:
        validate_identity(text)
    except PolicyFaultError as fault:
        raise AwsError("MalformedPolicyDocument", str(fault)) from fault


def check_name(parameter: str, name: str, *, longest: int = 64) -> None:
    """Raise ValidationError for a name with characters that IAM does not take, or too long."""
    if not NAME.match(name) or len(name) > longest:
        rule = f"Member must satisfy [\\w+=,.@-]+ and be at most {longest} long"
        raise AwsError("ValidationError", f"1 validation error detected: Value at '{parameter}' failed: {rule}")


def check_path(path: str | None) -> None:
    """Raise ValidationError for a path that does not begin and end with a slash."""
    if path and not PATH.match(path):
        raise AwsError(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only "
            "alphanumeric characters and/or / characters.",
        )
