"""The command that a deploy key is forced to: Git's own upload-pack or receive-pack, for the one repository that the key opens.

``python ssh_serve.py STATE KEY GIT`` reads what the server knows from the JSON file STATE; what the client wants is in
``SSH_ORIGINAL_COMMAND`` (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"). Standard library alone: it starts with each connection.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

_GREETINGS = {
    "gitlab": "Welcome to GitLab!",
    "bitbucket": "shell request failed on channel 0",
    "gitea": "Hi there! You've successfully authenticated, but Gitea does not provide shell access.",
    "forgejo": "Hi there! You've successfully authenticated, but Forgejo does not provide shell access.",
    "ghes": "Hi {repository}! You've successfully authenticated, but GitHub does not provide shell access.",
    "plain": "fatal: Interactive git shell is not enabled.",
}
_GONE = {
    "gitlab": "ERROR: The project you were looking for could not be found or you don't have permission to view it.",
    "bitbucket": "Repository not found\nThe requested repository does not exist, or you do not have permission to access it.",
    "gitea": "Gitea: Repository not found",
    "forgejo": "Forgejo: Repository not found",
    "ghes": "ERROR: Repository not found.",
    "plain": "fatal: '{wanted}' does not appear to be a git repository",
}
_READ_ONLY = {
    "gitlab": "ERROR: This deploy key does not have write access to this project.",
    "bitbucket": "Repository is read only\nYou do not have permission to push.",
    "gitea": "Gitea: Key is not authorized to write",
    "forgejo": "Forgejo: Key is not authorized to write",
    "ghes": "ERROR: The key you are authenticating with has been marked as read only.",
    "plain": "fatal: the key may only read",
}
_COMMANDS = ("git-upload-pack", "git-receive-pack")


def main(state: str, number: str, git: str) -> int:
    """Become Git, or say why not; the exit code is for the latter."""
    told = json.loads(Path(state).read_text(encoding="utf-8"))
    kind, key = told["kind"], told["keys"].get(number)
    if key is None:
        return _say(_GONE[kind].format(wanted=""))
    words = _words(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    if len(words) != 2 or words[0] not in _COMMANDS:
        return _say(_GREETINGS[kind].format(repository=key["repository"]))
    wanted = words[1].strip("/").removeprefix(told["prefix"]).removesuffix(".git").lower()
    readable = {key["repository"].lower(): key["path"], **told["public"]}
    if wanted not in readable:
        return _say(_GONE[kind].format(wanted=words[1]))
    if words[0] == "git-receive-pack" and (key["read_only"] or wanted != key["repository"].lower()):
        return _say(_READ_ONLY[kind])
    return os.execv(git, [git, words[0].removeprefix("git-"), readable[wanted]])  # noqa: S606 - it becomes Git


def _words(command: str) -> list[str]:
    try:
        found = shlex.split(command)
    except ValueError:
        return []
    # Clients say git-upload-pack; "git upload-pack" is the same.
    return [f"git-{found[1]}", *found[2:]] if found[:1] == ["git"] and len(found) == 3 else found


def _say(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
