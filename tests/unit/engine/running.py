"""What the tests of the engine's runs share: a few resources, a session for them, one apply."""

from __future__ import annotations

import threading
from pathlib import Path

from strategies.base import Owner, Ref
from tests.fakes import FakeResource, FakeStrategy, FakeWorld, thing
from wizard.answers.draft import Draft
from wizard.engine import events
from wizard.engine.session import Session

ME = Owner("prod-east")
ANSWERS = {
    "name": "prod-east",
    "strategy": "codecommit",
    "argocd": {"namespace": "openshift-gitops", "name": "openshift-gitops"},
    "application": {"name": "cluster-config"},
}
DIAMOND = (
    thing("aws.app", "aws.left", "aws.right", uses=Ref("aws.left", "id")),
    thing("aws.left", "aws.base", calls=("fake:Create", "fake:Tag")),
    thing("aws.right", "aws.base"),
    thing("aws.base"),
)


def session_for(world: FakeWorld, *resources: FakeResource, directory: Path | None = None) -> Session:
    """A session whose strategy makes these resources."""
    return Session(
        world,
        Draft(ANSWERS),
        strategies={"codecommit": FakeStrategy(made=lambda _answers: resources)},
        clock=world.clock,
        questions=(),
        checks=(),
        directory=None if directory is None else (lambda name: directory / name),
        pause=world.clock.pause,
    )


def apply(session: Session, cancel: threading.Event | None = None) -> tuple[events.Event, ...]:
    """Plan and apply; what was told meanwhile."""
    seen: list[events.Event] = []
    session.apply(session.plan(), sink=seen.append, cancel=cancel or threading.Event())
    return tuple(seen)
