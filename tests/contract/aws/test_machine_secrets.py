"""The program by which a machine comes to its own secrets, with the rights of its role and nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strategies.private_server import own_policies
from strategies.private_server.own_programs import SECRETS
from tests.contract.aws.conftest import Account, Start
from tests.unit.private_server.own_complete import complete
from wizard.sandbox.machines.metadata import Metadata, RoleCredentials

MACHINE = "i-0917ab0000000000a"
ROLE = "prod-east-gitlab"
PREFIX = "ezgitops/prod-east/gitlab"
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def account(start_account: Start) -> Iterator[Account]:
    trust = dict(own_policies.machine_trust(complete()))
    role = {"name": ROLE, "trust": trust, "policies": {"gitlab": dict(own_policies.machine(complete()))}}
    with start_account({"iam.roles": [role]}) as account:
        yield account


@pytest.fixture
def program(account: Account, tmp_path: Path) -> Iterator[Program]:
    def credentials(_machine: str) -> RoleCredentials:
        arn = f"arn:aws:sts::123456789012:assumed-role/{ROLE}/{MACHINE}"
        with account.server._world.lock:
            issued = account.server._world.issue(arn, 3600)
        return RoleCredentials(
            ROLE, issued.access_key_id, issued.secret_access_key, issued.session_token or "", "2026-09-01T13:00:00Z"
        )

    metadata = Metadata(credentials)
    metadata.start()
    place = tmp_path / "secrets.py"
    place.write_text(SECRETS)
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.address(MACHINE),
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": account.server.url,
        "EZGITOPS_REGION": "us-east-2",
    }

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", str(place), *arguments],
            env=environment, input=given, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    yield run
    metadata.stop()


def test_it_reads_the_certificate_by_its_keys(account: Account, program: Program) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    account.client("secretsmanager").create_secret(Name=f"{PREFIX}/certificate", SecretString=json.dumps({"certificate": pem}))

    ran = program("get", f"{PREFIX}/certificate", "certificate")

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, pem, "")


def test_it_writes_what_the_last_line_of_json_says_and_tells_whether_there_is_a_value(
    account: Account, program: Program
) -> None:
    manager = account.client("secretsmanager")
    manager.create_secret(Name=f"{PREFIX}/administrator-token")
    assert program("has", f"{PREFIX}/administrator-token").returncode == 3

    ran = program("put", f"{PREFIX}/administrator-token", "token", given='{"not": 1}\na warning\n{"token":"glpat-MARKER"}\n')

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert manager.get_secret_value(SecretId=f"{PREFIX}/administrator-token")["SecretString"] == "glpat-MARKER"
    assert program("has", f"{PREFIX}/administrator-token").returncode == 0


@pytest.mark.parametrize(
    ("secret", "verb"),
    [
        (f"{PREFIX}/root-password", "get"),
        (f"{PREFIX}/certificate", "put"),
        ("somebody/elses", "get"),
        ("somebody/elses", "has"),
    ],
)
def test_the_role_lets_it_do_nothing_else(account: Account, program: Program, secret: str, verb: str) -> None:
    account.client("secretsmanager").create_secret(Name=secret, SecretString="MARKER-kept")

    ran = program(verb, secret, given="MARKER-new")

    assert ran.returncode == 1
    assert "AccessDenied" in ran.stderr
    assert "MARKER" not in ran.stdout + ran.stderr


def test_nothing_given_is_nothing_written(account: Account, program: Program) -> None:
    account.client("secretsmanager").create_secret(Name=f"{PREFIX}/root-password")

    ran = program("put", f"{PREFIX}/root-password", "password", given="a warning alone\n")

    assert ran.returncode == 1
    assert ran.stderr == "GitLab gave no password\n"
    assert program("has", f"{PREFIX}/root-password").returncode == 3
