"""Reads the quotas that a plan may meet (Service Quotas, and IAM's own account summary)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from strategies.facts import AwsQuotas, FactError, Quota, Usage
from strategies.ports import FactFailureError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.parallel import both

INTERFACE_ENDPOINTS_PER_VPC = "L-29B6F2EB"
"""VPC user guide, "Amazon VPC quotas": interface and Gateway Load Balancer endpoints per VPC."""


def read_quotas(clients: AwsClients, asked: Collection[Quota]) -> AwsQuotas:
    """Each quota where it may be read; what may not is left out and said. Raises FactFailureError when none may be."""
    most, identities = both(
        lambda: _endpoints(clients) if Quota.ENDPOINTS in asked else None,
        lambda: _identities(clients) if Quota.IDENTITIES in asked else {},
    )
    unread = tuple(one for one in (most, identities) if isinstance(one, FactError))
    if unread and len(unread) == len(asked):
        raise FactFailureError(unread[0])
    counts: Mapping[str, int] = {} if isinstance(identities, FactError) else identities
    return AwsQuotas(None if isinstance(most, FactError) else most, _usage(counts, "Roles"), _usage(counts, "Users"), unread)


def _endpoints(clients: AwsClients) -> int | FactError:
    """By servicequotas:GetServiceQuota: the applied quota of this account and region."""
    try:
        with clients.reading("quota of endpoints per VPC", "servicequotas"):
            quota = clients.service_quotas.get_service_quota(ServiceCode="vpc", QuotaCode=INTERFACE_ENDPOINTS_PER_VPC)
    except FactFailureError as failure:
        return failure.error
    return int(quota["Quota"]["Value"])


def _identities(clients: AwsClients) -> Mapping[str, int] | FactError:
    """By iam:GetAccountSummary: how many there are, and how many there may be."""
    try:
        with clients.reading("quotas of IAM", "iam"):
            return {str(key): value for key, value in clients.iam.get_account_summary()["SummaryMap"].items()}
    except FactFailureError as failure:
        return failure.error


def _usage(counts: Mapping[str, int], name: str) -> Usage | None:
    used, most = counts.get(name), counts.get(f"{name}Quota")
    return None if used is None or most is None else Usage(used, most)
