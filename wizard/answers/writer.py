"""Writes answers as the file that replays them: every effective value, the chosen strategy's branch alone, a stable order."""

from __future__ import annotations

import os
import re
import shlex
import stat
import textwrap
from collections.abc import Iterator
from pathlib import Path

import yaml

from strategies.answers import BRANCHES, Answers
from strategies.base import Json
from wizard.answers import keys
from wizard.answers.document import WHOLE_MARK
from wizard.answers.faults import AnswersError, Fault
from wizard.answers.files import write_private
from wizard.answers.schema import FILE_NAME

_HEAD = "# Answers for ezgitops"
_WIDTH = 100
_NUMBER = re.compile(r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)")
"""YAML 1.2.2, 10.3.2, "Tag Resolution" of the core schema; PyYAML itself quotes for YAML 1.1, where 012345678901 is text."""


def dump(answers: Answers, *, file_name: str, schema: str = FILE_NAME) -> str:
    """The answers as YAML.

    ``file_name`` stands in the command that the header gives for the replay. ``schema`` is where an editor finds the JSON
    Schema: a path relative to the file. A URL would have to be reachable from where egress-zero clusters are looked after, and
    a path of this machine would mean nothing to who gets the file; a file beside it works for both and can be committed.
    """
    replay = f"ezgitops apply -f {shell_name(file_name)} --yes"
    lines = [
        f"# yaml-language-server: $schema={schema}",
        f"{_HEAD}: everything that was decided{f' for {answers.name}' if answers.name else ''}, defaults included.",
        "#",
        "# Do all of it again, without a question:",
        f"#   {replay}",
        "#",
        "# No secret stands here, only the places where secrets are kept. null means: none.",
        f"# Completion in editors: ezgitops schema > {FILE_NAME}",
        f"{WHOLE_MARK} ; a file without it has been cut off and is refused.",
        "",
        *_section(answers, "", 0),
        "...",
    ]
    return "\n".join(lines) + "\n"


def write(path: Path, answers: Answers, *, schema: str = FILE_NAME) -> None:
    """Save the answers: mode 0600, at once or not at all. Raises AnswersError when it cannot be done.

    A file that this program wrote is replaced; anything else that stands there (also a link) is left alone and told.
    """
    name = str(path)
    try:
        _refuse_foreign(path, name)
        write_private(path, dump(answers, file_name=path.name, schema=schema))
    except OSError as error:
        raise AnswersError([Fault("", f"cannot be written: {error.strerror or error}", file=name)]) from None


def _refuse_foreign(path: Path, name: str) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise AnswersError([Fault("", "is a link; answers are not written through links. Choose another name", file=name)])
    if not stat.S_ISREG(mode):
        raise AnswersError([Fault("", "is not a file; choose another name", file=name)])
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as stream:
        if _HEAD.encode() not in stream.read(4096):
            raise AnswersError(
                [Fault("", "is there already and was not written by ezgitops; it is kept. Choose another name", file=name)]
            )


def _section(answers: Answers, path: str, depth: int) -> Iterator[str]:
    """The lines of a section: its keys in the order of the model, each section under a comment that says what it is."""
    indent = "  " * depth
    after_section = False
    unchosen = {branch for strategy, branch in BRANCHES.items() if strategy != answers.strategy}
    for key in keys.keys().values():
        parent, _, last = key.path.rpartition(".")
        if parent != path or key.path in unchosen:
            continue
        if key.type is keys.Type.SECTION:
            if depth == 0:
                yield ""
            for line in textwrap.wrap(key.meaning.split("\n")[0].replace("``", "`"), _WIDTH):
                yield f"{indent}# {line}"
            yield f"{indent}{last}:"
            yield from _section(answers, key.path, depth + 1)
        else:
            if depth == 0 and after_section:
                yield ""
            yield from _leaf(last, _value(answers, key), indent)
        after_section = key.type is keys.Type.SECTION


def _leaf(name: str, value: Json, indent: str) -> Iterator[str]:
    if isinstance(value, list) and value:
        yield f"{indent}{name}:"
        for item in value:
            yield f"{indent}  - {_scalar(item)}"
        return
    yield f"{indent}{name}: {_scalar(value)}"


def _scalar(value: Json) -> str:
    """The value on one line, quoted where YAML 1.1 or 1.2 would take it for something else than it is."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return f"'{value}'"
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1_000_000)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _value(answers: Answers, key: keys.Key) -> Json:
    here: object = answers
    for name in key.names:
        here = getattr(here, name)
    return here if isinstance(here, str | bool | list) else None


def shell_name(name: str | Path) -> str:
    """A file's name as it is typed in a shell, on one line: a line break in it must not end a comment or a command."""
    return shlex.quote("".join(character if character.isprintable() else "?" for character in str(name)))
