"""Apply: side by side, refused when stale, stopped by a failure only where it matters."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from strategies.ports import ResourceError
from tests.fakes import SYNCED, FakeWorld, thing
from tests.unit.engine.running import DIAMOND, ME, apply, session_for
from wizard.engine import events
from wizard.engine.apply import ConflictError
from wizard.engine.lock import locked
from wizard.engine.plan import SavedPlan, StalePlanError
from wizard.engine.session import FRESH


def test_everything_is_made_once_and_the_second_run_changes_nothing() -> None:
    world = FakeWorld()
    session = session_for(world, *DIAMOND)
    report = session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event())
    assert report.ok
    assert report.counts["create"] == 4
    assert report.sync == SYNCED
    assert "Synced" in report.reason
    assert [o.name for o in report.outputs] == ["clone-url", "gitops_git_repo_url"]
    assert len(report.calls) == 5
    made = list(world.calls)
    again = session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event())
    assert again.ok
    assert again.counts == {"create": 0, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "none": 4}
    assert world.calls == made
    assert world.refreshes == 2


def test_what_can_run_together_does() -> None:
    world = FakeWorld()
    together = threading.Barrier(2)
    world.barriers = {("create", "aws.left"): together, ("create", "aws.right"): together}
    session = session_for(world, *DIAMOND)
    assert session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event()).ok


def test_the_same_name_in_another_cluster_is_another_instance(tmp_path: Path) -> None:
    world, other = FakeWorld(), FakeWorld(server="https://api.elsewhere:443")
    with locked(world.lock_file(tmp_path / "prod-east"), "prod-east", clock=world.clock):
        assert apply(session_for(other, *DIAMOND, directory=tmp_path))
    assert len(list((tmp_path / "prod-east").glob("*/*.journal.jsonl"))) == 1


def test_what_stands_already_holds_nobody_up() -> None:
    world = FakeWorld()
    world.foreign(thing("aws.base"), ME)
    together = threading.Barrier(2)
    world.barriers = {("create", "aws.left"): together, ("create", "aws.slow"): together}
    seen = apply(session_for(world, thing("aws.slow"), *DIAMOND))
    assert not [e for e in seen if isinstance(e, events.ApplyErrored)]
    assert len([e for e in seen if isinstance(e, events.ApplyComplete)]) == 4


def test_a_failure_stops_only_what_needs_it() -> None:
    world = FakeWorld()
    world.errors = {("create", "aws.left"): [ResourceError("Left", "denied", "Ask for the right.")]}
    seen = apply(session_for(world, *DIAMOND))
    assert set(world.things) == {"aws.base", "aws.right"}
    [errored] = [e for e in seen if isinstance(e, events.ApplyErrored)]
    assert (errored.what, errored.why, errored.remedy) == ("Left", "denied", "Ask for the right.")
    [skipped] = [e for e in seen if isinstance(e, events.ApplySkipped)]
    assert skipped.address == "aws.app"
    assert skipped.reason == "needs left, which failed"
    assert world.refreshes == 0


@pytest.mark.parametrize(
    ("fault", "why"),
    [(OSError(28, "No space left on device"), "No space left on device"), (KeyError("Arn"), "KeyError: 'Arn'")],
)
def test_a_fault_of_the_machine_or_the_program_is_told_as_a_failure(fault: Exception, why: str) -> None:
    world = FakeWorld()
    world.errors = {("create", "aws.left"): [fault]}
    seen = apply(session_for(world, *DIAMOND))
    [errored] = [e for e in seen if isinstance(e, events.ApplyErrored)]
    assert (errored.address, errored.why) == ("aws.left", why)
    assert "run it again" in errored.remedy
    assert [e.address for e in seen if isinstance(e, events.ApplySkipped)] == ["aws.app"]


def test_what_may_work_later_is_tried_again() -> None:
    world = FakeWorld()
    throttled = ResourceError("Left", "throttled", "", retryable=True)
    world.errors = {("create", "aws.left"): [throttled, throttled]}
    before = world.clock()
    seen = apply(session_for(world, *DIAMOND))
    assert set(world.things) == {r.address for r in DIAMOND}
    assert [e.message for e in seen if isinstance(e, events.ApplyProgress)] == [
        "throttled; again in 1 s (1 of 5)",
        "throttled; again in 2 s (2 of 5)",
    ]
    assert (world.clock() - before).total_seconds() >= 3


def test_what_never_works_fails_in_the_end() -> None:
    world = FakeWorld()
    world.errors = {("create", "aws.base"): [ResourceError("Base", "throttled", "", retryable=True)] * 20}
    seen = apply(session_for(world, *DIAMOND))
    assert [e.address for e in seen if isinstance(e, events.ApplyErrored)] == ["aws.base"]
    assert world.things == {}


def test_a_stop_lets_calls_end_and_begins_no_more() -> None:
    world, cancel = FakeWorld(), threading.Event()
    world.waits = {"aws.left": 5}
    session = session_for(world, *DIAMOND)

    def sink(event: events.Event) -> None:
        if isinstance(event, events.ApplyProgress):
            cancel.set()

    report = session.apply(session.plan(), sink=sink, cancel=cancel)
    assert report.cancelled
    assert not report.ok
    assert "aws.left" in report.skipped
    assert "aws.app" in report.skipped
    assert world.refreshes == 0
    assert session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event()).ok


def test_a_plan_of_another_world_is_refused_and_says_what_changed() -> None:
    world = FakeWorld()
    session = session_for(world, *DIAMOND)
    plan = session.plan()
    world.foreign(thing("aws.base"), ME)
    world.clock.sleep(FRESH + 1)
    with pytest.raises(StalePlanError) as raised:
        session.apply(plan, sink=lambda _: None, cancel=threading.Event())
    assert raised.value.differences == ("aws.base: was create, now none (as asked)",)
    assert world.calls == []


def test_a_plan_from_a_file_is_held_against_the_world() -> None:
    world = FakeWorld()
    session = session_for(world, *DIAMOND)
    saved = SavedPlan.of(session.plan())
    world.foreign(thing("aws.base"), ME)
    with pytest.raises(StalePlanError):
        session.apply(session.plan(), confirmed=saved, sink=lambda _: None, cancel=threading.Event())
    assert world.calls == []


def test_a_foreign_thing_in_the_way_stops_everything() -> None:
    world = FakeWorld()
    world.foreign(thing("aws.base", value="other"))
    session = session_for(world, *DIAMOND)
    plan = session.plan()
    assert [c.address for c in plan.conflicts] == ["aws.base"]
    with pytest.raises(ConflictError, match="not ours"):
        session.apply(plan, sink=lambda _: None, cancel=threading.Event())
    assert world.calls == []


def test_a_secret_that_is_missing_is_told_with_what_takes_it_where_there_is_work_for_it() -> None:
    world = FakeWorld()
    session = session_for(world, thing("aws.base"), thing("git.mirror", value="env:SOURCE"))
    session.edit("source.url", "https://github.com/acme/cluster-config.git")
    session.edit("source.username", "casey")
    session.edit("source.password", "env:SOURCE")
    with pytest.raises(ResourceError, match=r"^Secret env:SOURCE, needed for mirror: it is not set$"):
        session.check_work(session.plan())
    assert world.calls == []
    world.foreign(thing("git.mirror", value="env:SOURCE"), ME)
    session.check_work(session.plan())
