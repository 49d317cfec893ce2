"""CodeCommit as its API reference and the user guide's "Quotas" describe it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

DEFAULT_KEY = "arn:aws:kms:us-east-2:123456789012:key/7d4c2f9e-51b6-4f0a-8a3d-2e6b9c1f7a05"
OWN_KEY = "arn:aws:kms:us-east-2:123456789012:key/0b1f7c52-6a1e-4c38-9d0a-3f5b8e7a2d41"


@pytest.fixture(scope="module")
def codecommit(account):
    return account.client("codecommit")


@pytest.fixture
def pushed(account, codecommit, request, tmp_path):
    """A repository into which ``trunk`` was pushed first and ``next`` later; gives its name and the commit id."""
    name = request.node.name.replace("[", "-").replace("]", "")
    codecommit.create_repository(repositoryName=name)
    bare = account.git_root / f"{name}.git"
    work = tmp_path / "work"
    _git("init", "-q", "-b", "trunk", str(work))
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    _git(*identity, "-C", str(work), "commit", "-q", "--allow-empty", "-m", "first")
    _git("-C", str(work), "push", "-q", str(bare), "trunk")
    _git("-C", str(work), "push", "-q", str(bare), "trunk:next")
    return name, _git("-C", str(work), "rev-parse", "HEAD").strip()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cluster-config.git", "InvalidRepositoryNameException"),
        ("with space", "InvalidRepositoryNameException"),
        ("sla/sh", "InvalidRepositoryNameException"),
        ("ümlaut", "InvalidRepositoryNameException"),
        ("taken", "RepositoryNameExistsException"),
    ],
)
def test_names_that_create_repository_refuses(codecommit, refusal, name, code):
    """CodeCommit user guide, "Quotas": repository names. API_CreateRepository."""
    codecommit.delete_repository(repositoryName="taken")
    codecommit.create_repository(repositoryName="taken")
    assert refusal(codecommit.create_repository, repositoryName=name) == code


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_repository", {}),
        ("list_branches", {}),
        ("get_branch", {"branchName": "main"}),
        ("update_default_branch", {"defaultBranchName": "main"}),
        ("update_repository_description", {"repositoryDescription": "x"}),
        ("update_repository_encryption_key", {"kmsKeyId": "alias/gitops"}),
    ],
)
def test_an_unknown_repository_is_refused(codecommit, refusal, operation, arguments):
    """Each operation's page, "Errors"."""
    code = refusal(getattr(codecommit, operation), repositoryName="nowhere", **arguments)
    assert code == "RepositoryDoesNotExistException"


def test_what_is_created_is_what_is_read(account, codecommit):
    """API_RepositoryMetadata; names are case-sensitive."""
    codecommit.create_repository(
        repositoryName="Cluster-Config", repositoryDescription="mirror", tags={"team": "platform"}, kmsKeyId="alias/gitops"
    )
    seen = codecommit.get_repository(repositoryName="Cluster-Config")["repositoryMetadata"]
    assert seen["cloneUrlHttp"] == "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/Cluster-Config"
    assert seen["Arn"] == "arn:aws:codecommit:us-east-2:123456789012:Cluster-Config"
    assert (seen["repositoryDescription"], seen["kmsKeyId"]) == ("mirror", OWN_KEY)
    assert "defaultBranch" not in seen
    assert codecommit.list_tags_for_resource(resourceArn=seen["Arn"])["tags"] == {"team": "platform"}
    assert "Cluster-Config" in [r["repositoryName"] for r in codecommit.list_repositories()["repositories"]]
    assert (account.git_root / "Cluster-Config.git" / "HEAD").exists()
    found = codecommit.batch_get_repositories(repositoryNames=["Cluster-Config", "cluster-config"])
    assert [r["repositoryName"] for r in found["repositories"]] == ["Cluster-Config"]
    assert found["repositoriesNotFound"] == ["cluster-config"]


def test_the_git_repository_goes_with_the_repository(account, codecommit):
    """API_DeleteRepository: deleting what is not there is no error, and names no id."""
    codecommit.create_repository(repositoryName="short-lived")
    assert codecommit.delete_repository(repositoryName="short-lived")["repositoryId"]
    assert not (account.git_root / "short-lived.git").exists()
    assert "repositoryId" not in codecommit.delete_repository(repositoryName="short-lived")


def test_the_first_pushed_branch_becomes_the_default_branch(codecommit, pushed):
    """CodeCommit user guide, "Change the default branch"."""
    name, commit = pushed
    assert codecommit.get_repository(repositoryName=name)["repositoryMetadata"]["defaultBranch"] == "trunk"
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["next", "trunk"]
    assert codecommit.get_branch(repositoryName=name, branchName="next")["branch"]["commitId"] == commit


def test_the_default_branch_can_be_changed_to_a_branch_that_exists(codecommit, refusal, pushed):
    """API_UpdateDefaultBranch."""
    name, _ = pushed
    codecommit.update_default_branch(repositoryName=name, defaultBranchName="next")
    assert codecommit.get_repository(repositoryName=name)["repositoryMetadata"]["defaultBranch"] == "next"
    code = refusal(codecommit.update_default_branch, repositoryName=name, defaultBranchName="missing")
    assert code == "BranchDoesNotExistException"


def test_branches_are_made_from_commits_that_exist(codecommit, refusal, pushed):
    """API_CreateBranch and API_GetBranch."""
    name, commit = pushed
    codecommit.create_branch(repositoryName=name, branchName="release/1", commitId=commit)
    assert codecommit.get_branch(repositoryName=name, branchName="release/1")["branch"]["commitId"] == commit
    table = [
        ("release/1", commit, "BranchNameExistsException"),
        ("two", "f" * 40, "CommitDoesNotExistException"),
        ("two", "main", "InvalidCommitIdException"),
        ("bad..name", commit, "InvalidBranchNameException"),
    ]
    for branch, at, code in table:
        assert refusal(codecommit.create_branch, repositoryName=name, branchName=branch, commitId=at) == code
    assert refusal(codecommit.get_branch, repositoryName=name, branchName="two") == "BranchDoesNotExistException"


def test_tags_are_added_and_removed(codecommit, refusal):
    """API_TagResource, API_UntagResource."""
    arn = codecommit.create_repository(repositoryName="tagged", tags={"a": "1"})["repositoryMetadata"]["Arn"]
    codecommit.tag_resource(resourceArn=arn, tags={"a": "2", "b": "3"})
    codecommit.untag_resource(resourceArn=arn, tagKeys=["b", "not-there"])
    assert codecommit.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2"}
    assert refusal(codecommit.tag_resource, resourceArn=arn, tags={"aws:x": "1"}) == "InvalidSystemTagUsageException"
    assert refusal(codecommit.list_tags_for_resource, resourceArn="arn:aws:s3:::x") == "InvalidResourceArnException"


def test_the_encryption_key_is_shown_by_arn_and_must_exist(codecommit, refusal):
    """API_UpdateRepositoryEncryptionKey; CodeCommit user guide, "AWS KMS and encryption"."""
    made = codecommit.create_repository(repositoryName="encrypted")["repositoryMetadata"]
    assert made["kmsKeyId"] == DEFAULT_KEY
    answer = codecommit.update_repository_encryption_key(repositoryName="encrypted", kmsKeyId=OWN_KEY)
    assert (answer["originalKmsKeyId"], answer["kmsKeyId"]) == (DEFAULT_KEY, OWN_KEY)
    code = refusal(codecommit.create_repository, repositoryName="no-key", kmsKeyId="alias/nobody")
    assert code == "EncryptionKeyNotFoundException"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, cwd=Path("/")).stdout
