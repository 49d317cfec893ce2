"""Secrets of AWS Secrets Manager: with values known by reference, or empty for somebody else to write.

No value is in a diff, a journal, an event or an ``Observed``: values are compared in memory, where both are known.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import AFTER_TAG, StoredSecretResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.tags import as_mapping, owner_of, told

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_secretsmanager.type_defs import DescribeSecretResponseTypeDef, SecretListEntryTypeDef, TagTypeDef

_MISSING = "ResourceNotFoundException"
_RECOVERY_DAYS = 30
"""The longest that Secrets Manager keeps what was deleted (API reference, DeleteSecret), and its default."""
_HIDDEN = "(hidden)"


class StoredSecretHandler:
    """Reads and carries out ``StoredSecretResource``. ``resolve`` gives what is behind a reference, or raises ResourceError."""

    kind: Final = "stored-secret"
    rank: int = 12
    group = Group.AWS
    noun = "Secret"
    found_as: str | None = None

    def __init__(self, clients: AwsClients, resolve: Callable[[str], str]) -> None:
        self._clients = clients
        self._resolve = resolve

    def read(self, resource: StoredSecretResource) -> Observed | None:
        """The secret of this name; one that waits to be deleted is there too. Raises ResourceError."""
        with self._clients.working(f"read secret {resource.name}", "secretsmanager"):
            found = self._described(resource.name)
        if found is None:
            return None
        observed = _observed(found)
        fields = dict(observed.fields)
        if resource.values and observed.owner == resource.owner and fields["deleted"] is None:
            fields["as_asked"] = self._as_asked(resource)
        return Observed(observed.provider_id, fields, observed.owner, observed.outputs, filled=observed.filled)

    def plan(self, resource: StoredSecretResource, observed: Observed | None) -> Change:
        """Create it, take it back from deletion, renew its value, or name somebody else's that is in the way."""
        fresh = [FieldDiff("name", None, resource.name), *(FieldDiff(key, None, _HIDDEN) for key in resource.values)]
        if observed is None:
            return changes.create(self.kind, resource, fresh)
        if observed.owner != resource.owner:
            waits = " and waits to be deleted" if observed.fields["deleted"] is not None else ""
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"A secret named {resource.name} exists{waits}.",
                f"Look whose it is, and rename or remove it: aws secretsmanager describe-secret --secret-id {resource.name}",
            )
        return changes.settle(self.kind, resource, observed, _differences(resource, observed))

    def create(self, resource: StoredSecretResource, run: Execution) -> Mapping[str, str]:
        """Make it with tags and value in one call."""
        what = f"make secret {resource.name}"
        tags = {**resource.owner.tags, "Name": resource.name, AFTER_TAG: resource.after}
        arguments: dict[str, Json] = {"Name": resource.name, "Description": resource.description, "Tags": told(tags)}
        value = self._value(resource)
        pairs: list[TagTypeDef] = [{"Key": key, "Value": text} for key, text in tags.items()]
        with self._clients.working(what, "secretsmanager"):
            try:
                with run.mutation("secretsmanager:CreateSecret", arguments):
                    if value is None:
                        made = self._clients.secretsmanager.create_secret(
                            Name=resource.name, Description=resource.description, Tags=pairs
                        )
                    else:
                        made = self._clients.secretsmanager.create_secret(
                            Name=resource.name, Description=resource.description, Tags=pairs, SecretString=value
                        )
                return {"id": resource.name, "arn": made["ARN"]}
            except ClientError as error:
                if code(error) not in ("ResourceExistsException", "InvalidRequestException"):
                    raise
        found = self.read(resource)
        if found is None or found.owner != resource.owner:
            why = "a secret of this name was made by somebody else in the meantime"
            raise ResourceError(what, why, "Plan again, and see whose it is.", retryable=found is None)
        return self.update(resource, found, run)

    def update(self, resource: StoredSecretResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Take it back from deletion, and give it the value that is asked for."""
        name, changed = resource.name, {one.path for one in _differences(resource, observed)}
        with self._clients.working(f"change secret {name}", "secretsmanager"):
            if "deleted" in changed:
                with run.mutation("secretsmanager:RestoreSecret", {"SecretId": name}):
                    self._clients.secretsmanager.restore_secret(SecretId=name)
            if "after destroy" in changed:
                with run.mutation("secretsmanager:TagResource", {"SecretId": name, "Tags": told({AFTER_TAG: resource.after})}):
                    self._clients.secretsmanager.tag_resource(SecretId=name, Tags=[{"Key": AFTER_TAG, "Value": resource.after}])
            value = self._value(resource)
            if value is not None and not self._as_asked(resource):
                with run.mutation("secretsmanager:PutSecretValue", {"SecretId": name}):
                    self._clients.secretsmanager.put_secret_value(
                        SecretId=name, SecretString=value, ClientRequestToken=str(uuid.uuid4())
                    )
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete it at once, or so that it can be taken back for 30 days; gone already is success."""
        name, at_once = observed.provider_id, observed.fields["after"] == "gone"
        call: dict[str, Json] = {"SecretId": name}
        call |= {"ForceDeleteWithoutRecovery": True} if at_once else {"RecoveryWindowInDays": _RECOVERY_DAYS}
        with (
            self._clients.working(f"delete secret {name}", "secretsmanager"),
            run.mutation("secretsmanager:DeleteSecret", call),
        ):
            try:
                if at_once:
                    self._clients.secretsmanager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
                else:
                    self._clients.secretsmanager.delete_secret(SecretId=name, RecoveryWindowInDays=_RECOVERY_DAYS)
            except ClientError as error:
                if code(error) != _MISSING:
                    raise

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every secret of the region with the owner's tags, but those that wait to be deleted."""
        # The filters of ListSecrets match beginnings: what they leave is compared whole.
        filters = [{"Key": "tag-value", "Values": [owner.instance]}]
        with self._clients.working("list secrets", "secretsmanager"):
            pages = self._clients.secretsmanager.get_paginator("list_secrets").paginate(Filters=filters)  # type: ignore[arg-type]
            found = [_observed(one) for page in pages for one in page["SecretList"]]
        return [one for one in found if one.owner == owner and one.fields["deleted"] is None]

    def _described(self, name: str) -> DescribeSecretResponseTypeDef | None:
        try:
            return self._clients.secretsmanager.describe_secret(SecretId=name)
        except ClientError as error:
            if code(error) == _MISSING:
                return None
            raise

    def _value(self, resource: StoredSecretResource) -> str | None:
        """The JSON text of the value; None where somebody else writes it."""
        if not resource.values:
            return None
        return json.dumps({key: self._resolve(reference) for key, reference in sorted(resource.values.items())})

    def _as_asked(self, resource: StoredSecretResource) -> bool:
        asked = self._value(resource)
        try:
            held = self._clients.secretsmanager.get_secret_value(SecretId=resource.name).get("SecretString")
        except ClientError as error:
            if code(error) == _MISSING:  # there is no value yet
                return False
            raise
        return held == asked


def _observed(secret: DescribeSecretResponseTypeDef | SecretListEntryTypeDef) -> Observed:
    tags = as_mapping(secret.get("Tags", ()))
    deleted: datetime | None = secret.get("DeletedDate")
    name = secret.get("Name", "")
    after = tags.get(AFTER_TAG, "recoverable")
    fields: dict[str, Json] = {
        "name": name,
        "description": secret.get("Description", ""),
        "deleted": None if deleted is None else f"{deleted:%Y-%m-%d}",
        "after": after,
        "as_asked": True,
        "kept": f"without it no backup can be read (aws secretsmanager delete-secret --secret-id {name} removes it)",
    }
    # DescribeSecret and ListSecrets call it by two names.
    stages = secret.get("VersionIdsToStages") or secret.get("SecretVersionsToStages")
    has_value = isinstance(stages, Mapping) and any("AWSCURRENT" in one for one in stages.values())
    return Observed(
        name, fields, owner_of(tags), {"id": name, "arn": secret.get("ARN", "")}, filled=has_value and after == "kept"
    )


def _differences(resource: StoredSecretResource, observed: Observed) -> list[FieldDiff]:
    fields, diff = observed.fields, list[FieldDiff]()
    if fields["deleted"] is not None:
        diff.append(FieldDiff("deleted", f"waits to be deleted since {fields['deleted']}", "taken back"))
    if fields["after"] != resource.after:
        diff.append(FieldDiff("after destroy", fields["after"], resource.after))
    if fields["as_asked"] is not True:
        diff += [FieldDiff(key, _HIDDEN, _HIDDEN) for key in resource.values]
    return diff
