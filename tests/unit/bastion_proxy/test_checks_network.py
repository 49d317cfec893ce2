"""Checks of the machine and its ways: what each says of what was read, and what it offers to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from strategies.base import Status, Verdict
from strategies.facts import (
    AWS_ENDPOINTS,
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_PROXY_AGENT,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    AclRule,
    FactError,
    Ingress,
    ManagedInstance,
    ManagedInstances,
    Peering,
    Route,
    Routing,
)
from tests.fakes import EGRESS_SUBNET, EGRESS_VPC, PEERING, PROXY_GROUP, PROXY_MACHINE, PUBLIC_SUBNET
from tests.unit.bastion_proxy.bastion_answers import new
from tests.unit.bastion_proxy.judging import BY_ID, changed, edits, healthy, judged, situation

BASTION = "i-0b1b2c3d4e5f60009"
IN_THE_VPC: dict[str, object] = {
    "bastion_proxy__instance__id": BASTION,
    "bastion_proxy__proxy__url": "http://10.0.2.5:3128",
    "bastion_proxy__network__proxy_group_id": "sg-0ba5ba5ba5ba5ba5b",
}
FREE: dict[str, object] = {AWS_TAKEN_ADDRESSES.id: frozenset({"10.1.1.10", "10.1.1.30"})}
WORKERS = "sg-0d0d0d0d0d0d0d0d0"
HOME = "vpc-0a1b2c3d4e5f60718"
DENIED = FactError("the credentials may not call ec2:DescribeRouteTables", "Ask for it.")
USE_THE_PROXY = {
    "bastionProxy.proxy.method": "instance",
    "bastionProxy.instance.id": PROXY_MACHINE,
    "bastionProxy.proxy.url": "http://10.1.1.10:3128",
    "bastionProxy.network.proxyGroupId": PROXY_GROUP,
}


def judged_new(check: str, facts: dict[str, object] | None = None, **answers: object) -> Verdict:
    return BY_ID[check].judge(situation(facts, new(**answers)))


def routes(table: str, *routes: Route, gone: tuple[Route, ...] = ()) -> dict[str, object]:
    """The table holds these routes and no others."""
    routing = healthy(AWS_ROUTING)
    tables = tuple(replace(one, routes=routes, blackholes=gone) if one.id == table else one for one in routing.tables)
    return {AWS_ROUTING.id: replace(routing, tables=tables)}


def peering(state: str) -> dict[str, object]:
    return {AWS_ROUTING.id: replace(healthy(AWS_ROUTING), peerings=(Peering(PEERING, state, (HOME, EGRESS_VPC)),))}


@pytest.mark.parametrize("check", ["proxy.instance", "proxy.ssm", "proxy.way-out", "proxy.route", "proxy.ports"])
class TestEvery:
    """What holds for each of them."""

    def test_it_passes_in_the_healthy_world(self, check: str) -> None:
        verdict = judged(check)
        assert verdict.status is Status.PASS, verdict

    def test_it_passes_for_a_machine_that_is_made(self, check: str) -> None:
        facts = {AWS_TAKEN_ADDRESSES.id: frozenset(), AWS_PROXY_AGENT.id: None}
        verdict = judged_new(check, facts, bastion_proxy__proxy__url="http://10.1.1.20:3128")
        assert verdict.status is Status.PASS, verdict

    def test_a_proxy_of_somebody_else_is_not_looked_at_in_aws(self, check: str) -> None:
        nothing = dict.fromkeys((AWS_ROUTING.id, AWS_NETWORK_ACLS.id, AWS_PROXY_AGENT.id))
        verdict = judged(check, nothing, bastion_proxy__proxy__method="existing")
        assert (verdict.status, "somebody else's" in verdict.evidence) == (Status.SKIPPED, True)


class TestInstance:
    """``proxy.instance``: the machine is there and can be the one."""

    def test_it_is_named_with_what_it_is(self) -> None:
        evidence = judged("proxy.instance").evidence
        assert evidence == f"egress-proxy ({PROXY_MACHINE}), t4g.nano, running at 10.1.1.10"

    def test_one_that_is_stopped_is_started_by_hand(self) -> None:
        verdict = judged("proxy.instance", changed(AWS_INSTANCES, PROXY_MACHINE, state="stopped"))
        assert verdict.status is Status.FAIL
        assert verdict.evidence == f"egress-proxy ({PROXY_MACHINE}) is stopped"
        assert verdict.remedy is not None
        assert verdict.remedy.command is not None
        assert verdict.remedy.command.startswith(f"aws ec2 start-instances --instance-ids {PROXY_MACHINE}")
        assert verdict.remedy.mend is None

    def test_none_is_chosen(self) -> None:
        verdict = judged("proxy.instance", bastion_proxy__instance__id=None)
        assert (verdict.status, edits(verdict)) == (Status.FAIL, USE_THE_PROXY)

    def test_there_is_none_of_that_id(self) -> None:
        verdict = judged("proxy.instance", bastion_proxy__instance__id="i-0123456789abcdef0")
        assert (verdict.status, "no machine i-0123456789abcdef0" in verdict.evidence) == (Status.FAIL, True)

    def test_a_node_is_none(self) -> None:
        verdict = judged("proxy.instance", bastion_proxy__instance__id="i-0a1b2c3d4e5f60001")
        assert verdict.status is Status.FAIL
        assert verdict.evidence.endswith("is a node of prod-east-x7k2p")

    def test_the_url_names_another_address(self) -> None:
        verdict = judged("proxy.instance", bastion_proxy__proxy__url="http://10.1.1.99:8080")
        assert (verdict.status, edits(verdict)) == (Status.FAIL, {"bastionProxy.proxy.url": "http://10.1.1.10:8080"})

    def test_one_of_another_instance_is_a_warning(self) -> None:
        verdict = judged("proxy.instance", changed(AWS_INSTANCES, PROXY_MACHINE, instance="staging"))
        assert (verdict.status, "the instance staging" in verdict.evidence) == (Status.WARN, True)

    def test_what_may_not_be_read_is_unknown(self) -> None:
        assert judged("proxy.instance", {AWS_INSTANCES.id: DENIED}).status is Status.UNKNOWN

    def test_one_that_was_made_and_stopped_is_started_by_the_plan(self) -> None:
        facts = changed(AWS_INSTANCES, PROXY_MACHINE, instance="prod-east", state="stopped")
        verdict = judged_new("proxy.instance", facts)
        assert (verdict.status, verdict.evidence.endswith("is stopped: the plan starts it")) == (Status.PASS, True)


class TestSsm:
    """``proxy.ssm``: Run Command reaches it."""

    def test_what_it_runs_is_told(self) -> None:
        assert judged("proxy.ssm").evidence.endswith("is online: Amazon Linux 2023, agent 3.3.2299.0")

    def test_an_agent_that_is_silent(self) -> None:
        agent = ManagedInstance(PROXY_MACHINE, "ConnectionLost", last_ping=datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
        verdict = judged("proxy.ssm", {AWS_PROXY_AGENT.id: agent})
        assert verdict.status is Status.FAIL
        assert "says ConnectionLost of egress-proxy" in verdict.evidence
        assert "2026-11-23 09:30 UTC" in verdict.evidence
        assert verdict.remedy is not None
        assert "amazon-ssm-agent" in verdict.remedy.text

    def test_a_machine_it_never_heard_of_may_lack_a_profile(self) -> None:
        verdict = judged("proxy.ssm", {AWS_PROXY_AGENT.id: ManagedInstance(PROXY_MACHINE)})
        assert (verdict.status, "no instance profile" in verdict.evidence) == (Status.FAIL, True)
        assert verdict.remedy is not None
        assert "associate-iam-instance-profile" in (verdict.remedy.command or "")
        with_profile = changed(AWS_INSTANCES, PROXY_MACHINE, profile="proxies")
        verdict = judged("proxy.ssm", {**with_profile, AWS_PROXY_AGENT.id: ManagedInstance(PROXY_MACHINE)})
        assert "its instance profile is proxies" in verdict.evidence

    def test_without_a_way_out_the_missing_endpoints_are_named(self) -> None:
        facts = {AWS_PROXY_AGENT.id: ManagedInstance(BASTION)}
        verdict = judged("proxy.ssm", facts, **IN_THE_VPC)
        assert verdict.remedy is not None
        assert "no endpoint ssm and ssmmessages" in verdict.remedy.text
        assert edits(verdict) == USE_THE_PROXY
        there = healthy(AWS_ENDPOINTS)
        sts = next(one for one in there if one.service.endswith(".sts"))
        more = [replace(sts, service=f"com.amazonaws.us-east-2.{name}") for name in ("ssm", "ssmmessages")]
        verdict = judged("proxy.ssm", {**facts, AWS_ENDPOINTS.id: (*there, *more)}, **IN_THE_VPC)
        assert verdict.remedy is not None
        assert "no endpoint" not in verdict.remedy.text

    def test_squid_is_not_put_on_windows(self) -> None:
        agent = ManagedInstance(PROXY_MACHINE, "Online", "Microsoft Windows Server 2022", "Windows")
        verdict = judged("proxy.ssm", {AWS_PROXY_AGENT.id: agent})
        assert (verdict.status, "Windows Server 2022" in verdict.evidence) == (Status.FAIL, True)

    def test_a_denied_reading_is_unknown(self) -> None:
        for fact in (AWS_PROXY_AGENT.id, AWS_INSTANCES.id):
            assert judged("proxy.ssm", {fact: DENIED}).status is Status.UNKNOWN
        assert judged_new("proxy.ssm", {AWS_INSTANCES.id: DENIED}).status is Status.UNKNOWN


class TestWayOut:
    """``proxy.way-out``: a VPC without a way out holds no proxy."""

    def test_a_bastion_in_the_cluster_s_own_vpc_cannot_be_a_proxy(self) -> None:
        verdict = judged("proxy.way-out", **IN_THE_VPC)
        assert verdict.status is Status.FAIL
        assert "cannot be a proxy: rtb-0a1b2c3d4e5f60718 has no default route" in verdict.evidence
        assert verdict.remedy is not None
        assert f"Use a machine that has a way out: egress-proxy ({PROXY_MACHINE})" in verdict.remedy.text
        assert edits(verdict) == USE_THE_PROXY

    def test_without_another_machine_one_can_be_made(self) -> None:
        facts = {AWS_MANAGED_INSTANCES.id: ManagedInstances({BASTION: "Amazon Linux 2023"})}
        verdict = judged("proxy.way-out", facts, **IN_THE_VPC)
        assert verdict.remedy is not None
        assert verdict.remedy.mend is None
        assert f"Let one be made (bastionProxy.proxy.method: new): {EGRESS_SUBNET} of egress-vpc" in verdict.remedy.text
        assert "corporate proxy" in verdict.remedy.text

    def test_without_any_way_out_it_is_said_what_could_be_a_proxy(self) -> None:
        facts = {AWS_VPCS.id: healthy(AWS_VPCS)[:1]}
        verdict = judged("proxy.way-out", facts, **IN_THE_VPC)
        assert verdict.remedy is not None
        assert verdict.remedy.text.startswith("What can be one: a machine in another VPC with a way out")

    def test_a_nat_gateway_that_is_gone(self) -> None:
        default = Route("0.0.0.0/0", "nat-0e1b2c3d4e5f60718")
        verdict = judged("proxy.way-out", routes("rtb-0e0e0e0e0e0e0e0e1", gone=(default,)))
        assert (verdict.status, "which is gone" in verdict.evidence) == (Status.FAIL, True)

    def test_a_transit_gateway_is_a_way_whose_end_is_not_seen(self) -> None:
        verdict = judged("proxy.way-out", routes("rtb-0e0e0e0e0e0e0e0e1", Route("0.0.0.0/0", "tgw-1")))
        assert (verdict.status, "the machine itself will say" in verdict.evidence) == (Status.PASS, True)

    def test_routes_that_may_not_be_read(self) -> None:
        assert judged("proxy.way-out", {AWS_ROUTING.id: DENIED}).status is Status.UNKNOWN
        assert judged("proxy.way-out", {AWS_ROUTING.id: Routing(())}).status is Status.UNKNOWN

    def test_a_machine_that_is_made_gets_no_public_address(self) -> None:
        verdict = judged_new("proxy.way-out", bastion_proxy__instance__subnet_id=PUBLIC_SUBNET)
        assert (verdict.status, "no public address" in verdict.evidence) == (Status.FAIL, True)
        assert verdict.remedy is not None
        assert "Use a machine that has a way out" in verdict.remedy.text


class TestRoute:
    """``proxy.route``: from every node to the proxy, and back."""

    def test_both_ways_are_told(self) -> None:
        assert judged("proxy.route").evidence == (
            f"rtb-0a1b2c3d4e5f60718 sends 10.1.0.0/16 to {PEERING}; back, rtb-0e0e0e0e0e0e0e0e1 sends 10.0.0.0/16 to {PEERING}"
        )

    def test_in_one_vpc_there_is_nothing_to_route(self) -> None:
        assert judged("proxy.route", **IN_THE_VPC).evidence == f"the proxy is in the nodes' own VPC, {HOME}"

    def test_no_route_there(self) -> None:
        verdict = judged("proxy.route", routes("rtb-0a1b2c3d4e5f60718", Route("10.0.0.0/16", "local")))
        assert verdict.status is Status.FAIL
        assert verdict.evidence.startswith("no way to the proxy: rtb-0a1b2c3d4e5f60718 has no route to 10.1.1.10")
        assert verdict.remedy is not None
        assert verdict.remedy.command is not None
        assert verdict.remedy.command.startswith(
            "aws ec2 create-route --route-table-id rtb-0a1b2c3d4e5f60718 --destination-cidr-block 10.1.0.0/16 "
            f"--vpc-peering-connection-id {PEERING}"
        )

    def test_no_route_back(self) -> None:
        verdict = judged("proxy.route", routes("rtb-0e0e0e0e0e0e0e0e1", Route("10.1.0.0/16", "local")))
        assert verdict.status is Status.FAIL
        assert verdict.evidence.startswith("no way back from the proxy: rtb-0e0e0e0e0e0e0e0e1 has no route to 10.0.")
        assert verdict.remedy is not None
        assert "--destination-cidr-block 10.0.0.0/16" in (verdict.remedy.command or "")

    def test_a_route_that_leads_nowhere_is_replaced(self) -> None:
        gone = (Route("10.1.0.0/16", "pcx-old"),)
        verdict = judged("proxy.route", routes("rtb-0a1b2c3d4e5f60718", Route("10.0.0.0/16", "local"), gone=gone))
        assert verdict.remedy is not None
        assert (verdict.remedy.command or "").startswith("aws ec2 replace-route")

    def test_a_peering_connection_that_nobody_accepted(self) -> None:
        verdict = judged("proxy.route", peering("pending-acceptance"))
        assert (verdict.status, "which is pending-acceptance" in verdict.evidence) == (Status.FAIL, True)
        assert verdict.remedy is not None
        assert (verdict.remedy.command or "").startswith("aws ec2 accept-vpc-peering-connection")

    def test_two_vpcs_that_nothing_ties(self) -> None:
        routing = replace(healthy(AWS_ROUTING), peerings=())
        tables = tuple(replace(one, routes=one.routes[:1]) for one in routing.tables)
        verdict = judged("proxy.route", {AWS_ROUTING.id: replace(routing, tables=tables)})
        assert verdict.remedy is not None
        assert (verdict.remedy.command or "").startswith("aws ec2 create-vpc-peering-connection")

    def test_the_other_end_of_a_transit_gateway_is_not_seen(self) -> None:
        facts = routes("rtb-0a1b2c3d4e5f60718", Route("10.0.0.0/16", "local"), Route("10.0.0.0/8", "tgw-1"))
        verdict = judged("proxy.route", facts)
        assert (verdict.status, "the cluster itself will say" in verdict.evidence) == (Status.PASS, True)

    def test_peering_connections_that_may_not_be_read(self) -> None:
        routing = replace(healthy(AWS_ROUTING), peerings=(), unseen=("ec2:DescribeVpcPeeringConnections",))
        assert judged("proxy.route", {AWS_ROUTING.id: routing}).status is Status.UNKNOWN

    def test_while_no_node_is_found_the_cluster_s_subnets_stand_for_them(self) -> None:
        facts = {AWS_INSTANCES.id: tuple(one for one in healthy(AWS_INSTANCES) if not one.clusters)}
        assert judged("proxy.route", facts).status is Status.PASS


class TestPorts:
    """``proxy.ports``: groups and network ACLs, with what the plan adds."""

    def workers(self, *rules: Ingress) -> dict[str, object]:
        return changed(AWS_SECURITY_GROUPS, WORKERS, egress=rules)

    def before(self, subnet: str, *rules: AclRule) -> dict[str, object]:
        acls = healthy(AWS_NETWORK_ACLS)
        return {AWS_NETWORK_ACLS.id: tuple(replace(one, rules=rules) if subnet in one.subnet_ids else one for one in acls)}

    def test_what_the_plan_adds_is_said(self) -> None:
        assert judged("proxy.ports").evidence == (
            f"the nodes' groups let port 3128 out; the plan lets 10.0.0.0/16 in on port 3128 by a rule in {PROXY_GROUP}; "
            "no network ACL is in the way"
        )

    def test_a_group_that_lets_them_in_already(self) -> None:
        facts = changed(AWS_SECURITY_GROUPS, PROXY_GROUP, ingress=(Ingress(WORKERS, 3128, 3128),))
        assert f"{PROXY_GROUP} lets them in" in judged("proxy.ports", facts).evidence

    def test_a_closed_group_that_is_left_closed(self) -> None:
        verdict = judged("proxy.ports", bastion_proxy__network__proxy_rule="leave")
        assert verdict.status is Status.FAIL
        assert f"{PROXY_GROUP} of egress-proxy ({PROXY_MACHINE}) does not let 10.0.1.17 in on port 3128" in verdict.evidence
        assert edits(verdict) == {
            "bastionProxy.network.proxyRule": "add",
            "bastionProxy.network.proxyGroupId": PROXY_GROUP,
        }

    def test_a_rule_in_a_group_that_the_machine_does_not_have_opens_nothing(self) -> None:
        verdict = judged("proxy.ports", bastion_proxy__network__proxy_group_id="sg-0123456789abcdef0")
        assert (verdict.status, "is none of its groups" in verdict.evidence) == (Status.FAIL, True)

    def test_workers_that_are_held_in(self) -> None:
        verdict = judged("proxy.ports", self.workers(Ingress("10.0.0.0/16", 443, 443)))
        assert verdict.status is Status.FAIL
        assert verdict.evidence == f"{WORKERS} of the nodes does not let port 3128 out"
        assert edits(verdict) == {"bastionProxy.network.workerRule": "add", "bastionProxy.network.workerGroupId": WORKERS}

    def test_the_plan_lets_workers_out(self) -> None:
        facts = self.workers(Ingress("10.0.0.0/16", 443, 443))
        verdict = judged("proxy.ports", facts, bastion_proxy__network__worker_group_id=WORKERS)
        assert verdict.status is Status.PASS
        assert f"the plan lets the nodes out to 10.1.1.10 on port 3128 by a rule in {WORKERS}" in verdict.evidence

    def test_a_prefix_list_is_not_looked_into(self) -> None:
        assert judged("proxy.ports", self.workers(Ingress("pl-1", 0, 65535))).status is Status.UNKNOWN

    def test_groups_that_are_not_told(self) -> None:
        facts = changed(AWS_SECURITY_GROUPS, WORKERS, egress=None)
        assert judged("proxy.ports", facts).status is Status.UNKNOWN

    def test_nodes_with_addresses_that_the_plan_does_not_let_in(self) -> None:
        verdict = judged("proxy.ports", cluster__machine_cidrs=["10.0.0.0/20"])
        assert (verdict.status, "nodes have other addresses: 10.0.17.42" in verdict.evidence) == (Status.FAIL, True)

    def test_a_network_acl_in_the_way(self) -> None:
        rules = (AclRule(100, True, False, "0.0.0.0/0", 443, 443), AclRule(100, True, True, "0.0.0.0/0", 0, 65535))
        verdict = judged("proxy.ports", self.before(EGRESS_SUBNET, *rules))
        assert verdict.status is Status.FAIL
        assert f"before {EGRESS_SUBNET} does not let in from 10.0.1.17 on port 3128" in verdict.evidence
        assert verdict.remedy is not None
        assert "describe-network-acls" in (verdict.remedy.command or "")

    def test_network_acls_that_may_not_be_read(self) -> None:
        assert judged("proxy.ports", {AWS_NETWORK_ACLS.id: DENIED}).status is Status.UNKNOWN
        closed = {AWS_NETWORK_ACLS.id: DENIED, **self.workers()}
        assert judged("proxy.ports", closed).status is Status.FAIL


class TestSubnet:
    """``proxy.subnet``: where a machine is made."""

    def at(self, address: str, facts: dict[str, object] | None = None, **answers: object) -> Verdict:
        url = f"http://{address}:3128"
        return judged_new("proxy.subnet", facts or FREE, bastion_proxy__proxy__url=url, **answers)

    def test_nothing_is_asked_where_none_is_made(self) -> None:
        assert judged("proxy.subnet").status is Status.SKIPPED

    def test_a_free_address(self) -> None:
        verdict = self.at("10.1.1.20")
        assert verdict.evidence == f"10.1.1.20 of 10.1.1.0/24 is free in {EGRESS_SUBNET} (us-east-2a)"
        assert verdict.status is Status.PASS

    @pytest.mark.parametrize(
        ("address", "says"),
        [
            ("10.1.1.10", f"10.1.1.10 is taken by egress-proxy ({PROXY_MACHINE})"),
            ("10.1.1.30", "10.1.1.30 is taken"),
            ("10.1.2.10", "10.1.2.10 does not lie in 10.1.1.0/24"),
            ("10.1.1.3", "AWS keeps 10.1.1.3 of 10.1.1.0/24 for itself"),
            ("10.1.1.255", "AWS keeps 10.1.1.255 of 10.1.1.0/24 for itself"),
        ],
    )
    def test_an_address_that_cannot_be_had(self, address: str, says: str) -> None:
        verdict = self.at(address)
        assert (verdict.status, verdict.evidence) == (Status.FAIL, says)
        assert verdict.remedy is not None
        assert "is free." in verdict.remedy.text

    def test_our_own_machine_keeps_its_address(self) -> None:
        facts = {**FREE, **changed(AWS_INSTANCES, PROXY_MACHINE, instance="prod-east")}
        assert self.at("10.1.1.10", facts).status is Status.PASS

    def test_a_subnet_that_is_not_there(self) -> None:
        strange = "subnet-0123456789abcdef0"
        verdict = self.at("10.1.1.20", bastion_proxy__instance__subnet_id=strange)
        assert (verdict.status, verdict.evidence) == (Status.FAIL, f"there is no subnet {strange}")
        none = self.at("10.1.1.20", bastion_proxy__instance__subnet_id=None)
        assert (none.status, none.evidence) == (Status.FAIL, "no subnet is chosen for it")

    def test_a_subnet_of_another_vpc(self) -> None:
        verdict = self.at("10.1.1.20", bastion_proxy__instance__vpc_id=HOME)
        assert (verdict.status, f"is in {EGRESS_VPC}, not in {HOME}" in verdict.evidence) == (Status.FAIL, True)

    def test_addresses_that_may_not_be_read(self) -> None:
        assert self.at("10.1.1.20", {AWS_TAKEN_ADDRESSES.id: DENIED}).status is Status.UNKNOWN
