"""One key that changes an answer: the check that advised it is green afterwards, and nothing else has turned red."""

from __future__ import annotations

from pathlib import Path

import pytest

from strategies.base import CheckResult, Status
from tests.e2e.program import SAMPLE
from wizard.answers import document
from wizard.compose import make_session
from wizard.engine.session import Session
from wizard.sandbox.launch import Sandbox


def results(session: Session) -> dict[str, CheckResult]:
    """Every check, once nothing is read any more."""
    assert session.wait(60)
    return {result.check.id: result for result in session.results()}


@pytest.mark.parametrize(
    ("scenario", "check", "edits"),
    [
        ("sso-profile", "aws.identity", {"aws.profile": "prod-east-keys"}),
        ("repository-foreign", "codecommit.repository", {"codecommit.repository.name": "prod-east-cluster-config-2"}),
    ],
)
def test_the_answer_that_is_offered_mends_the_check(scenario: str, check: str, edits: dict[str, str], tmp_path: Path) -> None:
    with Sandbox(scenario) as sandbox:
        environ = {**sandbox.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        session = make_session(document.load(SAMPLE).draft(), environ=environ)
        try:
            session.start()
            before = results(session)[check]
            assert before.status is Status.FAIL
            assert before.verdict.remedy is not None
            mend = before.verdict.remedy.mend
            assert mend is not None
            assert mend.edits == edits
            session.mend(mend, sink=lambda _event: None)
            after = results(session)
        finally:
            session.close()
    assert after[check].status is Status.PASS
    assert [one for one, result in after.items() if result.status in (Status.FAIL, Status.WARN, Status.UNKNOWN)] == []
