"""What must hold on this machine whatever the strategy is."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common.verdicts import failed, passed, unknown, unread
from strategies.facts import GIT_PROGRAM

MINIMUM_GIT = (2, 31)
"""The first git that takes configuration from ``GIT_CONFIG_COUNT`` (git release notes, 2.31)."""


def git_program(situation: Situation) -> Verdict:
    """The mirror runs the git program."""
    error, found = situation.facts.error(GIT_PROGRAM), situation.facts.get(GIT_PROGRAM)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    version = ".".join(str(part) for part in found.version)
    if found.version < MINIMUM_GIT:
        needed = ".".join(str(part) for part in MINIMUM_GIT)
        return failed(f"{found.path} is git {version}", f"Install git {needed} or newer.", "git --version")
    return passed(f"git {version} at {found.path}")


CHECKS: tuple[Check, ...] = (
    Check(
        id="git.program",
        title="git program",
        why="The mirror clones and pushes with it.",
        judge=git_program,
        needs=(GIT_PROGRAM.id,),
        handles_errors=True,
    ),
)
