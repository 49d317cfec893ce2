"""The AWS half of a Git credential: service-specific credentials of an IAM user for CodeCommit.

AWS shows the password once, when the credential is made, and allows two of them for each user (IAM user guide, "Git credentials
for CodeCommit"). The password is returned to the caller and is neither journalled nor logged.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from strategies.ports import Execution
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.iam_policies import MISSING, once_propagated

SERVICE = "codecommit.amazonaws.com"


class ServiceCredentials:
    """Lists, makes and deletes an IAM user's credentials for CodeCommit. All methods raise ResourceError."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def active(self, user: str) -> list[tuple[str, str]]:
        """Id and generated user name of each active credential; none when the user does not exist."""
        return [(one, name) for one, name, state in self._listed(user) if state == "Active"]

    def every(self, user: str) -> list[str]:
        """Ids of all credentials, inactive ones too: both kinds count towards the two that AWS allows."""
        return [one for one, _name, _state in self._listed(user)]

    def create(self, user: str, run: Execution) -> tuple[str, str, str]:
        """Make one; returns its id, user name and password."""
        made: list[tuple[str, str, str]] = []

        def call() -> None:
            answer = self._clients.iam.create_service_specific_credential(UserName=user, ServiceName=SERVICE)
            one = answer["ServiceSpecificCredential"]
            made.append((one["ServiceSpecificCredentialId"], one.get("ServiceUserName", ""), one.get("ServicePassword", "")))

        with (
            self._clients.working(f"make a Git credential of IAM user {user}", "iam"),
            run.mutation("iam:CreateServiceSpecificCredential", {"UserName": user, "ServiceName": SERVICE}),
        ):
            once_propagated(call, run)
        return made[-1]

    def delete(self, user: str, credential_id: str, run: Execution) -> None:
        """Delete one. Gone already is success."""
        arguments = {"UserName": user, "ServiceSpecificCredentialId": credential_id}
        with (
            self._clients.working(f"delete a Git credential of IAM user {user}", "iam"),
            run.mutation("iam:DeleteServiceSpecificCredential", arguments),
        ):
            try:
                self._clients.iam.delete_service_specific_credential(UserName=user, ServiceSpecificCredentialId=credential_id)
            except ClientError as error:
                if code(error) != MISSING:
                    raise

    def _listed(self, user: str) -> list[tuple[str, str, str]]:
        with self._clients.working(f"list the Git credentials of IAM user {user}", "iam"):
            try:
                found = self._clients.iam.list_service_specific_credentials(UserName=user, ServiceName=SERVICE)
            except ClientError as error:
                if code(error) == MISSING:
                    return []
                raise
        return [
            (one["ServiceSpecificCredentialId"], one.get("ServiceUserName", ""), one["Status"])
            for one in found.get("ServiceSpecificCredentials", ())
        ]
