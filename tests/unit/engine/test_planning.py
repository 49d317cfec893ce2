"""Plan: side by side, in dependency order, with every reason, read back from its file."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from strategies.base import Action, Card, Owner, Page, Question, Ref, Situation
from strategies.ports import ResourceError
from tests.fakes import FakeStrategy, FakeWorld, thing
from tests.unit.engine.running import DIAMOND, ME, session_for
from wizard.answers.draft import Draft
from wizard.engine.plan import SavedPlan
from wizard.engine.session import IncompleteError, Session
from wizard.engine.survey import SurveyError


def test_a_plan_is_in_dependency_order_and_counts() -> None:
    world = FakeWorld()
    world.foreign(thing("aws.base"), ME)
    plan = session_for(world, *DIAMOND).plan()
    assert [c.address for c in plan.changes] == ["aws.base", "aws.left", "aws.right", "aws.app"]
    assert plan.counts() == {"create": 3, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "none": 1}
    assert plan.pending
    assert world.calls == []
    assert plan.changes[-1].depends_on == ("aws.left", "aws.right")


def test_reads_run_side_by_side() -> None:
    world = FakeWorld()
    together = threading.Barrier(len(DIAMOND))
    world.barriers = {("read", r.address): together for r in DIAMOND}
    assert session_for(world, *DIAMOND).plan().pending


def test_a_reference_counts_as_a_dependency() -> None:
    resources = (thing("aws.user", uses=Ref("aws.used", "id")), thing("aws.used"))
    plan = session_for(FakeWorld(), *resources).plan()
    assert [c.address for c in plan.changes] == ["aws.used", "aws.user"]


def test_what_stands_on_something_that_is_made_anew_is_made_anew() -> None:
    world = FakeWorld(replaced={"aws.machine"})
    machine, other = thing("aws.machine"), thing("aws.other")
    squid = thing("aws.squid", stands_on="aws.machine", calls=("fake:Tag", "fake:Install"))
    log = thing("aws.log", stands_on="aws.squid")
    for there in (machine, squid, log, other):
        world.foreign(there, ME)
    session = session_for(world, other, log, squid, replace(machine, value="b"))
    plan = session.plan()
    assert {c.address: c.action for c in plan.changes} == {
        "aws.other": Action.NONE,
        "aws.machine": Action.REPLACE,
        "aws.squid": Action.REPLACE,
        "aws.log": Action.REPLACE,
    }
    told = {c.address: c for c in plan.changes}
    assert told["aws.squid"].reason == "goes away with machine, which is made anew"
    assert (told["aws.squid"].depends_on, told["aws.squid"].provider_id) == (("aws.machine",), "id:aws.squid")
    report = session.apply(plan, sink=lambda _: None, cancel=threading.Event())
    assert report.counts["replace"] == 3
    made = [call for call in world.calls if call[0] != "fake:Delete"]
    assert made == [
        ("fake:Create", "aws.machine"),
        ("fake:Tag", "aws.squid"),
        ("fake:Install", "aws.squid"),
        ("fake:Create", "aws.log"),
    ]
    assert not session.plan().pending


def test_a_conflict_with_what_goes_away_goes_away_with_it() -> None:
    world = FakeWorld(replaced={"aws.machine"})
    world.foreign(thing("aws.machine"), ME)
    world.foreign(thing("aws.squid", value="somebody's"))
    squid = thing("aws.squid", stands_on="aws.machine")
    assert session_for(world, thing("aws.machine"), squid).plan().conflicts
    plan = session_for(world, thing("aws.machine", value="b"), squid).plan()
    assert plan.conflicts == ()
    assert plan.changes[1].action is Action.REPLACE


def test_what_stands_on_something_that_stays_is_left_alone() -> None:
    world = FakeWorld()
    squid = thing("aws.squid", stands_on="aws.machine")
    world.foreign(thing("aws.machine"), ME)
    world.foreign(squid, ME)
    actions = {c.address: c.action for c in session_for(world, thing("aws.machine", value="b"), squid).plan().changes}
    assert actions == {"aws.machine": Action.UPDATE, "aws.squid": Action.NONE}


def test_what_stood_on_something_that_is_gone_is_gone_with_it_whatever_is_told_of_it() -> None:
    world = FakeWorld()
    repository = thing("git.repository", stands_on="aws.volume")
    world.foreign(repository, ME)
    plan = session_for(world, thing("aws.volume"), repository).plan()
    assert [(c.address, c.action) for c in plan.changes] == [("aws.volume", Action.CREATE), ("git.repository", Action.CREATE)]
    assert plan.changes[1].reason == "gone with volume"


def test_what_cannot_be_read_is_told_once_with_every_reason() -> None:
    world = FakeWorld()
    expired = ResourceError("AWS", "the credentials have expired", "aws sso login")
    world.errors = {
        ("read", "aws.base"): [expired],
        ("read", "aws.left"): [expired],
        ("read", "aws.right"): [ResourceError("Cluster", "no answer", "")],
    }
    with pytest.raises(SurveyError) as raised:
        session_for(world, *DIAMOND).plan()
    assert sorted(e.what for e in raised.value.errors) == ["AWS", "Cluster"]


def test_what_is_ours_and_no_longer_asked_for_is_deleted_last() -> None:
    world = FakeWorld(ranks={"thing": 10, "user": 20})
    world.foreign(thing("aws.old-user", kind="user"), ME)
    world.foreign(thing("aws.old"), ME)
    world.foreign(thing("aws.of-another"), Owner("staging"))
    world.foreign(thing("aws.of-nobody"))
    plan = session_for(world, *DIAMOND).plan()
    assert [(c.title, c.action) for c in plan.changes[-2:]] == [("old-user", Action.DELETE), ("old", Action.DELETE)]
    assert len(plan.changes) == len(DIAMOND) + 2
    assert "no longer asked for" in plan.changes[-1].reason
    assert set(plan.changes[-1].depends_on) >= {"aws.app", "user/id:aws.old-user"}


def test_leftovers_that_cannot_be_looked_for_are_a_note() -> None:
    world = FakeWorld()
    world.errors = {("owned", "thing"): [ResourceError("list secrets", "forbidden", "Ask for the right.")]}
    plan = session_for(world, *DIAMOND).plan()
    assert len(plan.notes) == 1
    assert "forbidden" in plan.notes[0]


def test_a_plan_says_what_it_is_and_is_read_back() -> None:
    plan = session_for(FakeWorld(), *DIAMOND).plan()
    text = json.dumps(plan.to_json())
    assert SavedPlan.parse(text) == SavedPlan.of(plan)
    SavedPlan.parse(text).check(plan)


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not JSON"), ("[]", "not a plan"), ('{"format": "ezgitops.dev/plan/v1"}', "incomplete")]
)
def test_another_file_is_no_plan(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SavedPlan.parse(text)


def test_without_an_answer_there_is_no_plan() -> None:
    session = Session(FakeWorld(), Draft(), strategies={}, questions=(), checks=())
    with pytest.raises(IncompleteError) as raised:
        session.plan()
    assert raised.value.keys == ("strategy", "name")


def test_what_was_found_may_contradict_what_was_answered() -> None:
    key = "codecommit.repository.kmsKeyId"
    session = session_for(FakeWorld(), *DIAMOND)
    session.edit(key, "arn:aws:kms:eu-west-1:123456789012:key/0b1f7c52-6a1e-4c38-9d0a-3f5b8e7a2d41")
    session.draft.unset("aws.region")
    assert session.draft.faults() == ()
    region = Question("aws.region", "Region", "", Page.ENVIRONMENT, suggest=lambda _situation: "us-east-2")
    filled = Session(FakeWorld(), session.draft, strategies=session.strategies(), questions=(region,), checks=(), debounce=0.0)
    with pytest.raises(IncompleteError, match=r"is of region eu-west-1, but aws\.region is us-east-2") as raised:
        filled.plan()
    assert raised.value.keys == (key,)


def test_a_strategy_that_is_only_a_card_is_never_planned() -> None:
    class OnlyShown(FakeStrategy):
        """A strategy that this version shows and cannot carry out."""

        def __init__(self) -> None:
            super().__init__(id="private-server")

        def card(self, situation: Situation) -> Card:
            return replace(super().card(situation), available=False)

    draft = Draft({"name": "prod-east", "strategy": "private-server"})
    session = Session(FakeWorld(), draft, strategies={"private-server": OnlyShown()}, questions=(), checks=())
    with pytest.raises(IncompleteError, match="private-server"):
        session.plan()
