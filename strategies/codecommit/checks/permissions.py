"""What the credentials may do and what the account may have, held against what the plan makes."""

from __future__ import annotations

from collections.abc import Sequence

from strategies.base import Check, Situation, Verdict
from strategies.common import aws_names, effective
from strategies.common.checks.permissions import boundary, identity_quota, permission_checks, usages
from strategies.common.verdicts import aws, counted, failed, passed, unknown
from strategies.facts import AWS_ENDPOINTS, AWS_PERMISSIONS_BOUNDARY, AWS_QUOTAS, AwsQuotas, DryRun

_POLICY = "docs/codecommit.md"
_ENDPOINTS_QUOTA = "L-29B6F2EB"
_COUNTED_ENDPOINTS = ("Interface", "GatewayLoadBalancer")
"""What the quota counts (VPC user guide, "Amazon VPC quotas")."""


def _pardoned(situation: Situation, denied: Sequence[DryRun]) -> str | None:
    """Nothing is lost by not being allowed to make endpoints that are there."""
    missing = [service for service in _services(situation) if service not in _present(situation)]
    if missing or any(one.action != "ec2:CreateVpcEndpoint" for one in denied):
        return None
    return "Every endpoint is there already, so that apply makes none. Ask for it before one is needed."


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
    codecommit = situation.answers.codecommit
    by_role = codecommit.credentials.method == "iam-role"
    return identity_quota(situation, found, by_role + (codecommit.mirror.keep != "by-hand"), int(not by_role))


def _quota_known(found: AwsQuotas) -> Verdict:
    if found.unread:
        error = found.unread[0]
        return unknown(error.message, error.remedy, error.command)
    told = [f"at most {found.endpoints_per_vpc} interface endpoints in a VPC"]
    told += [f"{usage.used} of {usage.most} {what}" for usage, what in usages(found)]
    return passed(", ".join(told))


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


CHECKS: tuple[Check, ...] = (
    *permission_checks(_POLICY, AWS_ENDPOINTS.id, pardoned=_pardoned),
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
        judge=boundary("codecommit.credentials.permissionsBoundary"),
        needs=(AWS_PERMISSIONS_BOUNDARY.id,),
        depends_on=("aws.identity",),
    ),
)
