"""The credentials: who they are, for how long, whether AWS's clock and this machine's agree; and the region."""

from __future__ import annotations

from datetime import timedelta

from strategies.base import Check, Mend, Remedy, Situation, Verdict
from strategies.common import effective
from strategies.common.logins import login_of
from strategies.common.verdicts import failed, passed, unknown, unread, warned
from strategies.facts import (
    AWS_ACCOUNT_ALIAS,
    AWS_CLOCK,
    AWS_IDENTITY,
    AWS_PROFILES,
    CLUSTER_INFO,
    AwsProfile,
    ProfileKind,
)

_CLOCK_WARN_SECONDS = 60
_CLOCK_FAIL_SECONDS = 300
"""A request must reach AWS within five minutes of its time stamp (IAM user guide, "Signature Version 4 for API requests")."""
_LONG_APPLY = timedelta(minutes=15)


def clock(situation: Situation) -> Verdict:
    """This machine's clock and AWS's agree."""
    found = situation.facts.get(AWS_CLOCK)
    if found is None:
        return unknown("not read yet")
    skew, command = found.skew_seconds, "timedatectl set-ntp true"
    drift = f"this machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's"
    if abs(skew) >= _CLOCK_FAIL_SECONDS:
        return failed(drift, "Set the clock: AWS refuses every signature that is five minutes off.", command)
    if abs(skew) >= _CLOCK_WARN_SECONDS:
        return warned(drift, "Set the clock before it comes to five minutes.", command)
    return passed("this machine's clock and AWS's agree")


def identity(situation: Situation) -> Verdict:
    """The credentials work and belong to the account answered."""
    error, found = situation.facts.error(AWS_IDENTITY), situation.facts.get(AWS_IDENTITY)
    if error is not None:
        return _with_another(situation, unread(error), situation.answers.aws.account, wanted_only=False)
    if found is None:
        return unknown("not read yet")
    asked = situation.answers.aws.account
    if asked is not None and asked != found.account:
        evidence = f"the credentials belong to account {found.account}, the answers ask for {asked}"
        verdict = failed(evidence, "Choose the profile of that account (aws.profile), or correct aws.account.")
        return _with_another(situation, verdict, asked, wanted_only=True)
    alias = situation.facts.get(AWS_ACCOUNT_ALIAS)
    name = f" ({alias.name})" if alias is not None and alias.name else ""
    return passed(f"{found.account}{name} as {found.arn.rsplit(':', 1)[-1]}")


def _with_another(situation: Situation, verdict: Verdict, account: str | None, *, wanted_only: bool) -> Verdict:
    """The verdict with the key that takes another profile, where there is one that may work.

    ``wanted_only``: only one of which the configuration says that it belongs to ``account``.
    """
    other = _another(situation, account, wanted_only=wanted_only)
    if other is None or verdict.remedy is None:
        return verdict
    says = f"Answers aws.profile: {other.name} ({other.kind}). AWS is then asked whose credentials those are."
    mend = Mend(f"Use profile {other.name}", says, edits={"aws.profile": other.name})
    text = f"{verdict.remedy.text} Or use profile {other.name}."
    return Verdict(verdict.status, verdict.evidence, Remedy(text, verdict.remedy.command, mend))


def _another(situation: Situation, account: str | None, *, wanted_only: bool) -> AwsProfile | None:
    profiles = situation.facts.get(AWS_PROFILES)
    if profiles is None:
        return None
    at, present = situation.facts.readings[AWS_PROFILES.id].at, effective.profile(situation)
    usable = [p for p in profiles.profiles if p.name != present and p.kind is not ProfileKind.UNKNOWN]
    usable = [p for p in usable if not p.login_ended(at)]
    same = [p for p in usable if p.account is not None and p.account == account]
    silent = [] if wanted_only else [p for p in usable if p.account is None or account is None]
    return next(iter((*same, *silent)), None)


def lifetime(situation: Situation) -> Verdict:
    """The credentials last longer than an apply does."""
    found = situation.facts.get(AWS_IDENTITY)
    if found is None:
        return unknown("not read yet")
    if found.expires_at is None:
        return passed("the profile names no end of the credentials")
    left = found.expires_at - situation.facts.readings[AWS_IDENTITY.id].at
    until = f"valid until {found.expires_at:%H:%M} UTC"
    if left < _LONG_APPLY:
        login, minutes = login_of(situation), max(0, int(left.total_seconds() // 60))
        return warned(f"{until}, {minutes} min from now; an apply may take 15", login.text, login.command)
    return passed(until)


def region(situation: Situation) -> Verdict:
    """Endpoints must stand in the cluster's own region."""
    asked, info = effective.region(situation), situation.facts.get(CLUSTER_INFO)
    if asked is None:
        return failed("no region is known", "Answer aws.region, or set AWS_REGION.")
    if info is None or info.region is None:
        return unknown(f"{asked}; the cluster does not say where it runs", "Make sure that it is the cluster's region.")
    if info.region != asked:
        mend = Mend(f"Use {info.region}", f"Answers aws.region: {info.region}.", edits={"aws.region": info.region})
        evidence = f"the answers say {asked}, the cluster runs in {info.region}"
        return failed(evidence, f"Answer aws.region: {info.region}", mend=mend)
    return passed(f"{asked}, where the cluster runs")


CHECKS: tuple[Check, ...] = (
    Check(
        id="workstation.clock",
        title="Clock of this machine",
        why="AWS refuses a request whose signature was made more than five minutes ago, or will be.",
        judge=clock,
        needs=(AWS_CLOCK.id,),
    ),
    Check(
        id="aws.identity",
        title="AWS credentials and account",
        why="Everything in AWS is made with these credentials, in this account.",
        judge=identity,
        needs=(AWS_IDENTITY.id,),
        handles_errors=True,
        depends_on=("workstation.clock",),
    ),
    Check(
        id="aws.credentials-lifetime",
        title="How long the AWS credentials last",
        why="AWS takes minutes to make an endpoint; an apply whose credentials end meanwhile stops half-way.",
        judge=lifetime,
        needs=(AWS_IDENTITY.id,),
        blocking=False,
        depends_on=("aws.identity",),
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
