"""What the credentials may do and what the account may have, for every strategy; what is needed of it, the strategy says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strategies.base import Check, Situation, Verdict
from strategies.common.verdicts import aws, failed, passed, skipped, unknown, warned
from strategies.facts import (
    AWS_DRY_RUNS,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AwsQuotas,
    Denial,
    DryRun,
    Tried,
    Usage,
)

_MOST_SHOWN = 4


def _judge_permissions(policy: str) -> Callable[[Situation], Verdict]:
    """``policy`` is the page that has the least-privilege policy."""

    def permissions(situation: Situation) -> Verdict:
        """IAM's policy simulator allows everything that an apply does."""
        found = situation.facts.get(AWS_PERMISSIONS)
        if found is None:
            return unknown("not read yet")
        who = found.principal.rsplit(":", 1)[-1]
        if not found.denied:
            return passed(
                f"the simulator allows all {found.asked} actions to {who}; "
                "policies with conditions above the account are not seen"
            )
        shown = [f"{one.action} on {_short(one.resource)}" for one in found.denied[:_MOST_SHOWN]]
        more = len(found.denied) - len(shown)
        evidence = f"the simulator denies {who}: {', '.join(shown)}" + (f" and {more} more" if more else "")
        first = found.denied[0]
        command = aws(
            situation, "iam", "simulate-principal-policy", "--policy-source-arn", found.principal,
            "--action-names", *(one.action for one in found.denied if one.resource == first.resource),
            "--resource-arns", first.resource,
        )  # fmt: skip
        return warned(evidence, _advice(found.denied, policy), command)

    return permissions


def _advice(denied: Sequence[Denial], policy: str) -> str:
    if any(one.by_organization for one in denied):
        return "A policy of the organization is in the way: ask who keeps it."
    if any(one.explicit for one in denied):
        return "A policy denies it by name: ask its owner to let it through."
    return f"Ask for these; {policy} has the least-privilege policy for the operator."


def _short(resource: str) -> str:
    return resource.split(":", 5)[-1] if resource.startswith("arn:") else resource


def _judge_dry_runs(
    policy: str, pardoned: Callable[[Situation, Sequence[DryRun]], str | None]
) -> Callable[[Situation], Verdict]:
    """``pardoned`` says why what is denied is not needed now; None where it is."""

    def dry_run(situation: Situation) -> Verdict:
        """EC2 itself would let be made what the plan makes."""
        found = situation.facts.get(AWS_DRY_RUNS)
        if found is None:
            return unknown("not read yet")
        if not found.runs:
            return skipped("nothing is made in EC2")
        denied = [one for one in found.runs if one.ended is Tried.DENIED]
        if denied:
            evidence = f"a dry run says: {'; '.join(dict.fromkeys(one.message for one in denied))}"
            pardon = pardoned(situation, denied)
            return warned(evidence, pardon) if pardon is not None else failed(evidence, _way_out(denied, policy))
        unclear = [one for one in found.runs if one.ended is Tried.UNCLEAR]
        if unclear:
            return unknown(
                "; ".join(f"{one.action}: {one.message}" for one in unclear), "Mend what EC2 names, then read again."
            )
        return passed(f"EC2 would allow {' and '.join(one.action for one in found.runs)}; nothing was made")

    return dry_run


def _way_out(denied: Sequence[DryRun], policy: str) -> str:
    if any("service control policy" in one.message for one in denied):
        return "A policy of the organization withholds it, and nothing in the account can grant it: ask who keeps that policy."
    return f"Ask for {' and '.join(one.action for one in denied)}; {policy} has the least-privilege policy for the operator."


def _never(_situation: Situation, _denied: Sequence[DryRun]) -> str | None:
    return None


def permission_checks(
    policy: str, *needs: str, pardoned: Callable[[Situation, Sequence[DryRun]], str | None] = _never
) -> tuple[Check, ...]:
    """The dry runs of EC2 and IAM's policy simulator.

    ``policy`` is the page with the least-privilege policy; ``needs`` are the ids of the facts that ``pardoned`` looks at, which
    says why what a dry run denies is not needed now (None: it is).
    """
    return (
        Check(
            id="aws.dry-run",
            title="EC2 lets it be made",
            why="A dry run asks every policy there is, those of the organization too, and makes nothing.",
            judge=_judge_dry_runs(policy, pardoned),
            needs=(AWS_DRY_RUNS.id, *needs),
            depends_on=("aws.identity",),
        ),
        Check(
            id="aws.permissions",
            title="AWS permissions of the operator",
            why="IAM's policy simulator tells beforehand what apply would be refused; not every policy of an organization is "
            "seen.",
            judge=_judge_permissions(policy),
            needs=(AWS_PERMISSIONS.id,),
            blocking=False,
            depends_on=("aws.identity",),
        ),
    )


def identity_quota(situation: Situation, found: AwsQuotas, roles: int, users: int) -> Verdict | None:
    """Whether the account may have so many more; None where it may, or where that is not known.

    Warns only: whether the role or user is there already is for the plan to say.
    """
    for usage, wanted, what in ((found.roles, roles, "IAM roles"), (found.users, users, "IAM users")):
        if usage is not None and usage.used + wanted > usage.most:
            evidence = f"the account has {usage.used} of at most {usage.most} {what}, and the plan may make {wanted} more"
            command = aws(situation, "iam", "get-account-summary")
            return warned(evidence, "Have the quota raised, or remove some that nobody needs.", command)
    return None


def usages(found: AwsQuotas) -> list[tuple[Usage, str]]:
    """What of the account's identities is counted, with what it is called."""
    return [(usage, what) for usage, what in ((found.roles, "IAM roles"), (found.users, "IAM users")) if usage is not None]


def boundary(key: str) -> Callable[[Situation], Verdict]:
    """The judgement of a permissions boundary that is answered at ``key``."""

    def judge(situation: Situation) -> Verdict:
        """The permissions boundary that was answered is there."""
        found = situation.facts.get(AWS_PERMISSIONS_BOUNDARY)
        if found is None:
            return unknown("not read yet")
        if found.arn is None:
            return skipped("no permissions boundary is asked for")
        if not found.exists:
            remedy = f"Answer {key} with the ARN of a policy that exists, or have it made."
            return failed(f"{found.arn} does not exist", remedy, aws(situation, "iam", "list-policies", "--scope", "Local"))
        return passed(f"{found.arn} exists")

    return judge
