"""Service-specific credentials: the static Git password of an IAM user (API_CreateServiceSpecificCredential)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wizard.sandbox.aws.services.base import AwsError
from wizard.sandbox.aws.world import new_id

SERVICES = ("codecommit.amazonaws.com",)
MOST = 2
"""IAM user guide, "Use IAM with CodeCommit": two sets of credentials for each user and service."""


@dataclass(slots=True)
class ServiceCredential:
    """One credential; the password is shown by IAM only when it is made or reset."""

    user_name: str
    service: str
    service_user_name: str
    created: datetime
    password: str = field(default_factory=lambda: new_password(), repr=False)
    id: str = field(default_factory=lambda: new_id("ACCA", 21))
    active: bool = True

    def metadata(self) -> dict[str, object]:
        """What ListServiceSpecificCredentials shows."""
        return {
            "UserName": self.user_name,
            "Status": "Active" if self.active else "Inactive",
            "ServiceUserName": self.service_user_name,
            "CreateDate": self.created,
            "ServiceSpecificCredentialId": self.id,
            "ServiceName": self.service,
        }

    def revealed(self) -> dict[str, object]:
        """What creating and resetting show, once."""
        return {**self.metadata(), "ServicePassword": self.password}


class ServiceCredentials:
    """All service-specific credentials of an account."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._all: dict[str, ServiceCredential] = {}

    def create(self, user_name: str, service: str, now: datetime) -> ServiceCredential:
        """A new one. Raises NotSupportedService or LimitExceeded."""
        if service not in SERVICES:
            raise AwsError("NotSupportedService", f"No such service {service} is supported for service-specific credentials")
        if len(self.of(user_name, service)) >= MOST:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {MOST}")
        made = ServiceCredential(user_name, service, self._service_user_name(user_name), now)
        self._all[made.id] = made
        return made

    def of(self, user_name: str, service: str = "") -> list[ServiceCredential]:
        """The credentials of a user, for one service or for all."""
        return [c for c in self._all.values() if c.user_name == user_name and service in ("", c.service)]

    def get(self, credential_id: str, user_name: str) -> ServiceCredential:
        """The credential. Raises NoSuchEntity."""
        found = self._all.get(credential_id)
        if found is None or user_name not in ("", found.user_name):
            raise AwsError("NoSuchEntity", f"No such credential {credential_id} exists")
        return found

    def delete(self, credential: ServiceCredential) -> None:
        """Forget it."""
        self._all.pop(credential.id, None)

    def active(self, service_user_name: str) -> ServiceCredential | None:
        """The active credential with this generated user name."""
        found: Iterable[ServiceCredential] = self._all.values()
        return next((c for c in found if c.active and c.service_user_name == service_user_name), None)

    def _service_user_name(self, user_name: str) -> str:
        taken = {c.service_user_name for c in self._all.values()}
        names = (f"{user_name}{suffix}-at-{self._account_id}" for suffix in ("", *(f"+{n}" for n in range(1, MOST + 1))))
        return next(name for name in names if name not in taken)


def new_password() -> str:
    """A password of the form that IAM makes: base64, with ``+``, ``/`` and ``=`` in it."""
    return base64.b64encode(b"\xfb\xff" + secrets.token_bytes(30)).decode("ascii")
