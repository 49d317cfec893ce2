"""CodeCommit as the mirror needs it: who pushes, which branch is the default one, and when it was mirrored last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botocore.exceptions import ClientError

from strategies.codecommit.sigv4 import AwsKeys, git_login
from strategies.ports import ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.git.program import GitLogin

MIRRORED_AT = "ezgitops.dev/mirrored-at"


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository at its host: its ARN or URL, its default branch, and when it was mirrored last (RFC 3339).

    With ``fixed_default`` its default branch cannot be set from here.
    """

    arn: str
    default_branch: str | None
    mirrored_at: str | None = None
    fixed_default: bool = False


class GitHost(Protocol):
    """What the mirror asks of the host of its target besides Git itself."""

    def login(self, url: str) -> GitLogin | None:
        """A login for this URL that is good for the next minutes."""

    def repository(self, name: str, *, history: bool = True) -> Hosted | None:
        """The repository, or None when there is none. Without ``history`` it is not asked when it was mirrored."""

    def set_default_branch(self, name: str, branch: str) -> None:
        """Make an existing branch the default one."""

    def note_mirrored(self, arn: str, at: str) -> None:
        """Remember when it was mirrored."""


class CodeCommit:
    """``GitHost`` by the CodeCommit API and signed Git passwords. Every method raises ResourceError."""

    def __init__(self, clients: AwsClients, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._clock = clock

    def login(self, url: str) -> GitLogin:
        """Signed anew each time: a signature is good for 15 minutes, and credentials are renewed by botocore."""
        with self._clients.working(f"sign a Git password for {url}", "sts"):
            credentials = self._clients.credentials()
            frozen = credentials.get_frozen_credentials() if credentials is not None else None
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            login = self._clients.login()
            remedy = login.text if login.command is None else f"{login.text} Command: {login.command}"
            raise ResourceError(f"Cannot sign a Git password for {url}", "no AWS credentials were found", remedy)
        return GitLogin(url, *git_login(url, AwsKeys(frozen.access_key, frozen.secret_key, frozen.token), self._clock()))

    def repository(self, name: str, *, history: bool = True) -> Hosted | None:
        """From codecommit:GetRepository and, for the history, ListTagsForResource."""
        with self._clients.working(f"read CodeCommit repository {name}", "codecommit"):
            try:
                found = self._clients.codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
            except ClientError as error:
                if code(error) == "RepositoryDoesNotExistException":
                    return None
                raise
            arn = found["Arn"]
            tags = self._clients.codecommit.list_tags_for_resource(resourceArn=arn)["tags"] if history else {}
        return Hosted(arn, found.get("defaultBranch"), tags.get(MIRRORED_AT))

    def set_default_branch(self, name: str, branch: str) -> None:
        """By codecommit:UpdateDefaultBranch."""
        with self._clients.working(f"set the default branch of CodeCommit repository {name} to {branch}", "codecommit"):
            self._clients.codecommit.update_default_branch(repositoryName=name, defaultBranchName=branch)

    def note_mirrored(self, arn: str, at: str) -> None:
        """As a tag of the repository."""
        with self._clients.working(f"tag {arn}", "codecommit"):
            self._clients.codecommit.tag_resource(resourceArn=arn, tags={MIRRORED_AT: at})
