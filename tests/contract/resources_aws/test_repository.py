"""CodeCommit repositories: read, plan, create, update, delete, owned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import CodeCommitRepositoryResource
from strategies.ports import ResourceError
from strategies.resources.aws.repository import CodeCommitRepositoryHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

RESOURCE = CodeCommitRepositoryResource(
    address="aws.codecommit-repository.main",
    title="repository",
    group=Group.AWS,
    owner=OWNER,
    name="prod-east-cluster-config",
    description="configuration",
    kms_key_id=None,
    default_branch="main",
)


@pytest.fixture
def handler(world: World) -> CodeCommitRepositoryHandler:
    return CodeCommitRepositoryHandler(world.clients)


def test_it_is_made_once_and_then_left_alone(world: World, handler: CodeCommitRepositoryHandler) -> None:
    assert handler.read(RESOURCE) is None
    assert handler.plan(RESOURCE, None).action is Action.CREATE

    run = world.run()
    outputs = handler.create(RESOURCE, run)

    assert outputs["arn"] == "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"
    assert outputs["clone-url"] == "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/prod-east-cluster-config"
    assert run.names == ["codecommit:CreateRepository"]
    found = handler.read(RESOURCE)
    assert found is not None
    assert found.owner == OWNER
    assert not found.filled
    change = handler.plan(RESOURCE, found)
    assert (change.action, change.conflict, change.diff) == (Action.NONE, None, ())


def test_a_crash_before_the_journal_leaves_nothing_twice(world: World, handler: CodeCommitRepositoryHandler) -> None:
    with pytest.raises(CrashError):
        handler.create(RESOURCE, world.run(crash_after="codecommit:CreateRepository"))

    outputs = handler.create(replace(RESOURCE, description="changed meanwhile"), world.run())

    assert outputs["name"] == RESOURCE.name
    found = handler.read(RESOURCE)
    assert found is not None
    assert found.fields["description"] == "changed meanwhile"


def test_description_and_key_are_changed_in_place(world: World, handler: CodeCommitRepositoryHandler) -> None:
    handler.create(RESOURCE, world.run())
    key = "0b1f7c52-6a1e-4c38-9d0a-3f5b8e7a2d41"
    asked = replace(RESOURCE, description="new words", kms_key_id=key)
    found = handler.read(asked)
    assert found is not None

    change = handler.plan(asked, found)

    assert change.action is Action.UPDATE
    assert {one.path for one in change.diff} == {"description", "kms key"}
    run = world.run()
    handler.update(asked, found, run)
    assert run.names == ["codecommit:UpdateRepositoryDescription", "codecommit:UpdateRepositoryEncryptionKey"]
    again = handler.read(asked)
    assert again is not None
    assert handler.plan(asked, again).action is Action.NONE


@pytest.mark.parametrize("tags", [{}, Owner("another").tags], ids=["foreign", "of another instance"])
def test_a_repository_that_is_not_ours_is_a_conflict(
    world: World, handler: CodeCommitRepositoryHandler, tags: dict[str, str]
) -> None:
    world.clients.codecommit.create_repository(repositoryName=RESOURCE.name, tags=tags)
    found = handler.read(RESOURCE)
    assert found is not None

    change = handler.plan(RESOURCE, found)

    assert change.action is Action.NONE
    assert change.conflict is not None
    assert "codecommit.repository.name" in change.conflict
    with pytest.raises(ResourceError, match="somebody else"):
        handler.create(RESOURCE, world.run())


def test_it_is_found_by_its_tags_and_deleted(world: World, handler: CodeCommitRepositoryHandler) -> None:
    world.clients.codecommit.create_repository(repositoryName="foreign")
    handler.create(RESOURCE, world.run())
    handler.create(replace(RESOURCE, name="other", owner=Owner("other")), world.run())

    owned = list(handler.owned(OWNER))

    assert [one.provider_id for one in owned] == [RESOURCE.name]
    handler.delete(owned[0], world.run())
    handler.delete(owned[0], world.run())
    assert handler.read(RESOURCE) is None
    assert list(handler.owned(OWNER)) == []
