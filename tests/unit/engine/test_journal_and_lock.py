"""The journal of a run, and one run at a time."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.fakes import FakeWorld
from tests.unit.engine.running import DIAMOND, apply, session_for
from wizard.engine import events
from wizard.engine.journal import unfinished
from wizard.engine.lock import LockedError, locked


def test_the_journal_is_private_and_tells_what_a_killed_run_was_doing(tmp_path: Path) -> None:
    world = FakeWorld()
    session = session_for(world, *DIAMOND, directory=tmp_path)
    report = session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event())
    assert report.journal is not None
    assert report.journal.stat().st_mode & 0o777 == 0o600
    assert report.journal.parent.stat().st_mode & 0o777 == 0o700
    lines = report.journal.read_text().splitlines()
    phases = [json.loads(line)["phase"] for line in lines]
    assert phases[0] == "begin"
    assert phases[-1] == "end"
    assert phases.count("before") == phases.count("after") == 5
    assert unfinished(report.journal) == ()

    first = next(n for n, p in enumerate(phases) if p == "before")
    report.journal.write_text("\n".join(lines[: first + 1]) + '\n{"phase": "aft')
    world.clock.sleep(60)
    seen = apply(session_for(world, *DIAMOND, directory=tmp_path))
    [told] = [e for e in seen if isinstance(e, events.Diagnostic)]
    assert told.detail == "fake:Create for aws.base"


def test_one_run_at_a_time(tmp_path: Path) -> None:
    world = FakeWorld()
    session = session_for(world, *DIAMOND, directory=tmp_path)
    plan = session.plan()
    with locked(world.lock_file(tmp_path / "prod-east"), "prod-east", clock=world.clock):
        with pytest.raises(LockedError, match=r"process \d+ on .*, since 2026-11-23T14:02:11"):
            session.apply(plan, sink=lambda _: None, cancel=threading.Event())
        assert world.calls == []
    assert session.apply(session.plan(), sink=lambda _: None, cancel=threading.Event()).ok
