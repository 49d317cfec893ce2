"""Loads an answers file: parse, upgrade, default, validate, and every fault at once. The file itself is only ever read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from strategies.answers import BRANCHES, StrategyId
from strategies.base import Json
from wizard.answers import yamltext
from wizard.answers.draft import Draft
from wizard.answers.faults import AnswersError, Fault
from wizard.answers.judge import judge
from wizard.answers.upgrade import upgrade

STRATEGIES: tuple[str, ...] = get_args(StrategyId)
"""Every strategy; the section with its answers has the same name."""

WHOLE_MARK = "# The last line is ..."
"""The writer's header has a line that begins so; a file with it but without ``...`` at its end has been cut off."""


@dataclass(frozen=True, slots=True)
class Document:
    """An answers file that was read and found valid; it may be partial. ``data`` has the form of the present version."""

    file: str
    version: str
    data: dict[str, Json]

    def draft(self) -> Draft:
        """The answers of the file, to be edited or completed."""
        return Draft(self.data)


def load(path: str | os.PathLike[str]) -> Document:
    """Read an answers file. Raises AnswersError with every fault, each with file, line and key."""
    name = os.fspath(path)
    return loads(_read(Path(path), name), name)


def loads(raw: bytes, name: str) -> Document:
    """Read answers from bytes; ``name`` is what the faults call them. Raises AnswersError."""
    parsed = yamltext.parse(raw, name)
    if not parsed.ended and WHOLE_MARK.encode() in raw and not _broken(parsed.faults):
        said = f"ends without its last line ..., so it has been cut off; fetch it anew (or take out the line {WHOLE_MARK!r})"
        parsed.faults.insert(0, Fault("", said, file=name, line=raw.count(b"\n") + 1))
    if not parsed.data:
        raise AnswersError(parsed.faults or [Fault("", "is empty: it holds no answers", file=name)])
    upgraded = upgrade(parsed.data)
    found = [*upgraded.faults, *(fault for fault in judge(upgraded.data).faults if fault.key != "apiVersion")]
    found += _other_branches(upgraded.data)
    told = {fault.key for fault in parsed.faults}
    placed = [_placed(fault, name, parsed.lines, upgraded.origins) for fault in found]
    faults = [*parsed.faults, *(fault for fault in placed if not _covered(fault.key, told))]
    if faults:
        raise AnswersError(sorted(faults, key=lambda fault: fault.line or 0))
    return Document(name, str(parsed.data["apiVersion"]), upgraded.data)


def _read(path: Path, name: str) -> bytes:
    """The bytes of a regular file (or of a pipe), at most a little more than is allowed. Raises AnswersError."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AnswersError([Fault("", "is a folder, not an answers file", file=name)])
        with path.open("rb") as stream:
            return stream.read(yamltext.LARGEST + 1)
    except FileNotFoundError:
        raise AnswersError([Fault("", "does not exist", file=name)]) from None
    except PermissionError:
        raise AnswersError([Fault("", "may not be read by you (look at its permissions)", file=name)]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name cannot exist"
        raise AnswersError([Fault("", f"cannot be read: {reason}", file=name)]) from None


def _other_branches(data: dict[str, Json]) -> list[Fault]:
    """A section of a strategy that is not the chosen one: whoever wrote it expects it to do something."""
    strategy = data.get("strategy")
    if strategy not in STRATEGIES:
        return []
    said = f"belongs to the strategy {{}}, but strategy is {strategy}: take the section out, or choose the other strategy"
    return [Fault(branch, said.format(one)) for one, branch in BRANCHES.items() if branch in data and one != strategy]


def _broken(faults: Iterable[Fault]) -> bool:
    """True when the text itself could not be read, so that nothing need be said of its end."""
    return any(not fault.key for fault in faults)


def _placed(fault: Fault, file: str, lines: dict[str, int], origins: dict[str, str]) -> Fault:
    """The fault with file and line, under the key that stands in the file."""
    for new, old in origins.items():
        if fault.key == new or fault.key.startswith((f"{new}.", f"{new}[")):
            fault = replace(fault, key=old + fault.key[len(new) :])
            break
    where = fault.key
    while where and where not in lines:
        where = where.rpartition("[")[0] if where.endswith("]") else where.rpartition(".")[0]
    return replace(fault, file=file, line=lines.get(where, 1))


def _covered(key: str, told: set[str]) -> bool:
    """True when something has been said of this key, or of the section it stands in, already."""
    return any(one and (key == one or key.startswith((f"{one}.", f"{one}["))) for one in told)
