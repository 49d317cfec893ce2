"""The world and the site of a test in one."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import cast

from strategies.answers import Answers
from strategies.base import (
    Json,
    Owner,
    Resource,
)
from strategies.ports import Execution, Handler, Reader, ResourceError, Site, SyncReport
from tests.fakes.clock import FakeClock
from tests.fakes.facts import healthy_facts
from tests.fakes.readers import INPUTS, FakeReader
from tests.fakes.things import FakeHandler, FakeResource, Thing
from wizard.engine.lock import place_name

SYNCED = SyncReport("Synced", "Healthy", "3f2c9d1" + "0" * 33, (), "Succeeded", "successfully synced")


@dataclass
class FakeWorld:
    """``ports.World`` and ``ports.Site`` in one: change ``facts``, ``things``, ``errors``, ``gates`` and ``syncs`` at will."""

    facts: dict[str, object] = field(default_factory=healthy_facts)
    clock: FakeClock = field(default_factory=FakeClock)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """Fact id -> event that its reading waits for."""
    timeout: float = 20.0
    intrusive: frozenset[str] = frozenset()
    """Ids of the facts whose readers leave something in the world while they read."""
    things: dict[str, Thing] = field(default_factory=dict)
    errors: dict[tuple[str, str], list[Exception]] = field(default_factory=dict)
    """(read|create|delete|owned, address or kind) -> errors to raise, one each time, until none is left."""
    barriers: dict[tuple[str, str], threading.Barrier] = field(default_factory=dict)
    """(read|create, address) -> barrier that is passed only when all its parties run at the same time."""
    waits: dict[str, float] = field(default_factory=dict)
    """Address -> seconds that its creation waits, with progress."""
    replaced: set[str] = field(default_factory=set)
    """Addresses of what cannot be changed: another value makes it anew."""
    ranks: dict[str, int] = field(default_factory=lambda: {"thing": 10})
    syncs: list[SyncReport | None] = field(default_factory=lambda: [SYNCED])
    """What Argo CD says, one each time it is asked; the last stays."""
    secrets: dict[str, str] = field(default_factory=dict)
    server: str = "https://127.0.0.1:6443"
    reads: list[tuple[str, Hashable | None]] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    mended: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)
    refreshes: int = 0
    sites: list[Answers] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def lock_file(self, directory: Path, account: str | None = None, region: str | None = None) -> Path:
        """The lock of an instance, whose folder is ``directory``, in this world."""
        return directory / place_name((account, region, self.server)) / "lock"

    def readers(self) -> Sequence[Reader]:
        """A reader for each scripted fact."""
        made = [FakeReader(self, fact_id, INPUTS[fact_id], self.timeout).reader() for fact_id in self.facts]
        return [replace(one, intrusive=one.fact_id in self.intrusive) for one in made]

    def site(self, answers: Answers) -> Site:
        """The world is its only site."""
        self.sites.append(answers)
        return self

    def handler(self, resource: Resource) -> Handler[Resource]:
        """The handler of the resource's kind."""
        assert isinstance(resource, FakeResource)
        return self.handlers()[resource.kind]

    def handlers(self) -> Mapping[str, Handler[Resource]]:
        """A handler for each kind in ``ranks``."""
        return {kind: cast("Handler[Resource]", FakeHandler(self, kind, rank)) for kind, rank in self.ranks.items()}

    def cluster_address(self) -> str:
        """The API server's URL."""
        return self.server

    def resolve_secret(self, reference: str) -> str:
        """The scripted secret. Raises ResourceError when there is none."""
        if reference not in self.secrets:
            raise ResourceError(f"Secret {reference}", "it is not set", "Set it, then run again.")
        return self.secrets[reference]

    def mend(self, operation: str, arguments: Mapping[str, Json], run: Execution) -> None:
        """Journal it and note it down; the fact it is about changes when the test says so."""
        with run.mutation(operation, arguments):
            self.stumble("mend", operation)
            self.mended.append((operation, dict(arguments)))

    def hard_refresh(self, namespace: str, application: str) -> None:
        """Count the request."""
        self.refreshes += 1

    def sync_report(self, namespace: str, application: str) -> SyncReport | None:
        """The next scripted word of Argo CD."""
        return self.syncs.pop(0) if len(self.syncs) > 1 else self.syncs[0]

    def stumble(self, what: str, address: str) -> None:
        """Raise the next scripted error, if there is one."""
        with self.lock:
            script = self.errors.get((what, address))
            error = script.pop(0) if script else None
        if error is not None:
            raise error

    def meet(self, what: str, address: str) -> None:
        """Wait for the other parties of a scripted barrier. Raises BrokenBarrierError when they do not come."""
        barrier = self.barriers.get((what, address))
        if barrier is not None:
            barrier.wait(10)

    def wait(self, address: str, run: Execution) -> None:
        """Wait as scripted, telling how far it is."""
        seconds = self.waits.get(address, 0.0)
        for step in range(int(seconds)):
            run.progress("pending, usually 2 minutes", step / seconds)
            run.sleep(1.0)

    def foreign(self, resource: FakeResource, owner: Owner | None = None) -> None:
        """Put a whole thing in the world that somebody else made."""
        self.things[resource.address] = Thing(resource, owner, len(resource.calls))

    def fill(self, address: str) -> None:
        """Put commits into a repository."""
        self.things[address] = replace(self.things[address], filled=True)

    def state(self) -> dict[str, tuple[object, ...]]:
        """The end state, to compare two worlds by."""
        return {
            address: (t.owner, t.calls, *(getattr(t.resource, f.name) for f in fields(t.resource)))
            for address, t in self.things.items()
        }
