"""A check of the bastion proxy, judged in the healthy world with some answers and facts changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, cast

from strategies.answers import Answers
from strategies.base import Situation, Verdict
from strategies.bastion_proxy.checks import CHECKS
from strategies.facts import FactError, FactKey, Facts, Reading
from tests.fakes import START, healthy_facts
from tests.unit.bastion_proxy.bastion_answers import complete

T = TypeVar("T")

BY_ID = {one.id: one for one in CHECKS}


def situation(facts: Mapping[str, object] | None = None, answers: Answers | None = None) -> Situation:
    """The healthy world but for ``facts``; a ``FactError`` is a reading that failed."""
    found = {**healthy_facts(), **(facts or {})}
    readings = {
        name: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for name, value in found.items()
    }
    return Situation(answers or complete(), Facts(readings))


def judged(check: str, facts: Mapping[str, object] | None = None, **answers: object) -> Verdict:
    """The verdict, with ``answers`` by their dotted key with ``__`` for the dot."""
    return BY_ID[check].judge(situation(facts, complete(**answers)))


def edits(verdict: Verdict) -> Mapping[str, object]:
    """The answers that the verdict's button gives."""
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    return verdict.remedy.mend.edits


def healthy(key: FactKey[T]) -> T:
    """The value of a fact in the healthy world."""
    return cast("T", healthy_facts()[key.id])


def changed(key: FactKey[tuple[T, ...]], identity: str, **changes: object) -> dict[str, object]:
    """One of a fact's entries, by its id, is another."""
    entries = (
        replace(one, **changes) if one.id == identity else one  # type: ignore[attr-defined, type-var]  # all have an id
        for one in healthy(key)
    )
    return {key.id: tuple(entries)}
