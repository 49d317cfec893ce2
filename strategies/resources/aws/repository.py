"""The CodeCommit repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from strategies.base import Change, FieldDiff, Group, Json, Observed, Owner
from strategies.codecommit.urls import repository_arn
from strategies.kinds import CodeCommitRepositoryResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws import changes
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.tags import owner_of
from strategies.resources.parallel import both, together

if TYPE_CHECKING:
    from mypy_boto3_codecommit.type_defs import RepositoryMetadataTypeDef

_MISSING = "RepositoryDoesNotExistException"


class CodeCommitRepositoryHandler:
    """Reads and carries out ``CodeCommitRepositoryResource``. A foreign repository is always a conflict: the mirror prunes."""

    kind: Final = "codecommit-repository"
    rank: int = 10
    group = Group.AWS
    noun = "CodeCommit repository"
    found_as: str | None = None

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def read(self, resource: CodeCommitRepositoryResource) -> Observed | None:
        """The repository of this name. Raises ResourceError."""
        return self._read(resource.name)

    def plan(self, resource: CodeCommitRepositoryResource, observed: Observed | None) -> Change:
        """Create it, mend description or key, or leave it; never take over a foreign one."""
        if observed is None:
            asked = {"name": resource.name, "description": resource.description, "kms key": resource.kms_key_id}
            diff = [FieldDiff(name, None, value) for name, value in asked.items() if value is not None]
            return changes.create(self.kind, resource, diff)
        if observed.owner != resource.owner:
            tags = ",".join(f"{key}={value}" for key, value in resource.owner.tags.items())
            return changes.conflict(
                self.kind,
                resource,
                observed,
                f"A CodeCommit repository named {resource.name} exists already.",
                "Answer another codecommit.repository.name, or hand it over, knowing that the mirror deletes branches and tags "
                "which the source does not have: aws codecommit tag-resource "
                f"--resource-arn {observed.outputs['arn']} --tags {tags}",
            )
        return changes.settle(self.kind, resource, observed, _differences(resource, observed))

    def create(self, resource: CodeCommitRepositoryResource, run: Execution) -> Mapping[str, str]:
        """Make the repository with its tags in one call, so that a crash leaves none without an owner."""
        what = f"make CodeCommit repository {resource.name}"
        arguments: dict[str, Json] = {
            "repositoryName": resource.name,
            "repositoryDescription": resource.description,
            "tags": dict(resource.owner.tags),
        }
        key = {} if resource.kms_key_id is None else {"kmsKeyId": resource.kms_key_id}
        with self._clients.working(what, "codecommit"), run.mutation("codecommit:CreateRepository", {**arguments, **key}):
            try:
                self._clients.codecommit.create_repository(
                    repositoryName=resource.name,
                    repositoryDescription=resource.description,
                    tags=resource.owner.tags,
                    **key,
                )
            except ClientError as error:
                if code(error) != "RepositoryNameExistsException":
                    raise
        found = self._read(resource.name)
        if found is None or found.owner != resource.owner:
            why = "a repository of this name was made by somebody else in the meantime"
            raise ResourceError(what, why, "Answer another codecommit.repository.name, then plan again.")
        return self.update(resource, found, run)

    def update(self, resource: CodeCommitRepositoryResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Set description and key to what is asked."""
        name = resource.name
        changed = {difference.path for difference in _differences(resource, observed)}
        with self._clients.working(f"change CodeCommit repository {name}", "codecommit"):
            if "description" in changed:
                text = resource.description
                with run.mutation(
                    "codecommit:UpdateRepositoryDescription", {"repositoryName": name, "repositoryDescription": text}
                ):
                    self._clients.codecommit.update_repository_description(repositoryName=name, repositoryDescription=text)
            if "kms key" in changed and (key := resource.kms_key_id) is not None:
                with run.mutation("codecommit:UpdateRepositoryEncryptionKey", {"repositoryName": name, "kmsKeyId": key}):
                    self._clients.codecommit.update_repository_encryption_key(repositoryName=name, kmsKeyId=key)
        return observed.outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete the repository; CodeCommit answers the same when it is gone already (API reference, DeleteRepository)."""
        name = observed.provider_id
        with (
            self._clients.working(f"delete CodeCommit repository {name}", "codecommit"),
            run.mutation("codecommit:DeleteRepository", {"repositoryName": name}),
        ):
            self._clients.codecommit.delete_repository(repositoryName=name)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every repository of the region with the owner's tags."""
        with self._clients.working("list CodeCommit repositories", "codecommit"):
            names, identity = both(self._names, self._clients.sts.get_caller_identity)
        region = self._clients.region or self._clients.configured_region() or ""
        owners = together([partial(self._owner, repository_arn(region, identity["Account"], name)) for name in names])
        ours = [name for name, found in zip(names, owners, strict=True) if found == owner]
        return [_observed(one, owner) for one in together([partial(self._metadata, name) for name in ours]) if one is not None]

    def _names(self) -> list[str]:
        pages = self._clients.codecommit.get_paginator("list_repositories").paginate()
        return [one["repositoryName"] for page in pages for one in page["repositories"]]

    def _owner(self, arn: str) -> Owner | None:
        with self._clients.working("read the tags of CodeCommit repositories", "codecommit"):
            try:
                return owner_of(self._clients.codecommit.list_tags_for_resource(resourceArn=arn)["tags"])
            except ClientError as error:
                if code(error) == _MISSING:
                    return None
                raise

    def _read(self, name: str) -> Observed | None:
        found = self._metadata(name)
        return None if found is None else _observed(found, self._owner(found["Arn"]))

    def _metadata(self, name: str) -> RepositoryMetadataTypeDef | None:
        with self._clients.working(f"read CodeCommit repository {name}", "codecommit"):
            try:
                return self._clients.codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
            except ClientError as error:
                if code(error) == _MISSING:
                    return None
                raise


def _observed(found: RepositoryMetadataTypeDef, owner: Owner | None) -> Observed:
    branch = found.get("defaultBranch")
    fields: dict[str, Json] = {
        "name": found["repositoryName"],
        "description": found.get("repositoryDescription", ""),
        "kms_key_id": found.get("kmsKeyId"),
        "default_branch": branch,
    }
    outputs = {"name": found["repositoryName"], "arn": found["Arn"], "clone-url": found.get("cloneUrlHttp", "")}
    # CodeCommit makes the first branch that is pushed the default one: without it there is no commit.
    return Observed(found["repositoryName"], fields, owner, outputs, filled=bool(branch))


def _differences(resource: CodeCommitRepositoryResource, observed: Observed) -> list[FieldDiff]:
    diff: list[FieldDiff] = []
    if observed.fields["description"] != resource.description:
        diff.append(FieldDiff("description", observed.fields["description"], resource.description))
    if resource.kms_key_id is not None and not _same_key(resource.kms_key_id, observed.fields["kms_key_id"]):
        diff.append(FieldDiff("kms key", observed.fields["kms_key_id"], resource.kms_key_id))
    return diff


def _same_key(asked: str, found: Json) -> bool:
    """An id and the ARN that ends in it are the same key. Only KMS knows what an alias points to, so one is not compared."""
    if not isinstance(found, str):
        return False
    return ":alias/" in f":{asked}" or asked.rsplit("/", 1)[-1] == found.rsplit("/", 1)[-1]
