"""Reads YAML into plain data and the line of every key, refusing what an answers file has no use for.

PyYAML's composer gives nodes with their places; its constructors are used for plain scalars alone, so that no tag can make an
object. Depth, size and the number of nodes behind aliases are limited: a few lines of aliases can stand for gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from strategies import forms
from strategies.base import Json
from wizard.answers.faults import Fault

LARGEST = 1024 * 1024
"""Bytes of an answers file at most; a whole one is about 5 KiB."""
_DEEPEST = 20
_MOST_NODES = 20_000
_PREFIX = "tag:yaml.org,2002:"
_SCALARS = {_PREFIX + name for name in ("str", "int", "float", "bool", "null", "timestamp")}


@dataclass
class Parsed:
    """The data, the line (from 1) of each key and list item by its dotted path, and whether the text ends with ``...``."""

    data: dict[str, Json]
    lines: dict[str, int]
    ended: bool
    faults: list[Fault] = field(default_factory=list)


def parse(raw: bytes, file: str) -> Parsed:
    """Read an answers file's bytes. Never raises for what a file can hold: what is wrong is in ``faults``."""
    parsed = Parsed({}, {}, ended=False)
    text = _decoded(raw, file, parsed.faults)
    if text is None:
        return parsed
    try:
        node = _composed(text, file, parsed)
    except yaml.YAMLError as error:
        parsed.faults.append(_syntax(error, file))
        return parsed
    if parsed.faults:
        return parsed
    if node is None:
        parsed.faults.append(Fault("", "is empty: it holds no answers", file=file))
    elif not isinstance(node, yaml.MappingNode):
        parsed.faults.append(Fault("", "must hold keys and values (name: prod-east)", file=file, line=_line(node)))
    else:
        reader = _NodeReader(file, parsed)
        data = reader.mapping(node, "")
        parsed.data = {} if reader.too_many else data
    return parsed


def _decoded(raw: bytes, file: str, faults: list[Fault]) -> str | None:
    """The text of the file, or None with the reason among the faults."""
    if len(raw) > LARGEST:
        faults.append(Fault("", f"is larger than {LARGEST // 1024} KiB, so it is no answers file", file=file))
        return None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.append(Fault("", "is UTF-16 text; save it as UTF-8", file=file))
        return None
    if b"\x00" in raw:
        faults.append(Fault("", "is not text (a binary file?); an answers file is YAML", file=file))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.append(Fault("", "is not UTF-8 text (a binary file, or another encoding?)", file=file, line=line))
        return None
    if not text.strip():
        faults.append(Fault("", "is empty: it holds no answers", file=file))
        return None
    return text


def _composed(text: str, file: str, parsed: Parsed) -> yaml.Node | None:
    """The text's only document as nodes. The composer recurses, so the depth is looked at first, from the flat events."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentEndEvent):
            parsed.ended = bool(event.explicit)
        if depth > _DEEPEST:
            line = _line(event)
            parsed.faults.append(Fault("", "is nested deeper than any answers file", file=file, line=line))
            return None
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


_SYNTAX = (
    ("found character '\\t'", "is indented with a tab; YAML takes spaces alone"),
    ("unexpected end of stream", "ends in the middle of a value (is the file cut off?)"),
    ("but found another document", "holds more than one document (---); an answers file is one"),
    ("could not find expected ':'", "has a key without a colon (is the file cut off?)"),
    ("mapping values are not allowed", "has a colon where none can be; put the value in quotes, or look at the indentation"),
    ("undefined alias", "refers to an alias that is not there; a text that begins with * needs quotes"),
    ("expected ',' or ", "has a bracket that is not closed"),
    ("but found '<stream end>'", "ends before a bracket is closed (is the file cut off?)"),
    ("expected <block end>", "is indented otherwise than the lines around it"),
    ("unacceptable character", "holds a control character"),
    ("special characters are not allowed", "holds a control character"),
)


def _syntax(error: yaml.YAMLError, file: str) -> Fault:
    """A syntax error in plain words. PyYAML's own message quotes the text around it, which may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
    context = str(getattr(error, "context", None) or "")
    words = next((said for sign, said in _SYNTAX if sign in problem or sign in context), "is not YAML from here on")
    return Fault("", words, file=file, line=None if mark is None else mark.line + 1)


def _line(place: yaml.Node | yaml.Event) -> int:
    return 1 if place.start_mark is None else int(place.start_mark.line) + 1


class _NodeReader:
    """Turns nodes into data, noting lines and faults as it goes."""

    def __init__(self, file: str, parsed: Parsed) -> None:
        self._file = file
        self._parsed = parsed
        self._nodes = 0
        self._open: set[int] = set()
        self._constructor = yaml.constructor.SafeConstructor()

    @property
    def too_many(self) -> bool:
        """True when the text stands for more values than were read."""
        return self._nodes > _MOST_NODES

    def mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Json]:
        """The data of a mapping whose dotted path this is."""
        data: dict[str, Json] = {}
        for key, value in node.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag != _PREFIX + "str":
                merged = isinstance(key, yaml.ScalarNode) and key.tag == _PREFIX + "merge"
                self._wrong(path, "uses << , which has no meaning here" if merged else "has a key that is not text", line)
                continue
            below = f"{path}.{key.value}" if path else str(key.value)
            if key.value in data:
                self._wrong(below, f"stands here and on line {self._parsed.lines[below]}; keep one", line)
                continue
            self._parsed.lines[below] = line
            data[key.value] = self._value(value, below, line)
        return data

    def _value(self, node: yaml.Node, path: str, line: int) -> Json:
        self._nodes += 1
        if self.too_many:
            if self._nodes == _MOST_NODES + 1:
                self._wrong("", "stands for far more values than any answers file holds (aliases?)", line)
            return None
        if id(node) in self._open:
            self._wrong(path, "refers to itself through an alias", line)
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode) and node.tag == _PREFIX + "map":
                return self.mapping(node, path)
            if isinstance(node, yaml.SequenceNode) and node.tag == _PREFIX + "seq":
                return [self._item(item, f"{path}[{place}]") for place, item in enumerate(node.value)]
            if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
                return self._scalar(node, path, line)
        finally:
            self._open.discard(id(node))
        self._wrong(path, "has a YAML tag (!...) that has no meaning here; take it out", line)
        return None

    def _item(self, node: yaml.Node, path: str) -> Json:
        line = self._parsed.lines[path] = _line(node)
        return self._value(node, path, line)

    def _scalar(self, node: yaml.ScalarNode, path: str, line: int) -> Json:
        if node.tag == _PREFIX + "null" and not node.value:
            said = "has no value (is the file cut off?); give it one, write null for none, or take the key out"
            self._wrong(path, said, line)
            return None
        try:
            value: Json = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            # A number too long to be one, or 2026-02-31: text that YAML takes for something else.
            self._wrong(path, "looks like a number or a date but is none; put it in quotes", line)
            return None
        return value

    def _wrong(self, path: str, message: str, line: int) -> None:
        shown = "" if forms.secret_kind(path) else path
        self._parsed.faults.append(Fault(shown, message, file=self._file, line=line))
