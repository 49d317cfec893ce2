"""The checks of the way to the server, and of what a pod saw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strategies.base import Status
from strategies.facts import (
    AWS_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    SERVER_ADDRESSES,
    SERVER_AUTHORITY,
    FactError,
    HostView,
    Instance,
    Listing,
    ListingState,
    NetworkAcl,
    Peering,
    Route,
    SecurityGroup,
    ServerAddresses,
)
from tests.fakes import EGRESS_SUBNET, EGRESS_VPC, SERVER_ADDRESS, healthy_facts
from tests.unit.private_server.judging import SEEN_INSIDE, advice, complete, healthy, inside, judged, over_ssh

HOST = "gitlab.acme.example"
FIRST, SECOND = "SHA256:" + 43 * "A", "SHA256:" + 43 * "B"


def at(address: str) -> dict[str, object]:
    """The server has this address, seen from here."""
    return {SERVER_ADDRESSES.id: ServerAddresses(HOST, (address,))}


def beyond(target: str) -> dict[str, object]:
    """The nodes' table leads 192.168.0.0/16 to ``target``, and the server is there."""
    routing = healthy(AWS_ROUTING)
    table = replace(routing.tables[0], routes=(*routing.tables[0].routes, Route("192.168.0.0/16", target)))
    return {AWS_ROUTING.id: replace(routing, tables=(table, *routing.tables[1:])), **at("192.168.4.7")}


def test_a_private_address_passes() -> None:
    assert judged("server.address", {**at(SERVER_ADDRESS), **inside()}).status is Status.PASS
    assert judged("server.address", {**at("100.64.3.1")}).status is Status.PASS


def test_a_public_address_fails_where_the_cluster_sees_it() -> None:
    seen = inside(HostView(HOST, ("13.52.5.96",)))
    found = judged("server.address", {**at(SERVER_ADDRESS), **seen})
    assert found.status is Status.FAIL
    assert "inside the cluster" in found.evidence
    assert judged("server.address", at("13.52.5.96")).status is Status.WARN, "the cluster may see another"
    assert judged("server.address", {**at("13.52.5.96"), **inside()}).status is Status.PASS
    assert judged("server.route", {**at(SERVER_ADDRESS), **seen}).status is Status.SKIPPED


def test_no_address_from_here_is_unknown() -> None:
    facts = {SERVER_ADDRESSES.id: ServerAddresses(HOST, why="through a proxy")}
    assert judged("server.address", facts).status is Status.UNKNOWN
    assert judged("server.route", facts).status is Status.UNKNOWN
    assert judged("server.ports", facts).status is Status.UNKNOWN


def test_the_nodes_own_vpc_and_a_peered_one() -> None:
    assert "own VPC" in judged("server.route").evidence
    peered = judged("server.route", at("10.1.1.30"))
    assert peered.status is Status.PASS
    assert "pcx-" in peered.evidence


def test_a_missing_route_fails_with_a_command() -> None:
    routing = healthy(AWS_ROUTING)
    tables = (replace(routing.tables[0], routes=routing.tables[0].routes[:1]), *routing.tables[1:])
    found = judged("server.route", {AWS_ROUTING.id: replace(routing, tables=tables), **at("10.1.1.30")})
    assert found.status is Status.FAIL
    assert found.remedy is not None
    assert "create-route" in (found.remedy.command or "")


@pytest.mark.parametrize("target", ["tgw-0a1b2c3d4e5f60718", "vgw-0a1b2c3d4e5f60718"])
def test_on_premises_is_told_as_found(target: str) -> None:
    found = judged("server.route", beyond(target))
    assert found.status is Status.PASS
    assert target in found.evidence
    assert "not seen here" in found.evidence
    assert judged("server.ports", beyond(target)).status is Status.PASS


def test_nowhere_is_no_way() -> None:
    found = judged("server.route", at("192.168.4.7"))
    assert found.status is Status.FAIL
    assert "no route to 192.168.4.7" in found.evidence


def test_a_peering_that_is_not_active_fails() -> None:
    routing = healthy(AWS_ROUTING)
    waiting = tuple(Peering(one.id, "pending-acceptance", one.vpc_ids) for one in routing.peerings)
    found = judged("server.route", {AWS_ROUTING.id: replace(routing, peerings=waiting), **at("10.1.1.30")})
    assert found.status is Status.FAIL


def test_a_group_of_the_machine_that_lets_nobody_in() -> None:
    group = SecurityGroup("sg-0f0f0f0f0f0f0f0f1", "git", EGRESS_VPC, ())
    machine = Instance("i-0f0f0f0f0f0f0f0f1", "git", EGRESS_VPC, EGRESS_SUBNET, "10.1.1.30", (group.id,))
    facts = {
        AWS_INSTANCES.id: (*healthy(AWS_INSTANCES), machine),
        AWS_SECURITY_GROUPS.id: (*healthy(AWS_SECURITY_GROUPS), group),
        **at("10.1.1.30"),
    }
    found = judged("server.ports", facts)
    assert found.status is Status.FAIL
    assert group.id in found.evidence


def test_nodes_that_are_let_out_nowhere() -> None:
    groups = tuple(replace(one, egress=()) if one.clusters else one for one in healthy(AWS_SECURITY_GROUPS))
    assert judged("server.ports", {AWS_SECURITY_GROUPS.id: groups}).status is Status.FAIL
    assert judged("server.ports").status is Status.PASS


def test_a_network_acl_in_the_way() -> None:
    acls = (*healthy(AWS_NETWORK_ACLS)[:1], NetworkAcl("acl-0e1b2c3d4e5f60718", (EGRESS_SUBNET,), ()))
    found = judged("server.ports", {AWS_NETWORK_ACLS.id: acls, **at("10.1.1.30")})
    assert found.status is Status.FAIL
    assert "acl-0e1b2c3d4e5f60718" in found.evidence


@pytest.mark.parametrize("fact", [AWS_ROUTING.id, AWS_SECURITY_GROUPS.id])
def test_a_right_that_is_missing_makes_one_check_unknown(fact: str) -> None:
    assert fact in healthy_facts()
    check = "server.route" if fact == AWS_ROUTING.id else "server.ports"
    assert judged(check, {fact: FactError("denied", "Ask.")}).status is Status.UNKNOWN


def listed(state: ListingState, **more: object) -> dict[str, object]:
    """A pod reached the server, and this is how the listing ended."""
    return inside(listing=Listing(state, **more))  # type: ignore[arg-type]  # as the test says


def test_what_a_pod_saw_of_port_and_certificate() -> None:
    assert judged("probe.server-tcp", inside()).status is Status.PASS
    assert judged("probe.server-tls", inside()).status is Status.PASS
    nameless = inside(HostView(HOST, name_error="Name or service not known"))
    assert judged("probe.server-tcp", nameless).status is Status.FAIL
    shut = inside(HostView(HOST, (SERVER_ADDRESS,), unreached={SERVER_ADDRESS: "timed out"}))
    assert judged("probe.server-tcp", shut).status is Status.FAIL
    assert judged("probe.server-tls", shut).status is Status.SKIPPED
    for own in (True, False):
        view = replace(SEEN_INSIDE, tls_error="unable to get local issuer", issuer="CN=Acme", own_authorities=own)
        found = judged("probe.server-tls", inside(view))
        assert found.status is Status.FAIL
        assert "CN=Acme" in found.evidence


def test_a_ca_that_this_machine_cannot_take_from_the_server_comes_in_a_file() -> None:
    view = replace(SEEN_INSIDE, tls_error="unable to get local issuer")
    found = judged("probe.server-tls", {**inside(view), SERVER_AUTHORITY.id: FactError("unreachable", "")})
    assert found.status is Status.FAIL
    assert "caFile" in advice(found)


def test_what_a_pod_saw_of_the_host_keys() -> None:
    view = HostView("gitea.acme.example", (SERVER_ADDRESS,), banner="SSH-2.0-Go", host_keys=(FIRST,))
    confirmed = over_ssh(private_server__server__host_keys=[FIRST])
    assert judged("probe.server-host-key", inside(view), confirmed).status is Status.PASS
    assert judged("probe.server-tls", inside(view), confirmed).status is Status.SKIPPED
    other = over_ssh(private_server__server__host_keys=[SECOND])
    assert judged("probe.server-host-key", inside(view), other).status is Status.FAIL
    none = replace(view, host_keys=(), ssh_error="no SSH server answers")
    assert judged("probe.server-host-key", inside(none), confirmed).status is Status.FAIL


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (listed(ListingState.NO_SECRET), Status.SKIPPED),
        (listed(ListingState.NO_PASSWORD), Status.WARN),
        (listed(ListingState.OTHER_URL), Status.WARN),
        (listed(ListingState.UNREACHED, error="reset"), Status.FAIL),
        (listed(ListingState.ANSWERED, status=200, references=3, revision_found=True), Status.PASS),
        (listed(ListingState.ANSWERED, status=200, references=3), Status.WARN),
        (listed(ListingState.ANSWERED, status=200), Status.WARN),
        (listed(ListingState.ANSWERED, status=401), Status.WARN),
        (listed(ListingState.ANSWERED, status=404), Status.WARN),
        (listed(ListingState.ANSWERED, status=301), Status.FAIL),
        (listed(ListingState.ANSWERED, status=503), Status.FAIL),
    ],
)
def test_how_the_listing_ends(facts: dict[str, object], status: Status) -> None:
    assert judged("probe.ls-remote", facts).status is status


def test_a_named_credential_that_is_refused_fails() -> None:
    answers = complete(private_server__credentials={"method": "token", "secret": "env:T"})
    assert judged("probe.ls-remote", listed(ListingState.ANSWERED, status=401), answers).status is Status.FAIL
