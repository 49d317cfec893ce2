"""Git over SSH, with OpenSSH's own server and client: host keys, deploy keys, and what they open."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.estate import Estate, estate
from tests.programs import needs
from wizard.sandbox.git.servers.ssh import known_host, unavailable
from wizard.sandbox.git.servers.ssh_client import arguments

pytestmark = [
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
    needs("ssh"),
    needs("ssh-keyscan"),
]
GITEA = "git@gitea.acme.example:platform/cluster-config.git"
BITBUCKET = "ssh://git@bitbucket.acme.example:7999/platform/cluster-config.git"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A server on the usual port, and one on a port of its own."""
    with estate(tmp_path_factory.mktemp("estate"), "gitea", "bitbucket", "ghes", "gitlab") as made:
        yield made


class Key:
    """A key pair on the workstation."""

    def __init__(self, folder: Path) -> None:
        key = Ed25519PrivateKey.generate()
        self.path = folder / "id"
        self.path.touch(mode=0o600)
        self.path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        )
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        self.public = public.decode()
        self.known = folder / "known_hosts"
        self.known.write_text(
            f"{known_host('gitea.acme.example', 22)}\n{known_host('bitbucket.acme.example', 7999)}\n"
            f"{known_host('github.acme.example', 22)}\n{known_host('gitlab.acme.example', 22)}\n"
        )

    def git(self, servers: Estate, *words: str) -> str:
        """What git says when it fails, with this key and these known hosts; nothing when it does not."""
        options = f"-F /dev/null -i {self.path} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile={self.known}"
        done = servers.git(*words, GIT_SSH_COMMAND=f"ssh {options} -o StrictHostKeyChecking=yes")
        return "" if done.returncode == 0 else done.stderr


@pytest.fixture
def key(tmp_path: Path) -> Key:
    """One that no server knows yet."""
    return Key(tmp_path)


def give(servers: Estate, key: Key, server: str, repository: str, *, read_only: bool = True) -> None:
    """Make it a deploy key."""
    store = servers.servers.running[server].store
    found = store.repository(repository)
    assert found is not None
    store.add_key(found, "argocd", key.public, read_only=read_only)


@pytest.mark.parametrize(("server", "url"), [("gitea", GITEA), ("bitbucket", BITBUCKET)])
def test_a_deploy_key_opens_its_repository_and_no_other(servers: Estate, key: Key, server: str, url: str) -> None:
    assert "Permission denied (publickey)" in key.git(servers, "ls-remote", url)
    give(servers, key, server, "platform/cluster-config")
    assert key.git(servers, "ls-remote", url) == ""
    assert "not found" in key.git(servers, "ls-remote", url.replace("cluster-config", "sandbox"))
    clone = key.path.parent / "clone"
    assert key.git(servers, "clone", "-q", url, str(clone)) == ""
    assert (clone / "clusters/prod-east/namespace.yaml").is_file()
    assert key.git(servers, "-C", str(clone), "push", "-q", url, "main:refs/heads/mine") != ""
    store = servers.servers.running[server].store
    store.remove_key(store.deploy_keys()[-1])
    assert "Permission denied (publickey)" in key.git(servers, "ls-remote", url)


def test_a_key_that_may_write_writes(servers: Estate, key: Key) -> None:
    give(servers, key, "gitea", "platform/cluster-config", read_only=False)
    clone = key.path.parent / "clone"
    assert key.git(servers, "clone", "-q", GITEA, str(clone)) == ""
    assert key.git(servers, "-C", str(clone), "push", "-q", GITEA, "main:refs/heads/mine") == ""


def test_there_is_no_shell(servers: Estate, key: Key) -> None:
    give(servers, key, "ghes", "platform/cluster-config")
    command = ["ssh", "-F", "/dev/null", "-i", str(key.path), "-o", f"UserKnownHostsFile={key.known}", "-o", "BatchMode=yes"]
    for wanted in ([], ["id"], ["git-upload-pack", "'/etc'"], ["git-upload-pack", "'/platform/cluster-config.git; id'"]):
        done = subprocess.run(
            [*command, "git@github.acme.example", *wanted], env=servers.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "uid=" not in done.stdout
        assert ("successfully authenticated" in done.stderr) == (len(wanted) < 2)


def test_a_host_key_that_nobody_knows_is_not_believed(servers: Estate, key: Key) -> None:
    give(servers, key, "gitlab", "platform/cluster-config")
    url = "git@gitlab.acme.example:platform/cluster-config.git"
    assert key.git(servers, "ls-remote", url) == ""
    key.known.write_text("")
    assert "Host key verification failed" in key.git(servers, "ls-remote", url)


def test_a_host_key_that_has_changed_is_not_believed(tmp_path: Path, key: Key) -> None:
    with estate(tmp_path / "e", gitea={"ssh": {"host_key": "changed"}}) as servers:
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in key.git(servers, "ls-remote", GITEA)


@pytest.mark.parametrize(("host", "port"), [("gitea.acme.example", 22), ("bitbucket.acme.example", 7999)])
def test_ssh_keyscan_sees_the_host_key(servers: Estate, host: str, port: int) -> None:
    done = subprocess.run(
        ["ssh-keyscan", "-T", "10", "-p", str(port), "-t", "ed25519,ecdsa,rsa", "--", host],
        env=servers.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [known_host(host, port)]
    assert f"# {host}:{port} SSH-2.0-OpenSSH" in done.stderr


def test_ssh_keyscan_says_where_nothing_is(servers: Estate) -> None:
    for host, port, told in (("gitea.acme.example", 2222, "nothing listens"), ("nowhere.example", 22, "not in this world")):
        done = subprocess.run(
            ["ssh-keyscan", "-p", str(port), host], env=servers.environ, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert told in done.stderr


def test_a_server_without_ssh(tmp_path: Path) -> None:
    with estate(tmp_path / "e", gitea={"ssh": None}) as servers:
        assert set(servers.servers.running["gitea"].ports) == {443}
        told = servers.call(
            "gitea", "GET", "/api/v1/repos/platform/cluster-config", Authorization="token sandbox-gitea-casey-read"
        )
        assert told.json["ssh_url"] == ""


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (["git@h", "git-upload-pack 'x'"], ["me@h", "git-upload-pack 'x'"]),
        (["-p", "7999", "git@h", "c"], ["-p", "7999", "me@h", "c"]),
        (["-o", "SendEnv=GIT_PROTOCOL", "-4", "git@h", "git@x"], ["-o", "SendEnv=GIT_PROTOCOL", "-4", "me@h", "git@x"]),
        (["-l", "git", "h"], ["-l", "me", "h"]),
        (["other@h"], ["other@h"]),
        (["-G", "h"], ["-G", "h"]),
    ],
)
def test_the_user_git_is_the_account_that_sshd_knows(given: list[str], sent: list[str]) -> None:
    assert arguments(given, "me") == sent
