"""Facts are read when they can be, again when what they depend on changes, and never twice for nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from strategies.base import Check, Page, Question, Situation, Status, Verdict
from strategies.facts import (
    AWS_IDENTITY,
    AWS_PROFILES,
    AWS_REPOSITORY,
    AWS_VPCS,
    CLUSTER_INFO,
    KUBE_CONTEXTS,
    SOURCE,
    FactError,
)
from tests.fakes import PROXIED, SERVED, SOURCE_URL, FakeStrategy, FakeWorld, passing
from wizard.answers.draft import Draft
from wizard.engine.events import CheckChanged, Event, FactRead, FactStarted
from wizard.engine.session import Session


def question(key: str, **more: object) -> Question:
    return Question(key=key, title=f"Title of {key}", help="", page=Page.ENVIRONMENT, **more)  # type: ignore[arg-type]


def _region(situation: Situation) -> str | None:
    profiles = situation.facts.get(AWS_PROFILES)
    return profiles.region if profiles else None


def _context(situation: Situation) -> str | None:
    contexts = situation.facts.get(KUBE_CONTEXTS)
    return contexts.current if contexts else None


def _infrastructure(situation: Situation) -> str | None:
    info = situation.facts.get(CLUSTER_INFO)
    return info.infrastructure_name if info else None


QUESTIONS = (
    question("aws.region", suggest=_region, needs=(AWS_PROFILES.id,)),
    question("cluster.context", suggest=_context, needs=(KUBE_CONTEXTS.id,)),
    question("cluster.infrastructureName", suggest=_infrastructure),
    question("name", suggest=lambda s: (s.answers.cluster.infrastructure_name or "").rpartition("-")[0] or None),
    question("source.url", required=True),
    question("strategy", suggest=lambda _: "codecommit"),
)


@contextmanager
def running(world: FakeWorld, draft: Draft | None = None, checks: tuple[Check, ...] = ()) -> Iterator[Session]:
    session = Session(
        world,
        draft or Draft(),
        strategies={"codecommit": FakeStrategy()},
        clock=world.clock,
        questions=QUESTIONS,
        checks=checks,
        debounce=0.0,
    )
    try:
        yield session
    finally:
        session.close()


def counted(world: FakeWorld, fact_id: str) -> int:
    return sum(1 for read, _ in world.reads if read == fact_id)


def test_suggestions_lead_from_fact_to_fact() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.start()
        assert session.wait(10)
        answers = session.complete()
        assert (answers.aws.region, answers.cluster.context, answers.name) == ("us-east-2", "prod-east", "prod-east")
        waiting = {AWS_REPOSITORY.id, *PROXIED, *SERVED, *(fact for fact in world.facts if fact.startswith(SOURCE.id))}
        assert {read for read, _ in world.reads} == set(world.facts) - waiting
        assert [q.key for q in session.missing()] == ["source.url"]


def test_each_fact_is_read_once() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.start()
        session.edit("source.url", SOURCE_URL)
        assert session.wait(10)
        assert len(world.reads) == len(set(world.reads)), world.reads


def test_nothing_is_read_before_the_start() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.edit("source.url", SOURCE_URL)
        assert session.wait(10)
        assert world.reads == []


def test_to_know_where_one_is_only_what_the_environments_questions_need_is_read() -> None:
    world, events = FakeWorld(), []
    with running(world, Draft({"strategy": "codecommit"}), (passing("aws.identity", AWS_IDENTITY.id),)) as session:
        session.subscribe(events.append)
        session.locate()
        session.edit("source.url", SOURCE_URL)
        assert session.wait(10)
        assert session.complete().cluster.context == "prod-east"
        assert {read for read, _ in world.reads} == {AWS_PROFILES.id, KUBE_CONTEXTS.id}
        assert {type(event) for event in events} == {FactStarted, FactRead}


def test_a_changed_input_reads_again_only_what_depends_on_it() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.start()
        assert session.wait(10)
        before = list(world.reads)
        session.edit("aws.region", "us-east-1")
        assert session.wait(10)
        again = {read for read, _ in world.reads[len(before) :]}
        assert again == {i for i in world.facts if i.startswith("aws.")} - {"aws.codecommit-repository", *PROXIED}


def test_confirming_a_suggestion_reads_nothing_again() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.start()
        assert session.wait(10)
        before = len(world.reads)
        session.edit("aws.region", "us-east-2")
        assert session.wait(10)
        assert len(world.reads) == before


def test_an_answer_that_came_too_late_is_thrown_away() -> None:
    world = FakeWorld()
    world.facts[AWS_IDENTITY.id] = lambda s: s.answers.aws.region
    gate = world.gates[AWS_IDENTITY.id] = threading.Event()
    with running(world) as session:
        arrived = threading.Event()

        def sink(event: Event) -> None:
            if isinstance(event, FactRead) and event.fact_id == AWS_PROFILES.id:
                arrived.set()

        session.subscribe(sink)
        session.start()
        assert arrived.wait(10)
        del world.gates[AWS_IDENTITY.id]
        session.edit("aws.region", "eu-west-1")
        assert session.wait(10)
        gate.set()
        session.refresh(CLUSTER_INFO.id)
        assert session.wait(10)
        assert session.situation().facts.get(AWS_IDENTITY) == "eu-west-1"


def test_a_reading_that_hangs_ends_with_a_reason_and_holds_up_nothing_else() -> None:
    world = FakeWorld(timeout=0.05)
    gate = world.gates[AWS_VPCS.id] = threading.Event()
    with running(world) as session:
        session.start()
        assert session.wait(10)
        error = session.situation().facts.error(AWS_VPCS)
        assert error is not None
        assert "no answer within 0.05 s" in error.message
        assert session.situation().facts.get(CLUSTER_INFO) is not None
        gate.set()


def test_what_was_read_stands_while_it_is_read_again() -> None:
    world = FakeWorld()
    with running(world) as session:
        session.start()
        assert session.wait(10)
        gate = world.gates[KUBE_CONTEXTS.id] = threading.Event()
        session.refresh(KUBE_CONTEXTS.id)
        assert session.complete().cluster.context == "prod-east"
        assert KUBE_CONTEXTS.id in session.reading()
        gate.set()
        assert session.wait(10)
        assert counted(world, KUBE_CONTEXTS.id) == 2
        assert counted(world, CLUSTER_INFO.id) == 1


def test_a_mistake_in_a_reader_costs_one_fact() -> None:
    world = FakeWorld()
    world.facts[AWS_VPCS.id] = lambda _: 1 / 0
    with running(world) as session:
        session.start()
        assert session.wait(10)
        error = session.situation().facts.error(AWS_VPCS)
        assert error is not None
        assert "ZeroDivisionError" in error.message


def test_edits_and_events_come_in_order_and_back_to_the_suggestion() -> None:
    world, events = FakeWorld(), []
    edits: list[object] = []
    session = Session(
        world, Draft(), strategies={}, clock=world.clock, questions=QUESTIONS, checks=(), debounce=0.0,
        on_edit=lambda draft: edits.append(draft.get("name")),
    )  # fmt: skip
    leave = session.subscribe(events.append)
    session.start()
    assert session.wait(10)
    session.edit("name", "Not Valid")
    assert session.effective("name") == "Not Valid"
    assert session.complete().name is None
    session.edit("name", None)
    assert session.effective("name") == "prod-east"
    assert session.suggested("name")
    assert edits == ["Not Valid", None]
    for fact_id in (AWS_PROFILES.id, AWS_IDENTITY.id):
        mine = [type(e) for e in events if isinstance(e, FactStarted | FactRead) and e.fact_id == fact_id]
        assert mine == [FactStarted, FactRead]
    leave()
    seen = len(events)
    session.refresh()
    assert session.wait(10)
    assert len(events) == seen
    session.close()


# --- checks -----------------------------------------------------------------------------------------------------


def statuses(session: Session) -> dict[str, Status]:
    return {r.check.id: r.status for r in session.results()}


def test_checks_are_judged_as_their_facts_come_in() -> None:
    world = FakeWorld()
    gate = world.gates[AWS_VPCS.id] = threading.Event()
    checks = (passing("vpc", AWS_VPCS.id), passing("cluster", CLUSTER_INFO.id), passing("source", SOURCE.id))
    with running(world, checks=checks) as session:
        judged = threading.Event()
        seen: list[Event] = []

        def sink(event: Event) -> None:
            seen.append(event)
            if isinstance(event, CheckChanged) and event.result.check.id == "cluster" and event.result.status is Status.PASS:
                judged.set()

        session.subscribe(sink)
        session.start()
        assert judged.wait(10)
        waiting = {r.check.id: r for r in session.results()}["vpc"]
        assert waiting.waiting
        assert "VPCs and subnets" in waiting.verdict.evidence
        gate.set()
        assert session.wait(10)
        assert statuses(session) == {"vpc": Status.PASS, "cluster": Status.PASS, "source": Status.SKIPPED}
        assert not any(r.waiting for r in session.results())


def test_the_worst_comes_first() -> None:
    checks = (
        passing("good"),
        passing("note", status=Status.WARN),
        passing("bad", status=Status.FAIL, blocking=False),
        passing("stop", status=Status.FAIL),
        passing("dark", status=Status.UNKNOWN),
    )
    with running(FakeWorld(), checks=checks) as session:
        assert [r.check.id for r in session.results()] == ["stop", "bad", "note", "dark", "good"]
        assert [r.check.id for r in session.results() if r.blocks] == ["stop"]


def test_a_check_behind_a_failed_one_is_skipped_and_says_why() -> None:
    checks = (
        passing("third", depends_on=("second",)),
        passing("second", depends_on=("first",)),
        passing("first", status=Status.FAIL),
    )
    with running(FakeWorld(), checks=checks) as session:
        assert statuses(session) == {"first": Status.FAIL, "second": Status.SKIPPED, "third": Status.SKIPPED}
        evidence = {r.check.id: r.verdict.evidence for r in session.results()}
        assert "'Title of first' failed" in evidence["second"]
        assert "'Title of second' was skipped" in evidence["third"]


@pytest.mark.parametrize("handles", [False, True])
def test_a_fact_that_cannot_be_read_makes_a_check_unknown(handles: bool) -> None:
    world = FakeWorld()
    world.facts[CLUSTER_INFO.id] = FactError("The login has expired", "Log in again.", "oc login")
    judged = Verdict(Status.FAIL, "judged by itself")
    checks = (passing("cluster", CLUSTER_INFO.id, handles_errors=handles, judge=lambda _: judged),)
    with running(world, checks=checks) as session:
        session.start()
        assert session.wait(10)
        [result] = session.results()
        if handles:
            assert result.verdict == judged
        else:
            assert result.status is Status.UNKNOWN
            assert result.verdict.evidence == "The login has expired"
            assert result.verdict.remedy is not None
            assert result.verdict.remedy.command == "oc login"


def test_what_leaves_something_in_the_world_is_read_only_when_checks_are_asked_for() -> None:
    world = FakeWorld(intrusive=frozenset({CLUSTER_INFO.id}))
    checks = (passing("inside", CLUSTER_INFO.id), passing("outside", AWS_IDENTITY.id))
    with running(world, checks=checks) as session:
        session.start()
        assert session.wait(10)
        assert statuses(session) == {"inside": Status.SKIPPED, "outside": Status.PASS}
        assert "when checks are asked for" in {r.check.id: r.verdict.evidence for r in session.results()}["inside"]
        session.select(lambda check: check.id == "outside")
        session.probe()
        assert session.wait(10)
        assert [r.check.id for r in session.results()] == ["outside"]
        assert CLUSTER_INFO.id not in [fact for fact, _ in world.reads]
        session.select(lambda _check: True)
        session.probe()
        assert session.wait(10)
        assert statuses(session) == {"inside": Status.PASS, "outside": Status.PASS}


def test_every_check_is_told_of_and_every_event_has_come_when_the_wait_is_over() -> None:
    checks = (passing("source", SOURCE.id), passing("cluster", CLUSTER_INFO.id))
    with running(FakeWorld(), checks=checks) as session:
        told: dict[str, Status] = {}

        def slow(event: Event) -> None:
            threading.Event().wait(0.01)
            if isinstance(event, CheckChanged):
                told[event.result.check.id] = event.result.status

        session.subscribe(slow)
        session.start()
        assert session.wait(20)
        assert told == {"source": Status.SKIPPED, "cluster": Status.PASS}


def test_a_mistake_in_one_check_hides_no_other() -> None:
    def wrong(_situation: Situation) -> Verdict:
        raise LookupError("nobody thought of this")

    checks = (passing("wrong", AWS_IDENTITY.id, judge=wrong), passing("right", AWS_IDENTITY.id))
    with running(FakeWorld(), checks=checks) as session:
        session.start()
        assert session.wait(10)
        assert statuses(session) == {"wrong": Status.UNKNOWN, "right": Status.PASS}
        [told] = [r for r in session.results() if r.check.id == "wrong"]
        assert "LookupError: nobody thought of this" in told.verdict.evidence


def test_what_leads_stands_before_the_common_questions_of_its_page_alone() -> None:
    def named(key: str, page: Page, *, leads: bool = False) -> Question:
        return Question(key=key, title=key, help="", page=page, leads=leads)

    common = (named("name", Page.ENVIRONMENT), named("source.url", Page.DETAILS))
    own = (named("privateServer.secretName", Page.DETAILS), named("privateServer.repository.url", Page.DETAILS, leads=True))
    draft = Draft({"strategy": "private-server"})
    strategies = {"private-server": FakeStrategy(id="private-server", asked=own)}
    session = Session(FakeWorld(), draft, strategies=strategies, questions=common, checks=())
    order = ["privateServer.repository.url", "source.url", "privateServer.secretName"]
    assert [one.key for one in session.questions(Page.DETAILS)] == order
    assert [one.key for one in session.questions()] == ["name", *order]
