"""What holds while the operator has not answered: the draft, filled with what the questions suggest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strategies.answers import Answers
from strategies.base import Json, Question, Situation
from strategies.facts import Facts
from wizard.answers.draft import Draft

_ROUNDS = 12
"""A suggestion may build on another one; the longest chain of the catalogue (context, cluster, name, role) is far shorter."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The answers in effect, and what of them was suggested rather than given."""

    answers: Answers
    suggested: Mapping[str, Json]


def lookup(data: Mapping[str, object], key: str) -> object:
    """The value at a dotted path, or None when any part of the way is absent."""
    value: object = data
    for part in key.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def model_default(key: str) -> Json:
    """The default that the model gives to a key, or None."""
    found = lookup(_DEFAULTS, key)
    return found if isinstance(found, str | int | float | list) else None


def fill(draft: Draft, questions: Sequence[Question], facts: Facts) -> Filled:
    """Give every relevant question that the draft leaves open its suggestion, until nothing changes any more.

    Each round starts from the draft alone, so that a suggestion never outlives the fact or the answer that it was made from.
    """
    suggested: dict[str, Json] = {}
    answers = draft.answers()
    for _ in range(_ROUNDS):
        situation = Situation(answers, facts)
        found: dict[str, Json] = {}
        for question in questions:
            if draft.get(question.key) is None and question.relevant(answers):
                value = question.suggest(situation)
                if value is not None:
                    found[question.key] = value
        if found == suggested:
            break
        suggested = found
        answers = _overlaid(draft, suggested)
    return Filled(answers, suggested)


def _overlaid(draft: Draft, values: Mapping[str, Json]) -> Answers:
    overlaid = draft.copy()
    for key, value in values.items():
        overlaid.set(key, value)
    return overlaid.answers()


_DEFAULTS: Mapping[str, object] = Answers().model_dump(mode="json", by_alias=True)
