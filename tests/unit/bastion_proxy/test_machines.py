"""Which machines could be the proxy, and where one could be made: from the facts of the small world."""

from __future__ import annotations

from dataclasses import replace

from strategies.base import Situation
from strategies.bastion_proxy import machines
from strategies.bastion_proxy.card import card
from strategies.facts import (
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    FactError,
    FactKey,
    Facts,
    Ingress,
    Instance,
    Reading,
    SecurityGroup,
)
from tests.fakes import START, healthy_facts
from tests.unit.bastion_proxy.bastion_answers import complete, new


def situation(changes: dict[str, object] | None = None, *, made: bool = False) -> Situation:
    """The healthy world with some facts changed; an error takes a fact away."""
    found = {**healthy_facts(), **(changes or {})}
    readings = {
        name: Reading(None, value, START, 0.1) if isinstance(value, FactError) else Reading(value, None, START, 0.1)
        for name, value in found.items()
    }
    return Situation(new() if made else complete(), Facts(readings))


def instances(key: FactKey[tuple[Instance, ...]] = AWS_INSTANCES) -> list[Instance]:
    found = healthy_facts()[key.id]
    assert isinstance(found, tuple)
    return list(found)


def proxy() -> Instance:
    return next(one for one in instances() if one.id == "i-0c1b2c3d4e5f60010")


def test_machines_with_a_way_out_come_first_and_nodes_are_none() -> None:
    found = machines.candidates(situation())
    assert [(one.machine.name, one.way_out is not None) for one in found] == [("egress-proxy", True), ("bastion", False)]


def test_without_systems_manager_nothing_is_known() -> None:
    assert machines.candidates(situation({AWS_MANAGED_INSTANCES.id: FactError("denied")})) == ()


def test_what_is_suggested_fits_the_account() -> None:
    assert machines.suggested_method(situation()) == "instance"
    without = tuple(one for one in instances() if one.id != proxy().id)
    assert machines.suggested_method(situation({AWS_INSTANCES.id: without})) == "new"
    assert machines.suggested_method(situation({AWS_INSTANCES.id: FactError("denied")})) is None


def test_a_machine_of_ours_goes_on_being_the_one_that_was_made() -> None:
    ours = replace(
        proxy(), id="i-0d1b2c3d4e5f60020", name="ezgitops-prod-east-proxy", address="10.1.1.20", instance="prod-east"
    )
    world = situation({AWS_INSTANCES.id: (*instances(), ours)}, made=True)
    assert machines.suggested_method(world) == "new"
    assert machines.suggested_address(world) == "10.1.1.20"
    assert ours not in [one.machine for one in machines.candidates(world)]
    assert [one.evidence for one in card(world).badges] == ["ezgitops-prod-east-proxy was made for this instance"]


def test_a_free_address_is_suggested() -> None:
    taken = frozenset({"10.1.1.10", "10.1.1.11"})
    assert machines.suggested_address(situation({AWS_TAKEN_ADDRESSES.id: taken}, made=True)) == "10.1.1.12"
    assert machines.suggested_address(situation({AWS_TAKEN_ADDRESSES.id: FactError("denied")}, made=True)) is None


def test_a_rule_for_the_nodes_only_where_their_group_restricts_them() -> None:
    group = next(one for one in instances() if one.clusters).security_group_ids[0]
    narrow = SecurityGroup(group, "workers", "vpc-0a1b2c3d4e5f60718", (), egress=(Ingress("10.0.0.0/16", 443, 443),))
    wide = replace(narrow, egress=(Ingress("0.0.0.0/0", 0, 65535),))
    ours = replace(narrow, egress=(Ingress("10.0.0.0/16", 443, 443), Ingress("10.1.1.10/32", 3128, 3128)))
    assert machines.restricting_group(situation({AWS_SECURITY_GROUPS.id: (narrow,)})) == group
    assert machines.restricting_group(situation({AWS_SECURITY_GROUPS.id: (ours,)})) == group
    assert machines.restricting_group(situation({AWS_SECURITY_GROUPS.id: (wide,)})) is None
    assert machines.restricting_group(situation({AWS_SECURITY_GROUPS.id: (replace(narrow, egress=None),)})) is None


def test_the_card_names_what_could_be_the_proxy() -> None:
    assert [one.evidence for one in card(situation()).badges] == ["1 machine with a way out: egress-proxy"]
    without = tuple(one for one in instances() if one.id != proxy().id)
    told = [one.evidence for one in card(situation({AWS_INSTANCES.id: without})).badges]
    assert told[0] == "1 machine that SSM reaches, none with a way out"
    assert told[1].startswith("one can be made in")
