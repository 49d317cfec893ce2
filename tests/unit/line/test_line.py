"""The wizard as text, driven by lines: what is asked, what is kept, and where Back, help and a closed terminal lead."""

from __future__ import annotations

import io
import os
import pty
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from strategies.answers import Answers
from strategies.base import Check, Choice, Kind, Mend, Page, Question, Remedy, Situation, Status, Verdict
from strategies.facts import CLUSTER_INFO, SOURCE, FactError
from tests.fakes import FakeClock, FakeStrategy, FakeWorld, passing, thing
from wizard.answers import document
from wizard.answers.draft import Draft, DraftStore
from wizard.engine.session import Session
from wizard.exitcodes import ExitCode
from wizard.line import run as line
from wizard.line.ask import ask_missing, needed
from wizard.line.asker import Option, PlainAsker, Prompt, QuestionaryAsker, asker_for, picked

URL = "https://github.com/acme/cluster-config.git"


def _cluster_name(situation: Situation) -> str | None:
    info = situation.facts.get(CLUSTER_INFO)
    return None if info is None else info.infrastructure_name.rpartition("-")[0]


def _branches(situation: Situation) -> Sequence[Choice]:
    source = situation.facts.get(SOURCE)
    return () if source is None else [Choice(name, name) for name in source.branches]


def _reached(situation: Situation) -> Verdict | None:
    source = situation.facts.get(SOURCE)
    if source is not None:
        return Verdict(Status.PASS, f"reachable, {len(source.branches)} branches")
    error = situation.facts.error(SOURCE)
    return None if error is None else Verdict(Status.FAIL, error.message, Remedy("Check the name.", "git ls-remote URL"))


COMMON = (
    Question("name", "Name", "It stands in every name.", Page.ENVIRONMENT, required=True, suggest=_cluster_name),
    Question("aws.region", "Region", "Where the cluster is.", Page.ENVIRONMENT, suggest=lambda _: "us-east-2"),
    Question("cluster.context", "Context", "The kubeconfig's.", Page.ENVIRONMENT, suggest=lambda _: "prod-east"),
    Question("argocd.namespace", "Argo CD", "The instance.", Page.ENVIRONMENT, suggest=lambda _: "openshift-gitops"),
    Question("strategy", "Strategy", "How.", Page.STRATEGY, kind=Kind.CHOICE, required=True, suggest=lambda _: "codecommit"),
    Question("source.url", "Source repository", "Where it is written today.", Page.DETAILS, required=True, judge=_reached),
    Question(
        "source.revision",
        "Branch",
        "What is followed.",
        Page.DETAILS,
        kind=Kind.CHOICE,
        suggest=lambda s: None if s.facts.get(SOURCE) is None else "main",
        choices=_branches,
    ),
    Question("source.password", "Password", "A reference.", Page.DETAILS, kind=Kind.SECRET, advanced=True),
    Question("application.syncPolicy.prune", "Prune", "Delete what is gone.", Page.DETAILS, kind=Kind.YES_NO, advanced=True),
    Question("cluster.machineCidrs", "Nodes", "Who may reach it.", Page.DETAILS, kind=Kind.LIST, advanced=True),
    Question("application.name", "Application", "Its name.", Page.DETAILS, advanced=True, suggest=lambda _: "cluster-config"),
)


@dataclass
class Terminal:
    """A terminal: lines to be typed, and what was written."""

    world: FakeWorld
    strategy: FakeStrategy
    folder: Path
    store: DraftStore
    out: io.StringIO = field(default_factory=io.StringIO)
    sessions: list[Session] = field(default_factory=list)

    def make(self, draft: Draft, *, on_edit: Callable[[Draft], None] = lambda _draft: None) -> Session:
        """A session in the world of the test."""
        made = Session(
            self.world,
            draft,
            strategies={"codecommit": self.strategy},
            clock=self.world.clock,
            on_edit=on_edit,
            questions=COMMON,
            checks=(),
            pause=self.world.clock.pause,
            debounce=0.0,
        )
        self.sessions.append(made)
        return made

    def run(self, *typed: str, answers_file: Path | None = None, environ: Mapping[str, str] | None = None) -> ExitCode:
        """The whole wizard with these lines typed; the input ends after them."""
        self.out.truncate(0)
        return line.run(
            make_session=self.make,
            drafts=lambda: self.store,
            answers_file=answers_file,
            environ=environ or {},
            asker=PlainAsker(io.StringIO("".join(f"{one}\n" for one in typed)), self.out),
            directory=self.folder,
        )

    def ask(self, draft: Draft, *typed: str) -> Session:
        """Ask only for what is missing."""
        session = self.make(draft)
        session.start()
        ask_missing(session, PlainAsker(io.StringIO("".join(f"{one}\n" for one in typed)), self.out))
        return session

    @property
    def said(self) -> str:
        """Everything that was written."""
        return self.out.getvalue()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    strategy = FakeStrategy(judged=(passing("well"),), made=lambda _answers: (thing("aws.a"), thing("aws.b", "aws.a")))
    made = Terminal(FakeWorld(clock=FakeClock()), strategy, tmp_path, DraftStore(tmp_path / "drafts"))
    yield made
    for session in made.sessions:
        session.close()


WHOLE = ("yes", "codecommit", URL, "", "no", "yes")


def test_from_the_environment_to_synced(terminal: Terminal) -> None:
    assert terminal.run(*WHOLE) is ExitCode.DONE, terminal.said
    assert {"aws.a", "aws.b"} == set(terminal.world.things)
    saved = document.load(terminal.folder / "prod-east.ezgitops.yaml").draft().answers()
    assert saved.source.url == URL
    assert saved.source.revision == "main"
    assert saved.name == "prod-east"
    assert "Synced" in terminal.said
    assert "ezgitops apply -f" in terminal.said
    assert terminal.store.list() == []


def test_the_text_is_append_only(terminal: Terminal) -> None:
    terminal.run(*WHOLE)
    assert "\x1b" not in terminal.said
    assert "\r" not in terminal.said
    assert "\b" not in terminal.said


def test_nothing_is_made_without_a_yes(terminal: Terminal) -> None:
    terminal.run(*WHOLE[:-1], "no")
    assert terminal.world.things == {}
    assert (terminal.folder / "prod-east.ezgitops.yaml").exists()
    assert terminal.run(*WHOLE[:-1], "") is not ExitCode.FAILED
    assert terminal.world.things == {}


def test_back_goes_one_question_back_and_keeps_the_answers(terminal: Terminal) -> None:
    other = URL.replace("acme", "other")
    assert terminal.run("<", "yes", "codecommit", URL, "<", other, "<", "", "staging", "no", "yes") is ExitCode.DONE, (
        terminal.said
    )
    assert "first question" in terminal.said
    saved = document.load(terminal.folder / "prod-east.ezgitops.yaml").draft().answers()
    assert (saved.source.url, saved.source.revision) == (other, "staging")


def test_a_number_picks_and_help_explains(terminal: Terminal) -> None:
    terminal.run("yes", "1", "?", URL, "2", "no", "yes")
    assert "Where it is written today." in terminal.said
    assert "https://github.com/acme/cluster-config.git" in terminal.said
    assert terminal.sessions[0].draft.get("source.revision") == "staging"


def test_wrong_answers_are_told_and_asked_again(terminal: Terminal) -> None:
    assert terminal.run("yes", "codecomit", "codecommit", "http://x/y", "", URL, "", "no", "yes") is ExitCode.DONE
    assert "not encrypted" in terminal.said
    assert "this is needed" in terminal.said
    assert "codecommit" in terminal.said


def test_the_environment_can_be_changed(terminal: Terminal) -> None:
    assert terminal.run("no", "east", "", "", "", *WHOLE[1:]) is ExitCode.DONE, terminal.said
    assert terminal.sessions[0].draft.get("name") == "east"
    assert (terminal.folder / "east.ezgitops.yaml").exists()


def test_more_questions_are_asked_when_wanted(terminal: Terminal) -> None:
    more = ("yes", "hunter2", "env:TOKEN", "maybe", "y", "10.0.0.0/8, 10.0.0.5/8", "10.0.0.0/16, 10.1.0.0/16")
    assert terminal.run(*WHOLE[:4], *more, "", "yes") is ExitCode.DONE, terminal.said
    saved = document.load(terminal.folder / "prod-east.ezgitops.yaml").draft().answers()
    assert saved.source.password == "env:TOKEN"
    assert saved.application.sync_policy.prune is True
    assert saved.cluster.machine_cidrs == ["10.0.0.0/16", "10.1.0.0/16"]
    assert "hunter2" not in terminal.said
    assert "must be true or false" in terminal.said


def test_what_the_world_says_stands_under_the_answer(terminal: Terminal) -> None:
    terminal.world.facts[SOURCE.id] = FactError("no such repository", "Check the name.")
    terminal.run("yes", "codecommit", URL, "", "main", "no", "yes")
    assert "fail: no such repository" in terminal.said
    assert "$ git ls-remote URL" in terminal.said
    assert "keep it all the same" in terminal.said


def test_a_closed_terminal_costs_nothing(terminal: Terminal) -> None:
    assert terminal.run("yes", "codecommit", URL) is ExitCode.INTERRUPTED
    assert terminal.world.things == {}
    assert terminal.run("", "yes", "", "", "", "no", "yes") is ExitCode.DONE, terminal.said
    assert "answers from before" in terminal.said
    assert document.load(terminal.folder / "prod-east.ezgitops.yaml").draft().answers().source.url == URL


def test_a_failing_check_stops_before_the_plan(terminal: Terminal) -> None:
    terminal.strategy.judged = (passing("bad", status=Status.FAIL),)
    assert terminal.run(*WHOLE[:-1], "", "quit") is ExitCode.CHECKS
    assert "seen by bad" in terminal.said
    assert "Mend it." in terminal.said
    assert terminal.world.things == {}


def test_a_conflict_is_shown_and_nothing_is_made(terminal: Terminal) -> None:
    terminal.world.foreign(replace(thing("aws.a"), value="theirs"))
    assert terminal.run(*WHOLE[:-1], "quit") is ExitCode.CHECKS
    assert "conflict" in terminal.said
    assert set(terminal.world.things) == {"aws.a"}


def test_answers_that_are_there_already_are_never_replaced(terminal: Terminal) -> None:
    there = terminal.folder / "prod-east.ezgitops.yaml"
    there.write_text("mine: true\n")
    assert terminal.run(*WHOLE) is ExitCode.DONE
    assert there.read_text() == "mine: true\n"
    assert (terminal.folder / "prod-east-2.ezgitops.yaml").exists()


def test_a_broken_answers_file_ends_with_its_faults(terminal: Terminal) -> None:
    file = terminal.folder / "a.yaml"
    file.write_text("apiVersion: ezgitops.dev/v1\nnam: x\n")
    assert terminal.run(answers_file=file) is ExitCode.USAGE
    assert "a.yaml:2: nam" in terminal.said


def test_only_what_is_missing_is_asked(terminal: Terminal) -> None:
    session = terminal.ask(Draft({"strategy": "codecommit"}), URL)
    assert session.draft.get("source.url") == URL
    assert terminal.said.count("]:") + terminal.said.count("source.url:") == 1
    assert "name" not in terminal.said
    assert needed(session) == ()


def test_nothing_is_asked_when_nothing_is_missing(terminal: Terminal) -> None:
    terminal.ask(Draft({"source": {"url": URL}}))
    assert terminal.said == ""


def test_what_is_wrong_is_asked_too_and_back_works(terminal: Terminal) -> None:
    draft = Draft({"aws": {"region": "us-east-2a"}})
    session = terminal.ask(draft, "<", "us-east-1", "<", "us-east-2", URL)
    assert "first question" in terminal.said
    assert session.draft.get("aws.region") == "us-east-2"


def test_the_end_of_the_input_is_not_an_answer(terminal: Terminal) -> None:
    with pytest.raises(EOFError):
        terminal.ask(Draft({}))


@pytest.mark.parametrize(
    ("text", "value"),
    [("", "main"), ("2", "b"), ("b", "b"), ("9", "9"), ("0", "0"), ("7", "7"), ("²", "²"), ("1" * 5000, "1" * 5000)],
)
def test_what_a_line_picks(text: str, value: str) -> None:
    options = [Option("a", "a"), Option("b", "b"), Option("7", "seven")]
    assert picked(text, Prompt("x", "main", options)) == value


@contextmanager
def tty() -> Iterator[tuple[int, io.TextIOWrapper, io.TextIOWrapper]]:
    """A pseudo-terminal: the operator's end, and the program's two streams."""
    operator, program = pty.openpty()
    source, out = os.fdopen(os.dup(program)), os.fdopen(program, "w")
    try:
        yield operator, source, out
    finally:
        source.close()
        out.close()
        os.close(operator)


def test_the_asker_that_fits() -> None:
    with tty() as (_, source, out):
        assert isinstance(asker_for({"TERM": "xterm"}, source, out), QuestionaryAsker)
        for environ in ({"TERM": "dumb"}, {"TERM": "xterm", "ACCESSIBLE": "1"}, {}):
            assert isinstance(asker_for(environ, source, out), PlainAsker)
        assert isinstance(asker_for({"TERM": "xterm"}, source, out, plain=True), PlainAsker)
        assert isinstance(asker_for({"TERM": "xterm"}, io.StringIO(), out), PlainAsker)


def test_plain_on_a_real_terminal() -> None:
    with tty() as (operator, source, out):
        answers: list[str] = []
        asker = PlainAsker(source, out)
        worker = threading.Thread(target=lambda: answers.append(asker.ask(Prompt("Name", "prod-east"))), daemon=True)
        worker.start()
        os.write(operator, b"staging\n")
        worker.join(10)
        assert answers == ["staging"]


def test_complete_answers_are_what_is_saved(terminal: Terminal) -> None:
    terminal.run(*WHOLE)
    complete: Answers = terminal.sessions[0].complete()
    assert document.load(terminal.folder / "prod-east.ezgitops.yaml").draft().answers() == complete


def test_what_can_be_mended_is_offered_and_looked_at_again(terminal: Terminal) -> None:
    mend = Mend("Turn DNS on", "Turns DNS on in vpc-1.", operation="vpc.enable-dns", refreshes=(CLUSTER_INFO.id,))

    def judge(_situation: Situation) -> Verdict:
        on = bool(terminal.world.mended)
        return Verdict(Status.PASS if on else Status.FAIL, "DNS", None if on else Remedy("Turn it on.", mend=mend))

    check = Check("aws.vpc-dns", "DNS in the VPC", "It matters.", judge, (CLUSTER_INFO.id,))
    terminal.strategy.judged = (check,)
    terminal.run("y")
    assert "Turns DNS on in vpc-1." in terminal.said
    assert "Turn DNS on now?" in terminal.said
    assert [operation for operation, _ in terminal.world.mended] == ["vpc.enable-dns"]


def test_what_is_to_be_vouched_for_is_shown_once() -> None:
    out = io.StringIO()
    options = [Option("AB:CD:EF", "CN=Acme Root CA", "AB:CD EF (SHA-256)")]
    chosen = PlainAsker(io.StringIO("1\n"), out).ask(Prompt("server.caFingerprint", None, options, weighed=True, by_label=True))
    assert chosen == "AB:CD:EF"
    assert out.getvalue().splitlines()[0] == "  1) CN=Acme Root CA - AB:CD EF (SHA-256)"
