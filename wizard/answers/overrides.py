"""Answers from the command line (``--set key=value``) and from the environment (``EZGITOPS_ANSWERS__KEY``).

The command line wins over the environment, and both over the file. The type of a value is that of its key, so that
``--set aws.account=012345678901`` stays text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from strategies.base import Json
from wizard.answers import keys
from wizard.answers.draft import Draft
from wizard.answers.faults import AnswersError, Fault
from wizard.answers.judge import unknown

PREFIX = "EZGITOPS_ANSWERS__"
"""``EZGITOPS_ANSWERS__SOURCE__URL`` sets ``source.url``: two underscores stand for a dot; case and single ones do not count."""
_FIXED = {"apiVersion", "kind"}
_NOTHING = {"null", "~"}


@dataclass(frozen=True, slots=True)
class _Given:
    """One override: the key as it was written, the text, and where it was given."""

    key: str
    text: str
    where: str


def apply(draft: Draft, sets: Sequence[str], environ: Mapping[str, str]) -> None:
    """Put the overrides into the draft. Raises AnswersError with every fault of the overrides; the draft is then unchanged."""
    faults: list[Fault] = []
    changed = draft.copy()
    origin: dict[str, str] = {}
    for given in (*_from_environment(environ, faults), *_from_options(sets, faults)):
        key = keys.keys().get(given.key)
        if key is None or key.path in _FIXED or key.type is keys.Type.SECTION:
            faults.append(_unusable(given, key))
            continue
        try:
            changed.set(key.path, typed(key, given.text))
        except ValueError as error:
            faults.append(Fault(key.path, str(error), file=given.where))
            continue
        origin[key.path] = given.where
    known = set(draft.faults())
    for fault in changed.faults():
        where = origin.get(keys.bare(fault.key))
        if where is not None and fault not in known:
            faults.append(replace(fault, file=where))
    if faults:
        raise AnswersError(faults)
    for path in origin:
        draft.set(path, changed.get(path))


def _from_options(sets: Sequence[str], faults: list[Fault]) -> list[_Given]:
    given = []
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            faults.append(Fault("", "is used as --set KEY=VALUE, for example --set source.revision=main", file="--set"))
            continue
        given.append(_Given(key.strip(), value, "--set"))
    return given


def _from_environment(environ: Mapping[str, str], faults: list[Fault]) -> list[_Given]:
    """Overrides among the variables, in the order of their names. An unknown key is a fault: a typo must not pass unseen."""
    paths = {_folded(key.path.replace(".", "__")): key.path for key in keys.keys().values()}
    given = []
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        written = name.removeprefix(PREFIX)
        path = paths.get(_folded(written))
        if path is None:
            like = keys.meant(".".join(part.replace("_", "").lower() for part in written.split("__")))
            faults.append(Fault("", "names no key of the answers", like, file=name))
            continue
        given.append(_Given(path, environ[name], name))
    return given


def _folded(name: str) -> str:
    """The name without case and without single underscores."""
    return ".".join(part.replace("_", "").lower() for part in name.split("__"))


def _unusable(given: _Given, key: keys.Key | None) -> Fault:
    if key is None:
        return replace(unknown(given.key), file=given.where)
    if key.path in _FIXED:
        return Fault(key.path, "cannot be set; it stands in the file", file=given.where)
    inner = [one.path for one in keys.leaves() if one.path.startswith(f"{key.path}.")]
    return Fault(key.path, f"is a section; set one of its keys: {', '.join(inner)}", file=given.where)


def typed(key: keys.Key, text: str) -> Json:
    """The text as a value of the key's type. Raises ValueError with the reason, which never repeats the text."""
    if key.optional and text.strip() in _NOTHING:
        return None
    if key.type is keys.Type.YES_NO:
        value = {"true": True, "false": False}.get(text.strip().lower())
        if value is None:
            raise ValueError("must be true or false")
        return value
    if key.type is keys.Type.LIST:
        return _list(text)
    return text


def _list(text: str) -> list[Json]:
    """``a,b`` or ``[a, b]``."""
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        items = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  # BaseLoader makes nothing but text, lists and mappings
    except yaml.YAMLError:
        raise ValueError("must be a list: a,b or [a, b]") from None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError("must be a flat list: a,b or [a, b]")
    return list(items)
