"""When the password was last renewed, as the Secret itself says after everything was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from strategies.base import Action, Change, Group, Observed, Owner, Resource
from strategies.kinds import ClusterObjectResource
from strategies.ports import Execution, Handler, ResourceError
from tests.fakes import thing
from wizard.engine.status import renewed
from wizard.engine.survey import Step


class Objects(Handler[Resource]):
    """Objects with these outputs; an error in place of one is raised."""

    def __init__(self, outputs: Mapping[str, Mapping[str, str] | ResourceError | None]) -> None:
        self.outputs = outputs
        self.looked: list[str] = []

    def read(self, resource: Resource) -> Observed | None:
        self.looked.append(resource.address)
        found = self.outputs[resource.address]
        if isinstance(found, ResourceError):
            raise found
        return None if found is None else Observed(resource.address, {}, None, outputs=found)

    def plan(self, resource: Resource, observed: Observed | None) -> Change:
        raise NotImplementedError

    def create(self, resource: Resource, run: Execution) -> Mapping[str, str]:
        raise NotImplementedError

    def update(self, resource: Resource, observed: Observed, run: Execution) -> Mapping[str, str]:
        raise NotImplementedError

    def delete(self, observed: Observed, run: Execution) -> None:
        raise NotImplementedError

    def owned(self, owner: Owner) -> Iterable[Observed]:
        raise NotImplementedError


def _object(address: str, kind: str) -> ClusterObjectResource:
    return ClusterObjectResource(
        address=address, title=address, group=Group.CLUSTER, owner=Owner("prod-east"), manifest={"kind": kind}
    )


def _step(resource: Resource, objects: Objects) -> Step:
    change = Change(
        address=resource.address, kind="cluster-object", title=resource.title, group=resource.group, action=Action.NONE,
        reason="", resource=resource,
    )  # fmt: skip
    return Step(change, objects, None)


def test_the_secret_is_looked_at_again_and_nothing_else() -> None:
    objects = Objects({"cluster.secret.repo": {"refreshed-at": "2026-11-23T14:02:11Z"}})
    steps = [_step(one, objects) for one in (_object("cluster.role.r", "Role"), _object("cluster.secret.repo", "Secret"))]
    steps.append(_step(thing("aws.iam-role.reader"), objects))
    assert renewed(steps) == datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
    assert objects.looked == ["cluster.secret.repo"]


def test_what_is_not_renewed_or_cannot_be_looked_at_has_no_time() -> None:
    for found in ({}, {"refreshed-at": "soon"}, {"refreshed-at": "2026-11-23T14:02:11"}, None, ResourceError("a", "b", "c")):
        objects = Objects({"cluster.secret.repo": found})
        assert renewed([_step(_object("cluster.secret.repo", "Secret"), objects)]) is None
