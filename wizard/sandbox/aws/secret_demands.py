"""What a request to Secrets Manager has to be allowed (service authorization reference, "AWS Secrets Manager")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from wizard.sandbox.aws.world import World

_SUFFIX = "-AbCdEf"
"""Stands for the six characters that Secrets Manager has yet to give (user guide, "What's in a secret")."""
_ANY = ("GetRandomPassword", "ListSecrets", "BatchGetSecretValue")
"""Operations that know no resource."""


def secret_demands(world: World, operation: str, body: Mapping[str, object]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Action, resource and condition keys of everything that must be allowed, the operation's own action first."""
    action = f"secretsmanager:{operation}"
    if operation in _ANY:
        yield action, "*", {}
        return
    named = str(body.get("SecretId") or body.get("Name") or "")
    found = _find(world, named)
    prefix = f"arn:{world.scenario.partition}:secretsmanager:{world.scenario.region}:{world.scenario.account_id}:secret:"
    resource = found.arn if found is not None else named if named.startswith("arn:") else f"{prefix}{named}{_SUFFIX}"
    asked = {f"aws:RequestTag/{key}": value for key, value in _tags(body.get("Tags"))}
    had = {f"aws:ResourceTag/{key}": value for key, value in _tags(found.tags if found is not None else None)}
    yield action, resource, {**had, **asked}
    if operation == "CreateSecret" and asked:
        yield "secretsmanager:TagResource", resource, asked


def _find(world: World, named: str) -> FakeSecret | None:
    backend = secretsmanager_backends[world.scenario.account_id][world.scenario.region]
    return next((one for one in backend.secrets.values() if named and named in (one.name, one.arn)), None)


def _tags(tags: object) -> Iterator[tuple[str, str]]:
    for tag in tags if isinstance(tags, list) else ():
        yield str(tag.get("Key")), str(tag.get("Value"))
