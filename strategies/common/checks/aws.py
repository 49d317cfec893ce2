"""What must hold in AWS whatever the strategy is."""

from __future__ import annotations

from datetime import timedelta

from strategies.base import Check, Situation, Verdict
from strategies.common import effective
from strategies.common.verdicts import aws, failed, passed, unknown, unread, warned
from strategies.facts import AWS_IDENTITY, AWS_PROFILES, CLUSTER_INFO

_CLOCK_WARN_SECONDS = 60
_CLOCK_FAIL_SECONDS = 300
"""AWS refuses signatures that are five minutes off (IAM user guide, "Signature Version 4", "RequestExpired")."""
_LONG_APPLY = timedelta(minutes=15)


def identity(situation: Situation) -> Verdict:
    """The credentials work, belong to the account answered, and last long enough; the clocks agree."""
    error, found = situation.facts.error(AWS_IDENTITY), situation.facts.get(AWS_IDENTITY)
    if error is not None:
        return unread(error)
    if found is None:
        return unknown("not read yet")
    asked = situation.answers.aws.account
    if asked is not None and asked != found.account:
        evidence = f"the credentials belong to account {found.account}, the answers ask for {asked}"
        return failed(evidence, "Choose the profile of that account (aws.profile), or correct aws.account.")
    skew = found.clock_skew_seconds
    drift = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's"
    if abs(skew) >= _CLOCK_FAIL_SECONDS:
        return failed(drift, "Set the clock: AWS refuses signatures that are five minutes off.", "timedatectl set-ntp true")
    who = f"{found.account}{f' ({found.alias})' if found.alias else ''} as {found.arn.rsplit(':', 1)[-1]}"
    if abs(skew) >= _CLOCK_WARN_SECONDS:
        return warned(f"{who}; {drift}", "Set the clock before it comes to five minutes.", "timedatectl set-ntp true")
    if found.expires_at is None:
        return passed(who)
    reading = situation.facts.readings[AWS_IDENTITY.id]
    left = found.expires_at - reading.at
    until = f"{who}, valid until {found.expires_at:%H:%M} UTC"
    if left < _LONG_APPLY:
        return warned(until, "They may end while an endpoint is waited for: log in again first.", _login(situation))
    return passed(until)


def _login(situation: Situation) -> str:
    return aws(situation, "sso", "login")


def region(situation: Situation) -> Verdict:
    """Endpoints must stand in the cluster's own region."""
    asked, info = effective.region(situation), situation.facts.get(CLUSTER_INFO)
    if asked is None:
        return failed("no region is known", "Answer aws.region, or set AWS_REGION.")
    if info is None or info.region is None:
        return unknown(f"{asked}; the cluster does not say where it runs", "Make sure that it is the cluster's region.")
    if info.region != asked:
        return failed(f"the answers say {asked}, the cluster runs in {info.region}", f"Answer aws.region: {info.region}")
    return passed(f"{asked}, where the cluster runs")


CHECKS: tuple[Check, ...] = (
    Check(
        id="aws.identity",
        title="AWS credentials and account",
        why="Everything in AWS is made with these credentials, in this account.",
        judge=identity,
        needs=(AWS_IDENTITY.id,),
        handles_errors=True,
    ),
    Check(
        id="aws.region",
        title="Region",
        why="An endpoint serves the VPC of its own region only.",
        judge=region,
        needs=(AWS_PROFILES.id, CLUSTER_INFO.id),
        depends_on=("cluster.reachable",),
    ),
)
