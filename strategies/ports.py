"""What the engine needs from the outside, as protocols: readers of facts, handlers of resources, and the run they work in.

``strategies.resources`` implements them with boto3, the kubernetes client and the git program; tests with plain objects.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from strategies.answers import Answers
from strategies.base import Change, Group, Json, Observed, Owner, Ref, Resource, Situation
from strategies.facts import FactError

R_contra = TypeVar("R_contra", bound=Resource, contravariant=True)


class FactFailureError(Exception):
    """A fact could not be read; carries what the operator is told."""

    def __init__(self, error: FactError) -> None:
        super().__init__(error.message)
        self.error = error


class ResourceError(Exception):
    """A resource could not be read, made, changed or deleted.

    ``what`` happened (to what), ``why`` (what the service said), ``remedy`` (what to do now). No secret is ever part of it.
    """

    def __init__(self, what: str, why: str, remedy: str, *, retryable: bool = False) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why
        self.remedy = remedy
        self.retryable = retryable


class CancelledByOperatorError(Exception):
    """The operator asked to stop; raised from ``Execution.sleep`` and before the next mutating call."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one fact.

    ``inputs`` (pure) returns the values that the reading depends on, or None while they are not known yet: the engine reads
    again exactly when they change. ``read`` runs in a thread, raises ``FactFailureError``, and must end in ``timeout`` seconds,
    unless ``patient`` says that a human may be asked for something meanwhile. An ``intrusive`` reader puts something into the
    world for as long as it reads (a Job in the cluster): it is used only where the operator asked for a check, never to plan.
    """

    fact_id: str
    inputs: Callable[[Situation], Hashable | None]
    read: Callable[[Situation], object]
    timeout: float = 20.0
    patient: Callable[[Situation], bool] = lambda _situation: False
    intrusive: bool = False


class Execution(Protocol):
    """What a handler may do besides calling its service while a plan is carried out."""

    owner: Owner

    def mutation(self, call: str, arguments: Mapping[str, Json]) -> AbstractContextManager[None]:
        """Journal a mutating call (``iam:CreateRole``) before and after; arguments must hold no secret.

        Raises CancelledByOperatorError instead of entering when the operator asked to stop.
        """

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell what is being waited for; ``fraction`` between 0 and 1 when it is known."""

    def sleep(self, seconds: float) -> None:
        """Wait; raises CancelledByOperatorError when the operator asks to stop."""

    def now(self) -> datetime:
        """The present time, with time zone."""

    def output(self, ref: Ref) -> str:
        """An output of a resource that was carried out before (or was there already)."""


class Handler(Protocol[R_contra]):
    """How one kind of resource is read, planned, created, updated and deleted.

    ``rank`` orders deletion where no plan says what depends on what: higher ranks are deleted first. ``group`` is where the
    plan's tree shows a thing that was found by its marks alone, ``noun`` what an operator calls it (empty where its name says
    that already), and ``found_as`` the kind by whose marks its things are found, where that is another one.
    """

    rank: int
    group: Group
    noun: str
    found_as: str | None

    def read(self, resource: R_contra) -> Observed | None:
        """What stands in the place of the resource now, or None. Reads only. Raises ResourceError."""

    def plan(self, resource: R_contra, observed: Observed | None) -> Change:
        """What must happen. Pure, but for cluster objects whose server-side dry run was part of ``read``."""

    def create(self, resource: R_contra, run: Execution) -> Mapping[str, str]:
        """Make it, wait until it is usable, return its outputs. Safe to repeat after a crash at any point."""

    def update(self, resource: R_contra, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Bring what is there to what is asked (also for adopt, where only our needs are added), return its outputs."""

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove it and wait until it is gone. Gone already is success."""

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Everything of this kind that carries the owner's tags or labels, whatever the answers say."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Argo CD's word on the Application after a hard refresh."""

    sync: str
    health: str
    revision: str | None
    conditions: tuple[str, ...]
    operation: str | None
    message: str

    @property
    def done(self) -> bool:
        """True when Argo CD says Synced and Healthy."""
        return self.sync == "Synced" and self.health == "Healthy"


class Site(Protocol):
    """One account, region and cluster, as the answers name them. Clients are made once and shared by threads."""

    def cluster_address(self) -> str:
        """URL of the cluster's API server, without a call to it; empty where no cluster can be named."""

    def handler(self, resource: Resource) -> Handler[Resource]:
        """The handler of a resource's kind."""

    def handlers(self) -> Mapping[str, Handler[Resource]]:
        """Every handler, by kind (the value of ``Change.kind``), for ``destroy``."""

    def resolve_secret(self, reference: str) -> str:
        """The secret behind a reference. Raises ResourceError; ``prompt:`` is answered by the injected asker."""

    def mend(self, operation: str, arguments: Mapping[str, Json], run: Execution) -> None:
        """Carry out the operation of a ``Mend`` and wait until it holds. Safe to repeat. Raises ResourceError."""

    def hard_refresh(self, namespace: str, application: str) -> None:
        """Ask Argo CD to look again without its caches (the one mutating call of ``status``)."""

    def sync_report(self, namespace: str, application: str) -> SyncReport | None:
        """The Application's status now, or None when there is no such Application."""


class World(Protocol):
    """Everything outside: makes sites and reads facts."""

    def readers(self) -> Sequence[Reader]:
        """One reader for each fact key."""

    def site(self, answers: Answers) -> Site:
        """The site these answers name; the same clients for the same profile, region and context."""
