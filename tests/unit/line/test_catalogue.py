"""The line mode with the product's own questions, in a world where everything is well."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from strategies.facts import CLUSTER_INFO, ClusterInfo
from strategies.registry import STRATEGIES
from tests.fakes import FakeWorld
from wizard.answers import document, keys
from wizard.answers.draft import Draft
from wizard.engine.session import Session
from wizard.line.ask import ask_missing, needed
from wizard.line.asker import PlainAsker

URL = "https://github.com/acme/cluster-config.git"


@pytest.fixture
def world(repository_root: Path) -> FakeWorld:
    """The healthy world, with the image that the example names."""
    example = document.load(repository_root / "docs" / "examples" / "answers-codecommit.yaml").draft().answers()
    made = FakeWorld()
    info = made.facts[CLUSTER_INFO.id]
    assert isinstance(info, ClusterInfo)
    made.facts[CLUSTER_INFO.id] = replace(info, tools_image=example.codecommit.credentials.image)
    return made


@pytest.fixture
def session(world: FakeWorld) -> Iterator[Session]:
    made = Session(world, Draft(), strategies=STRATEGIES, clock=world.clock, pause=world.clock.pause, debounce=0.0)
    made.start()
    yield made
    made.close()


def test_one_answer_is_enough(session: Session) -> None:
    out = io.StringIO()
    ask_missing(session, PlainAsker(io.StringIO(f"{URL}\n"), out))
    assert needed(session) == ()
    assert out.getvalue().count("source.url") == 1
    assert "source.revision" not in out.getvalue()


@pytest.mark.parametrize("strategy", ["codecommit", "bastion-proxy"])
def test_the_example_is_what_the_wizard_would_save(session: Session, repository_root: Path, strategy: str) -> None:
    example = document.load(repository_root / "docs" / "examples" / f"answers-{strategy}.yaml").draft().answers()
    session.edit("strategy", strategy)
    session.edit("source.url", URL)
    session.edit("source.path", example.source.path)
    assert session.wait(10)
    assert session.complete() == example


def test_every_question_is_about_a_key_and_every_key_but_a_few_can_be_asked(session: Session) -> None:
    asked = {question.key for strategy in STRATEGIES.values() for question in strategy.questions()}
    asked |= {question.key for question in session.questions()}
    leaves = {key.path for key in keys.leaves()}
    assert asked <= leaves
    assert leaves - asked == {"apiVersion", "kind", "acceptWarnings"}
