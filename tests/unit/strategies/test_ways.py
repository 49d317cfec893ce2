"""Routes, network ACLs and security groups, judged in tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.common.ways import Leads, Place, acl_refusal, group_lets, way, way_out
from strategies.facts import AclRule, Ingress, NetworkAcl, Peering, Route, RouteTable, Routing, SecurityGroup, Subnet
from tests.fakes import ANY_TRAFFIC, EGRESS_SUBNET, EGRESS_VPC, PEERING, healthy_routing

HOME = "vpc-0a1b2c3d4e5f60718"
NODE = Place("10.0.1.17", "subnet-0aaaaaaaaaaaaaaaa", HOME)
PROXY = Place("10.1.1.10", EGRESS_SUBNET, EGRESS_VPC)
ROUTING = healthy_routing(HOME, (NODE.subnet_id,))
LOCAL = Route("10.0.0.0/16", "local")
PEERED = (Peering(PEERING, "active", (HOME, EGRESS_VPC)),)


def routed(*routes: Route, gone: tuple[Route, ...] = (), peerings: tuple[Peering, ...] = PEERED) -> Routing:
    """The node's table holds ``routes`` beside the local one."""
    return Routing((RouteTable("rtb-1", HOME, (NODE.subnet_id,), (LOCAL, *routes), gone),), peerings)


def test_there_and_back_in_the_healthy_world() -> None:
    assert (way(ROUTING, NODE, PROXY).leads, way(ROUTING, PROXY, NODE).leads) == (Leads.OPEN, Leads.OPEN)


@pytest.mark.parametrize(
    ("routing", "leads", "says"),
    [
        (routed(), Leads.SHUT, "rtb-1 has no route to 10.1.1.10"),
        (routed(Route("10.1.0.0/16", PEERING)), Leads.OPEN, f"sends 10.1.0.0/16 to {PEERING}"),
        (routed(Route("10.1.0.0/16", "tgw-1")), Leads.BEYOND, "tgw-1, a transit gateway"),
        (routed(Route("10.0.0.0/8", "vgw-1")), Leads.BEYOND, "sends 10.0.0.0/8 to vgw-1, a virtual private gateway"),
        (routed(Route("0.0.0.0/0", "igw-1")), Leads.SHUT, "carries no private addresses"),
        (routed(Route("0.0.0.0/0", "nat-1")), Leads.BEYOND, "whose own routes decide"),
        (routed(Route("10.1.1.10/32", "eni-1"), Route("10.1.0.0/16", PEERING)), Leads.BEYOND, "eni-1, a network interface"),
        (routed(Route("10.1.0.0/16", "strange-1")), Leads.BEYOND, "which is not known here"),
        (routed(Route("pl-1", "tgw-1")), Leads.UNSEEN, "a prefix list, pl-1"),
        (routed(Route("pl-1", "vpce-1")), Leads.SHUT, "no route"),
        (routed(gone=(Route("10.1.0.0/16", PEERING),)), Leads.SHUT, "which is gone"),
        (routed(Route("10.0.0.0/8", "tgw-1"), gone=(Route("10.1.0.0/16", PEERING),)), Leads.SHUT, "10.1.0.0/16"),
        (routed(Route("10.1.0.0/16", PEERING), gone=(Route("10.0.0.0/8", "tgw-1"),)), Leads.OPEN, PEERING),
        (routed(Route("10.1.0.0/16", "local")), Leads.SHUT, "has that range itself"),
        (routed(Route("10.1.0.0/16", PEERING), peerings=()), Leads.UNSEEN, "may not be looked at"),
        (
            routed(Route("10.1.0.0/16", PEERING), peerings=(Peering(PEERING, "pending-acceptance", (HOME, EGRESS_VPC)),)),
            Leads.SHUT,
            "which is pending-acceptance",
        ),
        (
            routed(Route("10.1.0.0/16", PEERING), peerings=(Peering(PEERING, "active", (HOME, "vpc-9")),)),
            Leads.SHUT,
            "leads to vpc-9 and no further",
        ),
        (Routing(()), Leads.UNSEEN, "not to be seen"),
    ],
)
def test_where_a_table_leads(routing: Routing, leads: Leads, says: str) -> None:
    found = way(routing, NODE, PROXY)
    assert (found.leads, says in found.says) == (leads, True), found.says
    assert found.bad is (leads is Leads.SHUT)


def test_inside_a_vpc_the_local_route_leads() -> None:
    assert way(ROUTING, NODE, Place("10.0.2.5", NODE.subnet_id, HOME)).leads is Leads.OPEN


SUBNET = Subnet(EGRESS_SUBNET, "us-east-2a", "10.1.1.0/24", 250, "", True)


def leaving(target: str | None, *, gone: bool = False) -> Routing:
    default = () if target is None else (Route("0.0.0.0/0", target),)
    table = RouteTable("rtb-2", EGRESS_VPC, (EGRESS_SUBNET,), () if gone else default, default if gone else ())
    return Routing((table,))


@pytest.mark.parametrize(
    ("target", "public", "leads", "says"),
    [
        (None, None, Leads.SHUT, "rtb-2 has no default route"),
        ("nat-1", None, Leads.OPEN, "leads to nat-1"),
        ("igw-1", "203.0.113.9", Leads.OPEN, "leads to igw-1"),
        ("igw-1", None, Leads.SHUT, "no public address"),
        ("pcx-1", None, Leads.SHUT, "carries nothing to the internet"),
        ("tgw-1", None, Leads.BEYOND, "a transit gateway"),
        ("vpce-1", None, Leads.BEYOND, "a firewall"),
    ],
)
def test_the_way_out_of_a_subnet(target: str | None, public: str | None, leads: Leads, says: str) -> None:
    found = way_out(leaving(target), SUBNET, public)
    assert (found.leads, says in found.says) == (leads, True), found.says


def test_a_default_route_whose_target_is_gone_is_none() -> None:
    found = way_out(leaving("nat-1", gone=True), SUBNET, None)
    assert (found.leads, found.says) == (Leads.SHUT, "the default route of rtb-2 leads to nat-1, which is gone")
    assert way_out(Routing(()), SUBNET, None).leads is Leads.UNSEEN


def before(*rules: AclRule, subnet: str = EGRESS_SUBNET) -> tuple[NetworkAcl, ...]:
    return (NetworkAcl("acl-1", (subnet,), rules),)


IN, OUT = False, True
ALL_IN, ALL_OUT = ANY_TRAFFIC
ANSWERS = AclRule(100, True, OUT, "10.0.0.0/16", 1024, 65535)


@pytest.mark.parametrize(
    ("acls", "refused"),
    [
        ((), None),
        (before(ALL_IN, ALL_OUT), None),
        (before(AclRule(100, True, IN, "10.0.0.0/16", 3128, 3128), ANSWERS), None),
        (before(AclRule(100, True, IN, "10.0.0.0/16", 443, 443), ANSWERS), "in from 10.0.1.17 on port 3128"),
        (before(AclRule(90, False, IN, "10.0.1.0/24", 3128, 3128), ALL_IN, ALL_OUT), "in from 10.0.1.17 on port 3128"),
        (before(ALL_IN, AclRule(110, False, IN, "10.0.1.0/24", 3128, 3128), ALL_OUT), None),
        (before(ALL_IN), "the answers out to 10.0.1.17 on ports 32768-60999"),
        (before(ALL_IN, AclRule(100, True, OUT, "0.0.0.0/0", 1024, 50000)), "the answers out to 10.0.1.17"),
        (
            before(
                ALL_IN, AclRule(100, True, OUT, "0.0.0.0/0", 1024, 50000), AclRule(101, True, OUT, "0.0.0.0/0", 50001, 65535)
            ),
            None,
        ),
        (before(ALL_IN, AclRule(90, False, OUT, "0.0.0.0/0", 40000, 40000), ALL_OUT), "the answers out to 10.0.1.17"),
        (before(ALL_IN, subnet=NODE.subnet_id), "out to 10.1.1.10 on port 3128"),
        (before(ALL_OUT, subnet=NODE.subnet_id), "the answers in from 10.1.1.10"),
    ],
)
def test_network_acls_there_and_back(acls: tuple[NetworkAcl, ...], refused: str | None) -> None:
    found = acl_refusal(acls, NODE, PROXY, 3128)
    assert (found is None) is (refused is None), found
    assert found is None or refused is None or refused in found


def test_inside_of_one_subnet_no_acl_is_asked() -> None:
    assert acl_refusal(before(subnet=NODE.subnet_id), NODE, replace(NODE, address="10.0.2.5"), 3128) is None


def group(*rules: Ingress, outbound: bool = False) -> SecurityGroup:
    return SecurityGroup("sg-1", "one", HOME, () if outbound else rules, (), rules if outbound else None)


@pytest.mark.parametrize(
    ("rules", "leads"),
    [
        ((), Leads.SHUT),
        ((Ingress("10.0.0.0/16", 3128, 3128),), Leads.OPEN),
        ((Ingress("10.0.0.0/16", 443, 443),), Leads.SHUT),
        ((Ingress("10.9.0.0/16", 0, 65535),), Leads.SHUT),
        ((Ingress("sg-workers", 3000, 4000),), Leads.OPEN),
        ((Ingress("sg-others", 3000, 4000),), Leads.SHUT),
        ((Ingress("pl-1", 3128, 3128),), Leads.UNSEEN),
        ((Ingress("pl-1", 3128, 3128), Ingress("0.0.0.0/0", 0, 65535)), Leads.OPEN),
    ],
)
def test_what_a_group_lets_through(rules: tuple[Ingress, ...], leads: Leads) -> None:
    for outbound in (False, True):
        found = group_lets([group(*rules, outbound=outbound)], "10.0.1.17", {"sg-workers"}, 3128, outbound=outbound)
        assert found is leads


def test_one_of_several_groups_is_enough_and_rules_that_are_not_told_are_not_seen() -> None:
    shut, opened = group(outbound=True), group(Ingress("10.0.0.0/16", 0, 65535), outbound=True)
    assert group_lets([shut, opened], "10.0.1.17", (), 3128, outbound=True) is Leads.OPEN
    assert group_lets([replace(shut, egress=None)], "10.0.1.17", (), 3128, outbound=True) is Leads.UNSEEN
    assert group_lets([], "10.0.1.17", (), 3128, outbound=True) is Leads.SHUT
