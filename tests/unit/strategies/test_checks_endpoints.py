"""The checks of endpoints and of who believes whom: what each says of what was read, and what it offers to do."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Status
from strategies.codecommit import endpoints
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_INSTANCES,
    AWS_OIDC_PROVIDERS,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    EndpointServices,
    FactError,
    Ingress,
    Instance,
    OidcProviders,
    PrivateZone,
    SecurityGroup,
)
from tests.fakes import ISSUER, ZONES
from tests.unit.strategies.network_facts import (
    GIT,
    GROUP,
    OPEN,
    REPOSITORY,
    SERVICE,
    STRANGE,
    UNSEEN,
    VPC,
    WORKERS,
    A,
    B,
    C,
    edits,
    endpoint,
    untagged,
    with_endpoints,
    with_subnets,
)
from tests.unit.strategies.test_checks import judged, situation


class TestPlaces:
    """Zones and addresses for the endpoints that are made."""

    def test_the_zone_that_lacks_the_service_is_left_out_by_the_button(self) -> None:
        services = EndpointServices({GIT: ZONES[:2], SERVICE + "sts": ZONES})
        answers = {"aws.subnetIds": [s.id for s in VPC.subnets]}
        verdict = judged("codecommit.zones", facts={AWS_ENDPOINT_SERVICES.id: services}, answers=answers)
        assert verdict.evidence == f"git-codecommit is not offered in us-east-2c ({C.id})"
        assert edits(verdict) == {"aws.subnetIds": [A.id, B.id]}

    def test_an_endpoint_that_is_there_needs_no_zone_and_no_address(self) -> None:
        facts = {
            **with_endpoints(endpoint()),
            AWS_ENDPOINT_SERVICES.id: EndpointServices({GIT: ZONES[:1]}),
            AWS_VPCS.id: (replace(VPC, subnets=tuple(replace(s, free_addresses=0) for s in VPC.subnets)),),
        }
        answers = {"aws.subnetIds": [s.id for s in VPC.subnets]}
        for check in ("codecommit.zones", "aws.free-addresses"):
            assert judged(check, facts=facts, answers=answers).evidence == "no endpoint has to be made"

    def test_a_service_that_has_to_be_made_for_sts_counts_too(self) -> None:
        facts = {AWS_ENDPOINTS.id: (), AWS_ENDPOINT_SERVICES.id: EndpointServices({GIT: ZONES, SERVICE + "sts": ZONES[:2]})}
        verdict = judged("codecommit.zones", facts=facts, answers={"aws.subnetIds": [A.id, C.id]})
        assert "sts is not offered in us-east-2c" in verdict.evidence

    def test_a_full_subnet_is_replaced_by_one_of_its_zone_with_room(self) -> None:
        room = replace(B, id="subnet-0room", free_addresses=9)
        facts = with_subnets(A, replace(B, free_addresses=0), room, C)
        verdict = judged("aws.free-addresses", facts=facts, answers={"aws.subnetIds": [A.id, B.id, C.id]})
        assert f"{B.id} (us-east-2b) has 0 free; needed: 1 address for git-codecommit" in verdict.evidence
        assert edits(verdict) == {"aws.subnetIds": [A.id, "subnet-0room", C.id]}

    def test_two_endpoints_need_two_addresses(self) -> None:
        facts = {**with_subnets(replace(A, free_addresses=1), B, C), AWS_ENDPOINTS.id: ()}
        verdict = judged("aws.free-addresses", facts=facts)
        assert verdict.evidence.endswith("needed: 2 addresses for git-codecommit, sts")
        assert edits(verdict) == {"aws.subnetIds": [B.id, C.id]}

    def test_full_everywhere_offers_nothing(self) -> None:
        verdict = judged("aws.free-addresses", facts=with_subnets(*(replace(s, free_addresses=0) for s in VPC.subnets)))
        assert verdict.remedy is not None
        assert (verdict.status, verdict.remedy.mend) == (Status.FAIL, None)


class TestNames:
    """STS and the private DNS name of Git's host."""

    def test_sts_that_the_answers_forbid_is_mended_by_an_answer(self) -> None:
        answers = {"codecommit.network.stsEndpoint": "never"}
        verdict = judged("codecommit.sts-endpoint", facts={AWS_ENDPOINTS.id: ()}, answers=answers)
        assert edits(verdict) == {"codecommit.network.stsEndpoint": "when-missing"}

    def test_an_sts_endpoint_that_failed(self) -> None:
        sts = endpoint(service=SERVICE + "sts", state="failed", keeper="Red Hat")
        verdict = judged("codecommit.sts-endpoint", facts={AWS_ENDPOINTS.id: (sts,)})
        assert (verdict.status, verdict.evidence) == (Status.FAIL, "vpce-0917 (kept by Red Hat) is failed")

    def test_somebody_elses_endpoint_is_told(self) -> None:
        verdict = judged("codecommit.private-dns", facts=with_endpoints(endpoint()))
        assert (verdict.status, verdict.evidence) == (
            Status.WARN,
            "vpce-0917 holds it, kept by shared-git: it is used as it is",
        )

    def test_another_instances_endpoint_is_somebody_elses(self) -> None:
        verdict = judged("codecommit.private-dns", facts=with_endpoints(endpoint(instance="staging")))
        assert "made by the instance staging" in verdict.evidence

    def test_ours_passes_whatever_its_state(self) -> None:
        for state in ("available", "pending", "failed"):
            facts = with_endpoints(endpoint(instance="prod-east", state=state))
            assert judged("codecommit.private-dns", facts=facts).status is Status.PASS

    def test_one_without_the_name_or_on_its_way_out_is_not_in_the_way(self) -> None:
        for changes in ({"private_dns": False}, {"state": "deleting"}, {"vpc_id": "vpc-1"}, {"type": "Gateway"}):
            facts = with_endpoints(endpoint(**changes))
            assert judged("codecommit.private-dns", facts=facts).status is Status.PASS
            assert endpoints.to_make(situation(facts)) == ("git-codecommit",)


class TestZones:
    """Private hosted zones that answer for the names of the endpoints."""

    def test_a_zone_with_gits_name_is_in_the_way(self) -> None:
        zone = PrivateZone("git-codecommit.us-east-2.amazonaws.com", "999999999999")
        verdict = judged("codecommit.private-dns", facts={AWS_PRIVATE_ZONES.id: (zone,)})
        assert (verdict.status, "of account 999999999999 answers in this VPC" in verdict.evidence) == (Status.FAIL, True)
        with_endpoint = {AWS_PRIVATE_ZONES.id: (zone,), **with_endpoints(endpoint())}
        assert judged("codecommit.private-dns", facts=with_endpoint).status is Status.WARN

    def test_a_zone_above_or_beside_it_is_not(self) -> None:
        zones = (PrivateZone("us-east-2.amazonaws.com", "1"), PrivateZone("git-codecommit-fips.us-east-2.amazonaws.com", "1"))
        assert judged("codecommit.private-dns", facts={AWS_PRIVATE_ZONES.id: zones}).status is Status.PASS

    def test_a_zone_may_lead_to_sts_elsewhere(self) -> None:
        facts = {AWS_ENDPOINTS.id: (), AWS_PRIVATE_ZONES.id: (PrivateZone("sts.us-east-2.amazonaws.com", "1"),)}
        assert judged("codecommit.sts-endpoint", facts=facts).status is Status.FAIL
        answers = {"codecommit.network.stsEndpoint": "never"}
        assert judged("codecommit.sts-endpoint", facts=facts, answers=answers).status is Status.WARN

    def test_zones_that_may_not_be_read_are_no_obstacle(self) -> None:
        denied = FactError("the credentials may not call route53:ListHostedZonesByVPC", "Ask for it.")
        for check in ("codecommit.private-dns", "codecommit.sts-endpoint"):
            assert judged(check, facts={AWS_PRIVATE_ZONES.id: denied}).status is Status.PASS


class TestPolicies:
    """``codecommit.endpoint-policy``."""

    def test_another_repository_alone_is_let_through(self) -> None:
        held = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "codecommit:*", "Resource": REPOSITORY + "-2"}}
        verdict = judged("codecommit.endpoint-policy", facts=with_endpoints(endpoint(policy=held)))
        assert verdict.status is Status.FAIL
        assert f"does not let codecommit:GitPull on {REPOSITORY} through" in verdict.evidence
        assert verdict.remedy is not None
        words = shlex.split(verdict.remedy.command or "")
        assert words[:5] == ["aws", "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", "vpce-0917"]
        amended = json.loads(words[words.index("--policy-document") + 1])
        assert judged("codecommit.endpoint-policy", facts=with_endpoints(endpoint(policy=amended))).status is Status.PASS

    def test_a_deny_is_not_mended_by_one_more_statement(self) -> None:
        held = {"Statement": [*OPEN["Statement"], {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
        verdict = judged("codecommit.endpoint-policy", facts=with_endpoints(endpoint(policy=held)))
        assert verdict.remedy is not None
        assert "describe-vpc-endpoints" in (verdict.remedy.command or "")

    def test_a_perimeter_around_sts_shuts_out_the_token(self) -> None:
        condition = {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}}
        held = {"Statement": [{**OPEN["Statement"][0], "Condition": condition}]}
        facts = {AWS_ENDPOINTS.id: (endpoint(service=SERVICE + "sts", policy=held),)}
        verdict = judged("codecommit.endpoint-policy", facts=facts)
        assert verdict.status is Status.FAIL
        assert "sts:AssumeRoleWithWebIdentity" in verdict.evidence
        assert verdict.remedy is not None
        assert "Nobody signs this call" in verdict.remedy.text

    def test_what_only_aws_can_judge_warns(self) -> None:
        condition = {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}}
        held = {"Statement": [{**OPEN["Statement"][0], "Condition": condition}]}
        verdict = judged("codecommit.endpoint-policy", facts=with_endpoints(endpoint(policy=held)))
        assert verdict.status is Status.WARN

    def test_a_policy_that_was_not_told_is_unknown(self) -> None:
        facts = with_endpoints(endpoint(policy=None))
        assert judged("codecommit.endpoint-policy", facts=facts).status is Status.UNKNOWN

    def test_our_own_is_the_plans_to_set(self) -> None:
        facts = {AWS_ENDPOINTS.id: (endpoint(instance="prod-east", policy={"Statement": []}),)}
        assert "the plan sets their policies" in judged("codecommit.endpoint-policy", facts=facts).evidence


class TestAccess:
    """``codecommit.endpoint-access``."""

    @staticmethod
    def behind(*rules: Ingress) -> dict[str, object]:
        return {AWS_SECURITY_GROUPS.id: (SecurityGroup(GROUP, "endpoints", VPC.id, rules),)}

    def test_the_nodes_addresses_are_not_let_in(self) -> None:
        verdict = judged("codecommit.endpoint-access", facts=self.behind(Ingress("10.9.0.0/16", 443, 443)))
        assert verdict.status is Status.FAIL
        assert verdict.remedy is not None
        assert verdict.remedy.command == (
            f"aws ec2 authorize-security-group-ingress --group-id {GROUP} --protocol tcp --port 443 --cidr 10.0.0.0/16 "
            "--region us-east-2 --profile prod-east"
        )

    def test_another_port_does_not_help(self) -> None:
        verdict = judged("codecommit.endpoint-access", facts=self.behind(Ingress("0.0.0.0/0", 80, 80)))
        assert verdict.status is Status.FAIL

    def test_the_nodes_own_group_is_let_in(self) -> None:
        verdict = judged("codecommit.endpoint-access", facts=self.behind(Ingress(WORKERS, 0, 65535)))
        assert (verdict.status, WORKERS in verdict.evidence) == (Status.PASS, True)

    @pytest.mark.parametrize("source", ["sg-somebody", "pl-0123"])
    def test_whoever_is_meant_by_another_reference_is_not_known(self, source: str) -> None:
        assert judged("codecommit.endpoint-access", facts=self.behind(Ingress(source, 443, 443))).status is Status.WARN

    def test_a_group_that_only_some_nodes_have_does_not_do(self) -> None:
        nodes = tuple(
            Instance(f"i-{n}", "", VPC.id, A.id, "10.0.0.9", groups, ("prod-east-x7k2p",))
            for n, groups in enumerate(((WORKERS, "sg-extra"), (WORKERS,)))
        )
        facts = {**self.behind(Ingress("sg-extra", 443, 443)), AWS_INSTANCES.id: nodes}
        assert judged("codecommit.endpoint-access", facts=facts).status is Status.WARN

    def test_groups_that_may_not_be_read_are_unknown(self) -> None:
        denied = FactError("the credentials may not call ec2:DescribeSecurityGroups", "Ask for it.")
        verdict = judged("codecommit.endpoint-access", facts={AWS_SECURITY_GROUPS.id: denied})
        assert (verdict.status, verdict.evidence) == (Status.UNKNOWN, denied.message)


class TestOidc:
    """``codecommit.oidc-provider``: what the button does, and thumbprints."""

    @staticmethod
    def listing(*audiences: str, thumbprints: tuple[str, ...] = ("f" * 40,)) -> dict[str, object]:
        return {AWS_OIDC_PROVIDERS.id: OidcProviders({ISSUER: ("arn:p", audiences)}, {ISSUER: thumbprints})}

    def test_an_audience_that_is_listed_is_asked_for_instead(self) -> None:
        verdict = judged("codecommit.oidc-provider", facts=self.listing("sts.amazonaws.com"))
        assert edits(verdict) == {"codecommit.credentials.audience": "sts.amazonaws.com"}

    def test_else_the_audience_is_added(self) -> None:
        verdict = judged("codecommit.oidc-provider", facts=self.listing("something"))
        assert verdict.remedy is not None
        assert verdict.remedy.mend is not None
        assert (verdict.remedy.mend.operation, verdict.remedy.mend.arguments) == (
            "oidc.add-audience",
            {"provider": "arn:p", "audience": "openshift"},
        )

    def test_no_thumbprint_warns(self) -> None:
        verdict = judged("codecommit.oidc-provider", facts=self.listing("openshift", thumbprints=()))
        assert (verdict.status, "no thumbprint" in verdict.evidence) == (Status.WARN, True)


FULL = replace(B, free_addresses=0)
ELSEWHERE = replace(VPC, id="vpc-0999", subnets=tuple(replace(s, id=s.id[:-1] + "9") for s in VPC.subnets))

MENDED_BY_ANSWERS: list[tuple[str, Mapping[str, object], Mapping[str, object]]] = [
    ("cluster.home", {AWS_VPCS.id: (untagged(), ELSEWHERE), **UNSEEN}, {"aws.vpcId": VPC.id, "aws.subnetIds": [A.id]}),
    ("aws.subnets", with_subnets(A, replace(B, az=A.az), C), {"aws.subnetIds": [A.id, B.id, C.id]}),
    ("aws.subnets", {}, {"aws.subnetIds": [STRANGE]}),
    ("aws.free-addresses", with_subnets(A, FULL, C), {"aws.subnetIds": [A.id, B.id, C.id]}),
    (
        "codecommit.zones",
        {AWS_ENDPOINT_SERVICES.id: EndpointServices({GIT: ZONES[:2]})},
        {"aws.subnetIds": [A.id, B.id, C.id]},
    ),
    ("codecommit.sts-endpoint", {AWS_ENDPOINTS.id: ()}, {"codecommit.network.stsEndpoint": "never"}),
    ("codecommit.oidc-provider", TestOidc.listing("sts.amazonaws.com"), {}),
]


@pytest.mark.parametrize(("check", "facts", "answers"), MENDED_BY_ANSWERS, ids=[check for check, *_ in MENDED_BY_ANSWERS])
def test_what_the_button_answers_mends_the_check(
    check: str, facts: Mapping[str, object], answers: Mapping[str, object]
) -> None:
    before = judged(check, facts=facts, answers=answers)
    changed = {key: value for key, value in {**answers, **edits(before)}.items() if value is not None}

    assert before.status is Status.FAIL
    assert judged(check, facts=facts, answers=changed).status is Status.PASS
