"""A GitLab of one's own in the wizard: where there is no server, it is made, and what it is made of is asked beside the URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.driving import SMALL, Operator, operating
from tests.tui.sandboxed import DEADLINE, failing, read, wizard
from tests.tui.test_private_server import confirm, give, into, named
from wizard.answers.document import load
from wizard.exitcodes import ExitCode
from wizard.flow import Step

pytestmark = pytest.mark.slow
OWN = "privateServer.own"
TEXTS = {
    f"{OWN}.imageId": "ami-0917ab0000000000a",
    f"{OWN}.certificate": "env:GIT_CERTIFICATE",
    f"{OWN}.privateKey": "env:GIT_PRIVATE_KEY",
    f"{OWN}.backupBucket": "acme-git-backups",
    "source.url": "https://github.com/acme/cluster-config.git",
}


async def _made(operator: Operator) -> None:
    await into(operator, f"{OWN}.make")
    await operator.press("space")
    await operator.until(lambda: operator.draft(f"{OWN}.make") is True, "that it is made")
    await read(operator)


async def test_where_there_is_no_server_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with wizard("own-server", tmp_path / "state") as app:
        async with operating(app, SMALL) as operator:
            await named(operator, "https://git.acme.internal/platform/prod-east-config.git")
            await _made(operator)
            await operator.sees("USD a month in us-east-2")
            await give(operator, TEXTS)
            await into(operator, f"{OWN}.operatorCidrs")
            operator.paste("10.20.8.0/24")
            await operator.until(lambda: operator.draft(f"{OWN}.operatorCidrs") == ["10.20.8.0/24"], "the networks")
            await confirm(operator, "privateServer.server.caFingerprint")
            await operator.press("enter")
            await operator.on(Step.CHECKS)
            await read(operator)
            assert failing(operator) == []
            await operator.press("enter")
            await operator.on(Step.PLAN)
            await operator.sees("to create")
            await operator.press("enter")
            await operator.sees("Apply to prod-east?")
            await operator.press("y")
            await operator.until_done(DEADLINE)
            await operator.sees("✔ Argo CD is Synced and Healthy")
            assert (await operator.leave("enter")).exit_code is ExitCode.DONE
    answers = load(tmp_path / "prod-east.ezgitops.yaml").draft().answers().private_server
    assert (answers.server.kind, answers.repository.mode, answers.repository.fill) == ("gitlab", "create", "mirror")
    assert answers.server.admin_token == "aws-secretsmanager:ezgitops/prod-east/gitlab/administrator-token"
