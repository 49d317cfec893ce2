"""Builds the repositories of the Git stand-ins: one ``git fast-import`` stream each, the same commit ids every time.

Format: git-fast-import(1). Everything that goes into a commit id - author, dates, messages, content - comes from the scenario
or is fixed here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from wizard.sandbox.git.github import HostedRepository
from wizard.sandbox.git.zeros import add_zeros
from wizard.sandbox.scenario import GitHubRepository, GitHubSection

_AUTHOR = b"Platform Team <platform@acme.example>"
_EPOCH = 1_767_225_600  # 2026-01-01T00:00:00Z
_DAY = 86_400


def seed(section: GitHubSection, root: Path) -> dict[str, HostedRepository]:
    """Make every repository of the section as a bare one under ``root``; keys are ``owner/name`` in lower case."""
    hosted = {}
    for repository in section.repositories:
        path = root / section.organisation / f"{repository.name}.git"
        empty(path, repository.default_branch)
        fill(path, repository)
        hosted[f"{section.organisation}/{repository.name}".lower()] = HostedRepository(path, repository.token)
    return hosted


def empty(path: Path, default_branch: str) -> None:
    """Make a bare repository without a commit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", f"--initial-branch={default_branch}", str(path))


def fill(path: Path, repository: GitHubRepository) -> None:
    """Give the bare repository the content that the scenario says."""
    large = {file: add_zeros(path, size) for file, size in repository.large_files.items()}
    _git(f"--git-dir={path}", "fast-import", "--quiet", "--force", "--done", stdin=b"".join(_stream(repository, large)))


def _git(*arguments: str, stdin: bytes | None = None) -> None:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
    }
    subprocess.run(["git", *arguments], input=stdin, env=environment, check=True, stdout=subprocess.DEVNULL)


def _stream(repository: GitHubRepository, large: Mapping[str, str]) -> Iterator[bytes]:
    main = f"refs/heads/{repository.default_branch}"
    marks = 0
    history: list[int] = []
    grouped = _by_folder(repository.files)
    for number, (folder, files) in enumerate(grouped.items(), start=1):
        marks += 1
        yield from _commit(main, marks, number, f"Add {folder}", files, parent=history[-1] if history else None)
        history.append(marks)
    if large or repository.submodules:
        marks += 1
        yield from _commit(
            main,
            marks,
            len(history) + 1,
            "Add what is not text",
            _modules(repository.submodules),
            parent=history[-1] if history else None,
        )
        for path, oid in large.items():
            yield b"M 100644 %s %s\n" % (oid.encode(), path.encode())
        for path, url in repository.submodules.items():
            # The commit is in the other repository: here it is a name.
            yield b"M 160000 %s %s\n" % (hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest().encode(), path.encode())
        history.append(marks)
    # Enough history for the tags to stand on different commits.
    while len(history) < max(len(repository.tags), 1):
        marks += 1
        number = len(history) + 1
        files = {"CHANGELOG.md": "".join(f"- change {line}\n" for line in range(1, number + 1))}
        yield from _commit(main, marks, number, f"Change {number}", files, parent=history[-1] if history else None)
        history.append(marks)
    for index, branch in enumerate(repository.branches):
        marks += 1
        files = {f"branches/{branch.replace('/', '-')}.md": f"Work on {branch}.\n"}
        yield from _commit(
            f"refs/heads/{branch}", marks, len(history) + index + 1, f"Start {branch}", files, parent=history[-1]
        )
    for index, number in enumerate(repository.pull_requests):
        marks += 1
        files = {f"proposals/{number}.md": f"Proposal {number}.\n"}
        yield from _commit(
            f"refs/pull/{number}/head", marks, len(history) + 20 + index, f"Proposal {number}", files, parent=history[-1]
        )
    for index, tag in enumerate(repository.tags):
        target = history[len(history) - len(repository.tags) + index]
        yield b"tag %s\nfrom :%d\ntagger %s %d +0000\n" % (tag.encode(), target, _AUTHOR, _EPOCH + target * _DAY)
        yield _data(f"Release {tag}\n")
    yield b"done\n"


def _modules(submodules: Mapping[str, str]) -> dict[str, str]:
    """``.gitmodules`` (gitmodules(5))."""
    text = "".join(f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n' for path, url in submodules.items())
    return {".gitmodules": text} if text else {}


def _by_folder(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    grouped: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        grouped.setdefault(path.rpartition("/")[0] or path, {})[path] = text
    return grouped


def _commit(ref: str, mark: int, day: int, message: str, files: Mapping[str, str], *, parent: int | None) -> Iterator[bytes]:
    yield b"commit %s\nmark :%d\n" % (ref.encode(), mark)
    yield b"committer %s %d +0000\n" % (_AUTHOR, _EPOCH + day * _DAY)
    yield _data(f"{message}\n")
    if parent is not None:
        yield b"from :%d\n" % parent
    for path, text in files.items():
        yield b"M 100644 inline %s\n" % path.encode()
        yield _data(text)


def _data(text: str) -> bytes:
    raw = text.encode()
    return b"data %d\n%s\n" % (len(raw), raw)
