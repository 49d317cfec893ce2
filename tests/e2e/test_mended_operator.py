"""A cluster without OpenShift GitOps: one key installs it, and what waited for it is looked at and found in order."""

from __future__ import annotations

from pathlib import Path

from strategies.base import CheckResult, Status
from tests.e2e.program import SAMPLE
from wizard.answers import document
from wizard.compose import make_session
from wizard.engine.events import ApplyProgress, Event
from wizard.engine.session import Session
from wizard.sandbox.launch import Sandbox

WAITING = ("argocd.instance", "argocd.application", "argocd.project", "argocd.repository-secret", "argocd.repo-creds")


def results(session: Session) -> dict[str, CheckResult]:
    """Every check, once nothing is read any more."""
    assert session.wait(60)
    return {result.check.id: result for result in session.results()}


def test_the_operator_is_installed_and_everything_is_green(tmp_path: Path) -> None:
    told: list[Event] = []
    with Sandbox("no-gitops-operator") as sandbox:
        environ = {**sandbox.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        session = make_session(document.load(SAMPLE).draft(), environ=environ)
        try:
            session.start()
            before = results(session)
            assert before["gitops.operator"].status is Status.FAIL
            assert {before[one].status for one in WAITING} == {Status.SKIPPED}
            remedy = before["gitops.operator"].verdict.remedy
            assert remedy is not None
            assert remedy.mend is not None
            session.mend(remedy.mend, sink=told.append)
            after = results(session)
        finally:
            session.close()
    assert {after[one].status for one in ("gitops.operator", *WAITING)} == {Status.PASS}
    progress = [event.message for event in told if isinstance(event, ApplyProgress)]
    assert progress[-1] == "openshift-gitops/openshift-gitops is available"
    [journal] = (tmp_path / "state").rglob("*.journal.jsonl")
    assert "kubernetes:apply subscriptions.operators.coreos.com" in journal.read_text(encoding="utf-8")
