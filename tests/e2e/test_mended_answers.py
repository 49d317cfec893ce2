"""One key that changes an answer: the check that advised it is green afterwards, and nothing else has turned red."""

from __future__ import annotations

from pathlib import Path

import pytest

from strategies.base import CheckResult, Status
from tests.e2e.program import ROOT
from wizard.answers import document, overrides
from wizard.answers.draft import Draft
from wizard.compose import make_session
from wizard.engine.session import Session
from wizard.sandbox import scenario as scenarios
from wizard.sandbox.launch import Sandbox

URL = "privateServer.repository.url"
ACME_CA = "D9:F5:33:32:C1:A7:70:8D:BA:00:C7:21:FC:C1:33:AA:E2:B0:4B:55:A7:D8:F1:40:83:C4:75:52:9C:69:24:B8"
"""The issuing CA of the sandbox's company, the same in every sandbox."""


def answers_for(scenario: str) -> Draft:
    """The answers with which a scenario shows what it is about."""
    sample = scenarios.sample(scenario)
    draft = document.load(ROOT / "docs" / "examples" / f"answers-{sample.answers}.yaml").draft()
    overrides.apply(draft, [f"{key}={value}" for key, value in sample.set.items()], {})
    return draft


def results(session: Session) -> dict[str, CheckResult]:
    """Every check, once nothing is read any more."""
    assert session.wait(60)
    return {result.check.id: result for result in session.results()}


def bad(found: dict[str, CheckResult]) -> set[str]:
    """Those that are not as they should be. Nobody looks from inside the cluster here, so some stay unknown."""
    return {one for one, result in found.items() if result.status in (Status.FAIL, Status.WARN, Status.UNKNOWN)}


@pytest.mark.parametrize(
    ("scenario", "check", "edits"),
    [
        ("sso-profile", "aws.identity", {"aws.profile": "prod-east-keys"}),
        ("repository-foreign", "codecommit.repository", {"codecommit.repository.name": "prod-east-cluster-config-2"}),
        ("redirecting-url", "server.redirect", {URL: "https://gitlab.acme.example/platform/cluster-config.git"}),
        ("case-changed-url", "server.redirect", {URL: "https://gitlab.acme.example/platform/prod-east-config.git"}),
        ("private-ca", "server.certificate", {"privateServer.server.caFingerprint": ACME_CA}),
        ("project-missing", "server.repository", {"privateServer.repository.mode": "create"}),
    ],
)
def test_the_answer_that_is_offered_mends_the_check(scenario: str, check: str, edits: dict[str, str], tmp_path: Path) -> None:
    with Sandbox(scenario) as sandbox:
        environ = {**sandbox.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        session = make_session(answers_for(scenario), environ=environ)
        try:
            session.start()
            before = results(session)
            assert before[check].status is Status.FAIL
            remedy = before[check].verdict.remedy
            mend = remedy.mend if remedy is not None else None
            assert mend is not None
            assert mend.edits == edits
            session.mend(mend, sink=lambda _event: None)
            after = results(session)
        finally:
            session.close()
    assert after[check].status is Status.PASS
    assert bad(after) <= bad(before) - {check}
