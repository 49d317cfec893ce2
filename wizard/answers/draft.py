"""Answers being edited: raw data in which invalid values are kept until they are mended or taken out."""

from __future__ import annotations

from collections.abc import Mapping

from strategies.answers import API_VERSION, Answers
from strategies.base import Json
from wizard.answers.drafts import DraftStore as DraftStore
from wizard.answers.faults import Fault
from wizard.answers.judge import Judgement, copied, judge


class Draft:
    """The answers as typed so far.

    Keys are dotted camelCase paths (``codecommit.repository.name``). Any value is taken, so that no key stroke is lost;
    ``faults`` says what is wrong. Not synchronised: the session lets one thread at a time edit it.
    """

    def __init__(self, data: Mapping[str, Json] | None = None) -> None:
        self._data = copied(data or {})
        self._judgement: Judgement | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Draft) and other._data == self._data

    __hash__ = None  # type: ignore[assignment]  # a draft changes, so it has no hash

    def get(self, key: str) -> Json:
        """The value as typed, valid or not; None when there is none."""
        here: Json = self._data
        for part in key.split("."):
            if not isinstance(here, Mapping) or part not in here:
                return None
            here = here[part]
        return here

    def set(self, key: str, value: Json) -> None:
        """Set a value, making the sections above it. A value in the place of such a section gives way."""
        here = self._data
        *sections, last = key.split(".")
        for part in sections:
            below = here.get(part)
            if not isinstance(below, dict):
                below = here[part] = {}
            here = below
        here[last] = copied({"": value})[""]
        self._judgement = None

    def unset(self, key: str) -> None:
        """Take a value out; sections that are left empty go with it. Nothing happens when it is not there."""
        self._unset(self._data, key.split("."))
        self._judgement = None

    def answers(self) -> Answers:
        """The valid part of the draft; what is invalid is left out and so has its default."""
        return self._judged().answers

    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong with what was typed. What is merely missing is no fault."""
        return self._judged().faults

    def data(self) -> dict[str, Json]:
        """A copy of the raw data, with the version of its form."""
        return {"apiVersion": API_VERSION, "kind": "Answers", **copied(self._data)}

    def copy(self) -> Draft:
        """A draft of its own with the same data."""
        return Draft(self._data)

    def _judged(self) -> Judgement:
        if self._judgement is None:
            self._judgement = judge(self._data)
        return self._judgement

    def _unset(self, here: dict[str, Json], path: list[str]) -> None:
        if len(path) == 1:
            here.pop(path[0], None)
            return
        below = here.get(path[0])
        if isinstance(below, dict):
            self._unset(below, path[1:])
            if not below:
                del here[path[0]]
