"""A question: one thing that the operator decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from strategies.answers import Answers
from strategies.base.checks import Verdict
from strategies.base.situation import Json, Situation


class Page(StrEnum):
    """The page of the wizard on which a question stands."""

    ENVIRONMENT = "environment"
    STRATEGY = "strategy"
    DETAILS = "details"


class Kind(StrEnum):
    """The form of an answer."""

    TEXT = "text"
    CHOICE = "choice"
    CONFIRM = "confirm"  # at most one of what was shown; nothing but a key of the operator's takes it
    YES_NO = "yes-no"
    LIST = "list"
    SECRET = "secret"  # a reference, never the value


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer. ``note`` says what it costs or why it is (not) advised."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing the operator decides.

    ``key`` is the dotted path in the answers file (camelCase). ``suggest`` gives the value to be used when the operator says
    nothing (None: nothing can be suggested); ``choices`` the values to pick from, when they are known; ``judge`` what the
    world says of the present answer (None: nothing to say), shown under the field; ``needs`` are the ids of the facts
    that these look at, and of those that lead to them. ``leads``: it stands before the common questions of its page, which
    follow from it.
    """

    key: str
    title: str
    help: str
    page: Page
    kind: Kind = Kind.TEXT
    required: bool = False
    advanced: bool = False
    leads: bool = False
    suggest: Callable[[Situation], Json] = lambda _situation: None
    choices: Callable[[Situation], Sequence[Choice]] = lambda _situation: ()
    judge: Callable[[Situation], Verdict | None] = lambda _situation: None
    needs: tuple[str, ...] = ()
    relevant: Callable[[Answers], bool] = lambda _answers: True

    def folded(self, situation: Situation) -> bool:
        """Whether it is out of sight until somebody asks for it. What waits to be confirmed is in sight."""
        return self.advanced and not (self.kind is Kind.CONFIRM and self.choices(situation))
