"""Destroy: what is marked, in order; commits stay."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from strategies.base import Action, Json, Owner
from strategies.ports import ResourceError
from tests.fakes import FakeWorld, thing
from tests.unit.engine.running import ME, session_for
from wizard.engine.survey import SurveyError


def test_destroy_removes_what_is_marked_in_order_and_keeps_commits() -> None:
    world = FakeWorld(ranks={"repository": 10, "role": 20, "secret": 30})
    for address, kind in (("aws.repo", "repository"), ("aws.role", "role"), ("cluster.secret", "secret")):
        world.foreign(thing(address, kind=kind), ME)
    world.foreign(thing("aws.theirs", kind="role"), Owner("staging"))
    world.foreign(thing("aws.adopted", kind="role"))
    world.fill("aws.repo")
    session = session_for(world)
    plan = session.plan_destroy()
    assert plan.operation == "destroy"
    assert sorted((c.title, c.action) for c in plan.changes) == [
        ("repo", Action.NONE),
        ("role", Action.DELETE),
        ("secret", Action.DELETE),
    ]
    report = session.apply(plan, sink=lambda _: None, cancel=threading.Event())
    assert report.ok
    assert report.counts["delete"] == 2
    assert world.refreshes == 0
    assert [a for _, a in world.calls] == ["cluster.secret", "aws.role"]
    assert set(world.things) == {"aws.repo", "aws.theirs", "aws.adopted"}

    named = session.plan_destroy(delete_repository="repo")
    assert session.apply(named, sink=lambda _: None, cancel=threading.Event()).ok
    assert set(world.things) == {"aws.theirs", "aws.adopted"}


def test_what_cannot_be_removed_from_here_is_told_and_left() -> None:
    world = FakeWorld()
    world.foreign(thing("git.repo"), ME)
    world.things["git.repo"] = replace(world.things["git.repo"], stays="it stays on https://git.example.com: no token")
    session = session_for(world)
    (change,) = session.plan_destroy().changes
    assert (change.action, change.reason) == (Action.NONE, "it stays on https://git.example.com: no token")
    assert not session.plan_destroy().pending


def test_what_the_answers_alone_made_us_look_for_is_told_by_destroy_alone() -> None:
    world = FakeWorld()
    world.foreign(thing("git.repo"), ME)
    world.things["git.repo"] = replace(world.things["git.repo"], stays="it stays", told={"answered": True})
    session = session_for(world, thing("aws.base"))
    assert [change.address for change in session.plan().changes] == ["aws.base"]
    assert [change.reason for change in session.plan_destroy().changes] == ["it stays"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({}, "kept: it holds commits (--delete-repository repo removes it)"),
        ({"kept": "it holds the server's data (aws ec2 delete-volume removes it)"}, "kept: it holds the server's data"),
    ],
)
def test_what_is_kept_says_what_it_holds_in_the_words_of_its_kind(told: dict[str, Json], reason: str) -> None:
    world = FakeWorld()
    world.foreign(thing("git.repo"), ME)
    world.things["git.repo"] = replace(world.things["git.repo"], filled=True, told=told)
    (change,) = session_for(world).plan_destroy().changes
    assert change.action is Action.NONE
    assert change.reason.startswith(reason)


def test_destroy_without_a_look_at_everything_is_refused_unless_partial() -> None:
    world = FakeWorld()
    world.foreign(thing("aws.base"), ME)
    error = ResourceError("Cluster", "no answer", "Connect the VPN.")
    world.errors = {("owned", "thing"): [error, error]}
    session = session_for(world)
    with pytest.raises(SurveyError):
        session.plan_destroy()
    assert session.plan_destroy(partial=True).notes
