"""What the source repository holds, held against what CodeCommit takes and what the cluster reaches."""

from __future__ import annotations

import re

from strategies.base import Check, Situation, Verdict
from strategies.codecommit.limits import BLOB_LIMIT, BRANCH_NAME_LIMIT, PUSH_LIMIT
from strategies.codecommit.urls import clone_url
from strategies.common import effective
from strategies.common.checks.content import mirror_checks
from strategies.common.shown import shown, size
from strategies.common.verdicts import counted, failed, more, passed, unknown, warned
from strategies.facts import SOURCE, SOURCE_CONTENT

_COMMIT_LIKE = re.compile(r"[0-9a-fA-F]{40}")


def sizes(situation: Situation) -> Verdict:
    """Nothing at the revision is larger, and no branch is named otherwise, than CodeCommit takes.

    Only the revision that Argo CD follows is looked at: a large file that was deleted since, or stands on another branch alone,
    shows when it is pushed.
    """
    error, content, source = (
        situation.facts.error(SOURCE_CONTENT), situation.facts.get(SOURCE_CONTENT), situation.facts.get(SOURCE),
    )  # fmt: skip
    if error is not None:
        return unknown(f"the content could not be read: {error.message}", error.remedy, error.command)
    if content is None or source is None:
        return unknown("not read yet")
    names = [name for name in source.branches if len(name) > BRANCH_NAME_LIMIT or _COMMIT_LIKE.fullmatch(name)]
    if names:
        evidence = f"CodeCommit takes no branch of the name {shown(names[0])}{more(len(names) - 1)}"
        return failed(
            evidence, f"Rename it in the source: at most {BRANCH_NAME_LIMIT} characters, and not 40 hexadecimal digits."
        )
    too_large = [one for one in content.large if one.size is not None and one.size > BLOB_LIMIT]
    if too_large:
        one = too_large[0]
        evidence = f"{shown(one.path)} is {size(one.size or 0)}{more(len(too_large) - 1)}; CodeCommit takes no file over 2 GB"
        remedy = "Take it out of the source's history (git filter-repo), and keep it outside Git, in S3 for example."
        return failed(evidence, remedy)
    references = len(source.branches) + len(source.tags)
    pushed = f"{counted(references, 'branch or tag', 'branches and tags')} to push"
    if references > PUSH_LIMIT:
        pushed += ", in lots: CodeCommit takes 4,000 in one push"
    unmeasured = [one for one in content.large if one.size is None]
    if unmeasured:
        return warned(
            f"the size of {shown(unmeasured[0].path)} could not be learnt{more(len(unmeasured) - 1)}: over 1 MiB; {pushed}",
            "Make sure that none is over 2 GB, which CodeCommit refuses.",
            "git ls-tree -r -l HEAD",
        )
    largest = f", the largest {size(content.large[0].size or 0)}" if content.large else ", none over 1 MiB"
    return passed(f"{counted(content.files, 'file')} at {content.revision}, {size(content.stored)}{largest}; {pushed}")


def _own_url(situation: Situation) -> str:
    codecommit = situation.answers.codecommit
    return clone_url(effective.region(situation) or "", codecommit.repository.name or "", codecommit.network.fips)


CHECKS: tuple[Check, ...] = (
    Check(
        id="git.source-size",
        title="Sizes and names in the source",
        why="CodeCommit refuses files over 2 GB and some names of branches, and a push with one of them as a whole.",
        judge=sizes,
        needs=(SOURCE.id, SOURCE_CONTENT.id),
        depends_on=("git.source",),
        handles_errors=True,
    ),
    *mirror_checks(_own_url),
)
