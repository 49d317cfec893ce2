"""The bare Git repository behind a CodeCommit repository, driven with the git program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

COMMIT_ID = re.compile(r"^[0-9a-f]{40}$")

# A hook, because pushes reach the repository through git itself and not through this program.
FIRST_BRANCH_HOOK = """#!/bin/sh
# The first branch that is pushed becomes the default branch (CodeCommit user guide, "Change the default branch").
git rev-parse --quiet --verify HEAD >/dev/null && exit 0
while read -r _old new ref; do
  case "$ref:$new" in
    refs/heads/*:0000000000000000000000000000000000000000) ;;
    refs/heads/*) git symbolic-ref HEAD "$ref"; exit 0 ;;
  esac
done
"""


class BareRepository:
    """``path`` is the folder of the repository; nothing is read from the user's own Git settings."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make it, open to pushes over HTTP (who may push is decided by whoever serves it)."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(self.path))
        self._run("config", "http.receivepack", "true")
        hook = self.path / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(FIRST_BRANCH_HOOK, encoding="utf-8")
        hook.chmod(0o755)

    def remove(self) -> None:
        """Delete it with everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def branches(self) -> dict[str, str]:
        """Branch name to commit id, by name."""
        lines = self._run("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads").splitlines()
        return {name: commit for commit, _, name in (line.partition(" ") for line in lines)}

    def default_branch(self) -> str | None:
        """The branch that HEAD names, once it has a commit."""
        head = self._run("symbolic-ref", "--short", "HEAD").strip()
        return head if head in self.branches() else None

    def set_default_branch(self, name: str) -> None:
        """Let HEAD name the branch."""
        self._run("symbolic-ref", "HEAD", f"refs/heads/{name}")

    def create_branch(self, name: str, commit: str) -> bool:
        """Add a branch; False when the commit is not there."""
        try:
            self._run("update-ref", f"refs/heads/{name}", commit, "0" * 40)
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, *arguments: str) -> str:
        return _git("--git-dir", str(self.path), *arguments)


def valid_branch_name(name: str) -> bool:
    """True when git accepts the name for a branch."""
    try:
        _git("check-ref-format", f"refs/heads/{name}")
    except subprocess.CalledProcessError:
        return False
    return True


def _git(*arguments: str) -> str:
    own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | own
    done = subprocess.run(["git", *arguments], env=environment, check=True, capture_output=True, text=True)
    return done.stdout
