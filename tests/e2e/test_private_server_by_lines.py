"""The wizard as text with a private server: one URL, a CA confirmed by its number, the rest by Enter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.program import Program
from tests.terminal import Terminal
from wizard.answers.document import load
from wizard.sandbox.launch import Sandbox

pytestmark = pytest.mark.slow
ASKED = (
    ("Is this the right environment?", ""),
    ("strategy [codecommit]: ", "private-server"),
    ("privateServer.repository.url: ", "https://gitlab.acme.example/platform/cluster-config.git"),
    ("privateServer.own.make (yes, no) [no]: ", ""),
    ("privateServer.server.caFingerprint: ", "1"),
    ("privateServer.server.caFile: ", ""),
    ("privateServer.server.kind [gitlab]: ", ""),
    ("privateServer.credentials.method [make]: ", ""),
    ("privateServer.server.adminToken ", "env:GITLAB_TOKEN"),
    ("privateServer.repository.mode [existing]: ", ""),
    ("privateServer.repository.fill [none]: ", ""),
    ("source.url [https://gitlab.acme.example/platform/cluster-config.git]: ", ""),
    ("source.revision [main]: ", ""),
    ("source.path [clusters/prod-east]: ", ""),
    ("application.name [cluster-config]: ", ""),
    ("Change any of these?", ""),
    ("Apply this plan?", "yes"),
)
"""Every prompt in its order, and what is typed; nothing: Enter alone."""


def test_one_url_leads_to_synced(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(tmp_path, dict(sandbox.environ))
    environ = program.environment(TERM="xterm-256color", XDG_STATE_HOME=str(tmp_path / "state"))
    with Terminal([sys.executable, "-m", "wizard", "--plain"], environ=environ, folder=tmp_path) as terminal:
        for prompt, text in ASKED:
            terminal.sees(prompt, seconds=120)
            terminal.type(text)
        assert terminal.ends() == 0, terminal.seen
        assert "Argo CD is Synced and Healthy" in terminal.seen
        assert "unknown: its certificate is not believed yet" in terminal.seen
    answers = load(tmp_path / "prod-east.ezgitops.yaml").draft().answers().private_server
    assert (answers.server.kind, answers.credentials.method) == ("gitlab", "make")
    assert answers.server.ca_fingerprint is not None
