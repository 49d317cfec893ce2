"""What every pure function of a strategy looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from strategies.answers import Answers
from strategies.facts import Facts

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
"""A value that JSON can carry."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a pure function may look at: the answers so far and the facts read so far."""

    answers: Answers
    facts: Facts
