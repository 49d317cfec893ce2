"""A static Git credential: the IAM user's service-specific credential and the cluster's Secret that holds it, as one thing.

AWS shows the password once. So the Secret is the only place where it is kept, and a credential whose password is not in the
Secret is of no use to anybody and is deleted.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import ClusterObjectResource, GitCredentialResource
from strategies.ports import Execution
from strategies.resources.cluster.apis import SECRET, Manifest, dig, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.credential_use import wait_until_used
from strategies.resources.cluster.diff import HIDDEN
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.objects import ClusterObjectHandler, describe, outputs, secret_id
from strategies.resources.parallel import both

KIND: Final = "git-credential"
ID_ANNOTATION = "ezgitops.dev/credential-id"
MOST = 2
"""Service-specific credentials that AWS allows a user for one service (IAM API, CreateServiceSpecificCredential)."""


class Credentials(Protocol):
    """The AWS half (``strategies.resources.aws.service_credentials``)."""

    def active(self, user: str) -> list[tuple[str, str]]:
        """Id and user name of each active credential."""

    def every(self, user: str) -> list[str]:
        """Ids of all credentials."""

    def create(self, user: str, run: Execution) -> tuple[str, str, str]:
        """Id, user name and password of a new one."""

    def delete(self, user: str, credential_id: str, run: Execution) -> None:
        """Remove one."""


class GitCredentialHandler:
    """Reads, plans and makes both halves (``ports.Handler``). No password is in an event, a journal or an ``Observed``."""

    kind = KIND
    rank = 110
    group = Group.CLUSTER
    noun = ""
    found_as: str | None = "cluster-object"

    def __init__(self, client: KubeClient, objects: ClusterObjectHandler, credentials: Credentials) -> None:
        self._client = client
        self._objects = objects
        self._credentials = credentials

    def read(self, resource: GitCredentialResource) -> Observed | None:
        """The Secret as an object of its own, and whether it holds an active credential of the user. Raises ResourceError."""
        # The dry run is asked with what the Secret holds: without it, it would take user name and password away.
        held = self._held(resource)
        observed, listed = both(
            lambda: self._objects.read(_secret(resource, held)), lambda: self._credentials.active(resource.user_name)
        )
        if observed is None:
            return None
        active = dict(listed)
        works = held is not None and active.get(held[0]) == held[1]
        fields: dict[str, Json] = {**observed.fields, "credential": "active" if works else "missing"}
        return replace(observed, fields=fields)

    def plan(self, resource: GitCredentialResource, observed: Observed | None) -> Change:
        """The Secret's own plan, and a new credential when the Secret holds none that works."""
        change = self._objects.plan(_secret(resource, None), observed)
        change = replace(change, kind=KIND, resource=resource)
        fresh = (FieldDiff("data.username", None, HIDDEN), FieldDiff("data.password", None, HIDDEN))
        if change.action is Action.CREATE:
            return replace(change, diff=(*change.diff, *fresh))
        works = observed is not None and observed.fields.get("credential") == "active"
        if change.conflict is None and observed is not None and (resource.renewed or not works):
            if observed.owner != resource.owner:
                return replace(change, conflict=f"{describe(resource.secret)} is not ours and holds no working credential.")
            missing = "holds no active credential of the user; a new one is made"
            reason = "a new one is asked for" if works else missing
            return replace(change, action=Action.UPDATE, reason=reason, diff=(*change.diff, *fresh))
        return change

    def create(self, resource: GitCredentialResource, run: Execution) -> Mapping[str, str]:
        """Make a credential and put it into the Secret. What a run that was killed in between left behind is deleted first."""
        user = resource.user_name
        held = self._held(resource)
        active = dict(self._credentials.active(user))
        works = held[0] if held is not None and active.get(held[0]) == held[1] else None
        if held is not None and works is not None and not resource.renewed:
            return self._write(resource, held, run)
        for orphan in self._credentials.every(user):
            if orphan != works:
                self._credentials.delete(user, orphan, run)
        result = self._write(resource, self._credentials.create(user, run), run)
        if works is not None:
            wait_until_used(self._client, text(resource.secret, "metadata", "namespace"), _plain(resource.secret, "url"), run)
            self._credentials.delete(user, works, run)
        return result

    def update(self, resource: GitCredentialResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same: a working credential is kept, only the Secret is applied again."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove the Secret; the credential goes with its user."""
        self._objects.delete(observed, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:  # noqa: ARG002 - the port
        """Nothing of its own: the Secret is found as a cluster object, the credential with its IAM user."""
        return ()

    def _held(self, resource: GitCredentialResource) -> tuple[str, str, str] | None:
        """Credential id, user name and password that the Secret holds; None when any is missing."""
        metadata = resource.secret.get("metadata")
        with as_resource_error(f"Cannot read {describe(resource.secret)}"):
            live = self._client.get(SECRET, text(metadata, "name"), text(metadata, "namespace"))
        if live is None:
            return None
        found = text(live, "metadata", "annotations", ID_ANNOTATION), _plain(live, "username"), _plain(live, "password")
        return found if all(found) else None

    def _write(self, resource: GitCredentialResource, held: tuple[str, str, str], run: Execution) -> Mapping[str, str]:
        secret = _secret(resource, held).manifest
        namespace, name = text(secret, "metadata", "namespace"), text(secret, "metadata", "name")
        with (
            as_resource_error(f"Cannot apply {describe(secret)}"),
            run.mutation(f"kubernetes:apply {SECRET.resource}", {"namespace": namespace, "name": name}),
        ):
            # By force: where a refresher kept the password before, it still owns these two fields.
            live = self._client.apply(secret, force=True)
        return {**outputs(live), "id": secret_id(namespace, name)}


def _secret(resource: GitCredentialResource, held: tuple[str, str, str] | None) -> ClusterObjectResource:
    """The Secret as a cluster object: with ``held``, complete; without, only what may be compared and shown."""
    manifest: dict[str, Json] = dict(resource.secret)
    if held is not None:
        identity, username, password = held
        metadata, data = dig(resource.secret, "metadata"), dig(resource.secret, "data")
        annotations = dig(metadata, "annotations")
        manifest["metadata"] = {
            **(metadata if isinstance(metadata, Mapping) else {}),
            "annotations": {**(annotations if isinstance(annotations, Mapping) else {}), ID_ANNOTATION: identity},
        }
        manifest["data"] = {
            **(data if isinstance(data, Mapping) else {}),
            "username": base64.b64encode(username.encode()).decode(),
            "password": base64.b64encode(password.encode()).decode(),
        }
    return ClusterObjectResource(
        address=resource.address, title=resource.title, group=resource.group, owner=resource.owner,
        depends_on=resource.depends_on, explain=resource.explain, manifest=manifest, hidden=("data.username", "data.password"),
    )  # fmt: skip


def _plain(secret: Manifest, key: str) -> str:
    try:
        return base64.b64decode(text(secret, "data", key), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
