"""What a scenario can put into a source repository and onto the operator's machine besides text."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from wizard.sandbox.argocd.credentials import Repository
from wizard.sandbox.argocd.gitclient import GitClient, GitError
from wizard.sandbox.argocd.githubapp import AppTokens
from wizard.sandbox.argocd.transport import Network
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.git.seed import seed
from wizard.sandbox.git.zeros import add_zeros
from wizard.sandbox.network.doors import Doors
from wizard.sandbox.network.proxy import Refuse
from wizard.sandbox.scenario import GitHubRepository, GitHubSection, WorkstationSection
from wizard.sandbox.workstation import machine_variables


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("size", [0, 5, 1024 * 1024, 3 * 1024 * 1024 + 7])
def test_a_file_of_zeros_is_what_git_would_have_written(tmp_path: Path, size: int) -> None:
    git(tmp_path, "init", "-q", "--bare", ".")
    oid = add_zeros(tmp_path, size)
    assert oid == git(tmp_path, "hash-object", "--stdin", stdin=bytes(size))
    assert git(tmp_path, "cat-file", "-s", oid) == str(size)
    git(tmp_path, "fsck", "--strict")


def test_large_files_and_submodules_stand_in_the_default_branch(tmp_path: Path) -> None:
    repository = GitHubRepository(
        name="config",
        files={"README.md": "x\n"},
        large_files={"backup/a.db": 2_000_000},
        submodules={"modules/p": "https://github.com/acme/p.git"},
        tags=("v1", "v2", "v3"),
    )
    path = seed(GitHubSection(organisation="acme", repositories=(repository,)), tmp_path)["acme/config"].path
    listed = [line.split() for line in git(path, "ls-tree", "-r", "-l", "main").splitlines()]
    found = {name: (mode, size) for mode, _kind, _oid, size, name in listed}
    assert found["backup/a.db"] == ("100644", "2000000")
    assert found["modules/p"] == ("160000", "-")
    assert "url = https://github.com/acme/p.git" in git(path, "show", "main:.gitmodules")


def test_argo_cd_fetches_submodules_whatever_the_path_is(tmp_path: Path) -> None:
    """argo-cd user guide, "Private Repositories", "Git Submodules". The reason is the same each time it is tried."""
    modules = {"modules/p": "https://127.0.0.1:1/acme/p.git"}
    repository = GitHubRepository(name="config", files={"README.md": "x\n"}, submodules=modules)
    path = seed(GitHubSection(organisation="acme", repositories=(repository,)), tmp_path / "github")["acme/config"].path
    folder = tmp_path / "argocd"
    folder.mkdir()
    network = Network(Doors(lambda _host, _port: Refuse("no network")), "", tmp_path / "ca.pem", {}, {})
    client = GitClient(Repository(f"file://{path}"), network, folder, AppTokens(SandboxClock().now))
    reasons = []
    for _ in range(2):
        with pytest.raises(GitError, match="`git submodule update --init --recursive` failed") as caught:
            client.checkout(git(path, "rev-parse", "main"))
        reasons.append(re.sub(r"after \d+ ms", "", str(caught.value)))
    assert reasons[0] == reasons[1]


def test_an_old_git_says_so_and_works(tmp_path: Path) -> None:
    found = machine_variables(WorkstationSection(environ={"A": "b"}, git_version="2.25.1"), tmp_path / "bin")
    assert found["A"] == "b"
    environ = {**os.environ, "PATH": found["PATH"]}
    for arguments, said in ((["version"], "git version 2.25.1\n"), (["check-ref-format", "refs/heads/a"], "")):
        done = subprocess.run(["git", *arguments], env=environ, capture_output=True, text=True, check=True)
        assert done.stdout == said


def test_a_machine_without_anything_of_its_own_has_no_variables(tmp_path: Path) -> None:
    assert machine_variables(WorkstationSection(), tmp_path / "bin") == {}
    assert list(tmp_path.iterdir()) == []
