"""Answers as the text of a field."""

from __future__ import annotations

import re

from strategies.base import Json, Kind, Question


def as_list(value: Json) -> list[str]:
    """The parts of an answer that is a list; one text is a list of itself."""
    if isinstance(value, list | tuple):
        return [str(each) for each in value]
    return [value] if isinstance(value, str) else []


def as_text(value: Json) -> str:
    """An answer as it stands in a line."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def as_answer(question: Question, text: str) -> Json:
    """What a line stands for as an answer; None for an empty one."""
    text = text.strip()  # what is pasted often has a blank or a line's end around it
    if not text:
        return None
    return [part for part in re.split(r"[,\s]+", text) if part] if question.kind is Kind.LIST else text


def placeholder(question: Question) -> str:
    """What stands in a line in which nothing was typed."""
    if question.kind is Kind.SECRET:
        return "env:NAME, file:PATH, aws-secretsmanager:ID or prompt:"
    if question.kind is Kind.LIST:
        return "separated by commas"
    return ""
