"""STS that gives a role only to a caller whom the role trusts (STS API reference)."""

from __future__ import annotations

import json
import re

from moto.core.responses import ActionResult
from moto.iam.models import Role
from moto.sts.responses import TokenResponse

from wizard.sandbox.aws.policy import Decision, decide
from wizard.sandbox.aws.services.base import AwsError, Extended
from wizard.sandbox.aws.tokens import TokenFaultError, verify
from wizard.sandbox.aws.views import Credential

SESSION_NAME = re.compile(r"^[\w+=,.@-]{2,64}$")


class SandboxStsApi(Extended, TokenResponse):
    """The operations; each follows the page of its name in the STS API reference."""

    def get_caller_identity(self) -> ActionResult:
        """GetCallerIdentity: the session of the operator's role, of an assumed role, or a user."""
        credential = self._caller()
        identity = self.world.identity(credential.principal_arn)
        unique = "" if identity is None else identity.id
        kind, _, name = credential.principal_arn.split(":", 5)[-1].partition("/")
        if kind == "assumed-role":
            unique += ":" + name.partition("/")[2]
        account = self.world.scenario.account_id
        return ActionResult({"UserId": unique, "Account": account, "Arn": credential.principal_arn})

    def assume_role(self) -> ActionResult:
        """AssumeRole: the trust policy must name the caller, and the caller's own policies must allow it."""
        caller = self._caller().principal_arn
        arn, role, action = self.text("RoleArn"), self._role(), "sts:AssumeRole"
        trusted = role is not None and _trusts(role, action, self.world.names(caller), {})
        if role is None or not trusted or self.world.decision(caller, action, arn) is not Decision.ALLOWED:
            raise AwsError("AccessDenied", f"User: {caller} is not authorized to perform: {action} on resource: {arn}")
        return self._session(role, {})

    def assume_role_with_web_identity(self) -> ActionResult:
        """AssumeRoleWithWebIdentity: signature, times, issuer, audience, and the role's conditions on ``sub`` and ``aud``."""
        iam, partition = self.world.iam, self.world.scenario.partition
        providers = {f"https://{p.url}": tuple(p.client_id_list) for p in iam.open_id_providers.values()}
        try:
            claims = verify(self.text("WebIdentityToken"), providers, self.world.issuer_keys, self.world.clock())
        except TokenFaultError as fault:
            raise AwsError(fault.code, str(fault)) from fault
        issuer = claims["iss"].removeprefix("https://")
        provider = f"arn:{partition}:iam::{self.world.scenario.account_id}:oidc-provider/{issuer}"
        context = {f"{issuer}:sub": claims["sub"], f"{issuer}:aud": claims["aud"]}
        role, action = self._role(), "sts:AssumeRoleWithWebIdentity"
        if role is None or not _trusts(role, action, [provider], context):
            # STS says the same for a role that is not there: nobody is to find out which roles exist.
            raise AwsError("AccessDenied", f"Not authorized to perform {action}")
        extra = {"SubjectFromWebIdentityToken": claims["sub"], "Audience": claims["aud"], "Provider": provider}
        return self._session(role, extra)

    def _caller(self) -> Credential:
        credential = self.world.credential(self.get_access_key())
        if credential is None:
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.")
        return credential

    def _role(self) -> Role | None:
        arn = self.text("RoleArn")
        return self.world.identity(arn) if ":role/" in arn else None

    def _session(self, role: Role, extra: dict[str, str]) -> ActionResult:
        name = self.text("RoleSessionName")
        if not SESSION_NAME.match(name):
            raise AwsError("ValidationError", f"Value '{name}' at 'roleSessionName' failed to satisfy constraint")
        seconds = self._get_int_param("DurationSeconds", 3600)
        longest = int(role.max_session_duration or 3600)
        if seconds < 900 or seconds > longest:
            raise AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        scenario = self.world.scenario
        principal = f"arn:{scenario.partition}:sts::{scenario.account_id}:assumed-role/{role.name}/{name}"
        credential = self.world.issue(principal, seconds)
        answer: dict[str, object] = {
            "Credentials": {
                "AccessKeyId": credential.access_key_id,
                "SecretAccessKey": credential.secret_access_key,
                "SessionToken": credential.session_token,
                "Expiration": credential.expires_at,
            },
            "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": principal},
            **extra,
        }
        return ActionResult(answer)


def _trusts(role: Role, action: str, principals: list[str], context: dict[str, str]) -> bool:
    trust = json.loads(role.assume_role_policy_document)
    return decide([trust], action, None, principals=principals, context=context) is Decision.ALLOWED
