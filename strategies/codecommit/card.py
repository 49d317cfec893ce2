"""What the strategy page says of CodeCommit for this environment."""

from __future__ import annotations

from strategies.base import Card, Situation, Status, Verdict
from strategies.codecommit import endpoints
from strategies.codecommit.checks import network, repository, trust
from strategies.common import effective
from strategies.facts import AWS_ENDPOINTS

DOLLARS_PER_ZONE_AND_MONTH = 7.3
"""Price of an interface endpoint: $0.01 for each zone and hour in most regions, data apart (AWS PrivateLink pricing)."""

_AWS_THINGS = 5  # repository, security group, Git endpoint, role, mirror
_CLUSTER_THINGS = 7  # service account, script, role, binding, secret, workload, application


def card(situation: Situation) -> Card:
    """The card, with what the facts read so far say."""
    zones = len(effective.chosen_subnets(situation))
    badges = (
        _badge(repository.service(situation), f"CodeCommit in {effective.region(situation)}"),
        _badge(
            network.zones(situation), f"endpoint service in all {zones} AZs" if zones != 1 else "endpoint service in the AZ"
        ),
        _badge(network.sts(situation), "STS endpoint" if _has_sts(situation) else "STS endpoint: the plan makes one"),
        _badge(trust.oidc_provider(situation), "OIDC provider of the cluster"),
    )
    fails = any(badge.status is Status.FAIL for badge in badges)
    known = all(badge.status in (Status.PASS, Status.SKIPPED) for badge in badges)
    new = _new_endpoints(situation)
    return Card(
        headline="recommended here" if known else "something is in the way here" if fails else "being looked at",
        summary="Git inside AWS, reached through a VPC endpoint; nothing leaves the VPC.",
        badges=badges,
        cost=_cost(new, zones),
        makes=f"makes {_AWS_THINGS + _CLUSTER_THINGS + max(0, new - 1)} things · ready in about 4 minutes",
        recommended=known,
    )


def _new_endpoints(situation: Situation) -> int:
    """How many endpoints have to be made, as far as it is known."""
    if situation.facts.get(AWS_ENDPOINTS) is None:
        return 1
    return len(endpoints.to_make(situation))


def _cost(endpoints: int, zones: int) -> str:
    if endpoints == 0:
        return "no new endpoint: only CodeCommit itself"
    if zones == 0:
        return f"about ${DOLLARS_PER_ZONE_AND_MONTH * endpoints:.0f} a month for each zone"
    dollars = DOLLARS_PER_ZONE_AND_MONTH * endpoints * zones
    return f"about ${dollars:.0f} a month ({zones} AZ{'' if zones == 1 else 's'})"


def _has_sts(situation: Situation) -> bool:
    return endpoints.endpoint_for(situation, "sts") is not None


def _badge(verdict: Verdict, label: str) -> Verdict:
    """A badge has no room for a remedy: a short label where all is well, else what was seen."""
    return Verdict(verdict.status, label if verdict.status is Status.PASS else verdict.evidence)
