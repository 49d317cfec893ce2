"""When Argo CD is asked to look again, and when it looks by itself."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from strategies.base import Action, Change, Group, Owner
from strategies.kinds import ClusterObjectResource
from tests.fakes import SYNCED, FakeWorld, thing
from wizard.engine.survey import Step
from wizard.engine.verify import Goal, Word, is_new, verify

GOAL = Goal("openshift-gitops", "cluster-config", SYNCED.revision, automated=True)


def verified(world: FakeWorld, *, new: bool) -> Word:
    return verify(
        world, GOAL, emit=lambda _: None, clock=world.clock, pause=world.clock.pause, stop=threading.Event(), new=new
    )  # fmt: skip


def test_an_application_that_stood_before_is_asked_to_look_again() -> None:
    world = FakeWorld()
    assert verified(world, new=False).ok
    assert world.refreshes == 1


def test_a_new_application_is_compared_without_being_asked() -> None:
    world = FakeWorld()
    world.syncs = [None, SYNCED]
    assert verified(world, new=True).ok
    assert world.refreshes == 0


def test_a_new_application_that_shows_an_older_commit_is_asked_once() -> None:
    world = FakeWorld()
    before = replace(SYNCED, revision="0" * 40)
    world.syncs = [None, before, before, SYNCED]
    assert verified(world, new=True).ok
    assert world.refreshes == 1


@pytest.mark.parametrize(
    ("kind", "name", "action", "new"),
    [
        ("Application", "cluster-config", Action.CREATE, True),
        ("Application", "cluster-config", Action.NONE, False),
        ("Application", "another", Action.CREATE, False),
        ("Secret", "cluster-config", Action.CREATE, False),
    ],
)
def test_an_application_is_new_when_this_very_run_makes_it(kind: str, name: str, action: Action, new: bool) -> None:
    made = ClusterObjectResource(
        address="a", title="t", group=Group.CLUSTER, owner=Owner("prod-east"),
        manifest={"kind": kind, "metadata": {"namespace": "openshift-gitops", "name": name}},
    )  # fmt: skip
    change = Change("a", "cluster-object", "t", Group.CLUSTER, action, "", resource=made)
    assert is_new(GOAL, [Step(change, FakeWorld().handler(thing("a")), None)]) is new


def test_a_trouble_that_only_counts_otherwise_each_time_is_one_trouble() -> None:
    world = FakeWorld()
    began = world.clock()
    world.syncs = [
        replace(SYNCED, sync="Unknown", conditions=(f"ComparisonError: no connection after {n} ms",)) for n in range(1, 2000)
    ]
    word = verified(world, new=False)
    assert not word.ok
    assert "ms" in word.reason
    assert (world.clock() - began).total_seconds() < 60
