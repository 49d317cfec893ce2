"""A mirror to a server that has nothing but Git over SSH: the key answered, and the host keys that were confirmed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from strategies.base import Action, Group, Owner
from strategies.facts import SshHostKeys
from strategies.kinds import MirrorResource, ServerAccess
from strategies.ports import ResourceError
from strategies.resources.git.mirror import MirrorHandler
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.server_host import ServerHost
from strategies.resources.git.servers.desk import ServerDesk
from strategies.resources.git.servers.keys import generate_key
from strategies.resources.git.servers.ssh import read_host_keys
from tests.contract.estate import Estate, estate
from tests.programs import needs
from tests.recording import RecordingRun
from wizard.sandbox.git.servers.ssh import known_host, unavailable

pytestmark = [
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
    needs("ssh"),
    needs("ssh-keyscan"),
]
URL = "ssh://git@gitea.acme.example/platform/cluster-config.git"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Estate]:
    """A server over SSH. This machine's own ``known_hosts`` is empty."""
    with estate(tmp_path / "estate", "gitea") as made:
        yield made


def scanned(world: Estate) -> SshHostKeys:
    """What the server shows."""
    return read_host_keys(world.environ, "gitea.acme.example", 22)


def mirrored(world: Estate, tmp_path: Path, *confirmed: str) -> tuple[MirrorHandler, MirrorResource]:
    """A mirror with a key that may write, and these host keys confirmed."""
    pair = generate_key("operator")
    store = world.servers.running["gitea"].store
    held = store.repository("platform/cluster-config")
    assert held is not None
    store.add_key(held, "operator", pair.public, read_only=False)
    who = {f"GIT_{role}_{part}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    source = tmp_path / "source"
    source.mkdir()
    for words in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", *words], cwd=source, env=os.environ | who, check=True, capture_output=True)
    access = ServerAccess("plain", "", token="env:KEY", host_keys=confirmed)
    git = GitProgram(world.environ)
    desk = ServerDesk(world.environ, lambda _reference: pair.private, lambda: datetime.now(UTC))
    host = ServerHost(desk, git, access, "platform/cluster-config", URL)
    resource = MirrorResource(
        address="git.mirror.main", title="Mirror", group=Group.GIT, owner=Owner("prod-east"), source_url=str(source),
        source_username=None, source_password=None, target_url=URL, repository_name="platform/cluster-config",
        default_branch="main", revision="main", target=access,
    )  # fmt: skip
    return MirrorHandler(git, host, lambda _resource: None, tmp_path / "cache", server=lambda _resource: host), resource


def test_the_confirmed_host_keys_are_enough(world: Estate, tmp_path: Path) -> None:
    handler, resource = mirrored(world, tmp_path, scanned(world).keys[0].fingerprint)
    assert handler.plan(resource, handler.read(resource)).action is not Action.NONE
    handler.create(resource, RecordingRun())
    assert handler.plan(resource, handler.read(resource)).action is Action.NONE


def test_nothing_is_pushed_to_who_shows_other_host_keys(world: Estate, tmp_path: Path) -> None:
    handler, resource = mirrored(world, tmp_path, f"SHA256:{'A' * 43}")
    with pytest.raises(ResourceError, match="other host keys than those confirmed: ssh-ed25519 SHA256:"):
        handler.read(resource)


@pytest.mark.parametrize("program", ["ssh", "'{folder}/a b/ssh'", "{folder}/a\\ b/ssh"])
def test_an_operators_own_options_do_not_overrule_what_was_confirmed(world: Estate, tmp_path: Path, program: str) -> None:
    """Somebody may have turned verification off for everything that git does."""
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "ssh").symlink_to(shutil.which("ssh", path=world.environ["PATH"]) or "")
    own = "-F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    world.environ["GIT_SSH_COMMAND"] = f"{program.format(folder=tmp_path)} {own}"
    section, key = world.section("gitea"), generate_key("any")
    line = known_host(section.host, 22, "changed")
    login = GitLogin(URL, "", "", ssh_key=key.private, known_hosts=f"{line}\n")
    with pytest.raises(GitError, match="Host key verification failed"):
        list_remote(GitProgram(world.environ), URL, login)


def test_where_none_is_confirmed_this_machines_known_hosts_decide(world: Estate, tmp_path: Path) -> None:
    handler, resource = mirrored(world, tmp_path)
    with pytest.raises(ResourceError, match=r"SSH host key of gitea\.acme\.example is not trusted"):
        handler.read(resource)
    known = Path(world.environ["HOME"]) / "known_hosts"
    known.write_text(scanned(world).known_hosts)
    world.environ["GIT_SSH_COMMAND"] = f"ssh -F /dev/null -o UserKnownHostsFile={known}"
    git = GitProgram(world.environ)
    desk = ServerDesk(world.environ, lambda _reference: "", lambda: datetime.now(UTC))
    access = replace(resource.target or ServerAccess("plain", ""), token=None)
    host = ServerHost(desk, git, access, "platform/cluster-config", URL)
    with pytest.raises(ResourceError, match="does not let this SSH key read and write"):
        host.repository("platform/cluster-config")


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    desk = ServerDesk({"PATH": os.environ["PATH"]}, lambda _reference: "", lambda: datetime.now(UTC))
    access = ServerAccess("plain", "", host_keys=(f"SHA256:{'A' * 43}",))
    with pytest.raises(ResourceError, match=r"Cannot trust 127\.0\.0\.1 over SSH"):
        desk.known_hosts(access, "ssh://git@127.0.0.1:1/x.git")
