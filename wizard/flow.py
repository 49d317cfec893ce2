"""Which page follows which, for these answers, and what stands in the way of going on: shared by every front end.

Pure. The SDKs and the models are needed for types alone, so that a front end can name the pages before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from strategies.base import CheckResult, Page, Question, Strategy
    from wizard.answers.draft import Draft


class Step(StrEnum):
    """A page of the wizard. Those that ask questions have the value of ``strategies.base.Page``."""

    WELCOME = "welcome"
    ENVIRONMENT = "environment"
    STRATEGY = "strategy"
    DETAILS = "details"
    CHECKS = "checks"
    PLAN = "plan"
    APPLY = "apply"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class StepInfo:
    """What is said of a page: its name in the rail, the question that it settles, and one sentence of help."""

    name: str
    heading: str
    help: str


INFO: dict[Step, StepInfo] = {
    Step.WELCOME: StepInfo(
        "Welcome",
        "A Git repository for a cluster without a way out",
        "Start anew, from an answers file, or where you stopped. Nothing is changed in AWS or in the cluster before you "
        "have said yes to it; only the checks make a Job of some seconds in the cluster.",
    ),
    Step.ENVIRONMENT: StepInfo(
        "Environment",
        "Which cluster is this for?",
        "Everything here was read from your AWS profile and your kubeconfig. Change what is not the cluster you mean; "
        "the rest follows.",
    ),
    Step.STRATEGY: StepInfo(
        "Strategy",
        "How should Argo CD reach Git?",
        "Each card says what is known about that way in this very environment. Nothing is made yet.",
    ),
    Step.DETAILS: StepInfo(
        "Details",
        "What should be synced, and under which names?",
        "Only the repository has to be given, and for a server of your own a login; every other field has a value that works. "
        "What the world says of a value stands under it.",
    ),
    Step.CHECKS: StepInfo(
        "Checks",
        "Is everything ready?",
        "Each prerequisite, the worst first, with what was seen and what mends it. Failing ones that are marked as blocking "
        "stop the apply. What only the cluster can know is looked at by a Job of some seconds in Argo CD's namespace, which is "
        "removed again.",
    ),
    Step.PLAN: StepInfo(
        "Plan",
        "What will be made?",
        "Read from the world just now. Nothing is made before you confirm, and a plan made from a world that has since "
        "changed is refused.",
    ),
    Step.APPLY: StepInfo(
        "Apply",
        "Making it",
        "What can run together does. Stopping is safe at any time: run it again and it goes on where it stopped.",
    ),
    Step.DONE: StepInfo("Done", "What was made", "The proof from Argo CD, and how to do all of it again without a question."),
}

ASKING = (Step.ENVIRONMENT, Step.STRATEGY, Step.DETAILS)
"""The pages that ask questions."""

_ORDER = tuple(Step)


def steps() -> tuple[Step, ...]:
    """Every page in order. The order is the same for each strategy; what differs is the questions on the pages."""
    return _ORDER


def preceding(step: Step) -> Step | None:
    """The page that Back leads to: None from the first, and while work is done. From the last it is the plan, made anew."""
    if step in (Step.WELCOME, Step.APPLY):
        return None
    return Step.PLAN if step is Step.DONE else _ORDER[_ORDER.index(step) - 1]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why the operator cannot go on, and the key of the question (or the id of the check) that it is about.

    ``passing``: it may go by itself, because what is missing is being read now.
    """

    reason: str
    key: str | None = None
    passing: bool = False


class View(Protocol):
    """What the flow looks at: ``wizard.engine.session.Session`` is one."""

    @property
    def draft(self) -> Draft:
        """The answers as typed so far."""

    def questions(self, page: Page | None = None) -> tuple[Question, ...]:
        """The relevant questions, of one page or of all."""

    def missing(self) -> tuple[Question, ...]:
        """Required questions without an answer, a suggestion or a default."""

    def reading(self) -> frozenset[str]:
        """Ids of the facts that are being read now."""

    def results(self) -> tuple[CheckResult, ...]:
        """The checks as they stand, worst first."""

    def strategy(self) -> Strategy | None:
        """The chosen strategy."""


def obstacles(step: Step, view: View) -> tuple[Obstacle, ...]:
    """Why the operator cannot leave this page forwards; empty when nothing is in the way. Going back is always possible."""
    if step in ASKING:
        return _question_obstacles(step, view)
    if step is Step.CHECKS:
        asked = tuple(found for page in ASKING for found in _question_obstacles(page, view))
        return asked or _check_obstacles(view.results())
    return ()


def complete(step: Step, view: View) -> bool:
    """True when nothing on this page stands in the way of going on."""
    return not obstacles(step, view)


def reachable(step: Step, view: View) -> bool:
    """True when every page before this one is complete, so that a jump to it loses nothing and misses nothing."""
    return all(complete(before, view) for before in _ORDER[: _ORDER.index(step)])


def _question_obstacles(step: Step, view: View) -> tuple[Obstacle, ...]:
    page_name = step.value
    if step is Step.STRATEGY and view.strategy() is None:
        return (Obstacle("choose a strategy", "strategy"),)
    questions = {question.key: question for question in view.questions() if question.page.value == page_name}
    found = [
        Obstacle(f"{questions[fault.key].title}: {fault.message}", fault.key)
        for fault in view.draft.faults()
        if fault.key in questions
    ]
    faulty = {obstacle.key for obstacle in found}
    reading = view.reading()
    for question in view.missing():
        if question.key in questions and question.key not in faulty:
            being_read = bool(reading & set(question.needs))
            state = "still being read" if being_read else "missing"
            found.append(Obstacle(f"{question.title} is {state}", question.key, being_read))
    return tuple(found)


def _check_obstacles(results: Sequence[CheckResult]) -> tuple[Obstacle, ...]:
    blocking = [Obstacle(f"{result.check.title} failed", result.check.id) for result in results if result.blocks]
    waiting = sum(1 for result in results if result.waiting)
    if waiting and not blocking:
        return (Obstacle("1 check is still running" if waiting == 1 else f"{waiting} checks are still running", passing=True),)
    return tuple(blocking)
