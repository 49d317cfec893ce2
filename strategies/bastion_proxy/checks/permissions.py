"""What the credentials may do and what the account may have, held against what the plan of the bastion proxy makes."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.bastion_proxy.checks.places import method
from strategies.common.checks.permissions import boundary, identity_quota, permission_checks, usages
from strategies.common.verdicts import passed, skipped, unknown
from strategies.facts import AWS_PERMISSIONS_BOUNDARY, AWS_QUOTAS

_POLICY = "docs/bastion-proxy.md"


def quotas(situation: Situation) -> Verdict:
    """The account may have the role that the plan makes."""
    if method(situation) != "new":
        return skipped("no role is made")
    found = situation.facts.get(AWS_QUOTAS)
    if found is None:
        return unknown("not read yet")
    told = [f"{usage.used} of {usage.most} {what}" for usage, what in usages(found)]
    if not told and found.unread:
        error = found.unread[0]
        return unknown(error.message, error.remedy, error.command)
    return identity_quota(situation, found, roles=1, users=0) or passed(", ".join(told))


CHECKS: tuple[Check, ...] = (
    *permission_checks(_POLICY),
    Check(
        id="aws.quotas",
        title="AWS quotas",
        why="AWS makes no role beyond the account's quotas.",
        judge=quotas,
        needs=(AWS_QUOTAS.id,),
        depends_on=("aws.identity",),
    ),
    Check(
        id="proxy.permissions-boundary",
        title="Permissions boundary",
        why="IAM makes no role whose permissions boundary does not exist.",
        judge=boundary("bastionProxy.instance.permissionsBoundary"),
        needs=(AWS_PERMISSIONS_BOUNDARY.id,),
        depends_on=("aws.identity",),
    ),
)
