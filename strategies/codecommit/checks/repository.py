"""CodeCommit itself: whether it is open to this account, and whether the repository is ours."""

from __future__ import annotations

from strategies.base import Check, Mend, Situation, Verdict
from strategies.common import aws_names, effective
from strategies.common.verdicts import aws, failed, passed, unknown, unread
from strategies.facts import AWS_ENDPOINT_SERVICES, AWS_REPOSITORY, EndpointServices


def service(situation: Situation) -> Verdict:
    """CodeCommit answers this account in this region.

    An account to which CodeCommit is closed may read and not create (AWS DevOps blog, 24 November 2025: it is open again); only
    creating tells, so that apply would be the first to say so.
    """
    error = situation.facts.error(AWS_REPOSITORY)
    region, offered = effective.region(situation) or "", situation.facts.get(AWS_ENDPOINT_SERVICES)
    if error is not None and offered is not None and not _has_codecommit(offered, region):
        command = aws(situation, "ec2", "describe-vpc-endpoint-services", "--filters", "Name=service-name,Values=*codecommit")
        remedy = "An endpoint serves its own region only, so that this cluster needs another strategy."
        return failed(f"{region} has no CodeCommit: no endpoint service of it, and {error.message}", remedy, command)
    if error is not None:
        return unread(error)
    if situation.facts.get(AWS_REPOSITORY) is None:
        return unknown("not read yet")
    return passed(f"CodeCommit answers in {effective.region(situation)}")


def _has_codecommit(offered: EndpointServices, region: str) -> bool:
    return aws_names.endpoint_service(region, "codecommit") in offered.zones


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
    mend = None
    if found.free_name is not None:
        says = f"Answers codecommit.repository.name: {found.free_name}, which nothing has. {found.name} is left as it is."
        mend = Mend(f"Use {found.free_name}", says, edits={"codecommit.repository.name": found.free_name})
    return failed(f"{found.name} is taken by {whose}", "Answer another codecommit.repository.name.", command, mend=mend)


CHECKS: tuple[Check, ...] = (
    Check(
        id="codecommit.service",
        title="CodeCommit in this region",
        why="Not every region has CodeCommit, and not every account may use it.",
        judge=service,
        needs=(AWS_REPOSITORY.id, AWS_ENDPOINT_SERVICES.id),
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
