"""What a field looks at, and what is known of the answer in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from textual.content import Content

from strategies.base import Choice, Json, Question
from wizard.tui.theme import CHECK_MARKS, marked

if TYPE_CHECKING:
    from strategies.base import Situation
    from wizard.answers.draft import Draft


class FieldSession(Protocol):
    """What a field needs of the session."""

    @property
    def draft(self) -> Draft:
        """The answers as typed."""

    def situation(self) -> Situation:
        """Answers and facts as they stand."""

    def reading(self) -> frozenset[str]:
        """Ids of the facts that are being read now."""

    def effective(self, key: str) -> Json:
        """The value in force: typed, else suggested, else the default."""

    def edit(self, key: str, value: Json) -> None:
        """Change the draft."""


def known(
    question: Question, session: FieldSession, situation: Situation, value: Json, choices: Sequence[Choice]
) -> Content | None:
    """What the world says of a valid answer, in one line where that is possible; None while it is being looked up.

    ``choices`` are those whose note is not in sight already.
    """
    verdict = question.judge(situation)
    if verdict is not None:
        shown = marked(CHECK_MARKS[verdict.status.value], verdict.evidence)
        return shown + Content(f" - {verdict.remedy.text}") if verdict.remedy is not None else shown
    unread = any(not situation.facts.known(need) for need in question.needs)
    if value is not None and unread and session.reading():
        return None
    if value is None and question.required:
        return Content.styled("needed", "$text-warning")
    for choice in choices:
        if choice.value == value and choice.note:
            return Content.styled(choice.note, "$quiet")
    return Content("")
