"""Plan and apply: side by side, refused when stale, stopped by a failure only where it matters, safe to kill anywhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from strategies.base import Action, Card, Json, Owner, Page, Question, Ref, Situation
from strategies.ports import ResourceError, SyncReport
from tests.fakes import SYNCED, FakeClock, FakeResource, FakeStrategy, FakeWorld, thing
from wizard.answers.draft import Draft
from wizard.engine import events
from wizard.engine.apply import ConflictError
from wizard.engine.journal import Journal, unfinished
from wizard.engine.lock import LockedError, locked
from wizard.engine.plan import SavedPlan, StalePlanError
from wizard.engine.session import FRESH, IncompleteError, Session
from wizard.engine.survey import SurveyError

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
    seen: list[events.Event] = []
    session.apply(session.plan(), sink=seen.append, cancel=cancel or threading.Event())
    return tuple(seen)


# --- plan -------------------------------------------------------------------------------------------------------


def test_a_plan_is_in_dependency_order_and_counts() -> None:
    world = FakeWorld()
    world.foreign(thing("aws.base"), ME)
    plan = session_for(world, *DIAMOND).plan()
    assert [c.address for c in plan.changes] == ["aws.base", "aws.left", "aws.right", "aws.app"]
    assert plan.counts() == {"create": 3, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "none": 1}
    assert plan.pending
    assert world.calls == []
    assert plan.changes[-1].depends_on == ("aws.left", "aws.right")


def test_reads_run_side_by_side() -> None:
    world = FakeWorld()
    together = threading.Barrier(len(DIAMOND))
    world.barriers = {("read", r.address): together for r in DIAMOND}
    assert session_for(world, *DIAMOND).plan().pending


def test_a_reference_counts_as_a_dependency() -> None:
    resources = (thing("aws.user", uses=Ref("aws.used", "id")), thing("aws.used"))
    plan = session_for(FakeWorld(), *resources).plan()
    assert [c.address for c in plan.changes] == ["aws.used", "aws.user"]


def test_what_stands_on_something_that_is_made_anew_is_made_anew() -> None:
    world = FakeWorld(replaced={"aws.machine"})
    machine, other = thing("aws.machine"), thing("aws.other")
    squid = thing("aws.squid", stands_on="aws.machine", calls=("fake:Tag", "fake:Install"))
    log = thing("aws.log", stands_on="aws.squid")
    for there in (machine, squid, log, other):
        world.foreign(there, ME)
    session = session_for(world, other, log, squid, replace(machine, value="b"))
    plan = session.plan()
    assert {c.address: c.action for c in plan.changes} == {
        "aws.other": Action.NONE,
        "aws.machine": Action.REPLACE,
        "aws.squid": Action.REPLACE,
        "aws.log": Action.REPLACE,
    }
    told = {c.address: c for c in plan.changes}
    assert told["aws.squid"].reason == "goes away with machine, which is made anew"
    assert (told["aws.squid"].depends_on, told["aws.squid"].provider_id) == (("aws.machine",), "id:aws.squid")
    report = session.apply(plan, sink=lambda _: None, cancel=threading.Event())
    assert report.counts["replace"] == 3
    made = [call for call in world.calls if call[0] != "fake:Delete"]
    assert made == [
        ("fake:Create", "aws.machine"),
        ("fake:Tag", "aws.squid"),
        ("fake:Install", "aws.squid"),
        ("fake:Create", "aws.log"),
    ]
    assert not session.plan().pending


def test_a_conflict_with_what_goes_away_goes_away_with_it() -> None:
    world = FakeWorld(replaced={"aws.machine"})
    world.foreign(thing("aws.machine"), ME)
    world.foreign(thing("aws.squid", value="somebody's"))
    squid = thing("aws.squid", stands_on="aws.machine")
    assert session_for(world, thing("aws.machine"), squid).plan().conflicts
    plan = session_for(world, thing("aws.machine", value="b"), squid).plan()
    assert plan.conflicts == ()
    assert plan.changes[1].action is Action.REPLACE


def test_what_stands_on_something_that_stays_is_left_alone() -> None:
    world = FakeWorld()
    squid = thing("aws.squid", stands_on="aws.machine")
    world.foreign(thing("aws.machine"), ME)
    world.foreign(squid, ME)
    actions = {c.address: c.action for c in session_for(world, thing("aws.machine", value="b"), squid).plan().changes}
    assert actions == {"aws.machine": Action.UPDATE, "aws.squid": Action.NONE}


def test_what_cannot_be_read_is_told_once_with_every_reason() -> None:
    world = FakeWorld()
    expired = ResourceError("AWS", "the credentials have expired", "aws sso login")
    world.errors = {
        ("read", "aws.base"): [expired],
        ("read", "aws.left"): [expired],
        ("read", "aws.right"): [ResourceError("Cluster", "no answer", "")],
    }
    with pytest.raises(SurveyError) as raised:
        session_for(world, *DIAMOND).plan()
    assert sorted(e.what for e in raised.value.errors) == ["AWS", "Cluster"]


def test_what_is_ours_and_no_longer_asked_for_is_deleted_last() -> None:
    world = FakeWorld(ranks={"thing": 10, "user": 20})
    world.foreign(thing("aws.old-user", kind="user"), ME)
    world.foreign(thing("aws.old"), ME)
    world.foreign(thing("aws.of-another"), Owner("staging"))
    world.foreign(thing("aws.of-nobody"))
    plan = session_for(world, *DIAMOND).plan()
    assert [(c.title, c.action) for c in plan.changes[-2:]] == [("old-user", Action.DELETE), ("old", Action.DELETE)]
    assert len(plan.changes) == len(DIAMOND) + 2
    assert "no longer asked for" in plan.changes[-1].reason
    assert set(plan.changes[-1].depends_on) >= {"aws.app", "user/id:aws.old-user"}


def test_leftovers_that_cannot_be_looked_for_are_a_note() -> None:
    world = FakeWorld()
    world.errors = {("owned", "thing"): [ResourceError("list secrets", "forbidden", "Ask for the right.")]}
    plan = session_for(world, *DIAMOND).plan()
    assert len(plan.notes) == 1
    assert "forbidden" in plan.notes[0]


def test_a_plan_says_what_it_is_and_is_read_back() -> None:
    plan = session_for(FakeWorld(), *DIAMOND).plan()
    text = json.dumps(plan.to_json())
    assert SavedPlan.parse(text) == SavedPlan.of(plan)
    SavedPlan.parse(text).check(plan)


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not JSON"), ("[]", "not a plan"), ('{"format": "ezgitops.dev/plan/v1"}', "incomplete")]
)
def test_another_file_is_no_plan(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SavedPlan.parse(text)


def test_without_an_answer_there_is_no_plan() -> None:
    session = Session(FakeWorld(), Draft(), strategies={}, questions=(), checks=())
    with pytest.raises(IncompleteError) as raised:
        session.plan()
    assert raised.value.keys == ("strategy", "name")


def test_what_was_found_may_contradict_what_was_answered() -> None:
    key = "codecommit.repository.kmsKeyId"
    session = session_for(FakeWorld(), *DIAMOND)
    session.edit(key, "arn:aws:kms:eu-west-1:123456789012:key/0b1f7c52-6a1e-4c38-9d0a-3f5b8e7a2d41")
    session.draft.unset("aws.region")
    assert session.draft.faults() == ()
    region = Question("aws.region", "Region", "", Page.ENVIRONMENT, suggest=lambda _situation: "us-east-2")
    filled = Session(FakeWorld(), session.draft, strategies=session.strategies(), questions=(region,), checks=(), debounce=0.0)
    with pytest.raises(IncompleteError, match=r"is of region eu-west-1, but aws\.region is us-east-2") as raised:
        filled.plan()
    assert raised.value.keys == (key,)


def test_a_strategy_that_is_only_a_card_is_never_planned() -> None:
    class OnlyShown(FakeStrategy):
        """A strategy that this version shows and cannot carry out."""

        def __init__(self) -> None:
            super().__init__(id="private-server")

        def card(self, situation: Situation) -> Card:
            return replace(super().card(situation), available=False)

    draft = Draft({"name": "prod-east", "strategy": "private-server"})
    session = Session(FakeWorld(), draft, strategies={"private-server": OnlyShown()}, questions=(), checks=())
    with pytest.raises(IncompleteError, match="private-server"):
        session.plan()


# --- apply ------------------------------------------------------------------------------------------------------


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


# --- killed -----------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


class Guillotine(Journal):
    """A journal whose process dies at its n-th line, so before that call or right after it; from then on nothing runs."""

    def __init__(self, clock: FakeClock, at: int) -> None:
        super().__init__(None, clock=clock)
        self.at, self.count = at, 0
        self.guard = threading.Lock()

    def write(self, record: Mapping[str, object]) -> None:
        with self.guard:
            self.count += 1
            if self.count >= self.at:
                raise Killed


def _journal_lines() -> int:
    counted = 0

    def count(journal: Guillotine) -> None:
        nonlocal counted
        counted = journal.count

    _carried_out(FakeWorld(), lambda clock: Guillotine(clock, 10_000), count)
    return counted


def _carried_out(
    world: FakeWorld, make: Callable[[FakeClock], Guillotine], then: Callable[[Guillotine], None] = lambda _: None
) -> None:
    from wizard.engine.execution import Work, carry_out
    from wizard.engine.survey import survey

    journal = make(world.clock)
    seen = survey(world, ME, "codecommit", DIAMOND)
    carry_out(seen.steps, Work(ME, journal, lambda _: None, world.clock, world.clock.pause, threading.Event()))
    then(journal)


@pytest.mark.parametrize("at", range(1, _journal_lines() + 1))
def test_killed_at_any_line_of_the_journal_it_ends_as_one_clean_run(at: int) -> None:
    clean = FakeWorld()
    _carried_out(clean, lambda clock: Guillotine(clock, 10_000))
    world = FakeWorld()
    with pytest.raises(Killed):
        _carried_out(world, lambda clock: Guillotine(clock, at))
    _carried_out(world, lambda clock: Guillotine(clock, 10_000))
    assert world.state() == clean.state()
    creations = [c for c in world.calls if c[0] != "fake:Update"]
    assert sorted(creations) == sorted(clean.calls), "nothing twice, nothing left out"


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


# --- journal and lock -------------------------------------------------------------------------------------------


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


# --- verification -----------------------------------------------------------------------------------------------


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


# --- destroy ----------------------------------------------------------------------------------------------------


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
