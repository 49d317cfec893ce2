"""Comparing and merging objects by their topology (sigs.k8s.io/structured-merge-diff, ``typed``)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.sandbox.cluster.fieldset import FieldPath, FieldSet, item_by_key, item_by_value, member
from wizard.sandbox.cluster.objects import Json, Object, items, mapping, mappings
from wizard.sandbox.cluster.topology import Node, Shape


@dataclass(slots=True)
class Comparison:
    """The fields that differ between two objects."""

    added: set[FieldPath] = field(default_factory=set)
    modified: set[FieldPath] = field(default_factory=set)
    removed: set[FieldPath] = field(default_factory=set)

    @property
    def same(self) -> bool:
        """True when nothing differs."""
        return not (self.added or self.modified or self.removed)


def _divisible(value: Json, node: Node) -> bool:
    """True for a value that has parts of its own: a granular map, a keyed list or a set."""
    if isinstance(value, dict):
        return node.shape is not Shape.ATOMIC
    return isinstance(value, list) and node.shape in (Shape.KEYED, Shape.SET)


def _parts(value: Json, node: Node) -> Iterator[tuple[str, Json, Node]]:
    """The parts of a divisible value: step, value, node."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield member(name), below, node.child(name)
    elif node.shape is Shape.KEYED:
        inner = Node(children=node.children)
        for item in mappings(value):
            yield item_by_key(item, node), item, inner
    else:
        leaf = Node()
        for below in items(value):
            yield item_by_value(below), below, leaf


def fields_of(value: Json, node: Node, path: FieldPath = ()) -> FieldSet:
    """The fields that a manager sets by applying this value."""
    found: set[FieldPath] = set()

    def walk(value: Json, node: Node, path: FieldPath) -> None:
        if not _divisible(value, node) or not value:
            if path:
                found.add(path)
            return
        for step, below, child in _parts(value, node):
            walk(below, child, (*path, step))
            if step[0] in "kv":
                found.add((*path, step))

    walk(value, node, path)
    return frozenset(found)


def compare(old: Json, new: Json, node: Node) -> Comparison:
    """What differs. A map or list that appears or goes is in the result itself, as well as each field in it."""
    result = Comparison()
    _compare(old, new, node, (), result)
    return result


def _compare(old: Json, new: Json, node: Node, path: FieldPath, result: Comparison) -> None:
    divisible = [value for value in (old, new) if value is not None and _divisible(value, node) and value]
    if not divisible:
        if old is None and new is not None:
            result.added.add(path)
        elif new is None and old is not None:
            result.removed.add(path)
        elif old != new:
            result.modified.add(path)
        return
    if old is None and path:
        result.added.add(path)
    if new is None and path:
        result.removed.add(path)
    before = {step: (value, child) for step, value, child in _parts(old, node)} if _divisible(old, node) else {}
    after = {step: (value, child) for step, value, child in _parts(new, node)} if _divisible(new, node) else {}
    for step in before.keys() | after.keys():
        was, child = before.get(step, (None, None))
        is_, other = after.get(step, (None, None))
        below = (*path, step)
        if step[0] == "v":
            if step not in before:
                result.added.add(below)
            elif step not in after:
                result.removed.add(below)
            continue
        _compare(was, is_, child or other or Node(), below, result)


def merged(live: Json, config: Json, node: Node) -> Json:
    """``live`` with everything that ``config`` says laid over it."""
    if config is None:
        return copy.deepcopy(live)
    if not (_divisible(live, node) and _divisible(config, node)) or type(live) is not type(config):
        return copy.deepcopy(config)
    if isinstance(config, dict):
        result: Object = copy.deepcopy(mapping(live))
        for name, value in config.items():
            result[name] = merged(result.get(name), value, node.child(name))
        return result
    present = {step: value for step, value, _ in _parts(live, node)}
    inner = Node(children=node.children)
    for step, value, _ in _parts(config, node):
        present[step] = merged(present.get(step), value, inner) if node.shape is Shape.KEYED else value
    return [copy.deepcopy(value) for value in present.values()]


def without(value: Json, gone: FieldSet, kept: FieldSet, node: Node, path: FieldPath = ()) -> Json:
    """``value`` less the fields in ``gone``.

    A container that loses its last part goes too, unless ``kept`` (or something outside ``gone``) holds it. An item of a keyed
    list goes whole when it is in ``gone`` and nobody in ``kept`` holds anything in it.
    """
    if not _divisible(value, node):
        return value
    kept_inner = {held[:end] for held in kept for end in range(1, len(held) + 1)}
    touched = {lost[:end] for lost in gone for end in range(1, len(lost) + 1)}
    return _without(value, gone, kept_inner, touched, node, path)


def _without(value: Json, gone: FieldSet, kept: set[FieldPath], touched: set[FieldPath], node: Node, path: FieldPath) -> Json:
    remaining: list[tuple[str, Json]] = []
    for step, below, child in _parts(value, node):
        place = (*path, step)
        if place not in touched:
            remaining.append((step, below))
            continue
        if place in gone and place not in kept:
            continue
        if not _divisible(below, child):
            remaining.append((step, below))
            continue
        left = _without(below, gone, kept, touched, child, place)
        if left or place in kept or not below:
            remaining.append((step, left))
    if isinstance(value, dict):
        return {step[2:]: below for step, below in remaining}
    return [below for _, below in remaining]
