"""What is wrong with answers, in the operator's words: where, why, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    ``key`` is the dotted path (``source.url``; empty: the file as a whole). ``file`` is where it stands: a file's name as the
    operator wrote it, ``--set``, or the name of an environment variable. ``line`` counts from 1. ``suggestion`` is the key or
    value that was probably meant. No part of it ever repeats a secret.
    """

    key: str
    message: str
    suggestion: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
        said = ": ".join(part for part in (place, f"{self.key} {self.message}" if self.key else self.message) if part)
        return f"{said}; did you mean {self.suggestion}?" if self.suggestion else said


class AnswersError(Exception):
    """Answers that cannot be used; carries every fault that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
