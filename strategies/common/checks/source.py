"""What must hold for the source repository whatever the strategy is."""

from __future__ import annotations

import difflib

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import effective, folders
from strategies.common.shown import shown
from strategies.common.verdicts import counted, failed, passed, skipped, unknown, unread, warned
from strategies.facts import SOURCE, SOURCE_TREE, SourceRepository

_MOST_NAMED = 6


def source(situation: Situation) -> Verdict:
    """The source repository can be read and has the branch or tag that Argo CD shall follow."""
    if situation.answers.source.url is None:
        return skipped("source.url is not answered yet")
    error, found = situation.facts.error(SOURCE), situation.facts.get(SOURCE)
    if error is not None and effective.mirrors(situation.answers):
        return unread(error)
    if error is not None and effective.disbelieves_source(situation):
        return skipped("read once the certificate of its server is believed")
    if error is not None and effective.makes_source(situation):
        return warned(
            "not there yet: apply makes it, empty, and Argo CD has nothing to sync before something is pushed",
            "Push to it, then run apply again; or have it filled from another repository (privateServer.repository.fill).",
        )
    if error is not None:
        remedy = f"Argo CD reads it from the cluster, so apply can work all the same; look at it from here: {error.remedy}"
        return warned(f"this machine cannot read it: {error.message}", remedy, error.command)
    if found is None:
        return unknown("not read yet")
    seen = f"{counted(len(found.branches), 'branch', 'branches')}, {counted(len(found.tags), 'tag')}"
    if not found.branches:
        return failed(f"{found.url} is empty", "Push a first commit to it.")
    revision = situation.answers.source.revision or found.default_branch
    if revision is None:
        return failed(f"reachable, {seen}; it names no default branch", "Answer source.revision.")
    if revision not in found.branches and revision not in found.tags:
        return _no_revision(found, revision, seen)
    return passed(f"reachable, {seen}; {revision} is there")


def _no_revision(found: SourceRepository, revision: str, seen: str) -> Verdict:
    near = difflib.get_close_matches(revision, [*found.branches, *found.tags], n=3)
    default = found.default_branch
    named = dict.fromkeys([*([default] if default else []), *near, *sorted(found.branches)])
    remedy = f"Answer source.revision with one of: {', '.join(shown(name) for name in list(named)[:_MOST_NAMED])}"
    mend = None
    if default is not None and default in found.branches:
        mend = Mend(
            f"Follow {shown(default)}",
            f"Answers source.revision with {shown(default)}, the default branch of the source.",
            edits={"source.revision": default},
        )
    return failed(f"reachable, {seen}; it has no branch or tag {revision}", remedy, mend=mend)


def path(situation: Situation) -> Verdict:
    """The folder that Argo CD shall render is there and holds something to render."""
    return folders.judge(situation) or skipped("source.url is not answered yet")


CHECKS: tuple[Check, ...] = (
    Check(
        id="git.source",
        title="Source repository",
        why="It is what is synced, or mirrored and then synced: a branch that is not there is seen here first.",
        judge=source,
        needs=(SOURCE.id,),
        handles_errors=True,
        depends_on=("git.program", "workstation.proxy"),
    ),
    Check(
        id="git.source-path",
        title="Path in the source repository",
        why="Argo CD cannot render a folder that is not there, and syncs nothing from one without manifests.",
        judge=path,
        needs=(SOURCE_TREE.id,),
        depends_on=("git.source",),
        blocking=True,
        handles_errors=True,
    ),
)
