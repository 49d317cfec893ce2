"""What a repository gives to Git LFS, and which other repositories it holds. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from strategies.facts import LfsRule, Submodule

ATTRIBUTES = ".gitattributes"
MODULES = ".gitmodules"
POINTER_LIMIT = 1024
"""A pointer file is shorter than this many bytes (git-lfs ``docs/spec.md``, "The Pointer")."""

_POINTER = re.compile(rb"version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/v1\n")
_SECTION = re.compile(r"""^\s*\[\s*submodule\s+"(.*)"\s*\]""")
_SETTING = re.compile(r"^\s*(path|url)\s*=\s*(.*?)\s*$")
_TEXT_MOST = 500


def pointer(content: bytes) -> bool:
    """Whether this file stands for another one that Git LFS keeps."""
    return len(content) < POINTER_LIMIT and _POINTER.match(content) is not None


def lfs_rules(path: str, content: bytes) -> list[LfsRule]:
    """The lines of a ``.gitattributes`` that give files to Git LFS (gitattributes(5))."""
    found = []
    for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
        pattern, *attributes = line.split() or [""]
        if "filter=lfs" in attributes and not pattern.startswith("#"):
            folder = posixpath.dirname(path)
            found.append(LfsRule(path, number, posixpath.join(folder, pattern)[:_TEXT_MOST]))
    return found


def submodules(content: bytes, folders: Sequence[str]) -> list[Submodule]:
    """``folders``, which are commits of other repositories, each with what ``.gitmodules`` (gitmodules(5)) says of it."""
    named: dict[str, tuple[str | None, int]] = {}
    for section in _sections(content):
        path, (url, line) = section.get("path", ("", 0))[0], section.get("url", (None, 0))
        named[path or ""] = (url, line)
    return [Submodule(folder, *named.get(folder, (None, 0))) for folder in folders]


def _sections(content: bytes) -> Sequence[Mapping[str, tuple[str | None, int]]]:
    found: list[dict[str, tuple[str | None, int]]] = []
    for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
        if _SECTION.match(line):
            found.append({})
        elif found and (setting := _SETTING.match(line)):
            found[-1][setting[1]] = (setting[2].strip('"')[:_TEXT_MOST], number)
    return found
