"""Saves the answers where the operator expects them, and never over something else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strategies.answers import Answers


def suggested_path(instance: str | None, directory: Path | None = None) -> Path:
    """``NAME.ezgitops.yaml`` in the present folder, as the operator would write it."""
    name = f"{instance or 'answers'}.ezgitops.yaml"
    return Path(name) if directory is None else directory / name


def save_answers(path: Path, answers: Answers, *, replace: Path | None = None) -> str | None:
    """Write the answers to ``path``; returns what went wrong, in one sentence, or None.

    A file that is there already is left alone, unless it is ``replace`` (what this run wrote itself) or says exactly the same.
    """
    from wizard.answers.faults import AnswersError
    from wizard.answers.writer import dump, write

    try:
        if path.exists() and path != replace and path.read_text(encoding="utf-8") != dump(answers, file_name=path.name):
            return f"{path} exists and holds something else. Choose another name."
        write(path, answers)
    except AnswersError as error:
        return "; ".join(str(fault) for fault in error.faults)
    except (OSError, UnicodeDecodeError) as error:
        return f"The answers could not be written to {path}: {error}."
    return None


def save_text(path: Path, text: str) -> str | None:
    """Write a text to a private file; returns what went wrong, in one sentence, or None. Nothing else is written over."""
    from wizard.answers.files import write_private

    try:
        if path.exists() and path.read_text(encoding="utf-8") != text:
            return f"{path} exists and holds something else. Choose another name."
        write_private(path, text)
    except (OSError, UnicodeDecodeError) as error:
        return f"{path} could not be written: {error}."
    return None


def save_beside(answers: Answers, *, replace: Path | None = None, directory: Path | None = None) -> Path | str:
    """Write the answers under the suggested name, or under the next free one. Returns the path, or what went wrong."""
    first = suggested_path(answers.name, directory)
    problem: str | None = None
    for number in range(1, 100):
        path = first if number == 1 else first.with_name(f"{answers.name or 'answers'}-{number}.ezgitops.yaml")
        problem = save_answers(path, answers, replace=replace)
        if problem is None:
            return path
        if not path.exists():
            break
    return problem or "The answers could not be saved."
