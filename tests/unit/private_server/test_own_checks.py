"""The checks of a GitLab of one's own: what each says of what was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from strategies.base import Check, Situation, Status, Verdict
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    OWN_CERTIFICATE,
    OWN_IMAGE,
    Certificate,
    Endpoint,
    FactError,
    FactKey,
    Facts,
    Ingress,
    MachineImage,
    PrivateZone,
    Reading,
    SecurityGroup,
    ServerCertificate,
    Subnet,
    Vpc,
)
from strategies.private_server import own_offers
from strategies.private_server.checks import own
from strategies.resources.aws.own_certificate import read_certificate
from tests.unit.private_server.own_complete import complete
from tests.unit.private_server.own_machine import certificate
from wizard.engine.checks import evaluate

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOME = "vpc-0a1b2c3d4e5f60718"
SUBNET = Subnet("subnet-0aaaaaaaaaaaaaaaa", "us-east-2a", "10.0.0.0/24", 200, "private-a", False, route_table="rtb-1")
NEEDED = ("ssm", "ssmmessages", "ec2messages", "secretsmanager")
IMAGE = MachineImage("ami-0917ab0000000000a", True, "gitlab-ee-17", "available", "x86_64", "ebs", ("x86_64",))
CERTIFICATE = ServerCertificate(
    subject="CN=git.acme.internal", issuer="CN=Acme CA", names=("git.acme.internal",),
    not_before=NOW - timedelta(days=10), not_after=NOW + timedelta(days=300), key_fits=True, certificates=2,
)  # fmt: skip
GROUP = SecurityGroup("sg-1", "endpoints", HOME, (Ingress("10.0.0.0/16", 443, 443),))


def _endpoint(short: str, **changes: object) -> Endpoint:
    kind = "Gateway" if short == "s3" else "Interface"
    made = Endpoint(
        f"vpce-{short}", HOME, f"com.amazonaws.us-east-2.{short}", kind, "available", kind == "Interface", (), ("sg-1",)
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


READ: dict[FactKey[object], object] = {
    AWS_VPCS: (Vpc(HOME, "prod-east", ("10.0.0.0/16",), True, True, (SUBNET,)),),  # type: ignore[dict-item]
    AWS_ENDPOINTS: tuple(_endpoint(one) for one in (*NEEDED, "s3")),  # type: ignore[dict-item]
    AWS_SECURITY_GROUPS: (GROUP,),  # type: ignore[dict-item]
    AWS_PRIVATE_ZONES: (),  # type: ignore[dict-item]
    OWN_IMAGE: IMAGE,  # type: ignore[dict-item]
    OWN_CERTIFICATE: CERTIFICATE,  # type: ignore[dict-item]
}


def _judged(judge: Callable[[Situation], Verdict], facts: dict[object, object] | None = None, **asked: object) -> Verdict:
    read = {**READ, **(facts or {})}
    readings = {
        key.id: Reading(None, value, NOW, 0.0) if isinstance(value, FactError) else Reading(value, None, NOW, 0.0)  # type: ignore[attr-defined]
        for key, value in read.items()
    }
    return judge(Situation(complete(**asked), Facts(readings)))


@pytest.mark.parametrize("check", own.CHECKS, ids=lambda check: check.id)
def test_what_is_as_it_should_be_passes_and_nothing_is_said_where_no_server_is_made(check: Check) -> None:
    assert _judged(check.judge, backup_bucket="acme-git-backups").status is Status.PASS
    assert check.idle(Situation(complete(), Facts())) is None
    (told,) = evaluate([check], Situation(complete(make=False), Facts()), check.needs)
    assert (told.status, told.verdict.evidence) == (Status.SKIPPED, "no server is to be made")


@pytest.mark.parametrize(
    ("found", "evidence"),
    [
        (replace(IMAGE, exists=False), "this account sees no image ami-0917ab0000000000a"),
        (replace(IMAGE, state="pending"), "ami-0917ab0000000000a (gitlab-ee-17) is pending"),
        (replace(IMAGE, types=()), "the region has no instance type m6i.large"),
        (replace(IMAGE, architecture="arm64"), "is for arm64, m6i.large runs x86_64"),
    ],
)
def test_an_image_that_cannot_be_used_is_refused(found: MachineImage, evidence: str) -> None:
    verdict = _judged(own.image, {OWN_IMAGE: found})
    assert verdict.status is Status.FAIL
    assert evidence in verdict.evidence


def test_endpoints_that_lack_are_named_with_the_command() -> None:
    verdict = _judged(own.endpoints, {AWS_ENDPOINTS: (_endpoint("ssm"), _endpoint("ssmmessages", private_dns=False))})
    assert verdict.status is Status.FAIL
    assert verdict.evidence == "prod-east has no endpoint with private DNS for ssmmessages, ec2messages, secretsmanager"
    assert verdict.remedy is not None
    assert "com.amazonaws.us-east-2.ssmmessages" in (verdict.remedy.command or "")


def test_a_way_out_may_do_in_the_place_of_endpoints() -> None:
    routed = replace(SUBNET, has_default_route=True, way_out="nat-1")
    home = (Vpc(HOME, "prod-east", ("10.0.0.0/16",), True, True, (routed,)),)
    assert _judged(own.endpoints, {AWS_ENDPOINTS: (), AWS_VPCS: home}).status is Status.WARN


def test_an_endpoint_that_does_not_let_the_machine_in_is_none() -> None:
    closed = replace(GROUP, ingress=(Ingress("10.9.0.0/16", 443, 443),))
    verdict = _judged(own.endpoints, {AWS_SECURITY_GROUPS: (closed,)})
    assert verdict.status is Status.FAIL
    assert "10.0.0.20" in verdict.evidence
    by_group = replace(GROUP, ingress=(Ingress("sg-2", 443, 443),))
    assert _judged(own.endpoints, {AWS_SECURITY_GROUPS: (by_group,)}).status is Status.PASS


@pytest.mark.parametrize(
    ("zones", "status"),
    [
        ((PrivateZone("git.acme.internal", "1"),), Status.WARN),
        ((PrivateZone("acme.internal", "1"),), Status.PASS),
        ((PrivateZone("other.internal", "1"),), Status.PASS),
    ],
)
def test_who_answers_for_the_name_now_is_told(zones: tuple[PrivateZone, ...], status: Status) -> None:
    assert _judged(own.name, {AWS_PRIVATE_ZONES: zones}).status is status


def test_the_zone_is_the_name_in_the_url() -> None:
    assert _judged(own.name, zone="gitlab.acme.internal").status is Status.FAIL


@pytest.mark.parametrize(
    ("changes", "status", "evidence"),
    [
        ({"fault": "the key has a pass phrase"}, Status.FAIL, "pass phrase"),
        ({"key_fits": False}, Status.FAIL, "the key is not that of CN=git.acme.internal"),
        ({"names": ("www.acme.internal",)}, Status.FAIL, "is for www.acme.internal, and not for git.acme.internal"),
        ({"names": ()}, Status.FAIL, "no DNS name at all"),
        ({"names": ("*.internal",)}, Status.FAIL, "*.internal"),
        ({"names": ("*.acme.internal",)}, Status.PASS, "until"),
        ({"chain": False}, Status.FAIL, "do not sign each other"),
        ({"not_after": NOW - timedelta(days=1)}, Status.FAIL, "it ended on 2026-11-23"),
        ({"not_before": NOW + timedelta(days=1)}, Status.FAIL, "it holds from 2026-11-25 on"),
        ({"not_after": NOW + timedelta(days=12)}, Status.WARN, "in 12 days"),
    ],
)
def test_a_certificate_that_would_not_do_is_told(changes: dict[str, object], status: Status, evidence: str) -> None:
    verdict = _judged(own.certificate, {OWN_CERTIFICATE: replace(CERTIFICATE, **changes)})  # type: ignore[arg-type]
    assert verdict.status is status
    assert evidence in verdict.evidence


def test_backups_need_the_gateway_endpoint_and_their_lack_is_a_warning() -> None:
    without = {AWS_ENDPOINTS: tuple(_endpoint(one) for one in NEEDED)}
    verdict = _judged(own.backups, without, backup_bucket="acme-git-backups")
    assert verdict.status is Status.FAIL
    assert verdict.remedy is not None
    assert "--route-table-ids rtb-1" in (verdict.remedy.command or "")
    assert _judged(own.backups).status is Status.WARN


@pytest.mark.parametrize("check", own.CHECKS, ids=lambda check: check.id)
def test_what_may_not_be_read_is_unknown(check: object) -> None:
    denied = dict.fromkeys(READ, FactError("denied", "ask for it"))
    verdict = _judged(check.judge, {**denied, AWS_VPCS: READ[AWS_VPCS]}, backup_bucket="b-1")  # type: ignore[attr-defined,index]
    assert (verdict.status, verdict.evidence) == (Status.UNKNOWN, "denied")


def test_certificate_and_key_are_read_and_the_key_goes_no_further() -> None:
    pem, key = certificate()
    found = read_certificate(pem, key)
    assert (found.key_fits, found.names, found.certificates, found.fault) == (True, ("gitlab.acme.example",), 1, "")
    assert read_certificate(pem, certificate()[1]).key_fits is False
    assert read_certificate("nothing", key).fault == "the certificate is no PEM that can be read"
    assert read_certificate(pem, "nothing").fault == "the key is no PEM that can be read"
    assert read_certificate(pem + certificate()[0], key).chain is False
    assert "PRIVATE" not in repr(found)


@pytest.mark.parametrize(
    ("address", "status"),
    [("10.0.0.20", Status.PASS), ("10.0.0.3", Status.FAIL), ("10.0.0.255", Status.FAIL), ("10.0.1.20", Status.FAIL)],
)
def test_an_address_is_one_that_aws_gives_in_the_subnet(address: str, status: Status) -> None:
    def judge(situation: Situation) -> Verdict:
        return own_offers.judge_address(situation) or pytest.fail("nothing said")

    assert _judged(judge, address=address).status is status


def test_without_a_ca_argo_cd_would_not_believe_it() -> None:
    made = complete()
    server = made.private_server.server.model_copy(update={"ca_file": None})
    answers = made.model_copy(update={"private_server": made.private_server.model_copy(update={"server": server})})
    found = own.certificate(Situation(answers, Facts({OWN_CERTIFICATE.id: Reading(CERTIFICATE, None, NOW, 0.0)})))
    assert found.status is Status.WARN
    assert "no CA is answered" in found.evidence


def test_what_comes_with_the_certificate_can_be_confirmed_as_its_ca() -> None:
    above = Certificate("CN=Acme Root CA", "CN=Acme Root CA", "AB:CD", NOW, NOW + timedelta(days=900), authority=True)
    read = Facts({OWN_CERTIFICATE.id: Reading(replace(CERTIFICATE, above=(above,)), None, NOW, 0.0)})
    assert [one.value for one in own_offers.authorities(Situation(complete(), read))] == ["AB:CD"]
    assert list(own_offers.authorities(Situation(complete(make=False), read))) == []


def test_of_a_server_that_is_made_nothing_has_to_be_asked() -> None:
    made = Situation(complete(), Facts())
    assert (own_offers.kind(made), own_offers.mode(made), own_offers.fill(made)) == ("gitlab", "create", "mirror")
    assert own_offers.base(made) == "https://git.acme.internal"
