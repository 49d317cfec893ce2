"""Validates raw answers against the model and says what is wrong in plain words, all at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from strategies import forms
from strategies.answers import Answers
from strategies.base import Json
from strategies.contradictions import contradictions
from wizard.answers import keys
from wizard.answers.faults import Fault

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answers without what is invalid, and every fault."""

    answers: Answers
    faults: tuple[Fault, ...]


def judge(data: Mapping[str, Json]) -> Judgement:
    """Validate raw answers (nested mappings with camelCase keys). Never raises: what is invalid is left out and told."""
    kept = copied(data)
    faults: list[Fault] = []
    while True:
        try:
            answers = Answers.model_validate(kept, by_alias=True, by_name=False)
        except ValidationError as error:
            details = error.errors(include_url=False)
            faults += [_fault(one) for one in details]
            removed = [_remove(kept, one["loc"]) for one in details]
            if not any(removed):
                kept = {}
            continue
        told = {keys.bare(fault.key) for fault in faults}
        # A value that was left out for its form would be "missing" here, and of it enough has been said.
        faults += [Fault(one.key, one.message) for one in contradictions(answers) if keys.bare(one.key) not in told]
        return Judgement(answers, tuple(faults))


def shown(value: object) -> str:
    """A value as a message may repeat it: short, on one line, and hidden when it seems to be a secret."""
    text = value if isinstance(value, str) else repr(value)
    if forms.secret_kind(text) is not None or "://" in text:
        return "this value"
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return f'"{printable[:_LONGEST_SHOWN]}..."' if len(printable) > _LONGEST_SHOWN else f'"{printable}"'


def path_of(loc: tuple[int | str, ...]) -> str:
    """The dotted path of a place in the data: ``('aws', 'subnetIds', 1)`` is ``aws.subnetIds[1]``."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _fault(error: ErrorDetails) -> Fault:
    path = path_of(error["loc"])
    known = keys.keys().get(keys.bare(path))
    if error["type"] == "extra_forbidden":
        return unknown(path)
    value = error["input"]
    if error["type"] == "form":
        return Fault(path, str(error.get("ctx", {}).get("wrong", error["msg"])))
    if known is None:
        return Fault(path, f"cannot be read: {error['msg']}")
    if path.endswith("]") and known.type is keys.Type.LIST:
        return Fault(path, f"must be text, not {_kind(value)}{_quotes(value, secret=known.secret)}")
    if known.type is keys.Type.CHOICE:
        close = difflib.get_close_matches(str(value), known.choices, n=1) if isinstance(value, str) else []
        said = f"is {shown(value)}, but must be one of: {', '.join(known.choices)}"
        return Fault(path, said, suggestion=close[0] if close else None)
    wanted = {
        keys.Type.TEXT: "text",
        keys.Type.YES_NO: "true or false",
        keys.Type.LIST: "a list (- one item on each line)",
        keys.Type.SECTION: "a section of keys",
        keys.Type.CHOICE: "text",
    }[known.type]
    hint = _quotes(value, secret=known.secret) if known.type is keys.Type.TEXT else ""
    return Fault(path, f"must be {wanted}, not {_kind(value)}{hint}")


def unknown(path: str) -> Fault:
    """The fault of a key that does not exist."""
    if forms.secret_kind(path) is not None:
        return Fault("", "a key seems to be a secret; take it out, and revoke it if others could read it")
    meant = keys.meant(path)
    if meant is not None and "." in meant:
        return Fault(path, f"does not belong here: {meant.rpartition('.')[2]} is a key of {meant.rpartition('.')[0]}", meant)
    return Fault(path, "is not a key of the answers", meant)


def _kind(value: object) -> str:
    """The type of a value, in the words of the file."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return "a section of keys" if isinstance(value, Mapping) else "a date or time"


def _quotes(value: object, *, secret: bool) -> str:
    """The way to write a value that YAML took for something else than text."""
    if secret or value is None or isinstance(value, list | tuple | Mapping):
        return ""
    return ": put it in quotes"


def copied(data: Mapping[str, Json]) -> dict[str, Json]:
    """A copy whose mappings and lists can be changed without changing the original."""

    def deep(value: Json) -> Json:
        if isinstance(value, Mapping):
            return {key: deep(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [deep(inner) for inner in value]
        return value

    return {key: deep(value) for key, value in data.items()}


def _remove(data: dict[str, Json], loc: tuple[int | str, ...]) -> bool:
    """Take out what stands at the place; of a list, the whole list (the rest of it would mean something else)."""
    here: Json = data
    for place, part in enumerate(loc):
        if not isinstance(here, dict) or part not in here:
            return False
        if place == len(loc) - 1 or isinstance(loc[place + 1], int):
            del here[part]
            return True
        here = here[part]
    return False
