"""What the probe saw, judged: each thing that can be wrong on the way has its own check, and the others do not join in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Situation, Status, Verdict
from strategies.codecommit.checks.probe import CHECKS
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_PROBE,
    Endpoint,
    FactError,
    Facts,
    HostView,
    Ingress,
    Listing,
    ListingState,
    Probe,
    ProbeState,
    Reading,
    SecurityGroup,
    Vpc,
)
from tests.fakes import START, STS_FROM_INSIDE, TOOLS_IMAGE, healthy_facts
from tests.unit.codecommit.answers import complete

GIT = HostView("git-codecommit.us-east-2.amazonaws.com", ("10.0.0.5", "10.0.16.5"), status=404)
PROBE = Probe(ProbeState.DONE, TOOLS_IMAGE, git=GIT, sts=STS_FROM_INSIDE)
ORDINARY = ("probe.image", "probe.git-dns", "probe.git-tcp", "probe.git-tls", "probe.sts", "probe.ls-remote")
P, W, F, U, S = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN, Status.SKIPPED


def endpoint(short: str = "git-codecommit", state: str = "available", *, instance: str | None = None) -> Endpoint:
    """An interface endpoint of the cluster's VPC."""
    vpcs = healthy_facts()[AWS_VPCS.id]
    assert isinstance(vpcs, tuple)
    assert isinstance(vpcs[0], Vpc)
    service = f"com.amazonaws.us-east-2.{short}"
    return Endpoint("vpce-1", vpcs[0].id, service, "Interface", state, True, (), ("sg-1",), instance)


BOTH = (endpoint(), endpoint("sts"))


def judged(check: str, found: Probe, *, method: str = "iam-role", facts: Mapping[str, object] | None = None) -> Verdict:
    """How one check ends in the healthy world that has its endpoints, and whose probe saw this."""
    values = {**healthy_facts(), AWS_ENDPOINTS.id: BOTH, CLUSTER_PROBE.id: found, **(facts or {})}
    known = Facts({key: Reading(value, None, START, 0.1) for key, value in values.items()})
    judge = next(one.judge for one in CHECKS if one.id == check)
    answers = complete(codecommit__credentials__method=method, cluster__machine_cidrs=["10.0.0.0/16"])
    return judge(Situation(answers, known))


def statuses(found: Probe, *, method: str = "iam-role", facts: Mapping[str, object] | None = None) -> tuple[Status, ...]:
    """How every check ends."""
    return tuple(judged(one, found, method=method, facts=facts).status for one in ORDINARY)


def closed(view: HostView, *addresses: str) -> HostView:
    """The same host, of which these addresses take no connection."""
    return replace(view, unreached=dict.fromkeys(addresses or view.addresses, "timed out"), status=None)


def listed(state: ListingState, **more: object) -> Probe:
    """The report with a listing."""
    return replace(PROBE, listing=replace(Listing(state), **more))  # type: ignore[arg-type]  # the fields are the test's


def test_these_are_all_of_them() -> None:
    assert tuple(one.id for one in CHECKS) == ORDINARY
    assert {one.id for one in CHECKS if not one.blocking} == {"probe.ls-remote"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (listed(ListingState.ANSWERED, status=200, references=52, revision_found=True), (P, P, P, P, P, P)),
        (replace(PROBE, git=None), (P, S, S, S, P, S)),
        (replace(PROBE, sts=None), (P, P, P, P, S, S)),
        (replace(PROBE, git=HostView(GIT.host, name_error="Name or service not known")), (P, F, S, S, P, S)),
        (replace(PROBE, git=HostView(GIT.host, ("203.0.113.7",), unreached={"203.0.113.7": "timed out"})), (P, F, S, S, P, S)),
        (replace(PROBE, git=HostView(GIT.host, ("203.0.113.7",), status=404)), (P, W, P, P, P, S)),
        (replace(PROBE, git=HostView(GIT.host, ("203.0.113.7",), tls_error="self-signed")), (P, F, S, S, P, S)),
        (replace(PROBE, git=closed(GIT)), (P, P, F, S, P, S)),
        (replace(PROBE, git=closed(GIT, "10.0.0.5")), (P, P, W, P, P, S)),
        (replace(PROBE, git=replace(GIT, status=None, tls_error="unable to get local issuer certificate")), (P, P, P, F, P, S)),
        (replace(PROBE, sts=closed(STS_FROM_INSIDE)), (P, P, P, P, F, S)),
        (replace(PROBE, sts=replace(STS_FROM_INSIDE, addresses=("203.0.113.7",))), (P, P, P, P, W, S)),
        (replace(PROBE, sts=replace(STS_FROM_INSIDE, addresses=("203.0.113.7",), status=None)), (P, P, P, P, F, S)),
        (replace(PROBE, sts=replace(STS_FROM_INSIDE, addresses=(), name_error="no name")), (P, P, P, P, F, S)),
        (replace(PROBE, sts=replace(STS_FROM_INSIDE, tls_error="self-signed certificate")), (P, P, P, P, F, S)),
        (replace(PROBE, sts=replace(STS_FROM_INSIDE, status=None, http_error="timed out")), (P, P, P, P, F, S)),
        (listed(ListingState.NO_SECRET), (P, P, P, P, P, S)),
        (listed(ListingState.NO_PASSWORD), (P, P, P, P, P, W)),
        (listed(ListingState.OTHER_URL), (P, P, P, P, P, W)),
        (listed(ListingState.UNREACHED, error="timed out"), (P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=403), (P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=404), (P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=500), (P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=200), (P, P, P, P, P, W)),
        (listed(ListingState.ANSWERED, status=200, references=3), (P, P, P, P, P, W)),
        (Probe(ProbeState.OFF), (S, S, S, S, S, S)),
        (Probe(ProbeState.REFUSED, TOOLS_IMAGE, FactError("may not create jobs.batch", "Ask.")), (U, S, S, S, S, S)),
        (Probe(ProbeState.NOT_RUN, TOOLS_IMAGE, FactError("no node has room", "Look.")), (U, S, S, S, S, S)),
        (Probe(ProbeState.NO_IMAGE, TOOLS_IMAGE, FactError("manifest unknown", "Answer another.")), (F, S, S, S, S, S)),
    ],
)
def test_one_cause_is_told_once(found: Probe, expected: tuple[Status, ...]) -> None:
    assert statuses(found) == expected


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ((), (P, S, S, S, S, S)),
        ((endpoint(),), (P, P, P, P, S, S)),
        ((endpoint("sts"),), (P, S, S, S, P, S)),
        ((endpoint(state="pending"), endpoint("sts", "pending")), (P, S, S, S, S, S)),
        ((replace(endpoint(), private_dns=False), endpoint("sts")), (P, S, S, S, P, S)),
    ],
)
def test_what_has_no_endpoint_yet_is_not_judged(endpoints: tuple[Endpoint, ...], expected: tuple[Status, ...]) -> None:
    assert statuses(PROBE, facts={AWS_ENDPOINTS.id: endpoints}) == expected


@pytest.mark.parametrize(("source", "expected"), [("10.9.0.0/16", W), ("10.0.0.0/8", F)])
def test_an_endpoint_of_ours_whose_group_is_shut_does_not_stand_in_the_way_of_apply(source: str, expected: Status) -> None:
    ours = (endpoint(instance="prod-east"), endpoint("sts"))
    group = SecurityGroup("sg-1", "ours", ours[0].vpc_id, (Ingress(source, 443, 443),))
    facts = {AWS_ENDPOINTS.id: ours, AWS_SECURITY_GROUPS.id: (group,)}
    assert statuses(replace(PROBE, git=closed(GIT)), facts=facts) == (P, P, expected, S, P, S)
    unread = {AWS_ENDPOINTS.id: ours, AWS_SECURITY_GROUPS.id: None}
    assert statuses(replace(PROBE, git=closed(GIT)), facts=unread) == (P, P, W, S, P, S)


def test_with_a_static_password_the_image_and_sts_do_not_matter() -> None:
    gone = Probe(ProbeState.NO_IMAGE, TOOLS_IMAGE, FactError("manifest unknown", "Answer another."))
    assert statuses(gone, method="git-credentials") == (U, S, S, S, S, S)
    assert statuses(PROBE, method="git-credentials") == (P, P, P, P, S, S)


@pytest.mark.parametrize(
    ("check", "found", "said"),
    [
        ("probe.git-dns", replace(PROBE, git=None), "no available endpoint for Git"),
        ("probe.git-tls", replace(PROBE, git=None), "no available endpoint for Git"),
        ("probe.git-tcp", replace(PROBE, git=closed(GIT)), "10.0.0.5 (timed out), 10.0.16.5 (timed out)"),
        ("probe.git-tls", replace(PROBE, git=replace(GIT, tls_error="bad", issuer="O=Acme Corp")), "signed by O=Acme Corp"),
        ("probe.git-tcp", Probe(ProbeState.OFF), "clusterProbe is false"),
        ("probe.sts", PROBE, "10.0.0.4, 10.0.16.4, 10.0.32.4 answers HTTP 302"),
        ("probe.ls-remote", listed(ListingState.NO_SECRET), "Secret repo-prod-east-cluster-config does not exist yet"),
        ("probe.ls-remote", listed(ListingState.ANSWERED, status=403), "HTTP 403"),
        ("probe.image", PROBE, "@sha256:555555555555..."),
    ],
)
def test_the_evidence_has_names_and_numbers(check: str, found: Probe, said: str) -> None:
    assert said in judged(check, found).evidence


def test_an_image_that_is_gone_gives_way_to_the_clusters_own_by_one_key() -> None:
    problem = FactError("manifest unknown", "Answer another.")
    remedy = judged("probe.image", Probe(ProbeState.NO_IMAGE, "quay.io/old@sha256:" + "1" * 64, problem)).remedy
    assert remedy is not None
    assert remedy.mend is not None
    assert remedy.mend.edits == {"codecommit.credentials.image": TOOLS_IMAGE}
    own = judged("probe.image", Probe(ProbeState.NO_IMAGE, TOOLS_IMAGE, problem)).remedy
    assert own is not None
    assert own.mend is None


def test_what_fails_says_what_to_do() -> None:
    for found in (
        replace(PROBE, git=closed(GIT), sts=closed(STS_FROM_INSIDE)),
        replace(PROBE, git=HostView(GIT.host)),
        listed(ListingState.ANSWERED, status=401),
        Probe(ProbeState.NO_IMAGE, TOOLS_IMAGE, FactError("manifest unknown", "Answer another.")),
    ):
        for check in ORDINARY:
            verdict = judged(check, found)
            assert verdict.status is not Status.FAIL or (verdict.remedy is not None and verdict.remedy.text)
