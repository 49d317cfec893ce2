"""The keys of the answers file, read from the model: types, defaults, meanings, and which one a typo may have meant."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from strategies.answers import BRANCHES, Answers
from strategies.base import Json
from strategies.section import Form, Section

SPENT = frozenset({"privateServer.server.adminToken"})
"""Secrets that are used where something is made, and then not needed any more: looking takes none of them."""


class Type(StrEnum):
    """The type of a value in the file."""

    TEXT = "text"
    YES_NO = "true or false"
    CHOICE = "choice"
    LIST = "list"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the answers file.

    ``path`` is dotted and camelCase; ``names`` the same as attribute names of the model; ``optional`` says that ``null`` stands
    for "not decided"; ``form`` describes a text, or each text of a list; ``choices`` are the values of a choice.
    """

    path: str
    names: tuple[str, ...]
    type: Type
    optional: bool
    default: Json
    meaning: str
    form: Form | None = None
    choices: tuple[str, ...] = ()

    @property
    def secret(self) -> bool:
        """True when the value refers to a secret, so that what stands there is never shown."""
        return self.form is not None and self.form.secret


@cache
def keys() -> Mapping[str, Key]:
    """Every key by its path, sections included, in the order of the file."""
    return {key.path: key for key in _walk(Answers, (), ())}


def leaves() -> tuple[Key, ...]:
    """Every key that has a value of its own."""
    return tuple(key for key in keys().values() if key.type is not Type.SECTION)


def secret_references(answers: Answers, *, spent: bool = True) -> tuple[str, ...]:
    """Every reference to a secret in the answers that count: those that all strategies share, and those of the chosen one.

    ``spent``: also those that only making something takes.
    """
    others = {branch for strategy, branch in BRANCHES.items() if strategy != answers.strategy}
    found: list[str] = []
    for key in leaves():
        if key.secret and key.path.partition(".")[0] not in others and (spent or key.path not in SPENT):
            value: object = answers
            for name in key.names:
                value = getattr(value, name)
            if isinstance(value, str):
                found.append(value)
    return tuple(dict.fromkeys(found))


def bare(path: str) -> str:
    """The path without list indexes: ``aws.subnetIds[1]`` is an item of ``aws.subnetIds``."""
    return re.sub(r"\[[0-9]+\]", "", path)


def meant(path: str) -> str | None:
    """The key that an unknown key may have meant: a sibling with a like name, else the same name elsewhere, else None.

    A sibling is given as its last part alone, a key elsewhere as its whole path.
    """
    parent, _, last = path.rpartition(".")
    siblings = {
        _folded(key.path.rpartition(".")[2]): key.path for key in keys().values() if key.path.rpartition(".")[0] == parent
    }
    close = difflib.get_close_matches(_folded(last), siblings, n=1, cutoff=0.7)
    if close:
        return siblings[close[0]].rpartition(".")[2]
    whole = [key.path for key in keys().values() if _folded(key.path) == _folded(path)]
    elsewhere = whole or [key.path for key in keys().values() if _folded(key.path.rpartition(".")[2]) == _folded(last)]
    # What every strategy knows is meant before what one of them has for itself.
    common = [path for path in elsewhere if path.partition(".")[0] not in BRANCHES.values()]
    found = common or elsewhere
    return found[0] if len(found) == 1 else None


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _walk(section: type[Section], above: tuple[str, ...], above_names: tuple[str, ...]) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        path = (*above, field.alias or name)
        names = (*above_names, name)
        inner = _unwrapped(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Section):
            yield Key(".".join(path), names, Type.SECTION, False, None, (inner.__doc__ or "").strip())
            yield from _walk(inner, path, names)
        else:
            yield _leaf(".".join(path), names, field)


def _leaf(path: str, names: tuple[str, ...], field: FieldInfo) -> Key:
    inner = _unwrapped(field.annotation)
    optional = type(None) in get_args(field.annotation)
    default: Json = field.get_default(call_default_factory=True, validated_data={})
    meaning = (field.description or "").replace("``", "`")
    form = next((one for one in field.metadata if isinstance(one, Form)), None) or _form(field.annotation)
    if get_origin(inner) is Literal:
        return Key(path, names, Type.CHOICE, optional, default, meaning, None, tuple(str(value) for value in get_args(inner)))
    if get_origin(inner) is list:
        return Key(path, names, Type.LIST, optional, default, meaning, form)
    return Key(path, names, Type.YES_NO if inner is bool else Type.TEXT, optional, default, meaning, form)


def _unwrapped(annotation: object) -> object:
    """The annotation without ``| None`` and without metadata."""
    if get_origin(annotation) in (Union, types.UnionType):
        return _unwrapped(next(one for one in get_args(annotation) if one is not type(None)))
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    return annotation


def _form(annotation: object) -> Form | None:
    """The first form in the annotation, however deep it stands."""
    if isinstance(annotation, Form):
        return annotation
    inner = (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
    return next((form for one in inner if (form := _form(one)) is not None), None)
