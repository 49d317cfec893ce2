"""The source repository where it is the repository on the private server itself."""

from __future__ import annotations

import pytest

from strategies.base import Situation, Status
from strategies.common.checks.source import source
from strategies.facts import SOURCE, FactError, Facts, Reading
from tests.fakes import START
from tests.unit.private_server.judging import complete

NONE = Facts({SOURCE.id: Reading(None, FactError("there is no repository", "Look at the URL."), START, 0.0)})


@pytest.mark.parametrize(
    ("mode", "evidence"),
    [("create", "apply makes it, empty"), ("existing", "this machine cannot read it: there is no repository")],
)
def test_one_that_is_to_be_made_is_empty_at_first(mode: str, evidence: str) -> None:
    found = source(Situation(complete(private_server__repository__mode=mode), NONE))
    assert found.status is Status.WARN
    assert evidence in found.evidence
