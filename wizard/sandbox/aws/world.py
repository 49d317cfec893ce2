"""The state of one sandbox account that moto does not keep, and the questions that more than one service asks."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role, User, iam_backends

from wizard.sandbox.aws.commands import Command, Shell, no_shell
from wizard.sandbox.aws.policy import Context, Decision, Document, conditional, decide
from wizard.sandbox.aws.scenario import AwsScenario
from wizard.sandbox.aws.tokens import IssuerKeys
from wizard.sandbox.aws.views import Credential

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class World:
    """One account: its scenario, its clock, its Git repositories and the temporary credentials that STS gave out."""

    scenario: AwsScenario
    git_root: Path
    issuer_keys: IssuerKeys
    clock: Callable[[], datetime]
    shell: Shell = no_shell
    temporary: dict[str, Credential] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held for each call and each question: moto's backends are plain dictionaries, walked while other threads change them."""

    @property
    def iam(self) -> IAMBackend:
        """moto's IAM of the account."""
        return iam_backends[self.scenario.account_id][self.scenario.partition]

    @property
    def ec2(self) -> EC2Backend:
        """moto's EC2 of the account in the scenario's region."""
        return ec2_backends[self.scenario.account_id][self.scenario.region]

    def issue(self, principal_arn: str, seconds: int | None) -> Credential:
        """A new temporary credential of an assumed role's session; ``seconds`` None: it does not expire."""
        credential = Credential(
            access_key_id=new_id("ASIA", 20),
            principal_arn=principal_arn,
            secret_access_key=base64.b64encode(secrets.token_bytes(30)).decode("ascii"),
            # Session tokens of AWS are long and hold "/", "+" and "=": what breaks a URL must break it here too.
            session_token=base64.b64encode(b"\xfb\xff" + secrets.token_bytes(269)).decode("ascii"),
            expires_at=None if seconds is None else self.clock() + timedelta(seconds=seconds),
        )
        self.temporary[credential.access_key_id] = credential
        return credential

    def credential(self, access_key_id: str) -> Credential | None:
        """The temporary credential or the user's active access key with this id."""
        if access_key_id in self.temporary:
            return self.temporary[access_key_id]
        for user in list(self.iam.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Credential(access_key_id, user.arn, key.secret_access_key)
        return None

    def identity(self, principal_arn: str) -> Role | User | None:
        """The role or user behind an ARN of a role, a role's session or a user."""
        kind, _, name = principal_arn.split(":", 5)[-1].partition("/")
        if kind == "assumed-role":
            return self._role(name.split("/")[0])
        if kind == "role":
            role = self._role(name.split("/")[-1])
            return role if role is not None and role.arn == principal_arn else None
        user = self.iam.users.get(name.split("/")[-1]) if kind == "user" else None
        return user if user is not None and user.arn == principal_arn else None

    def names(self, principal_arn: str) -> list[str]:
        """The names under which a policy's Principal may mean the caller."""
        identity = self.identity(principal_arn)
        account = self.scenario.account_id
        own = [principal_arn, account, f"arn:{self.scenario.partition}:iam::{account}:root"]
        return own if identity is None else [*own, identity.arn]

    def context(self, principal_arn: str) -> dict[str, str]:
        """The condition keys that every request carries (user guide, "AWS global condition context keys")."""
        identity = self.identity(principal_arn)
        arn = principal_arn if identity is None else identity.arn
        return {"aws:PrincipalArn": arn, "aws:PrincipalAccount": self.scenario.account_id}

    def decision(self, principal_arn: str, action: str, resource: str | None, request: Context | None = None) -> Decision:
        """What the identity's policies and its permissions boundary say; ``resource`` None: on some resource.

        ``request`` holds the condition keys that this one request adds.
        """
        identity = self.identity(principal_arn)
        if identity is None:
            return Decision.IMPLICIT_DENY
        context = {**self.context(principal_arn), **(request or {})}
        granted = decide(self._documents(identity), action, resource, context=context)
        boundary = getattr(identity, "permissions_boundary_arn", None)
        if granted is not Decision.ALLOWED or boundary is None:
            return granted
        return decide(self._managed(boundary), action, resource, context=context)

    def organization_decision(
        self,
        principal_arn: str,
        action: str,
        resource: str | None,
        request: Context | None = None,
        *,
        simulated: bool = False,
    ) -> Decision:
        """What the service control policies say; without any, everything passes.

        ``simulated``: as IAM's policy simulator sees them, which leaves out those that have conditions (IAM user guide,
        "IAM policy testing with the IAM policy simulator").
        """
        above = self.scenario.organization.policies.values()
        seen = [one for one in above if not (simulated and conditional(one))]
        if not seen:
            return Decision.ALLOWED
        context = {**self.context(principal_arn), **(request or {})}
        found = [decide([one], action, resource, context=context) for one in seen]
        if Decision.EXPLICIT_DENY in found:
            return Decision.EXPLICIT_DENY
        return Decision.ALLOWED if Decision.ALLOWED in found else Decision.IMPLICIT_DENY

    def arn_of(self, kind: str, name: str) -> str | None:
        """ARN of the ``role``, ``user`` or ``instance-profile`` of this name, or None."""
        if kind == "instance-profile":
            identity = self.iam.instance_profiles.get(name)
        else:
            identity = self._role(name) if kind == "role" else self.iam.users.get(name)
        return None if identity is None else str(identity.arn)

    def exists(self, arn: str) -> bool:
        """True unless the ARN names a user or role of this account that is not there."""
        if f"::{self.scenario.account_id}:" not in arn:
            return True
        return self.identity(arn) is not None

    def _role(self, name: str) -> Role | None:
        try:
            return self.iam.get_role(name)
        except NotFoundException:
            return None

    def _documents(self, identity: Role | User) -> Iterator[Document]:
        for text in list(identity.policies.values()):
            yield json.loads(text)
        for policy in list(identity.managed_policies.values()):
            yield from self._managed(policy.arn)

    def _managed(self, arn: str) -> Iterator[Document]:
        policy = self.iam.managed_policies.get(arn)
        if policy is not None:
            yield json.loads(next(v.document for v in policy.versions if v.is_default))


def new_id(prefix: str, length: int) -> str:
    """A unique id of IAM's form: the prefix and capital letters and digits, ``length`` characters in all."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length - len(prefix)))
