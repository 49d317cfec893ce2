"""CodeCommit with a real Git repository behind each repository (CodeCommit API reference; user guide, "Quotas")."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from moto.codecommit.models import CodeCommitBackend, codecommit_backends
from moto.codecommit.responses import CodeCommitResponse
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.responses import ActionResult

from wizard.sandbox.aws.services.bare_git import COMMIT_ID, BareRepository, valid_branch_name
from wizard.sandbox.aws.services.base import AwsError, Extended
from wizard.sandbox.aws.world import World

NAME = re.compile(r"^[A-Za-z0-9._-]{1,100}$")
MANAGED_KEY = "7d4c2f9e-51b6-4f0a-8a3d-2e6b9c1f7a05"
"""Key id behind ``alias/aws/codecommit``, which encrypts what names no key of its own."""


@dataclass(slots=True)
class Repository:
    """One repository: what the API shows of it, its tags, and the Git repository."""

    name: str
    description: str
    arn: str
    kms_key: str
    tags: dict[str, str]
    git: BareRepository
    created: datetime
    modified: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class SandboxCodeCommit(TaggableResourcesMixin, CodeCommitBackend):
    """moto's CodeCommit, which knows create, get and delete, made whole."""

    SERVICE_NAMESPACE = "codecommit"
    world: ClassVar[World]

    def repository(self, name: str) -> Repository:
        """The repository. Raises the errors of GetRepository."""
        check_name(name)
        found: Repository | None = self.repositories.get(name)
        if found is None:
            raise AwsError("RepositoryDoesNotExistException", f"{name} does not exist")
        return found

    def by_arn(self, arn: str) -> Repository:
        """The repository with this ARN. Raises the errors of TagResource."""
        prefix = self.arn("")
        if not arn.startswith(prefix):
            raise AwsError("InvalidResourceArnException", f"{arn} is not a valid resource ARN")
        return self.repository(arn.removeprefix(prefix))

    def arn(self, name: str) -> str:
        """The ARN of a repository of this account and region."""
        return f"arn:{self.partition}:codecommit:{self.region_name}:{self.account_id}:{name}"

    def create(self, name: str, description: str, kms_key: str, tags: Mapping[str, str]) -> Repository:
        """CreateRepository, with an empty Git repository behind it."""
        if not self.world.scenario.codecommit.open_to_account:
            reason = "there is no existing repository in this AWS account or AWS Organization"
            raise AwsError("OperationNotAllowedException", f"CreateRepository request is not allowed because {reason}")
        check_name(name)
        check_tags(tags)
        if len(description) > 1000:
            message = "The repository description can have up to 1,000 characters"
            raise AwsError("InvalidRepositoryDescriptionException", message)
        if name in self.repositories:
            raise AwsError("RepositoryNameExistsException", f"Repository named {name} already exists")
        git = BareRepository(self.world.git_root / f"{name}.git")
        now = self.world.clock()
        repository = Repository(name, description, self.arn(name), self.key_arn(kms_key), dict(tags), git, now, now)
        git.create()
        self.repositories[name] = repository
        return repository

    def key_arn(self, key: str) -> str:
        """The ARN of a KMS key given as id, alias, ARN, or not at all."""
        keys = self.world.scenario.codecommit.kms_keys | {"alias/aws/codecommit": MANAGED_KEY}
        prefix = f"arn:{self.partition}:kms:{self.region_name}:{self.account_id}:"
        wanted = (key or "alias/aws/codecommit").removeprefix(prefix).removeprefix("key/")
        found = keys.get(wanted, wanted)
        if found not in keys.values():
            raise AwsError("EncryptionKeyNotFoundException", f"The encryption key {key} was not found")
        return f"{prefix}key/{found}"

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """What the Resource Groups Tagging API finds."""
        for repository in self.repositories.values():
            yield TaggedResource(arn=repository.arn, tags=dict(repository.tags), resource_type="codecommit")


class SandboxCodeCommitApi(Extended, CodeCommitResponse):
    """The operations; each follows the page of its name in the CodeCommit API reference."""

    def __init__(self) -> None:
        super().__init__()
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> SandboxCodeCommit:
        """The account's repositories in the request's region."""
        backend: SandboxCodeCommit = codecommit_backends[self.current_account][self.region]
        return backend

    def create_repository(self) -> ActionResult:
        """CreateRepository."""
        repository = self.backend.create(
            self.text("repositoryName"),
            self.text("repositoryDescription"),
            self.text("kmsKeyId"),
            self._get_param("tags") or {},
        )
        return ActionResult({"repositoryMetadata": self._metadata(repository)})

    def get_repository(self) -> ActionResult:
        """GetRepository."""
        return ActionResult({"repositoryMetadata": self._metadata(self._named())})

    def batch_get_repositories(self) -> ActionResult:
        """BatchGetRepositories."""
        names: list[str] = self._get_param("repositoryNames") or []
        found = [self._metadata(self.backend.repositories[name]) for name in names if name in self.backend.repositories]
        missing = [name for name in names if name not in self.backend.repositories]
        return ActionResult({"repositories": found, "repositoriesNotFound": missing})

    def list_repositories(self) -> ActionResult:
        """ListRepositories."""
        repositories: list[Repository] = sorted(self.backend.repositories.values(), key=lambda r: r.name)
        return ActionResult({"repositories": [{"repositoryName": r.name, "repositoryId": r.id} for r in repositories]})

    def delete_repository(self) -> ActionResult:
        """DeleteRepository: an unknown name is no error."""
        check_name(self.text("repositoryName"))
        repository: Repository | None = self.backend.repositories.pop(self.text("repositoryName"), None)
        if repository is None:
            return ActionResult({})
        repository.git.remove()
        return ActionResult({"repositoryId": repository.id})

    def update_repository_description(self) -> ActionResult:
        """UpdateRepositoryDescription."""
        repository = self._named()
        repository.description = self.text("repositoryDescription")
        repository.modified = self.world.clock()
        return ActionResult({})

    def update_repository_encryption_key(self) -> ActionResult:
        """UpdateRepositoryEncryptionKey."""
        repository = self._named()
        before, repository.kms_key = repository.kms_key, self.backend.key_arn(self.text("kmsKeyId"))
        answer = {"repositoryId": repository.id, "kmsKeyId": repository.kms_key, "originalKmsKeyId": before}
        return ActionResult(answer)

    def get_branch(self) -> ActionResult:
        """GetBranch."""
        repository, name = self._named(), self._branch_name("branchName")
        commit = repository.git.branches().get(name)
        if commit is None:
            raise AwsError("BranchDoesNotExistException", f"Branch {name} does not exist")
        return ActionResult({"branch": {"branchName": name, "commitId": commit}})

    def list_branches(self) -> ActionResult:
        """ListBranches."""
        return ActionResult({"branches": list(self._named().git.branches())})

    def create_branch(self) -> ActionResult:
        """CreateBranch."""
        repository, name, commit = self._named(), self._branch_name("branchName"), self.text("commitId")
        if not COMMIT_ID.match(commit):
            raise AwsError("InvalidCommitIdException", f"{commit} is not a valid full 40-character SHA commit ID")
        if name in repository.git.branches():
            raise AwsError("BranchNameExistsException", f"Branch {name} already exists")
        if not repository.git.create_branch(name, commit):
            raise AwsError("CommitDoesNotExistException", f"Commit {commit} does not exist")
        return ActionResult({})

    def update_default_branch(self) -> ActionResult:
        """UpdateDefaultBranch."""
        repository, name = self._named(), self._branch_name("defaultBranchName")
        if name not in repository.git.branches():
            raise AwsError("BranchDoesNotExistException", f"Branch {name} does not exist")
        repository.git.set_default_branch(name)
        return ActionResult({})

    def tag_resource(self) -> ActionResult:
        """TagResource."""
        tags: dict[str, str] = self._get_param("tags") or {}
        check_tags(tags)
        self.backend.by_arn(self.text("resourceArn")).tags.update(tags)
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        """UntagResource."""
        repository = self.backend.by_arn(self.text("resourceArn"))
        for key in self._get_param("tagKeys") or []:
            repository.tags.pop(key, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource."""
        return ActionResult({"tags": dict(self.backend.by_arn(self.text("resourceArn")).tags)})

    def _named(self) -> Repository:
        return self.backend.repository(self.text("repositoryName"))

    def _branch_name(self, parameter: str) -> str:
        name = self.text(parameter)
        if not valid_branch_name(name):
            raise AwsError("InvalidBranchNameException", f"{name} is not a valid branch name")
        return name

    def _metadata(self, repository: Repository) -> dict[str, object]:
        host = f"git-codecommit.{self.region}.amazonaws.com{'.cn' if self.partition == 'aws-cn' else ''}"
        return {
            "accountId": self.current_account,
            "repositoryId": repository.id,
            "repositoryName": repository.name,
            "repositoryDescription": repository.description or None,
            "defaultBranch": repository.git.default_branch(),
            "lastModifiedDate": repository.modified,
            "creationDate": repository.created,
            "cloneUrlHttp": f"https://{host}/v1/repos/{repository.name}",
            "cloneUrlSsh": f"ssh://{host}/v1/repos/{repository.name}",
            "Arn": repository.arn,
            "kmsKeyId": repository.kms_key,
        }


def check_name(name: str) -> None:
    """Raise what CodeCommit answers to a name that is missing or breaks the rule of the user guide's "Quotas"."""
    if not name:
        raise AwsError("RepositoryNameRequiredException", "A repository name is required, but was not specified")
    if not NAME.match(name) or name.endswith(".git"):
        rule = "letters, numbers, periods, underscores, and dashes between 1 and 100 characters, not ending in .git"
        raise AwsError("InvalidRepositoryNameException", f"The repository name is not valid. Names can have {rule}")


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise what CodeCommit answers to tags that are AWS's own or too many (API_TagResource)."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise AwsError("InvalidSystemTagUsageException", "aws: prefixed tag key names are not allowed for external use")
    if len(tags) > 50:
        raise AwsError("TooManyTagsException", "The maximum number of tags for an AWS CodeCommit resource is 50")
