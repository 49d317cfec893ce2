"""What can be read from Git servers. Data only; the readers are in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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


class LinkKind(StrEnum):
    """As what a file names something. The value is how it is called in evidence."""

    KUSTOMIZE = "kustomize resource"
    KUSTOMIZE_CHART = "kustomize Helm chart"
    DEPENDENCY = "Helm dependency"
    APPLICATION = "Argo CD source"
    GENERATOR = "ApplicationSet generator"
    VALUES = "Helm values file"
    TEXT = "repoURL"


@dataclass(frozen=True, slots=True)
class Link:
    """Something that a file of the source names, as it is written there: a URL, a host's shorthand, or a path.

    ``path`` is the folder that an Argo CD source renders, ``name`` the name of a chart.
    """

    file: str
    line: int
    kind: LinkKind
    target: str
    path: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file above the size up to which content is read; ``size`` in bytes is None where it could not be learnt."""

    path: str
    size: int | None


@dataclass(frozen=True, slots=True)
class LfsRule:
    """A line of a ``.gitattributes`` that gives files to Git LFS."""

    file: str
    line: int
    pattern: str


@dataclass(frozen=True, slots=True)
class Submodule:
    """A folder that is a commit of another repository; ``url`` and ``line`` from ``.gitmodules`` (None: it names none)."""

    path: str
    url: str | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that names things and cannot be parsed, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class SourceContent:
    """What the files at one revision of the source repository hold, as far as it decides whether they can be synced.

    Everything in the revision, whatever the path: what of it matters for a path is for the check to say. ``stored`` is the
    size in bytes of what was fetched, that is, of the revision without its large files. ``omitted`` says what was not looked
    at because there was too much of it. Only this one revision is seen: not the history, not other branches.
    """

    revision: str
    stored: int = 0
    files: int = 0
    links: tuple[Link, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    large: tuple[LargeFile, ...] = ()
    lfs_files: tuple[str, ...] = ()
    lfs_rules: tuple[LfsRule, ...] = ()
    submodules: tuple[Submodule, ...] = ()
    omitted: str | None = None


SOURCE: FactKey[SourceRepository] = FactKey("git.source", "source repository")
SOURCE_TREE: FactKey[SourceTree] = FactKey("git.source-tree", "folders of the source repository")
SOURCE_CONTENT: FactKey[SourceContent] = FactKey("git.source-content", "content of the source repository")
