"""The references of a repository, as ``git ls-remote`` lists them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from strategies.resources.git.program import LIST_TIMEOUT, GitLogin, GitProgram

HEADS = "refs/heads/"
TAGS = "refs/tags/"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class References:
    """Branches and tags to object ids, the branch that HEAD names, and how many other references there are."""

    default_branch: str | None = None
    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    others: int = 0
    peeled: Mapping[str, str] = field(default_factory=dict)
    """Annotated tags to the commits they stand for."""

    def commit(self, revision: str) -> str | None:
        """The commit that a branch or tag stands for, branches first, as Argo CD resolves it; a full commit id is itself."""
        if re.fullmatch(r"[0-9a-f]{40}", revision):
            return revision
        return self.branches.get(revision) or self.peeled.get(revision) or self.tags.get(revision)

    @property
    def mirrored(self) -> dict[str, str]:
        """Full names to object ids of everything that a mirror takes: heads and tags, nothing else."""
        heads = {HEADS + name: oid for name, oid in self.branches.items()}
        return heads | {TAGS + name: oid for name, oid in self.tags.items()}

    @property
    def digest(self) -> str:
        """Twelve hex digits that change when any branch or tag does."""
        lines = "".join(f"{name} {oid}\n" for name, oid in sorted(self.mirrored.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:12]


def list_remote(git: GitProgram, url: str, login: GitLogin | None = None, *, every: bool = False) -> References:
    """The references at ``url``; ``every``: count those that are neither branch nor tag too. Raises GitError."""
    wanted = [] if every else ["HEAD", f"{HEADS}*", f"{TAGS}*"]
    return parse(git.run(["ls-remote", "--symref", "--", url, *wanted], login=login, timeout=LIST_TIMEOUT))


def list_local(git: GitProgram, folder: Path) -> References:
    """The branches and tags of a bare repository on this machine. Raises GitError."""
    return parse(git.run(["for-each-ref", "--format=%(objectname)%09%(refname)", HEADS, TAGS], folder=folder))


def parse(output: str) -> References:
    """What ``ls-remote --symref`` printed: ``ref: refs/heads/main<TAB>HEAD`` and ``OID<TAB>NAME`` lines.

    A name that git itself refuses (git-check-ref-format(1): control characters) can be fetched by nobody and is left out.
    """
    default: str | None = None
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    others = 0
    peeled: dict[str, str] = {}
    for line in output.split("\n"):
        left, tab, name = line.partition("\t")
        if not tab or _CONTROL.search(line.replace("\t", "", 1)):
            continue
        if name.endswith("^{}"):
            peeled[name.removeprefix(TAGS).removesuffix("^{}")] = left
        elif left.startswith("ref: "):
            if name == "HEAD" and left.startswith(f"ref: {HEADS}"):
                default = left.removeprefix(f"ref: {HEADS}")
        elif name.startswith(HEADS):
            branches[name.removeprefix(HEADS)] = left
        elif name.startswith(TAGS):
            tags[name.removeprefix(TAGS)] = left
        elif name != "HEAD":
            others += 1
    return References(default, branches, tags, others, peeled)
