"""GitLab on a machine of the sandbox: the product's own script brings it up, with secrets by way of the account."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.private_server import own_configuration, own_policies, own_report, own_script
from strategies.private_server.own_report import ServerReport
from tests.contract.aws.conftest import Account, Start, start_account
from tests.unit.private_server.own_complete import complete
from tests.unit.private_server.own_machine import certificate
from wizard.sandbox.machines.disks import PLACES, attach
from wizard.sandbox.machines.gitlab import GitLabMachine, GitLabs
from wizard.sandbox.machines.metadata import Metadata, RoleCredentials

__all__ = ["start_account"]

ROLE, HOST, VOLUME = "prod-east-gitlab", "git.acme.internal", "vol-0aa00000000000001"
PREFIX = "ezgitops/prod-east/gitlab"
SETUP = own_script.Setup(
    instance="prod-east", host=HOST, region="us-east-2", volume_id=VOLUME,
    configuration=own_configuration.configuration(complete()), certificate_secret=f"{PREFIX}/certificate",
    password_secret=f"{PREFIX}/root-password", token_secret=f"{PREFIX}/administrator-token", keys_secret=None,
    backup_folder=None,
)  # fmt: skip
SetUp = Callable[[GitLabMachine, Path], ServerReport]


@pytest.fixture
def account(start_account: Start) -> Iterator[Account]:
    trust = dict(own_policies.machine_trust(complete()))
    role = {"name": ROLE, "trust": trust, "policies": {"gitlab": dict(own_policies.machine(complete()))}}
    with start_account({"iam.roles": [role]}) as account:
        manager = account.client("secretsmanager")
        pem, key = certificate(HOST)
        manager.create_secret(Name=f"{PREFIX}/certificate", SecretString=json.dumps({"certificate": pem, "privateKey": key}))
        for which in ("root-password", "administrator-token"):
            manager.create_secret(Name=f"{PREFIX}/{which}")
        yield account


@pytest.fixture
def set_up(account: Account) -> Iterator[SetUp]:
    def credentials(machine: str) -> RoleCredentials:
        with account.server._world.lock:
            one = account.server._world.issue(f"arn:aws:sts::123456789012:assumed-role/{ROLE}/{machine}", 3600)
        return RoleCredentials(ROLE, one.access_key_id, one.secret_access_key, one.session_token or "", "2026-09-01T13:00:00Z")

    metadata = Metadata(credentials)
    metadata.start()

    def run(machine: GitLabMachine, root: Path) -> ServerReport:
        attach(root, root.parent / "volumes", [VOLUME])
        (root / "tmp/script").write_text(PLACES.sub(f"{root}/", own_script.set_up(SETUP)))
        environment = {
            "PATH": f"{root}/bin:{os.environ['PATH']}",
            "TMPDIR": str(root / "tmp"),
            "EZGITOPS_MACHINE": machine.door,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.address(root.name),
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": account.server.url,
        }
        ran = subprocess.run(
            ["/bin/sh", str(root / "tmp/script")], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        report = own_report.read(ran.stdout)
        assert report is not None, ran.stderr
        return report

    yield run
    metadata.stop()


def _asked(machine: GitLabMachine, path: str, token: str) -> tuple[int, str]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://127.0.0.1:{machine.port}{path}", headers={"PRIVATE-TOKEN": token, "Host": HOST})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with direct.open(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_the_script_brings_up_a_gitlab_that_the_token_administers(account: Account, set_up: SetUp, tmp_path: Path) -> None:
    root = tmp_path / "i-0917ab0000000000a"
    machine = GitLabMachine(root, GitLabs(tmp_path / "gitlabs", lambda: datetime.now(UTC)))
    machine.start()
    try:
        report = set_up(machine, root)

        assert (report.failed, report.why, report.ready, report.owner) == ("", (), 200, "prod-east")
        token = account.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/administrator-token")["SecretString"]
        status, body = _asked(machine, "/api/v4/user", token)
        assert (status, json.loads(body)["username"]) == (200, "root")
        assert _asked(machine, "/api/v4/user", "glpat-nobodys")[0] == 401
        again = set_up(machine, root)
        assert (again.failed, again.token_ends) == ("", report.token_ends)
        assert account.client("secretsmanager").get_secret_value(SecretId=SETUP.token_secret)["SecretString"] == token
    finally:
        machine.stop()


def test_the_next_machine_has_what_the_volume_holds(account: Account, set_up: SetUp, tmp_path: Path) -> None:
    gitlabs = GitLabs(tmp_path / "gitlabs", lambda: datetime.now(UTC))
    first = GitLabMachine(tmp_path / "i-0917ab0000000000a", gitlabs)
    first.start()
    assert set_up(first, tmp_path / "i-0917ab0000000000a").failed == ""
    first.stop()

    second = GitLabMachine(tmp_path / "i-0917ab0000000000b", gitlabs)
    second.start()
    try:
        assert set_up(second, tmp_path / "i-0917ab0000000000b").failed == ""
        token = account.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/administrator-token")["SecretString"]
        assert _asked(second, "/api/v4/user", token)[0] == 200
    finally:
        second.stop()
