"""What can be read from Git servers. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.facts.base import FactKey


@dataclass(frozen=True, slots=True)
class SourceRepository:
    """The source repository as ``git ls-remote`` shows it: branch and tag names to object ids."""

    url: str
    default_branch: str | None
    branches: Mapping[str, str]
    tags: Mapping[str, str]
    other_refs: int = 0


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Every file at one revision of the source repository, as ``git ls-tree -r --name-only`` lists them."""

    revision: str
    files: tuple[str, ...]


SOURCE: FactKey[SourceRepository] = FactKey("git.source", "source repository")
SOURCE_TREE: FactKey[SourceTree] = FactKey("git.source-tree", "folders of the source repository")
