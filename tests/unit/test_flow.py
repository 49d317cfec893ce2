"""What stands in the way of going on, and whether it may go by itself."""

from __future__ import annotations

import threading

from strategies.facts import KUBE_CONTEXTS
from tests.fakes import FakeStrategy, FakeWorld, passing
from wizard.answers.draft import Draft
from wizard.engine.session import Session
from wizard.flow import Step, obstacles


def test_what_follows_from_a_reading_that_is_under_way_may_still_come_by_itself() -> None:
    world = FakeWorld()
    gate = world.gates[KUBE_CONTEXTS.id] = threading.Event()
    session = Session(world, Draft(), strategies={"codecommit": FakeStrategy()}, clock=world.clock, debounce=0.0)
    try:
        session.start()
        named = [one for one in obstacles(Step.ENVIRONMENT, session) if one.key == "name"]
        assert [(one.reason, one.passing) for one in named] == [("Name of this instance is still being read", True)]
        # Nobody has said which repository, and nothing that is read can tell.
        asked = [one for one in obstacles(Step.DETAILS, session) if one.key == "source.url"]
        assert [one.passing for one in asked] == [False]
        gate.set()
        assert session.wait(10)
        assert obstacles(Step.ENVIRONMENT, session) == ()
    finally:
        gate.set()
        session.close()


def test_checks_that_still_run_may_pass_by_themselves() -> None:
    world = FakeWorld()
    gate = world.gates[KUBE_CONTEXTS.id] = threading.Event()
    checks = (passing("cluster.contexts", KUBE_CONTEXTS.id),)
    draft = Draft({"source": {"url": "https://github.com/acme/cluster-config.git"}})
    session = Session(
        world, draft, strategies={"codecommit": FakeStrategy()}, clock=world.clock, debounce=0.0, questions=(), checks=checks
    )
    session.edit("strategy", "codecommit")
    try:
        session.start()
        found = obstacles(Step.CHECKS, session)
        assert [(one.reason, one.passing) for one in found] == [("1 check is still running", True)]
        gate.set()
        assert session.wait(10)
        assert obstacles(Step.CHECKS, session) == ()
    finally:
        gate.set()
        session.close()
