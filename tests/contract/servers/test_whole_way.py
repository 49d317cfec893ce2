"""From an empty owner to a clone, on each product: repository, mirror, the least credential, and what that may do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from strategies.base import Action, Group, Owner
from strategies.common.servers.credentials import LEAST, credential_name, repository_description
from strategies.facts import CredentialKind
from strategies.kinds import MirrorResource, ServerAccess
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.server_host import ServerHost
from strategies.resources.git.servers.api import Issued
from strategies.resources.git.servers.desk import ServerDesk
from strategies.resources.git.servers.dial import Dialer
from strategies.resources.git.servers.ssh import read_host_keys
from tests.contract.servers.conftest import Offered
from tests.programs import needs
from tests.recording import RecordingRun
from wizard.sandbox.git.servers.ssh import unavailable


@pytest.fixture
def repository(offered: Offered) -> Iterator[str]:
    """The path of an empty repository that is made for one test."""
    path = f"{offered.owner}/ezgitops-{uuid4().hex[:10]}"
    api = offered.api()
    made = api.create_repository(path, repository_description("contract"), "trunk")
    yield made.path
    api.delete_repository(path)


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    who = {f"GIT_{role}_{part}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    subprocess.run(["git", *words], cwd=folder, env=os.environ | who, check=True, capture_output=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository with two branches and a tag."""
    folder = tmp_path / "source"
    folder.mkdir()
    for words in (
        ("init", "-q", "-b", "trunk"),
        ("commit", "-q", "--allow-empty", "-m", "one"),
        ("branch", "b"),
        ("tag", "v1"),
    ):
        git(folder, *words)
    return folder


def mirrored(offered: Offered, path: str, source: Path, tmp_path: Path) -> tuple[MirrorHandler, MirrorResource]:
    """A mirror of the source in the repository, with the administrator's token."""
    file = tmp_path / "ca.pem"
    file.write_text(offered.ca or "")
    found, program = offered.recognised(), GitProgram(offered.for_git)
    access = ServerAccess(found.kind.value, found.base_url, ca_file=str(file) if offered.ca else None, token="env:ADMIN")
    desk = ServerDesk(
        offered.for_git, lambda _reference: offered.token, lambda: datetime.now(UTC), dialer=Dialer(offered.for_git)
    )
    host = ServerHost(desk, program, access, path, offered.api().repository(path).https_url)
    resource = MirrorResource(
        address="git.mirror.main", title="Mirror", group=Group.GIT, owner=Owner("contract"), source_url=str(source),
        source_username=None, source_password=None, target_url=host.url, repository_name=path, default_branch="trunk",
        revision="trunk", target=access,
    )  # fmt: skip
    return MirrorHandler(program, host, lambda _resource: None, tmp_path / "cache", server=lambda _resource: host), resource


def test_what_was_mirrored_stays_so_and_follows(offered: Offered, repository: str, source: Path, tmp_path: Path) -> None:
    handler, resource = mirrored(offered, repository, source, tmp_path)

    def action() -> Action:
        return handler.plan(resource, handler.read(resource)).action

    assert action() is Action.CREATE
    made = handler.create(resource, RecordingRun())
    assert action() is Action.NONE
    found = offered.api().repository(repository)
    assert (found.default_branch, found.empty is not True) == ("trunk", True)
    assert handler.read(resource).outputs["mirrored-at"] == made["mirrored-at"]
    git(source, "commit", "-q", "--allow-empty", "-m", "two")
    git(source, "branch", "-D", "b")
    assert action() is Action.UPDATE
    handler.create(resource, RecordingRun())
    assert action() is Action.NONE
    assert handler.read(resource).outputs["branches"] == "1"


@needs("ssh-keyscan")
@pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
def test_the_least_credential_reads_and_does_nothing_else(
    offered: Offered, repository: str, source: Path, tmp_path: Path
) -> None:
    handler, resource = mirrored(offered, repository, source, tmp_path)
    handler.create(resource, RecordingRun())
    api = offered.api()
    kind = LEAST[api.kind][0]
    issued = api.create_credential(
        repository, kind, credential_name("contract", datetime.now(UTC)), datetime.now(UTC) + timedelta(days=9)
    )
    url, login = reader(offered, repository, issued)
    program = GitProgram(offered.for_git)
    listed = list_remote(program, url, login)
    assert (listed.default_branch, len(listed.branches), len(listed.tags)) == ("trunk", 2, 1)
    folder = tmp_path / "clone.git"
    program.run(["clone", "--quiet", "--bare", "--", url, str(folder)], login=login)
    with pytest.raises(GitError):
        program.run(["push", "--quiet", "--", url, "trunk:refs/heads/stolen"], folder=folder, login=login)
    api.remove_credential(repository, kind, issued.credential.id)
    with pytest.raises(GitError):
        list_remote(program, url, login)


def reader(offered: Offered, path: str, issued: Issued) -> tuple[str, GitLogin]:
    """The URL and the login by which Argo CD would clone with a credential."""
    found = offered.api().repository(path)
    if issued.credential.kind is CredentialKind.DEPLOY_KEY:
        where = urlsplit(found.ssh_url)
        shown = read_host_keys(offered.for_git, where.hostname or "", where.port or 22)
        return found.ssh_url, GitLogin(found.ssh_url, "", "", ssh_key=issued.ssh_private_key, known_hosts=shown.known_hosts)
    login = GitLogin(found.https_url, issued.username, issued.password, ca=offered.ca)
    if issued.bearer_token:
        login = replace(login, username="", password=issued.bearer_token, scheme="Bearer")
    return found.https_url, login
