"""The checks of the cluster's VPC: what each says of what was read, and what it offers to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Status
from strategies.common import account, effective, offers
from strategies.facts import (
    AWS_INSTANCES,
    AWS_VPCS,
    CLUSTER_INFO,
    ClusterInfo,
    FactError,
    Subnet,
)
from tests.unit.strategies.network_facts import (
    HEALTHY,
    STRANGE,
    UNSEEN,
    VPC,
    A,
    B,
    C,
    edits,
    untagged,
    with_subnets,
)
from tests.unit.strategies.test_checks import judged, situation


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
        only = {**facts, AWS_VPCS.id: (VPC,)}
        assert judged("cluster.home", facts=only, answers={"aws.region": "us-east-2"}).status is Status.UNKNOWN


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
        assert [choice.note for choice in offers.vpcs(situation())] == [
            "10.0.0.0/16, 3 subnets, ROSA cluster prod-east",
            "10.1.0.0/16, 2 subnets",
        ]

    def test_infrastructure_names_are_offered_when_the_cluster_is_out_of_reach(self) -> None:
        (choice,) = offers.infrastructures(situation({CLUSTER_INFO.id: FactError("refused")}))
        assert choice.value == "prod-east-x7k2p"
