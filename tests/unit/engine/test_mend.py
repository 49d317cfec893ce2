"""What one key mends: journalled, under the lock, and read again afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from strategies.base import Mend
from strategies.facts import AWS_VPCS
from strategies.ports import ResourceError
from tests.fakes import FakeStrategy, FakeWorld
from wizard.answers.draft import Draft
from wizard.engine.lock import LockedError, locked
from wizard.engine.session import Session

TURN_ON = Mend(
    "Turn DNS on",
    "Turns DNS on in the VPC.",
    edits={"application.project": "platform"},
    operation="vpc.enable-dns",
    arguments={"vpc": "vpc-1"},
    refreshes=(AWS_VPCS.id,),
)


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def session(world: FakeWorld, tmp_path: Path) -> Session:
    made = Session(
        world,
        Draft({"name": "prod-east", "aws": {"region": "us-east-2"}}),
        strategies={"codecommit": FakeStrategy()},
        clock=world.clock,
        questions=(),
        checks=(),
        directory=lambda name: tmp_path / name,
        pause=world.clock.pause,
        debounce=0.0,
    )
    made.start()
    assert made.wait(10)
    return made


def journals(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in folder.rglob("*.journal.jsonl") for line in path.read_text().splitlines()]


def test_it_is_done_journalled_and_looked_at_again(session: Session, world: FakeWorld, tmp_path: Path) -> None:
    before = len(world.reads)
    session.mend(TURN_ON)
    assert session.wait(10)
    assert world.mended == [("vpc.enable-dns", {"vpc": "vpc-1"})]
    assert session.draft.get("application.project") == "platform"
    assert AWS_VPCS.id in [fact for fact, _ in world.reads[before:]]
    lines = journals(tmp_path)
    assert [line["phase"] for line in lines] == ["begin", "before", "after", "end"]
    assert lines[1]["call"] == "vpc.enable-dns"


def test_a_refusal_changes_no_answer(session: Session, world: FakeWorld, tmp_path: Path) -> None:
    world.errors["mend", "vpc.enable-dns"] = [ResourceError("DNS", "not authorized", "Ask.")]
    with pytest.raises(ResourceError):
        session.mend(TURN_ON)
    assert session.draft.get("application.project") is None
    assert [line["phase"] for line in journals(tmp_path)] == ["begin", "before", "failed"]


def test_another_run_keeps_it_out(session: Session, world: FakeWorld, tmp_path: Path) -> None:
    lock = world.lock_file(tmp_path / "prod-east", region="us-east-2")
    with locked(lock, "prod-east", clock=world.clock), pytest.raises(LockedError):
        session.mend(TURN_ON)
    assert world.mended == []
