"""Resources that stand in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from strategies.base import (
    Action,
    Change,
    FieldDiff,
    Group,
    Json,
    Observed,
    Owner,
    Ref,
    Resource,
)
from strategies.ports import Execution, Handler

if TYPE_CHECKING:
    from tests.fakes.world import FakeWorld


@dataclass(frozen=True, kw_only=True)
class FakeResource(Resource):
    """A thing with a value, made by ``calls`` mutating calls. ``kind`` names its handler; ``uses`` is an output it needs."""

    kind: str = "thing"
    value: str = "a"
    calls: tuple[str, ...] = ("fake:Create",)
    uses: Ref | None = None


class FakeHandler(Handler[FakeResource]):
    """Keeps things of one kind in the world's dictionary."""

    def __init__(self, world: FakeWorld, kind: str, rank: int) -> None:
        self.world, self.kind, self.rank = world, kind, rank
        self.group, self.noun, self.found_as = Group.AWS, "", None

    def read(self, resource: FakeResource) -> Observed | None:
        """What stands at the address, made by as many calls as a whole one needs."""
        with self.world.lock:
            self.world.looked.append(resource.address)
        self.world.meet("read", resource.address)
        self.world.stumble("read", resource.address)
        thing = self.world.things.get(resource.address)
        return None if thing is None else thing.observed()

    def plan(self, resource: FakeResource, observed: Observed | None) -> Change:
        """Compare the value and the number of calls made."""
        diff: tuple[FieldDiff, ...] = (FieldDiff("value", None, resource.value),)
        action, reason, conflict = Action.CREATE, "does not exist", None
        if observed is not None:
            wanted: dict[str, Json] = {"value": resource.value, "calls": len(resource.calls)}
            diff = tuple(FieldDiff(k, observed.fields.get(k), v) for k, v in wanted.items() if observed.fields.get(k) != v)
            changed = Action.REPLACE if resource.address in self.world.replaced else Action.UPDATE
            action, reason = (changed, "differs") if diff else (Action.NONE, "as asked")
            if observed.owner is None and diff:
                conflict = f"{resource.title} exists, is not ours and differs"
        return Change(
            address=resource.address,
            kind=self.kind,
            title=resource.title,
            group=resource.group,
            action=action,
            reason=reason,
            diff=diff,
            depends_on=resource.depends_on,
            provider_id=None if observed is None else observed.provider_id,
            conflict=conflict,
            resource=resource,
        )

    def create(self, resource: FakeResource, run: Execution) -> Mapping[str, str]:
        """Make the calls that are still missing; each leaves its trace at once, as a cloud does."""
        self.world.meet("create", resource.address)
        self.world.stumble("create", resource.address)
        self.world.wait(resource.address, run)
        if resource.uses is not None:
            assert run.output(resource.uses)
        thing = self.world.things.get(resource.address)
        done = 0 if thing is None else thing.calls
        for number, call in enumerate(resource.calls[done:], start=done + 1):
            arguments: dict[str, Json] = {"Address": resource.address, "Value": resource.value}
            with run.mutation(call, arguments), self.world.lock:
                self.world.calls.append((call, resource.address))
                self.world.things[resource.address] = Thing(resource, run.owner, number)
        return self.world.things[resource.address].observed().outputs

    def update(self, resource: FakeResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Finish what a killed run began, then set the value."""
        self.create(resource, run)
        with run.mutation("fake:Update", {"Address": resource.address, "Value": resource.value}), self.world.lock:
            self.world.calls.append(("fake:Update", resource.address))
            self.world.things[resource.address] = Thing(resource, observed.owner, len(resource.calls))
        return self.world.things[resource.address].observed().outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove it."""
        address = observed.provider_id.removeprefix("id:")
        self.world.stumble("delete", address)
        with run.mutation("fake:Delete", {"Address": address}), self.world.lock:
            self.world.calls.append(("fake:Delete", address))
            self.world.things.pop(address, None)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Everything of this kind that the owner made."""
        self.world.stumble("owned", self.kind)
        return [t.observed() for t in self.world.things.values() if t.owner == owner and t.resource.kind == self.kind]


@dataclass(frozen=True)
class Thing:
    """A fake resource as it stands in the world; ``calls`` of its creation have been made. ``stays``: why it cannot go."""

    resource: FakeResource
    owner: Owner | None
    calls: int
    filled: bool = False
    stays: str | None = None
    told: Mapping[str, Json] = field(default_factory=dict)
    """More fields of what is observed."""

    def observed(self) -> Observed:
        """The thing as a handler sees it."""
        one = self.resource
        seen: dict[str, Json] = {"value": one.value, "calls": self.calls, "name": one.title}
        seen |= {"stays": self.stays} if self.stays is not None else {}
        seen |= self.told
        return Observed(f"id:{one.address}", seen, self.owner, {"id": f"id:{one.address}"}, self.filled)


def thing(address: str, *after: str, instance: str = "prod-east", group: Group = Group.AWS, **more: object) -> FakeResource:
    """A fake resource of an instance that depends on other addresses."""
    made = FakeResource(
        address=address,
        title=address.rpartition(".")[2],
        group=group,
        owner=Owner(instance),
        depends_on=after,
        explain="needed",
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields are the test's to choose
