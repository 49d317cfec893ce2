"""Stored secrets: values by reference or written by others, deletion that can be taken back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from strategies.base import Action, Group, Owner
from strategies.kinds import StoredSecretResource
from strategies.ports import ResourceError
from strategies.resources.aws.secret import StoredSecretHandler
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

MARK = "MARKER-private-key-of-the-server"
CERTIFICATE = StoredSecretResource(
    address="aws.stored-secret.certificate",
    title="secret",
    group=Group.AWS,
    owner=OWNER,
    name="ezgitops/prod-east/gitlab/certificate",
    description="certificate",
    values={"certificate": "env:CRT", "privateKey": "env:KEY"},
    after="gone",
)
PASSWORD = replace(
    CERTIFICATE,
    address="aws.stored-secret.root-password",
    name="ezgitops/prod-east/gitlab/root-password",
    values={},
    after="recoverable",
)


class Values:
    """What is behind the references."""

    def __init__(self) -> None:
        self.known = {"env:CRT": "-----BEGIN CERTIFICATE-----", "env:KEY": MARK}

    def __call__(self, reference: str) -> str:
        return self.known[reference]


@pytest.fixture
def values() -> Values:
    return Values()


@pytest.fixture
def handler(world: World, values: Values) -> StoredSecretHandler:
    return StoredSecretHandler(world.clients, values)


def test_a_value_by_reference_is_stored_and_told_nobody(world: World, handler: StoredSecretHandler) -> None:
    change = handler.plan(CERTIFICATE, handler.read(CERTIFICATE))
    assert change.action is Action.CREATE

    run = world.run()
    outputs = handler.create(CERTIFICATE, run)

    found = handler.read(CERTIFICATE)
    assert found is not None
    assert handler.plan(CERTIFICATE, found).action is Action.NONE
    stored = json.loads(world.clients.secretsmanager.get_secret_value(SecretId=CERTIFICATE.name)["SecretString"])
    assert stored == {"certificate": "-----BEGIN CERTIFICATE-----", "privateKey": MARK}
    assert MARK not in repr((change, run.calls, run.told, found, outputs))


def test_another_value_is_an_update_with_everything_hidden(world: World, handler: StoredSecretHandler, values: Values) -> None:
    handler.create(CERTIFICATE, world.run())
    values.known["env:KEY"] = f"{MARK}-renewed"
    found = handler.read(CERTIFICATE)
    assert found is not None
    change = handler.plan(CERTIFICATE, found)
    assert change.action is Action.UPDATE
    assert {one.after for one in change.diff} == {"(hidden)"}

    run = world.run()
    handler.update(CERTIFICATE, found, run)

    assert run.names == ["secretsmanager:PutSecretValue"]
    assert handler.plan(CERTIFICATE, handler.read(CERTIFICATE)).action is Action.NONE
    assert MARK not in repr((change, run.calls))


@pytest.mark.parametrize("resource", [CERTIFICATE, PASSWORD])
def test_a_crash_after_making_it_is_mended(world: World, handler: StoredSecretHandler, resource: StoredSecretResource) -> None:
    with pytest.raises(CrashError):
        handler.create(resource, world.run(crash_after="secretsmanager:CreateSecret"))

    handler.create(resource, world.run())

    assert [one.provider_id for one in handler.owned(OWNER)] == [resource.name]
    assert handler.plan(resource, handler.read(resource)).action is Action.NONE


def test_one_that_somebody_else_writes_stays_as_it_is(world: World, handler: StoredSecretHandler) -> None:
    handler.create(PASSWORD, world.run())
    world.clients.secretsmanager.put_secret_value(SecretId=PASSWORD.name, SecretString="made on the machine")

    found = handler.read(PASSWORD)

    assert found is not None
    assert handler.plan(PASSWORD, found).action is Action.NONE
    assert not found.filled


def test_keys_with_a_value_are_kept(world: World, handler: StoredSecretHandler) -> None:
    keys = replace(PASSWORD, name="ezgitops/prod-east/gitlab/keys", after="kept")
    handler.create(keys, world.run())
    (empty,) = handler.owned(OWNER)
    assert not empty.filled

    world.clients.secretsmanager.put_secret_value(SecretId=keys.name, SecretString="{}")

    (found,) = handler.owned(OWNER)
    assert found.filled


def test_a_foreign_one_is_a_conflict(world: World, handler: StoredSecretHandler) -> None:
    world.clients.secretsmanager.create_secret(Name=PASSWORD.name, SecretString="somebody's")

    conflict = handler.plan(PASSWORD, handler.read(PASSWORD)).conflict

    assert conflict is not None
    assert "aws secretsmanager describe-secret" in conflict
    with pytest.raises(ResourceError):
        handler.create(PASSWORD, world.run())


def test_deletion_is_at_once_or_can_be_taken_back(world: World, handler: StoredSecretHandler) -> None:
    handler.create(CERTIFICATE, world.run())
    handler.create(PASSWORD, world.run())
    handler.create(replace(PASSWORD, name="ezgitops/other/gitlab/root-password", owner=Owner("other")), world.run())
    found = {one.provider_id: one for one in handler.owned(OWNER)}

    for one in found.values():
        handler.delete(one, world.run())
    handler.delete(found[CERTIFICATE.name], world.run())

    assert handler.read(CERTIFICATE) is None
    assert list(handler.owned(OWNER)) == []
    waiting = handler.read(PASSWORD)
    assert waiting is not None
    change = handler.plan(PASSWORD, waiting)
    assert (change.action, change.diff[0].path) == (Action.UPDATE, "deleted")

    run = world.run()
    handler.update(PASSWORD, waiting, run)

    assert run.names == ["secretsmanager:RestoreSecret"]
    assert handler.plan(PASSWORD, handler.read(PASSWORD)).action is Action.NONE
