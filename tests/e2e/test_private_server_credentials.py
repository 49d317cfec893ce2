"""Credentials of private servers by the real program: made, exchanged without a failed sync, and revoked in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strategies.private_server.strategy import PrivateServerStrategy
from strategies.registry import STRATEGIES
from tests.e2e.program import ROOT, Program, Result

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.sandbox.launch import Sandbox

pytestmark = pytest.mark.skipif(
    not isinstance(STRATEGIES["private-server"], PrivateServerStrategy), reason="the strategy is not offered yet"
)
EXAMPLES = ROOT / "docs" / "examples"


def ends(result: Result) -> object:
    """When the credential ends, as ``status`` tells."""
    told = [event["data"] for event in result.of("diagnostic") if event["summary"] == "status"]
    assert len(told) == 1, result.out[-2000:]
    assert isinstance(told[0], dict)
    return told[0]["credential-ends"]


@pytest.mark.parametrize("kind", ["gitlab", "bitbucket", "gitea", "ghes"])
def test_made_exchanged_and_revoked(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    places = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    program = Program(tmp_path, {**sandbox.environ, **places})
    file = ("-f", str(EXAMPLES / f"answers-private-server-{kind}.yaml"))
    made = program.run("apply", *file, "--yes", "--output", "json")
    assert made.code == 0, made.out[-3000:] + made.err
    again = program.run("plan", *file, "--output", "json", "--detailed-exitcode")
    assert again.code == 0, again.out[-3000:]
    renewed = program.run("renew", *file, "--yes", "--output", "json")
    assert renewed.code == 0, renewed.out[-3000:] + renewed.err
    assert renewed.of("verify_complete")[0]["ok"] is True
    assert not [e for e in renewed.of("verify_progress") if "ComparisonError" in str(e)]
    status = program.run("status", *file, "--output", "json")
    assert status.code == 0, status.out[-3000:]
    assert bool(ends(status)) is (kind in ("gitlab", "bitbucket"))
    gone = program.run("destroy", *file, "--yes", "prod-east", "--output", "json")
    assert gone.code == 0, gone.out[-3000:] + gone.err
    assert not gone.of("apply_errored")
    token = program.environ[f"{kind.upper()}_TOKEN"]
    for one in (made, again, renewed, status, gone):
        assert token not in one.out + one.err
    left = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert any(name.endswith(".journal.jsonl") for name in left)
    assert not [name for name, content in left.items() if token.encode() in content]
