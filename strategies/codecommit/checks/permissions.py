"""What the credentials may do and what the account may have, held against what the plan makes."""

from __future__ import annotations

from strategies.base import Check, Situation, Verdict
from strategies.common import aws_names, effective
from strategies.common.verdicts import aws, counted, failed, passed, skipped, unknown, warned
from strategies.facts import (
    AWS_DRY_RUNS,
    AWS_ENDPOINTS,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_QUOTAS,
    AwsQuotas,
    Denial,
    DryRun,
    Tried,
    Usage,
)

_POLICY = "docs/codecommit.md has the least-privilege policy for the operator"
_MOST_SHOWN = 4
_ENDPOINTS_QUOTA = "L-29B6F2EB"
_COUNTED_ENDPOINTS = ("Interface", "GatewayLoadBalancer")
"""What the quota counts (VPC user guide, "Amazon VPC quotas")."""


def permissions(situation: Situation) -> Verdict:
    """IAM's policy simulator allows everything that an apply does."""
    found = situation.facts.get(AWS_PERMISSIONS)
    if found is None:
        return unknown("not read yet")
    who = found.principal.rsplit(":", 1)[-1]
    if not found.denied:
        return passed(
            f"the simulator allows all {found.asked} actions to {who}; policies with conditions above the account are not seen"
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
    return warned(evidence, _advice(found.denied), command)


def _advice(denied: tuple[Denial, ...]) -> str:
    if any(one.by_organization for one in denied):
        return "A policy of the organization is in the way: ask who keeps it."
    if any(one.explicit for one in denied):
        return "A policy denies it by name: ask its owner to let it through."
    return f"Ask for these; {_POLICY}."


def _short(resource: str) -> str:
    return resource.split(":", 5)[-1] if resource.startswith("arn:") else resource


def dry_run(situation: Situation) -> Verdict:
    """EC2 itself would let the group and the endpoints be made."""
    found = situation.facts.get(AWS_DRY_RUNS)
    if found is None:
        return unknown("not read yet")
    denied = [one for one in found.runs if one.ended is Tried.DENIED]
    if denied:
        evidence = f"a dry run says: {'; '.join(dict.fromkeys(one.message for one in denied))}"
        missing = [service for service in _services(situation) if service not in _present(situation)]
        if all(one.action == "ec2:CreateVpcEndpoint" for one in denied) and not missing:
            return warned(
                evidence, "Every endpoint is there already, so that apply makes none. Ask for it before one is needed."
            )
        return failed(evidence, _way_out(denied))
    unclear = [one for one in found.runs if one.ended is Tried.UNCLEAR]
    if unclear:
        return unknown("; ".join(f"{one.action}: {one.message}" for one in unclear), "Mend what EC2 names, then read again.")
    return passed(f"EC2 would allow {' and '.join(one.action for one in found.runs)}; nothing was made")


def _way_out(denied: list[DryRun]) -> str:
    if any("service control policy" in one.message for one in denied):
        return "A policy of the organization withholds it, and nothing in the account can grant it: ask who keeps that policy."
    return f"Ask for {' and '.join(one.action for one in denied)}; {_POLICY}."


def quotas(situation: Situation) -> Verdict:
    """The account may have what the plan makes."""
    found = situation.facts.get(AWS_QUOTAS)
    if found is None:
        return unknown("not read yet")
    return _endpoint_quota(situation, found) or _identity_quota(situation, found) or _quota_known(found)


def _endpoint_quota(situation: Situation, found: AwsQuotas) -> Verdict | None:
    home = situation.answers.aws.vpc_id
    there = [e for e in situation.facts.get(AWS_ENDPOINTS) or () if e.vpc_id == home and e.type in _COUNTED_ENDPOINTS]
    missing = [service for service in _services(situation) if service not in _present(situation)]
    if found.endpoints_per_vpc is None or len(there) + len(missing) <= found.endpoints_per_vpc:
        return None
    evidence = (
        f"{home} has {len(there)} of at most {found.endpoints_per_vpc} interface endpoints, "
        f"and the plan makes {counted(len(missing), 'more', 'more')}: {', '.join(s.rpartition('.')[2] for s in missing)}"
    )
    command = aws(
        situation, "service-quotas", "request-service-quota-increase", "--service-code", "vpc",
        "--quota-code", _ENDPOINTS_QUOTA, "--desired-value", str(len(there) + len(missing)),
    )  # fmt: skip
    return failed(evidence, "Have the quota raised, or remove endpoints that nobody needs.", command)


def _identity_quota(situation: Situation, found: AwsQuotas) -> Verdict | None:
    """Warns only: whether the role or user is there already is for the plan to say."""
    codecommit = situation.answers.codecommit
    by_role = codecommit.credentials.method == "iam-role"
    roles = by_role + (codecommit.mirror.keep != "by-hand")
    for usage, wanted, what in ((found.roles, roles, "IAM roles"), (found.users, int(not by_role), "IAM users")):
        if usage is not None and usage.used + wanted > usage.most:
            evidence = f"the account has {usage.used} of at most {usage.most} {what}, and the plan may make {wanted} more"
            command = aws(situation, "iam", "get-account-summary")
            return warned(evidence, "Have the quota raised, or remove some that nobody needs.", command)
    return None


def _quota_known(found: AwsQuotas) -> Verdict:
    if found.unread:
        error = found.unread[0]
        return unknown(error.message, error.remedy, error.command)
    told = [f"at most {found.endpoints_per_vpc} interface endpoints in a VPC"]
    told += [f"{usage.used} of {usage.most} {what}" for usage, what in _usages(found)]
    return passed(", ".join(told))


def _usages(found: AwsQuotas) -> list[tuple[Usage, str]]:
    return [(usage, what) for usage, what in ((found.roles, "IAM roles"), (found.users, "IAM users")) if usage is not None]


def _services(situation: Situation) -> list[str]:
    """The endpoint services that the plan wants in the VPC."""
    region, codecommit = effective.region(situation) or "", situation.answers.codecommit
    fips = "-fips" if codecommit.network.fips else ""
    wanted = [f"git-codecommit{fips}"] + ([f"codecommit{fips}"] if codecommit.network.api_endpoint else [])
    if codecommit.network.sts_endpoint == "when-missing" and codecommit.credentials.method == "iam-role":
        wanted.append("sts")
    return [aws_names.endpoint_service(region, one) for one in wanted]


def _present(situation: Situation) -> set[str]:
    """The services that have their private DNS name in the VPC."""
    home = situation.answers.aws.vpc_id
    return {e.service for e in situation.facts.get(AWS_ENDPOINTS) or () if e.vpc_id == home and e.private_dns}


def boundary(situation: Situation) -> Verdict:
    """The permissions boundary that was answered is there."""
    found = situation.facts.get(AWS_PERMISSIONS_BOUNDARY)
    if found is None:
        return unknown("not read yet")
    if found.arn is None:
        return skipped("no permissions boundary is asked for")
    if not found.exists:
        remedy = "Answer codecommit.credentials.permissionsBoundary with the ARN of a policy that exists, or have it made."
        return failed(f"{found.arn} does not exist", remedy, aws(situation, "iam", "list-policies", "--scope", "Local"))
    return passed(f"{found.arn} exists")


CHECKS: tuple[Check, ...] = (
    Check(
        id="aws.dry-run",
        title="EC2 lets it be made",
        why="A dry run asks every policy there is, those of the organization too, and makes nothing.",
        judge=dry_run,
        needs=(AWS_DRY_RUNS.id, AWS_ENDPOINTS.id),
        depends_on=("aws.identity",),
    ),
    Check(
        id="aws.permissions",
        title="AWS permissions of the operator",
        why="IAM's policy simulator tells beforehand what apply would be refused; not every policy of an organization is seen.",
        judge=permissions,
        needs=(AWS_PERMISSIONS.id,),
        blocking=False,
        depends_on=("aws.identity",),
    ),
    Check(
        id="aws.quotas",
        title="AWS quotas",
        why="AWS makes no endpoint, role or user beyond the account's quotas.",
        judge=quotas,
        needs=(AWS_QUOTAS.id, AWS_ENDPOINTS.id),
        depends_on=("aws.identity",),
    ),
    Check(
        id="codecommit.permissions-boundary",
        title="Permissions boundary",
        why="IAM makes no role or user whose permissions boundary does not exist.",
        judge=boundary,
        needs=(AWS_PERMISSIONS_BOUNDARY.id,),
        depends_on=("aws.identity",),
    ),
)
