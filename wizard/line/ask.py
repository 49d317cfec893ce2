"""Asks the questions of a session, one at a time, until nothing required is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import Enum, auto

from strategies.base import Choice, Json, Kind, Question, Status, Verdict
from strategies.ports import ResourceError
from wizard.answers import keys
from wizard.answers.overrides import typed
from wizard.engine.session import Session
from wizard.line.asker import BACK, HELP, Asker, Option, Prompt, asker_for

_PATIENCE = 30.0
"""Seconds that a question waits for the readings that its suggestion and its verdict come from."""


class Move(Enum):
    """Where the operator wants to go after a question."""

    ON = auto()
    BACK = auto()


def ask_missing(session: Session, asker: Asker | None = None) -> None:
    """Ask for what is required and missing, and for what is wrong, and for nothing else.

    The session must have been started. Without ``asker`` this process's terminal is used. Raises EOFError at the end of the
    input and KeyboardInterrupt at Ctrl-C; the draft then holds what was answered.
    """
    desk = asker or asker_for(os.environ, sys.stdin, sys.stderr)
    asked: list[Question] = []
    back_to: Question | None = None
    while True:
        session.wait(_PATIENCE)
        open_ones = needed(session)
        question = back_to or (open_ones[0] if open_ones else None)
        if question is None:
            return
        if not asked:
            desk.say("Some answers are missing. ? explains a question, < goes back, Ctrl-C stops.")
        back_to = None
        if ask_question(session, question, desk) is Move.BACK:
            if asked:
                back_to = asked.pop()
            else:
                desk.say("This is the first question.")
            continue
        asked.append(question)


def needed(session: Session, questions: Sequence[Question] | None = None) -> tuple[Question, ...]:
    """The questions that stand in the way: required and unanswered, or answered wrongly."""
    among = session.questions() if questions is None else questions
    faulty = {keys.bare(fault.key) for fault in session.draft.faults()}
    missing = {question.key for question in session.missing()}
    return tuple(question for question in among if question.key in missing or question.key in faulty)


def ask_question(session: Session, question: Question, asker: Asker) -> Move:
    """Ask until the answer is one that can hold, or the operator goes back. What the world says of it is shown."""
    asker.say()
    asker.say(question.title)
    objected = False
    while True:
        situation = session.situation()
        choices = tuple(question.choices(situation))
        answer = asker.ask(_prompt(session, question, choices))
        if answer == BACK:
            return Move.BACK
        if answer == HELP:
            _explain(asker, question, choices)
            continue
        unchanged = answer == _shown(session.effective(question.key))
        if not unchanged and not _give(session, question, answer, asker):
            continue
        fault = next((one for one in session.draft.faults() if keys.bare(one.key) == question.key), None)
        if fault is not None:
            asker.say(f"  fail: {fault.message}{f'; did you mean {fault.suggestion}?' if fault.suggestion else ''}")
            continue
        if question.required and session.effective(question.key) in (None, "", []):
            asker.say("  fail: this is needed")
            continue
        session.wait(_PATIENCE)
        verdict = question.judge(session.situation())
        if verdict is not None:
            say_verdict(asker, verdict)
            if verdict.status is Status.FAIL and not (objected and unchanged):
                objected = True
                asker.say("  Change it, or press Enter to keep it all the same.")
                continue
        return Move.ON


def say_verdict(asker: Asker, verdict: Verdict, indent: str = "  ") -> None:
    """One line for what was seen, one for the way to mend it, one for the command."""
    asker.say(f"{indent}{verdict.status.value}: {verdict.evidence}")
    if verdict.remedy is not None and verdict.status is not Status.PASS:
        asker.say(f"{indent}to do: {verdict.remedy.text}")
        if verdict.remedy.command:
            asker.say(f"{indent}$ {verdict.remedy.command}")


def shown(session: Session, question: Question) -> str:
    """The value in effect as text, for a list of what was found."""
    return _shown(session.effective(question.key)) or "none"


def _give(session: Session, question: Question, answer: str, asker: Asker) -> bool:
    """Put a typed answer into the draft; False with the reason said when it cannot even be one."""
    key = keys.keys()[question.key]
    text = (
        {"y": "true", "yes": "true", "n": "false", "no": "false"}.get(answer.lower(), answer) if _yes_no(question) else answer
    )
    try:
        value = None if not text else typed(key, text)
    except ValueError as error:
        asker.say(f"  fail: {error}")
        return False
    if question.kind is Kind.SECRET and text.startswith("prompt:"):
        try:
            # Now, and not in a reader's thread in the middle of the next question.
            session.check_secret(text)
        except ResourceError as error:
            asker.say(f"  fail: {error}. {error.remedy}")
            return False
    session.edit(question.key, value)
    return True


def _prompt(session: Session, question: Question, choices: Sequence[Choice]) -> Prompt:
    faulty = any(keys.bare(fault.key) == question.key for fault in session.draft.faults())
    default = None if faulty else _shown(session.effective(question.key))
    options = [Option(choice.value, choice.label, choice.note) for choice in choices]
    if _yes_no(question):
        options = []
    hint = {Kind.LIST: " (a, b, c)", Kind.YES_NO: " (yes, no)", Kind.SECRET: " (env:NAME, file:PATH, prompt:LABEL)"}
    weighed = question.kind in (Kind.CONFIRM, Kind.LIST)
    return Prompt(
        f"{question.key}{hint.get(question.kind, '')}", default, options, weighed, by_label=question.kind is Kind.CONFIRM
    )


def _explain(asker: Asker, question: Question, choices: Sequence[Choice]) -> None:
    key = keys.keys()[question.key]
    asker.say(f"  {question.help}")
    for choice in choices:
        if choice.note:
            asker.say(f"  {choice.value}: {choice.note}")
    if key.form is not None:
        example = f", for example {key.form.example}" if key.form.example else ""
        asker.say(f"  It must be {key.form.words.replace('``', '')}{example}.")
    if key.optional:
        asker.say("  null takes it back.")


def _yes_no(question: Question) -> bool:
    return question.kind is Kind.YES_NO


def _shown(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
