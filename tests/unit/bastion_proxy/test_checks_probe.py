"""What the probe saw of the proxy, judged: one cause is told once, and what an apply puts right never stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Situation, Status, Verdict
from strategies.bastion_proxy.checks.probe import CHECKS
from strategies.bastion_proxy.probe import forbidden
from strategies.facts import (
    AWS_INSTANCES,
    CLUSTER_PROBE,
    PROXY_HOST,
    Configuration,
    FactError,
    Facts,
    Listing,
    ListingState,
    Passage,
    PassageState,
    Probe,
    ProbeState,
    ProxyHost,
    ProxyView,
    Reading,
)
from tests.fakes import START, TOOLS_IMAGE, healthy_facts
from tests.unit.bastion_proxy.bastion_answers import complete

P, W, F, U, S = Status.PASS, Status.WARN, Status.FAIL, Status.UNKNOWN, Status.SKIPPED
URL = "http://10.1.1.10:3128"
GIT = Passage("github.com:443", PassageState.OPEN)
RAW = Passage("raw.githubusercontent.com:443", PassageState.OPEN)
REFUSED = tuple(Passage(one, PassageState.REFUSED, 403, "Forbidden") for one in forbidden(("github.com",), "github.com"))
VIEW = ProxyView(URL, allowed=(GIT, RAW), forbidden=REFUSED)
LISTED = Listing(ListingState.ANSWERED, 200, 52, revision_found=True)
PROBE = Probe(ProbeState.DONE, TOOLS_IMAGE, proxy=VIEW, listing=LISTED)
OURS = ProxyHost("i-0c1b2c3d4e5f60010", squid_version="6.13", running=True, configuration=Configuration.OURS)
ORDINARY = (
    "probe.image", "probe.proxy-tcp", "probe.proxy-auth", "probe.proxy-allows", "probe.proxy-refuses", "probe.git-tls",
    "probe.ls-remote",
)  # fmt: skip
EXISTING: Mapping[str, object] = {"method": "existing", "url": URL}


def judged(
    check: str,
    found: Probe,
    host: ProxyHost | FactError | None = OURS,
    proxy: Mapping[str, object] | None = None,
    **answers: object,
) -> Verdict:
    """How one check ends for a proxy that is ours and set up, unless the answers or the machine say otherwise."""
    readings = {key: Reading(value, None, START, 0.1) for key, value in healthy_facts().items()}
    readings[CLUSTER_PROBE.id] = Reading(found, None, START, 0.1)
    del readings[PROXY_HOST.id]
    if isinstance(host, FactError):
        readings[PROXY_HOST.id] = Reading(None, host, START, 0.1)
    elif host is not None:
        readings[PROXY_HOST.id] = Reading(host, None, START, 0.1)
    given = answers if proxy is None else {"bastion_proxy__proxy": proxy, **answers}
    return next(one.judge for one in CHECKS if one.id == check)(Situation(complete(**given), Facts(readings)))


def statuses(
    found: Probe, host: ProxyHost | FactError | None = OURS, proxy: Mapping[str, object] | None = None, **answers: object
) -> tuple[Status, ...]:
    """How every check ends."""
    return tuple(judged(one, found, host, proxy, **answers).status for one in ORDINARY)


def seen(**changes: object) -> Probe:
    """The report with another view of the proxy."""
    return replace(PROBE, proxy=replace(VIEW, **changes))  # type: ignore[arg-type]  # the fields are the test's


def refused(one: Passage, status: int = 403) -> Passage:
    """The same target, refused."""
    return replace(one, state=PassageState.REFUSED, status=status, error="Forbidden" if status == 403 else "Unavailable")


def opened(*targets: str) -> tuple[Passage, ...]:
    """The forbidden targets, of which these pass."""
    return tuple(Passage(one.target, PassageState.OPEN) if one.target in targets else one for one in REFUSED)


def listed(state: ListingState, **more: object) -> Probe:
    """The report with another listing."""
    return replace(PROBE, listing=replace(Listing(state), **more))  # type: ignore[arg-type]  # the fields are the test's


def test_these_are_all_of_them() -> None:
    assert tuple(one.id for one in CHECKS) == ORDINARY
    assert {one.id for one in CHECKS if not one.blocking} == {"probe.proxy-refuses", "probe.ls-remote"}


LOGIN = tuple(replace(refused(one, 407), error="Proxy Authentication Required") for one in (GIT, RAW))
INTERCEPTED = replace(GIT, tls_error="self-signed certificate in certificate chain", issuer="O=Acme Corp")


@pytest.mark.parametrize(
    ("found", "ours", "somebodys"),
    [
        (PROBE, (P, P, P, P, P, P, P), (P, P, P, P, P, P, P)),
        (seen(unreached="timed out"), (P, W, S, S, S, S, S), (P, F, S, S, S, S, S)),
        (seen(unreached="Connection refused"), (P, W, S, S, S, S, S), (P, F, S, S, S, S, S)),
        (seen(address_error="Name or service not known"), (P, F, S, S, S, S, S), (P, F, S, S, S, S, S)),
        (seen(allowed=LOGIN), (P, P, W, S, S, S, S), (P, P, F, S, S, S, S)),
        (seen(allowed=LOGIN, login=True), (P, P, W, S, S, S, S), (P, P, W, S, S, S, S)),
        (seen(allowed=(refused(GIT), RAW)), (P, P, P, W, P, S, P), (P, P, P, F, P, S, P)),
        (seen(allowed=(GIT, refused(RAW))), (P, P, P, W, P, P, P), (P, P, P, W, P, P, P)),
        (seen(allowed=(refused(GIT, 503), RAW)), (P, P, P, F, P, S, P), (P, P, P, F, P, S, P)),
        (seen(allowed=(refused(GIT, 503), refused(RAW))), (P, P, P, F, P, S, P), (P, P, P, F, P, S, P)),
        (seen(allowed=(GIT, refused(RAW, 502))), (P, P, P, W, P, P, P), (P, P, P, W, P, P, P)),
        (
            seen(allowed=(replace(GIT, state=PassageState.UNANSWERED, error="timed out"), RAW)),
            (P, P, P, F, P, S, P), (P, P, P, F, P, S, P),
        ),
        (seen(forbidden=opened("example.com:443")), (P, P, P, P, F, P, P), (P, P, P, P, W, P, P)),
        (seen(forbidden=opened("github.com:22")), (P, P, P, P, F, P, P), (P, P, P, P, W, P, P)),
        (seen(forbidden=opened("http://github.com/")), (P, P, P, P, F, P, P), (P, P, P, P, W, P, P)),
        (seen(forbidden=opened("169.254.169.254:80")), (P, P, P, P, F, P, P), (P, P, P, P, F, P, P)),
        (seen(forbidden=opened("http://169.254.169.254/")), (P, P, P, P, F, P, P), (P, P, P, P, F, P, P)),
        (seen(forbidden=opened("localhost:443", "example.com:443")), (P, P, P, P, F, P, P), (P, P, P, P, F, P, P)),
        (seen(forbidden=(refused(REFUSED[6], 503),)), (P, P, P, P, W, P, P), (P, P, P, P, P, P, P)),
        (seen(allowed=(INTERCEPTED, RAW)), (P, P, P, P, P, F, P), (P, P, P, P, P, F, P)),
        (seen(allowed=(replace(INTERCEPTED, own_authorities=True), RAW)), (P, P, P, P, P, F, P), (P, P, P, P, P, F, P)),
        (seen(allowed=(GIT, replace(RAW, tls_error="bad"))), (P, P, P, P, P, W, P), (P, P, P, P, P, W, P)),
        (listed(ListingState.NO_SECRET), (P, P, P, P, P, P, S), (P, P, P, P, P, P, S)),
        (listed(ListingState.OTHER_URL), (P, P, P, P, P, P, W), (P, P, P, P, P, P, W)),
        (listed(ListingState.NO_PASSWORD), (P, P, P, P, P, P, W), (P, P, P, P, P, P, W)),
        (listed(ListingState.GITHUB_APP), (P, P, P, P, P, P, S), (P, P, P, P, P, P, S)),
        (listed(ListingState.UNREACHED), (P, P, P, P, P, P, S), (P, P, P, P, P, P, S)),
        (listed(ListingState.UNREACHED, error="timed out"), (P, P, P, P, P, P, F), (P, P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=401), (P, P, P, P, P, P, F), (P, P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=404), (P, P, P, P, P, P, F), (P, P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=301), (P, P, P, P, P, P, F), (P, P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=500), (P, P, P, P, P, P, F), (P, P, P, P, P, P, F)),
        (listed(ListingState.ANSWERED, status=200), (P, P, P, P, P, P, W), (P, P, P, P, P, P, W)),
        (listed(ListingState.ANSWERED, status=200, references=3), (P, P, P, P, P, P, W), (P, P, P, P, P, P, W)),
        (replace(PROBE, listing=None), (P, P, P, P, P, P, S), (P, P, P, P, P, P, S)),
        (replace(PROBE, proxy=None), (P, S, S, S, S, S, S), (P, S, S, S, S, S, S)),
        (Probe(ProbeState.OFF), (S, S, S, S, S, S, S), (S, S, S, S, S, S, S)),
        (Probe(ProbeState.NOT_RUN, TOOLS_IMAGE, FactError("no room", "Look.")), (U, S, S, S, S, S, S), (U, S, S, S, S, S, S)),
        (Probe(ProbeState.NO_IMAGE, TOOLS_IMAGE, FactError("unknown", "Look.")), (U, S, S, S, S, S, S), (U, S, S, S, S, S, S)),
    ],
)  # fmt: skip
def test_one_cause_is_told_once(found: Probe, ours: tuple[Status, ...], somebodys: tuple[Status, ...]) -> None:
    assert statuses(found) == ours
    # Nothing in AWS is known of a proxy that somebody else runs.
    assert statuses(found, None, EXISTING) == somebodys


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (replace(OURS, squid_version=None, configuration=Configuration.NONE), "apply sets Squid up on i-0c1b2c3d4e5f60010"),
        (replace(OURS, configuration=Configuration.PACKAGED), "apply sets Squid up"),
        (replace(OURS, configuration=Configuration.FOREIGN), "apply sets Squid up"),
        (replace(OURS, running=False), "Squid does not run on i-0c1b2c3d4e5f60010: apply starts it"),
        (FactError("the agent is not online", "Look."), "could not be looked at (the agent is not online)"),
    ],
)
def test_before_an_apply_there_is_nothing_to_judge(host: ProxyHost | FactError, said: str) -> None:
    for found in (PROBE, seen(unreached="Connection refused"), seen(forbidden=opened("169.254.169.254:80"))):
        assert statuses(found, host) == (P, S, S, S, S, S, S)
        assert said in judged("probe.proxy-tcp", found, host).evidence


def test_without_a_look_at_the_machine_argo_cds_secret_says_whether_there_was_an_apply() -> None:
    assert statuses(listed(ListingState.NO_SECRET), None) == (P, S, S, S, S, S, S)
    assert statuses(PROBE, None) == (P, P, P, P, P, P, P)


def test_a_machine_that_is_made_by_apply_is_not_judged_before() -> None:
    proxy = {"method": "new", "url": "http://10.1.1.11:3128"}
    assert AWS_INSTANCES.id in healthy_facts()
    verdict = judged("probe.proxy-tcp", seen(unreached="timed out"), None, proxy)
    assert (verdict.status, verdict.evidence) == (S, "not looked at: apply makes the proxy's machine first")


WITH_LOGIN = {**EXISTING, "username": "argocd", "password": "env:PROXY_PASSWORD"}
WITH_CA = {**EXISTING, "ca_file": "corporate-ca.pem"}


@pytest.mark.parametrize(
    ("check", "found", "proxy", "status", "said"),
    [
        ("proxy-auth", seen(allowed=LOGIN), WITH_LOGIN, P, "given it by the Secret that apply makes"),
        ("proxy-auth", seen(allowed=LOGIN, login=True), WITH_LOGIN, W, "Secret repo-prod-east-source holds (HTTP 407)"),
        ("proxy-auth", seen(login=True), WITH_LOGIN, P, "takes the login that Argo CD's Secret holds"),
        ("proxy-auth", PROBE, EXISTING, P, "asks for no login"),
        ("git-tls", seen(allowed=(INTERCEPTED,)), EXISTING, F, "signed by O=Acme Corp"),
        ("git-tls", seen(allowed=(INTERCEPTED,)), WITH_CA, S, "apply makes Argo CD believe corporate-ca.pem"),
        ("git-tls", seen(allowed=(replace(INTERCEPTED, own_authorities=True),)), WITH_CA, W, "signed by O=Acme Corp"),
        ("git-tls", seen(allowed=(replace(GIT, own_authorities=True),)), WITH_CA, P, "the authority that Argo CD has for it"),
        ("proxy-tcp", seen(unreached="timed out"), EXISTING, F, f"{URL} takes no connection from a node: timed out"),
        ("proxy-allows", PROBE, EXISTING, P, "github.com:443, raw.githubusercontent.com:443"),
        ("proxy-allows", seen(allowed=(refused(GIT),)), EXISTING, F, "refuses github.com:443 (HTTP 403 Forbidden)"),
        ("proxy-allows", seen(allowed=(refused(GIT, 503),)), EXISTING, F, "does not reach github.com:443 (HTTP 503"),
        ("proxy-refuses", PROBE, EXISTING, P, "lets none of 8 other targets through"),
        ("proxy-refuses", seen(forbidden=opened("169.254.169.254:80")), EXISTING, F, "the credentials of its role"),
        ("proxy-refuses", seen(forbidden=opened("localhost:443")), EXISTING, F, "listens on its machine alone"),
        ("proxy-refuses", seen(forbidden=opened("github.com:22")), EXISTING, W, "carries SSH"),
        ("proxy-refuses", seen(forbidden=opened("http://github.com/")), EXISTING, W, "in clear"),
        ("proxy-refuses", seen(forbidden=opened("example.com:443")), EXISTING, W, "not on the list"),
        ("ls-remote", PROBE, EXISTING, P, "52 references of https://github.com/acme/cluster-config.git"),
        ("ls-remote", listed(ListingState.ANSWERED, status=401), EXISTING, F, "to nobody without a login: HTTP 401"),
    ],
)
def test_the_evidence_has_names_and_numbers(
    check: str, found: Probe, proxy: Mapping[str, object], status: Status, said: str
) -> None:
    verdict = judged(f"probe.{check}", found, None, proxy)
    assert verdict.status is status
    assert said in verdict.evidence


def test_a_list_that_is_longer_than_what_was_tried_says_so() -> None:
    hosts = ["github.com", *(f"h{number}.acme.example" for number in range(30))]
    verdict = judged("probe.proxy-allows", PROBE, bastion_proxy__allow__hosts=hosts)
    assert verdict.evidence.endswith("; 29 other hosts of the list not tried")


def test_a_login_that_the_host_does_not_take_is_the_secrets() -> None:
    verdict = judged("probe.ls-remote", listed(ListingState.ANSWERED, status=403), source__password="env:TOKEN")
    assert "does not take what Secret repo-prod-east-source holds" in verdict.evidence


def test_an_image_that_is_gone_stands_in_nobodys_way_and_says_which_answer() -> None:
    verdict = judged("probe.image", Probe(ProbeState.NO_IMAGE, "quay.io/old@sha256:" + "1" * 64, FactError("unknown", "Look.")))
    assert verdict.status is U
    assert verdict.remedy is not None
    assert "clusterProbe: false" in verdict.remedy.text


def test_what_fails_says_what_to_do() -> None:
    for found in (
        seen(unreached="timed out"),
        seen(address_error="none"),
        seen(allowed=LOGIN),
        seen(allowed=(refused(GIT, 503),)),
        seen(allowed=(INTERCEPTED,)),
        seen(forbidden=opened("169.254.169.254:80")),
        listed(ListingState.ANSWERED, status=401),
    ):
        for check in ORDINARY:
            for verdict in (judged(check, found), judged(check, found, None, EXISTING)):
                assert verdict.status not in (F, W) or (verdict.remedy is not None and verdict.remedy.text)
