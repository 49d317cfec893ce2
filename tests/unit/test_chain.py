"""The longest chain of dependent calls, on records made by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.chain import Chain, Rule, Step, longest


def names(chain: Chain) -> list[str]:
    return [link.step.name for link in chain.links]


def test_a_record_without_calls_has_an_empty_chain() -> None:
    assert longest([], [Rule("*", ("*",), "all")]) == Chain()


def test_calls_that_need_nothing_of_each_other_are_no_chain_however_the_program_ordered_them() -> None:
    serial = [Step("a", 0.0, 1.0), Step("b", 1.0, 3.0), Step("c", 3.0, 4.0)]
    chain = longest(serial, [])
    assert names(chain) == ["b"]
    assert chain.seconds == 2.0


def test_a_call_counts_after_what_it_needs_and_pauses_between_them_do_not() -> None:
    record = [Step("group", 0.0, 1.0), Step("endpoint", 5.0, 7.0), Step("other", 0.0, 2.5)]
    chain = longest(record, [Rule("endpoint", ("group",), "needs its id")])
    assert names(chain) == ["group", "endpoint"]
    assert chain.seconds == pytest.approx(3.0)
    assert [link.reason for link in chain.links] == ["", "needs its id"]


def test_of_several_roads_the_longest_is_taken() -> None:
    record = [
        Step("read/fast", 0.0, 1.0),
        Step("read/list", 0.0, 1.0),
        Step("read/tags", 1.0, 2.0),
        Step("do/make", 2.0, 3.0),
    ]
    rules = [Rule("read/tags", ("read/list",), "names"), Rule("do/*", ("read/*",), "the plan")]
    assert names(longest(record, rules)) == ["read/list", "read/tags", "do/make"]


def test_a_call_that_began_before_another_ended_did_not_need_it() -> None:
    record = [Step("list", 0.0, 1.0), Step("tags", 0.5, 1.5)]
    assert longest(record, [Rule("tags", ("list",), "names")]).seconds == pytest.approx(1.0)


def test_a_repeated_read_counts_once_and_waiting_by_asking_again_is_not_rewarded() -> None:
    record = [
        Step("create", 0.0, 1.0),
        Step("world/pending", 1.0, 3.0, world=True),
        Step("look", 1.5, 2.0),
        Step("look", 2.5, 2.8),
        Step("look", 6.0, 6.5),
    ]
    rules = [Rule("world/pending", ("create",), "made"), Rule("look", ("world/pending",), "says so")]
    chain = longest(record, rules)
    assert names(chain) == ["create", "world/pending", "look"]
    assert chain.calls == pytest.approx(1.5)
    assert chain.world == pytest.approx(2.0)
    assert chain.depth == 2


def test_of_a_call_under_way_while_the_world_gets_ready_only_the_rest_counts() -> None:
    record = [Step("world/pending", 0.0, 2.0, world=True), Step("look", 1.5, 2.25)]
    chain = longest(record, [Rule("look", ("world/pending",), "says so")])
    assert chain.seconds == pytest.approx(2.25)
    assert chain.calls == pytest.approx(0.25)


def test_a_step_that_matches_its_own_rule_does_not_wait_for_itself() -> None:
    record = [Step("do/group:Create", 0.0, 1.0), Step("do/group:Authorize", 1.0, 2.0)]
    chain = longest(record, [Rule("do/group:*", ("do/group:Create",), "needs its id")])
    assert chain.seconds == pytest.approx(2.0)
