"""Parts of a run that need nothing of it but what they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from strategies.base import Question
from strategies.ports import ResourceError
from wizard.engine.plan import Plan
from wizard.engine.session import IncompleteError, Session
from wizard.engine.survey import SurveyError


def early_plan(session: Session) -> Callable[[], Plan | None]:
    """Begin to plan, if the answers are complete without any fact. The function returned waits for the plan.

    It gives None when there is none, or when the facts have changed an answer since. Errors are left to the later attempt.
    """
    if session.missing() or session.draft.faults():
        return lambda: None
    asked = session.complete()
    pool = ThreadPoolExecutor(max_workers=1)
    made = pool.submit(session.plan)
    pool.shutdown(wait=False)

    def result() -> Plan | None:
        if isinstance(made.exception(), SurveyError | IncompleteError) or session.complete() != asked:
            return None
        return made.result()

    return result


def grouped(errors: Sequence[ResourceError]) -> list[str]:
    """One line for each reason, with what it keeps from being looked at, and under it what to do."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for error in errors:
        reasons.setdefault((error.why, error.remedy), []).append(error.what)
    lines: list[str] = []
    for (why, remedy), whats in reasons.items():
        lines.append(f"{whats[0]}: {why}" if len(whats) == 1 else f"{why} ({whats[0]}, and {len(whats) - 1} more)")
        if remedy:
            lines.append(f"  {remedy}")
    return lines


def how_to_give(question: Question, file: Path | None) -> str:
    """How the answer to a question is given to a run that asks nothing."""
    where = f"in {file}" if file is not None else "in an answers file (-f FILE)"
    return f"{question.key} ({question.title}): {where}, or --set {question.key}=VALUE"
