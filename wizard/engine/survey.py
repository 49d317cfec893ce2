"""Looks at everything a plan is about, side by side, and makes the plan from what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from graphlib import TopologicalSorter

from strategies.base import Action, Change, Observed, Owner, Ref, Resource
from strategies.ports import Handler, ResourceError, Site
from wizard.engine.plan import Plan, fingerprint

STAYS = "stays"
"""The field of an ``Observed`` that says why it cannot be removed from here, and how it is removed by hand."""
KEPT = "kept"
"""The field of a filled ``Observed`` that says what it holds and how it is removed all the same.

Without it, the thing is a repository, which goes when it is named.
"""
ANSWERED = "answered"
"""The field of an ``Observed`` that was looked for because of the answers, and not found by a mark.

A plan to apply has what the answers ask for in it already, so only a plan to remove speaks of it.
"""
UNSEEN = "unseen"
"""The field of an ``Observed`` that says why whoever has it was not asked: it is taken as it was left."""
_WORKERS = 32
"""Reads wait for the network, not for a processor; more than this at once would only earn throttling."""


class SurveyError(Exception):
    """Something could not be looked at, so that there is no plan. ``errors`` holds each reason once."""

    def __init__(self, errors: Iterable[ResourceError]) -> None:
        self.errors = tuple({(e.what, e.why): e for e in errors}.values())
        super().__init__("; ".join(str(e) for e in self.errors))


@dataclass(frozen=True, slots=True)
class Step:
    """A change with what is needed to carry it out."""

    change: Change
    handler: Handler[Resource]
    observed: Observed | None


@dataclass(frozen=True, slots=True)
class Survey:
    """A plan and the steps behind it, in the same order."""

    plan: Plan
    steps: tuple[Step, ...]


def survey(site: Site, owner: Owner, strategy: str, resources: Sequence[Resource], *, leftovers: bool = True) -> Survey:
    """Plan for these resources and, with ``leftovers``, for what carries the owner's marks but is not among them.

    Raises SurveyError.
    """
    handlers = site.handlers() if leftovers else {}
    with ThreadPoolExecutor(max_workers=min(_WORKERS, len(resources) + len(handlers)) or 1) as pool:
        reads = [(resource, pool.submit(_step, site.handler(resource), resource)) for resource in resources]
        marked = {kind: pool.submit(_owned, handler, owner) for kind, handler in handlers.items()}
    asked = _results([future for _, future in reads])
    owned, notes = _known(marked)
    seen = {_identity(step.change.kind, step.handler, step.observed) for step in asked if step.observed is not None}
    left = [
        (kind, thing)
        for kind, things in owned.items()
        for thing in things
        if _identity(kind, handlers[kind], thing) not in seen and ANSWERED not in thing.fields
    ]
    steps = _followed(_ordered([*asked, *_deletions(left, handlers, asked)]))
    return _made(owner, strategy, "apply", steps, notes)


def survey_owned(site: Site, owner: Owner, *, delete_repository: str | None, partial: bool) -> Survey:
    """Plan to remove what carries the owner's marks, highest rank first; a filled repository only when it is named.

    With ``partial`` what cannot be looked at becomes a note; otherwise SurveyError is raised for it.
    """
    handlers = site.handlers()
    with ThreadPoolExecutor(max_workers=len(handlers) or 1) as pool:
        marked = {kind: pool.submit(_owned, handler, owner) for kind, handler in handlers.items()}
    if not partial:
        _results(list(marked.values()))
    owned, notes = _known(marked)
    found = [(kind, thing) for kind, things in owned.items() for thing in things]
    steps = _ordered(_deletions(found, handlers, (), delete_repository=delete_repository))
    return _made(owner, "", "destroy", steps, notes)


def references(value: object) -> Iterable[str]:
    """The addresses of every ``Ref`` anywhere inside a value."""
    if isinstance(value, Ref):
        yield value.address
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from references(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from references(getattr(value, one.name))


def texts(value: object) -> Iterable[str]:
    """Every text anywhere inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from texts(inner)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from texts(getattr(value, one.name))


def name_of(thing: Observed) -> str:
    """What an operator calls a thing that was found: its name when it has one, else the provider's id."""
    name = thing.fields.get("name")
    return name if isinstance(name, str) and name else thing.provider_id


def _title(noun: str, thing: Observed) -> str:
    """The kind in words, the name, and for an endpoint the service: its id alone says nothing."""
    service = thing.fields.get("service_name")
    parts = (noun, name_of(thing), f"({service})" if isinstance(service, str) else "")
    return " ".join(part for part in parts if part)


def _step(handler: Handler[Resource], resource: Resource) -> Step:
    observed = handler.read(resource)
    change = handler.plan(resource, observed)
    base = () if resource.stands_on is None else (resource.stands_on,)
    needed = dict.fromkeys((*resource.depends_on, *base, *references(resource), *change.depends_on))
    return Step(replace(change, depends_on=tuple(needed)), handler, observed)


def _identity(kind: str, handler: Handler[Resource], thing: Observed) -> tuple[str, str]:
    return handler.found_as or kind, thing.provider_id


def _owned(handler: Handler[Resource], owner: Owner) -> tuple[Observed, ...]:
    return tuple(handler.owned(owner))


def _results(futures: Sequence[Future[Step]] | Sequence[Future[tuple[Observed, ...]]]) -> list[Step]:
    steps, errors = [], []
    for future in futures:
        error = future.exception()
        if isinstance(error, ResourceError):
            errors.append(error)
        elif error is not None:
            raise error
        else:
            result = future.result()
            if isinstance(result, Step):
                steps.append(result)
    if errors:
        raise SurveyError(errors)
    return steps


def _known(marked: Mapping[str, Future[tuple[Observed, ...]]]) -> tuple[dict[str, tuple[Observed, ...]], tuple[str, ...]]:
    owned: dict[str, tuple[Observed, ...]] = {}
    notes: dict[str, None] = {}
    for kind, future in marked.items():
        error = future.exception()
        if error is None:
            owned[kind] = future.result()
        elif isinstance(error, ResourceError):
            notes[f"What is left of ours among {kind}s could not be looked for. {error}. {error.remedy}".strip()] = None
        else:
            raise error
    return owned, tuple(notes)


def _deletions(
    found: Sequence[tuple[str, Observed]],
    handlers: Mapping[str, Handler[Resource]],
    others: Sequence[Step],
    *,
    delete_repository: str | None = None,
) -> list[Step]:
    """A deletion of each thing: after everything that is asked for stands, and after every deletion of a higher rank."""
    ranked = sorted(found, key=lambda pair: -handlers[pair[0]].rank)
    asked = tuple(step.change.address for step in others)
    steps: list[Step] = []
    higher: tuple[str, ...] = ()
    level: list[str] = []
    rank: int | None = None
    for kind, thing in ranked:
        handler = handlers[kind]
        if rank is not None and handler.rank != rank:
            higher, level = (*higher, *level), []
        rank = handler.rank
        address = f"{kind}/{thing.provider_id}"
        level.append(address)
        kept = _kept(thing, delete_repository)
        gone = "marked as ours, and no longer asked for" if others else "marked as ours"
        change = Change(
            address=address,
            kind=kind,
            title=_title(handler.noun, thing),
            group=handler.group,
            action=Action.DELETE if kept is None else Action.NONE,
            reason=gone if kept is None else kept,
            depends_on=(*asked, *higher) if kept is None else (),
            provider_id=thing.provider_id,
        )
        steps.append(Step(change, handler, thing))
    return steps


def _kept(thing: Observed, delete_repository: str | None) -> str | None:
    """Why a thing of ours is not removed, and how it is removed all the same; None for one that goes."""
    stays, holds = thing.fields.get(STAYS), thing.fields.get(KEPT)
    if isinstance(stays, str):
        return stays
    if not thing.filled:
        return None
    if isinstance(holds, str):
        return f"kept: {holds}"
    name = name_of(thing)
    return None if name == delete_repository else f"kept: it holds commits (--delete-repository {name} removes it)"


def _ordered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Every step after those it depends on; otherwise in the order given. Dependencies on nothing in the plan are dropped."""
    by_address = {step.change.address: step for step in steps}
    place = {address: number for number, address in enumerate(by_address)}
    known = [
        replace(step, change=replace(step.change, depends_on=tuple(d for d in step.change.depends_on if d in by_address)))
        for step in steps
    ]
    sorter = TopologicalSorter({step.change.address: step.change.depends_on for step in known})
    sorter.prepare()
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        ordered += ready
        sorter.done(*ready)
    final = {step.change.address: step for step in known}
    return tuple(final[address] for address in ordered)


def _followed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Ordered steps, in which what stands on something that is made (anew) is made too, whatever was seen or told of it."""
    found: dict[str, Step] = {}
    for step in steps:
        resource = step.change.resource
        base = None if resource is None or resource.stands_on is None else found.get(resource.stands_on)
        made = base is not None and base.change.action in (Action.CREATE, Action.REPLACE)
        found[step.change.address] = _anew(step, base) if base is not None and made else step
    return tuple(found.values())


def _anew(step: Step, base: Step) -> Step:
    """As if nothing were there; a conflict with what is there goes away with it."""
    replaced = base.change.action is Action.REPLACE
    known = not replaced and step.change.action is Action.CREATE
    if step.observed is None or step.change.resource is None or known:
        return step
    fresh = step.handler.plan(step.change.resource, None)
    change = replace(
        fresh,
        action=Action.REPLACE if replaced else fresh.action,
        reason=f"goes away with {base.change.title}, which is made anew" if replaced else f"gone with {base.change.title}",
        depends_on=step.change.depends_on,
        provider_id=step.change.provider_id,
    )
    return replace(step, change=change, observed=step.observed if replaced else None)


def _made(owner: Owner, strategy: str, operation: str, steps: tuple[Step, ...], notes: tuple[str, ...]) -> Survey:
    changes = tuple(step.change for step in steps)
    unseen: dict[str, list[str]] = {}
    for step in steps:
        why = step.observed.fields.get(UNSEEN) if step.observed is not None else None
        if isinstance(why, str):
            unseen.setdefault(why, []).append(step.change.title)
    notes += tuple(f"Not looked at, and taken as it was left: {', '.join(titles)} ({why})." for why, titles in unseen.items())
    conflicts = tuple(change for change in changes if change.conflict is not None)
    mark = fingerprint(owner.instance, operation, changes)
    return Survey(Plan(owner.instance, strategy, changes, mark, conflicts, notes, operation), steps)


Remake = Callable[[], Survey]
"""Looks again and plans again, as the first time."""
