"""The longest chain of dependent calls in a record: what no program could do faster with the same calls. Pure.

A call depends on another only if it needs something that the other gave or made, as ``Rule`` says; that the program happened to
make them one after the other is no dependency. Time in which the world works by itself between two calls (an endpoint that is
pending, a pod that starts) stands in the record as steps of the world, and is added up apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Step:
    """A call, or (``world``) a time in which the world works by itself. ``start`` and ``end`` in seconds of one clock."""

    name: str
    start: float
    end: float
    world: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Steps whose name matches ``step`` need every step that matches one of ``needs``, for this ``reason``.

    Patterns are those of a shell (``read/*``).
    """

    step: str
    needs: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: the seconds that it adds, and why it could not begin earlier (empty for the first)."""

    step: Step
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The links in order; ``calls`` and ``world`` are the seconds of each sort."""

    links: tuple[Link, ...] = ()

    @property
    def calls(self) -> float:
        """Seconds of calls."""
        return sum(link.seconds for link in self.links if not link.step.world)

    @property
    def world(self) -> float:
        """Seconds in which the world worked by itself."""
        return sum(link.seconds for link in self.links if link.step.world)

    @property
    def seconds(self) -> float:
        """Both."""
        return self.calls + self.world

    @property
    def depth(self) -> int:
        """How many calls follow each other."""
        return sum(1 for link in self.links if not link.step.world)


def longest(steps: Iterable[Step], rules: Sequence[Rule]) -> Chain:
    """The chain that takes longest.

    A call that had begun before another ended did not need it, whatever the rules say: the chain never gets longer than what
    the record shows to be possible. A step of the world is noticed by a call that may have been under way already (a request
    on its way while the endpoint becomes available); then only what is left of that call counts.
    """
    ordered = sorted(steps, key=lambda step: (step.end, step.start))
    best: list[tuple[float, Chain]] = []
    for place, step in enumerate(ordered):
        found = (step.end - step.start, Chain((Link(step, step.end - step.start, ""),)))
        for rule in rules:
            if not fnmatchcase(step.name, rule.step):
                continue
            for earlier, (seconds, chain) in zip(ordered[:place], best, strict=True):
                if not any(fnmatchcase(earlier.name, pattern) for pattern in rule.needs):
                    continue
                if earlier.end > step.start and not earlier.world:
                    continue
                own = step.end - max(step.start, earlier.end)
                if seconds + own > found[0]:
                    found = (seconds + own, Chain((*chain.links, Link(step, own, rule.reason))))
        best.append(found)
    return max(best, key=lambda pair: pair[0], default=(0.0, Chain()))[1]
