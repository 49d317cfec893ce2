"""Strategies as lines of plain text: state is a word, never a colour or a sign alone."""

from __future__ import annotations

from collections.abc import Iterator

from strategies.base import Card


def card(title: str, one: Card) -> Iterator[str]:
    """What is said of a strategy for this environment."""
    yield f"  {title} - {one.headline}"
    yield f"    {one.summary}"
    for badge in one.badges:
        yield f"    {badge.status.value}: {badge.evidence}"
    if one.available:
        yield f"    {one.makes}; {one.cost}"
