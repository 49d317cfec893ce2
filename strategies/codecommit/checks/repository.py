"""CodeCommit itself: whether it is open to this account, and whether the repository is ours."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common import effective
from strategies.common.verdicts import aws, failed, passed, unknown, unread
from strategies.facts import AWS_REPOSITORY


def service(situation: Situation) -> Verdict:
    """CodeCommit answers this account in this region."""
    error = situation.facts.error(AWS_REPOSITORY)
    if error is not None:
        return unread(error)
    if situation.facts.get(AWS_REPOSITORY) is None:
        return unknown("not read yet")
    return passed(f"CodeCommit answers in {effective.region(situation)}")


def repository(situation: Situation) -> Verdict:
    """The name is free, or the repository is this instance's."""
    found = situation.facts.get(AWS_REPOSITORY)
    if found is None:
        return unknown("not read yet")
    if not found.exists:
        return passed(f"{found.name} is free")
    instance = effective.instance(situation)
    if found.instance is not None and found.instance == instance:
        return passed(f"{found.name} exists and is ours")
    whose = "something else" if found.instance is None else f"the instance {found.instance}"
    command = aws(situation, "codecommit", "get-repository", "--repository-name", found.name)
    return failed(f"{found.name} is taken by {whose}", "Answer another codecommit.repository.name.", command)


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.service",
        title="CodeCommit in this region",
        why="Not every region has CodeCommit, and not every account may use it.",
        judge=service,
        needs=(AWS_REPOSITORY.id,),
        handles_errors=True,
        depends_on=("aws.identity",),
    ),
    Check(
        id="codecommit.repository",
        title="CodeCommit repository",
        why="The mirror deletes from its repository what the source does not have: it must be ours.",
        judge=repository,
        needs=(AWS_REPOSITORY.id,),
        depends_on=("codecommit.service",),
    ),
)
