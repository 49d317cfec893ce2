"""What stays in the scrollback: enough to go on from, and nothing where nothing was done."""

from __future__ import annotations

from pathlib import Path

from strategies.ports import SyncReport
from wizard.engine.apply import ApplyReport
from wizard.exitcodes import ExitCode
from wizard.tui.ending import Ending, Failure
from wizard.tui.farewell import Traces, farewell

SYNCED = SyncReport("Synced", "Healthy", "3f2c9d1a0b", (), None, "")
TRACES = Traces(Path("my answers.yaml"), Path("/home/me/.local/state/ezgitops/prod-east/x.log"))
HOME = {"HOME": "/home/me"}


def test_nothing_was_done_and_nothing_is_kept() -> None:
    assert farewell(None, Traces(), HOME) == ""
    assert farewell(None, Traces(Path("saved.yaml"), None, "prod-east"), HOME) == "The draft prod-east is kept."


def test_a_success_says_how_to_do_it_again() -> None:
    ending = Ending(ApplyReport(ok=True, sync=SYNCED), seconds=161.0)
    assert farewell(ending, TRACES, HOME).splitlines() == [
        "✔ Argo CD is Synced and Healthy at 3f2c9d1, after 2 min 41 s.",
        "Answers   my answers.yaml",
        "Again     ezgitops apply -f 'my answers.yaml' --yes",
        "Log       ~/.local/state/ezgitops/prod-east/x.log",
    ]


def test_a_failure_says_what_why_and_what_now() -> None:
    ending = Ending(ApplyReport(ok=False, failed=("a",)), (Failure("The role was not made", "AccessDenied", "Ask for it."),))
    lines = farewell(ending, Traces(draft="prod-east"), HOME).splitlines()
    assert lines == ["✖ The role was not made", "  why: AccessDenied", "  now: Ask for it.", "The draft prod-east is kept."]


def test_a_stop_and_an_argo_cd_that_does_not_sync_are_told_apart() -> None:
    stopped = farewell(Ending(ApplyReport(ok=False, cancelled=True)), Traces(), HOME)
    assert stopped == "✖ Stopped. What was made stands; run it again to go on."
    unsynced = farewell(Ending(ApplyReport(ok=False, reason="authentication required")), Traces(), HOME)
    assert "not Synced" in unsynced
    assert "why: authentication required" in unsynced
    refused = farewell(Ending.refused(ExitCode.LOCKED, "Another run", "held by 7", "Wait."), Traces(), HOME)
    assert refused.splitlines()[0] == "✖ Another run"
