"""The checks of the network in AWS: what each says of what was read, and what it offers to do."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Status, Verdict
from strategies.codecommit import endpoints
from strategies.common import account, effective, offers
from strategies.facts import (
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_OIDC_PROVIDERS,
    AWS_PRIVATE_ZONES,
    AWS_SECURITY_GROUPS,
    AWS_VPCS,
    CLUSTER_INFO,
    ClusterInfo,
    Endpoint,
    EndpointServices,
    FactError,
    Ingress,
    Instance,
    OidcProviders,
    PrivateZone,
    SecurityGroup,
    Subnet,
    Vpc,
)
from strategies.registry import STRATEGIES
from tests.fakes import ISSUER, ZONES, healthy_facts
from tests.unit.strategies.test_checks import judged, situation

HEALTHY = healthy_facts()
SERVICE = "com.amazonaws.us-east-2."
GIT = SERVICE + "git-codecommit"
GROUP = "sg-0e0e0e0e0e0e0e0e0"
WORKERS = "sg-0d0d0d0d0d0d0d0d0"
OPEN = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
STRANGE = "subnet-09999999999999999"
REPOSITORY = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"


def _vpc() -> Vpc:
    vpcs = HEALTHY[AWS_VPCS.id]
    assert isinstance(vpcs, tuple)
    assert isinstance(vpcs[0], Vpc)
    return vpcs[0]


VPC = _vpc()
A, B, C = VPC.subnets


def endpoint(**changes: object) -> Endpoint:
    """Somebody else's endpoint for Git that is as it should be, but for ``changes``."""
    ids = tuple(s.id for s in VPC.subnets)
    made = Endpoint("vpce-0917", VPC.id, GIT, "Interface", "available", True, ids, (GROUP,), None, OPEN, "shared-git")
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields are the test's to choose


def with_endpoints(*more: Endpoint) -> dict[str, object]:
    """The healthy endpoints and some more."""
    there = HEALTHY[AWS_ENDPOINTS.id]
    assert isinstance(there, tuple)
    return {AWS_ENDPOINTS.id: (*there, *more)}


def with_subnets(*subnets: Subnet, **changes: object) -> dict[str, object]:
    """The VPC with these subnets."""
    return {AWS_VPCS.id: (replace(VPC, subnets=subnets, **changes),)}  # type: ignore[arg-type]  # the test's to choose


def untagged(vpc: Vpc = VPC) -> Vpc:
    return replace(vpc, subnets=tuple(replace(s, cluster=None) for s in vpc.subnets))


UNSEEN: Mapping[str, object] = {AWS_INSTANCES.id: (), AWS_SECURITY_GROUPS.id: ()}


def edits(verdict: Verdict) -> Mapping[str, object]:
    assert verdict.remedy is not None
    assert verdict.remedy.mend is not None
    return verdict.remedy.mend.edits


class TestHome:
    """``cluster.home``: whether the VPC in effect is the cluster's."""

    def test_the_clusters_marks_are_counted(self) -> None:
        verdict = judged("cluster.home")
        assert verdict.evidence == (
            "vpc-0a1b2c3d4e5f60718 in account 123456789012: 3 subnets, 3 nodes, 1 security group of prod-east-x7k2p in it"
        )

    def test_subnets_without_a_tag_are_no_obstacle_when_nodes_stand_in_them(self) -> None:
        facts = {AWS_VPCS.id: (untagged(),)}
        assert judged("cluster.home", facts=facts).status is Status.PASS
        assert effective.suggested_vpc(situation(facts)) == untagged()

    def test_a_cluster_in_another_vpc_is_shown_where_it_is(self) -> None:
        elsewhere = replace(VPC, id="vpc-0999", subnets=tuple(replace(s, id=s.id + "9") for s in VPC.subnets))
        here = replace(VPC, subnets=tuple(replace(s, cluster="staging-q9w8e") for s in VPC.subnets))
        answers = {"aws.vpcId": VPC.id}
        verdict = judged("cluster.home", facts={AWS_VPCS.id: (here, elsewhere), **UNSEEN}, answers=answers)
        assert verdict.status is Status.FAIL
        assert "prod-east-x7k2p is in another VPC (vpc-0999: 3 subnets)" in verdict.evidence
        assert "is that of staging-q9w8e" in verdict.evidence
        assert edits(verdict) == {"aws.vpcId": "vpc-0999", "aws.subnetIds": None}

    def test_two_vpcs_with_marks_offer_no_button(self) -> None:
        others = tuple(replace(VPC, id=name) for name in ("vpc-1", "vpc-2"))
        facts = {AWS_VPCS.id: (untagged(), *others), **UNSEEN}
        verdict = judged("cluster.home", facts=facts, answers={"aws.vpcId": VPC.id})
        assert verdict.remedy is not None
        assert (verdict.status, verdict.remedy.mend) == (Status.FAIL, None)

    def test_without_any_mark_the_addresses_tell(self) -> None:
        facts = {AWS_VPCS.id: (untagged(),), **UNSEEN}
        assert judged("cluster.home", facts=facts).status is Status.WARN
        strange = judged("cluster.home", facts=facts, answers={"cluster.machineCidrs": ["192.168.0.0/16"]})
        assert strange.status is Status.FAIL
        assert "192.168.0.0/16 is not in" in strange.evidence

    def test_it_is_not_asked_about_another_regions_vpcs(self) -> None:
        verdict = judged("cluster.home", answers={"aws.region": "eu-west-1"})
        assert (verdict.status, "runs in us-east-2" in verdict.evidence) == (Status.SKIPPED, True)

    def test_instances_that_may_not_be_read_are_no_obstacle(self) -> None:
        denied = FactError("the credentials may not call ec2:DescribeInstances", "Ask for it.")
        assert judged("cluster.home", facts={AWS_INSTANCES.id: denied}).status is Status.PASS
        assert judged("cluster.home", facts={AWS_VPCS.id: denied}).status is Status.UNKNOWN

    def test_a_cluster_out_of_reach_leaves_the_answers(self) -> None:
        facts = {CLUSTER_INFO.id: FactError("connection refused")}
        answers = {"cluster.infrastructureName": "prod-east-x7k2p", "aws.region": "us-east-2"}
        assert judged("cluster.home", facts=facts, answers=answers).status is Status.PASS
        assert judged("cluster.home", facts=facts, answers={"aws.region": "us-east-2"}).status is Status.UNKNOWN


class TestSubnets:
    """``aws.subnets``: whether endpoints can be placed there."""

    def test_two_in_one_zone(self) -> None:
        facts = with_subnets(A, replace(B, az=A.az), C)
        verdict = judged("aws.subnets", facts=facts, answers={"aws.subnetIds": [A.id, B.id, C.id]})
        assert verdict.status is Status.FAIL
        assert verdict.evidence == f"more than one in a zone: {A.az}: {A.id}, {B.id}"
        assert edits(verdict) == {"aws.subnetIds": [A.id, C.id]}

    def test_one_of_another_vpc(self) -> None:
        other = replace(VPC, id="vpc-1", subnets=(replace(A, id=STRANGE, cluster=None),))
        verdict = judged("aws.subnets", facts={AWS_VPCS.id: (VPC, other)}, answers={"aws.subnetIds": [A.id, STRANGE]})
        assert (verdict.status, verdict.evidence) == (Status.FAIL, f"not in {VPC.id}: {STRANGE}")

    def test_none_that_could_be_suggested(self) -> None:
        public = tuple(replace(s, has_default_route=True, way_out="igw-1") for s in VPC.subnets)
        verdict = judged("aws.subnets", facts=with_subnets(*public))
        assert (verdict.status, verdict.evidence) == (Status.FAIL, "no subnet is chosen")

    def test_a_public_one_warns(self) -> None:
        facts = with_subnets(replace(A, has_default_route=True, way_out="igw-1"), B, C)
        verdict = judged("aws.subnets", facts=facts, answers={"aws.subnetIds": [A.id, B.id]})
        assert verdict.status is Status.WARN
        assert edits(verdict) == {"aws.subnetIds": [B.id, C.id]}

    def test_behind_a_nat_gateway_is_private(self) -> None:
        facts = with_subnets(*(replace(s, has_default_route=True, way_out="nat-1") for s in VPC.subnets))
        assert judged("aws.subnets", facts=facts).status is Status.PASS

    def test_the_field_says_the_same(self) -> None:
        lost = offers.judge_subnets(situation(answers={"aws.subnetIds": [STRANGE]}))
        assert lost is not None
        assert lost.status is Status.FAIL


class TestEgress:
    """``network.egress-zero``: the routes of the nodes' subnets decide."""

    def test_nothing_leads_out(self) -> None:
        evidence = judged("network.egress-zero").evidence
        assert evidence == (
            "no default route in 3 subnets (rtb-0a1b2c3d4e5f60718), no NAT gateway, no internet gateway, no proxy"
        )

    @pytest.mark.parametrize("target", ["nat-1", "tgw-1", "igw-1"])
    def test_a_default_route_is_a_way_out(self, target: str) -> None:
        facts = with_subnets(replace(A, has_default_route=True, way_out=target, route_table="rtb-1"), B, C)
        verdict = judged("network.egress-zero", facts=facts)
        assert verdict.status is Status.WARN
        assert verdict.evidence == f"this cluster has a way out: a default route to {target} in 1 subnet (us-east-2a)"

    def test_a_public_subnet_without_nodes_is_none(self) -> None:
        public = Subnet("subnet-9", A.az, "10.0.99.0/24", 200, "public", True, "prod-east-x7k2p", way_out="igw-1")
        verdict = judged("network.egress-zero", facts=with_subnets(*VPC.subnets, public, internet_gateway="igw-1"))
        assert (verdict.status, "internet gateway igw-1 in the VPC, not on the nodes' way" in verdict.evidence) == (
            Status.PASS,
            True,
        )

    def test_a_proxy_of_the_cluster_is_one(self) -> None:
        info = HEALTHY[CLUSTER_INFO.id]
        assert isinstance(info, ClusterInfo)
        verdict = judged("network.egress-zero", facts={CLUSTER_INFO.id: replace(info, proxy="http://proxy:3128")})
        assert (verdict.status, "http://proxy:3128" in verdict.evidence) == (Status.WARN, True)

    def test_routes_that_are_not_to_be_seen_prove_nothing(self) -> None:
        verdict = judged("network.egress-zero", facts=with_subnets(replace(A, route_table=None), B, C))
        assert (verdict.status, verdict.evidence) == (Status.UNKNOWN, f"the route tables of {A.id} are not to be seen")

    def test_gateways_that_may_not_be_read_are_no_proof_either(self) -> None:
        facts = {AWS_VPCS.id: (replace(VPC, unseen=("ec2:DescribeNatGateways",)),)}
        verdict = judged("network.egress-zero", facts=facts)
        assert (verdict.status, "may not be read" in verdict.evidence) == (Status.PASS, True)

    def test_what_is_not_known_is_said(self) -> None:
        answers = {"cluster.infrastructureName": "prod-east-x7k2p", "aws.region": "us-east-2"}
        verdict = judged("network.egress-zero", facts={CLUSTER_INFO.id: FactError("refused")}, answers=answers)
        assert verdict.evidence.endswith("whether there is a proxy is not known")


class TestDns:
    """``aws.vpc-dns``."""

    def test_attributes_that_may_not_be_read_are_not_off(self) -> None:
        vpc = replace(VPC, dns_support=False, dns_hostnames=False, unseen=("ec2:DescribeVpcAttribute",))
        assert judged("aws.vpc-dns", facts={AWS_VPCS.id: (vpc,)}).status is Status.UNKNOWN


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


class TestAccount:
    """What is found in the account and offered."""

    def test_clusters_by_what_carries_their_tag(self) -> None:
        other = replace(VPC, id="vpc-1", subnets=(replace(A, cluster=None, clusters=("staging-q9w8e", "test-a1b2c")),))
        found = account.clusters(situation({AWS_VPCS.id: (VPC, other)}))
        assert [(one.infrastructure, one.name, one.vpc_ids) for one in found] == [
            ("prod-east-x7k2p", "prod-east", (VPC.id,)),
            ("staging-q9w8e", None, ("vpc-1",)),
            ("test-a1b2c", None, ("vpc-1",)),
        ]

    def test_a_vpc_is_offered_with_the_clusters_in_it(self) -> None:
        (choice,) = offers.vpcs(situation())
        assert choice.note == "10.0.0.0/16, 3 subnets, ROSA cluster prod-east"

    def test_infrastructure_names_are_offered_when_the_cluster_is_out_of_reach(self) -> None:
        (choice,) = offers.infrastructures(situation({CLUSTER_INFO.id: FactError("refused")}))
        assert choice.value == "prod-east-x7k2p"

    def test_bastions_are_no_nodes(self) -> None:
        assert [one.name for one in account.bastions(situation())] == ["bastion"]
        badges = STRATEGIES["bastion-proxy"].card(situation()).badges
        assert [one.evidence for one in badges] == ["1 machine that SSM reaches: bastion"]
        assert STRATEGIES["bastion-proxy"].card(situation({AWS_MANAGED_INSTANCES.id: FactError("denied")})).badges == ()


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
