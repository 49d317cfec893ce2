"""Clones that a check may make: ended as soon as more arrives than it may fetch."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strategies.facts import FactError
from strategies.resources.git.program import GitLogin, GitProgram

TRANSFER_BUDGET = 256 * 1024 * 1024
"""Bytes that a check may fetch: a server that leaves nothing out sends every file of the revision."""


class OverBudgetError(Exception):
    """More has arrived than a check may fetch; ``told`` is what the operator is told."""

    def __init__(self, budget: int) -> None:
        super().__init__(f"more than {budget} bytes")
        self.told = FactError(
            f"the server sends more than {budget // 1024**2} MiB for one revision, and leaves no large file out",
            "Look at the repository by hand: Git LFS, submodules, and charts or bases from other hosts.",
        )


def clone(
    git: GitProgram,
    arguments: Sequence[str],
    folder: Path,
    login: GitLogin | None,
    timeout: float,
    budget: int = TRANSFER_BUDGET,
) -> int:
    """``git clone`` with these arguments into ``folder``; how many bytes have arrived. Raises GitError, OverBudgetError."""
    spending = _Spending(folder, budget)
    git.output(["clone", "--quiet", *arguments, str(folder)], login=login, timeout=timeout, enough=spending.over)
    if spending.over():
        raise OverBudgetError(budget)
    return spending.spent


@dataclass(slots=True)
class _Spending:
    """How many bytes have arrived in a repository that is being fetched. git removes one that it cannot finish."""

    folder: Path
    budget: int
    spent: int = 0

    def over(self) -> bool:
        """Whether it is more than the budget by now."""
        size = 0
        with contextlib.suppress(FileNotFoundError):  # files get other names when they are whole: the next look counts them
            for file in (self.folder / "objects").rglob("*"):
                size += file.stat().st_size if file.is_file() else 0
        self.spent = max(self.spent, size)
        return self.spent > self.budget
