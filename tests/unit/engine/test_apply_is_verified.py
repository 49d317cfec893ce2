"""Done means seen: the last step of an apply asks Argo CD."""

from __future__ import annotations

import threading

from strategies.ports import SyncReport
from tests.fakes import SYNCED, FakeWorld
from tests.unit.engine.running import DIAMOND, apply, session_for
from wizard.engine import events


def test_argo_cd_may_take_its_time() -> None:
    world = FakeWorld()
    slow = SyncReport("OutOfSync", "Missing", None, (), "Running", "")
    world.syncs = [None, slow, slow, SyncReport("Synced", "Progressing", "abc", (), "Succeeded", ""), SYNCED]
    seen = apply(session_for(world, *DIAMOND))
    assert sum(isinstance(e, events.VerifyProgress) for e in seen) == 5
    assert [e.ok for e in seen if isinstance(e, events.VerifyComplete)] == [True]


def test_an_error_that_stays_is_the_reason() -> None:
    world = FakeWorld()
    world.syncs = [SyncReport("Unknown", "Missing", None, ("ComparisonError: authentication required",), None, "")]
    session = session_for(world, *DIAMOND)
    before = world.clock()
    report = session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event())
    assert not report.ok
    assert report.failed == ()
    assert report.reason == "ComparisonError: authentication required"
    assert (world.clock() - before).total_seconds() < 60
    assert world.refreshes > 1


def test_an_error_that_passes_is_none() -> None:
    world = FakeWorld()
    bad = SyncReport("Unknown", "Missing", None, ("ComparisonError: no such host",), None, "")
    world.syncs = [bad] * 10 + [SYNCED]
    session = session_for(world, *DIAMOND)
    assert session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event()).ok


def test_waiting_ends_with_the_last_thing_seen() -> None:
    world = FakeWorld()
    world.syncs = [SyncReport("Synced", "Progressing", "abcdef0123", ("Warning: slow",), "Succeeded", "waiting for pods")]
    session = session_for(world, *DIAMOND)
    report = session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event())
    assert not report.ok
    assert report.reason.startswith("not Synced and Healthy within 10 min: last seen Synced, Progressing at abcdef0")
    assert "waiting for pods" in report.reason
