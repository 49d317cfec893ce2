"""Answers as text, and what loading it says."""

from __future__ import annotations

import pytest

from wizard.answers import document
from wizard.answers.faults import AnswersError, Fault

HEAD = "apiVersion: ezgitops.dev/v1\nkind: Answers\n"


def faults(text: str) -> tuple[Fault, ...]:
    """The faults of a text that must have some."""
    with pytest.raises(AnswersError) as raised:
        document.loads(text.encode(), "answers.yaml")
    return raised.value.faults
