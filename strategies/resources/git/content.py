"""Reads the content of one revision of the source repository, at a cost that is bounded.

One shallow clone without the files above ``CONTENT_LIMIT`` (git-clone(1), ``--filter=blob:limit``): what a server can leave out
never travels. Of a few files that were left out the size is learnt by asking for each alone and stopping as soon as the
beginning of the pack has come, which says how large the file is (gitformat-pack(5)). Only the revision answered is seen. What
only the history or another branch holds shows when the mirror is pushed.
"""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from strategies.answers import Source
from strategies.base import Situation
from strategies.common.folders import CHARTS
from strategies.facts import SOURCE_CONTENT, FactError, LargeFile, LfsRule, Link, SourceContent, Unreadable
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.resources.git.attributes import ATTRIBUTES, MODULES, POINTER_LIMIT, lfs_rules, pointer, submodules
from strategies.resources.git.budget import TRANSFER_BUDGET, OverBudgetError, clone
from strategies.resources.git.errors import explain
from strategies.resources.git.links import UnreadableError, concerns, links
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.servers.source_trust import SourceTrust
from strategies.resources.git.source import asks, no_trust, revision_inputs, source_login
from strategies.resources.parallel import together

CONTENT_LIMIT = 1024 * 1024
"""Bytes of a file that is still looked into. No manifest is larger: etcd takes 1.5 MiB."""
READ_BUDGET = 64 * 1024 * 1024
READ_MOST = 20_000
MEASURED_MOST = 8
LINKS_MOST = 2_000
NAMES_MOST = 1_000
CONTENT_TIMEOUT = 60.0

_PACK_HEAD = 12
_SIZE_MOST = 16
"""More bytes than type and size of an object take."""
_BLOB = 3
_COMMIT_ENTRY = b"160000"


def content_reader(git: GitProgram, resolve: Callable[[Situation, str], str], trust: SourceTrust = no_trust) -> Reader:
    """The reader of ``SOURCE_CONTENT``. ``resolve`` finds the secret behind a reference, ``trust`` the CA of its server."""

    def read(situation: Situation) -> SourceContent:
        return read_content(git, situation.answers.source, lambda name: resolve(situation, name), ca=trust(situation))

    return Reader(SOURCE_CONTENT.id, revision_inputs, read, timeout=2 * CONTENT_TIMEOUT + 5, patient=asks)


def read_content(
    git: GitProgram, source: Source, resolve: Callable[[str], str], *, budget: int = TRANSFER_BUDGET, ca: str | None = None
) -> SourceContent:
    """What the files at the revision answered hold; ``budget`` in bytes, ``ca`` in PEM. Raises FactFailureError."""
    url, revision = source.url or "", source.revision or ""
    try:
        login = source_login(url, source.username, source.password, resolve, ca)
        with tempfile.TemporaryDirectory(prefix="ezgitops-content-") as scratch:
            snapshot = _fetch(git, url, revision, login, Path(scratch) / "source.git", budget)
            large = _large(git, url, login, snapshot, Path(scratch))
            return _judged(revision, snapshot, large)
    except OverBudgetError as over:
        raise FactFailureError(over.told) from over
    except ResourceError as error:
        raise FactFailureError(FactError(f"{error.what}: {error.why}", error.remedy)) from error
    except GitError as error:
        raise FactFailureError(explain(error, url, login=source.password is not None)) from error


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    oid: str
    size: int | None
    """None: it was not fetched."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A fetched revision: its files, the folders that are commits of other repositories, and the content that was read."""

    files: Sequence[_File]
    commits: Sequence[str]
    stored: int
    content: Mapping[str, bytes]
    """By object id."""
    omitted: str | None


def _fetch(git: GitProgram, url: str, revision: str, login: GitLogin | None, folder: Path, budget: int) -> _Snapshot:
    shallow = ["--bare", "--depth", "1", f"--filter=blob:limit={CONTENT_LIMIT + 1}", "--single-branch", "--no-tags"]
    stored = clone(git, [*shallow, "--branch", revision, "--", url], folder, login, CONTENT_TIMEOUT, budget)
    sizes = _sizes(git, folder)
    files, commits = _listing(git.output(["ls-tree", "-r", "-z", "HEAD"], folder=folder), sizes)
    wanted, omitted = _wanted(files)
    content = _contents(git, folder, wanted)
    return _Snapshot(files, commits, stored, content, omitted)


def _sizes(git: GitProgram, folder: Path) -> dict[str, int]:
    """Every object that is here. Only these are asked about later: git would go and fetch any other."""
    listed = git.run(["cat-file", "--batch-all-objects", "--batch-check", "--unordered"], folder=folder)
    return {oid: int(size) for oid, kind, size in (line.split() for line in listed.splitlines()) if kind == "blob"}


def _listing(listed: bytes, sizes: Mapping[str, int]) -> tuple[list[_File], list[str]]:
    files, commits = [], []
    for entry in filter(None, listed.split(b"\0")):
        head, _, raw = entry.partition(b"\t")
        mode, _kind, oid = head.split()
        path = raw.decode(errors="replace")
        if mode == _COMMIT_ENTRY:
            commits.append(path)
        else:
            files.append(_File(path, oid.decode(), sizes.get(oid.decode())))
    return files, commits


def _wanted(files: Sequence[_File]) -> tuple[list[str], str | None]:
    """The objects to be read, and what is said when there are too many."""
    candidates = [file for file in files if file.size is not None and _worth_reading(file.path, file.size)]
    wanted: dict[str, None] = {}
    total = 0
    for number, file in enumerate(candidates):
        size = file.size or 0
        if len(wanted) >= READ_MOST or total + size > READ_BUDGET:
            return list(wanted), f"{len(candidates) - number} of {len(candidates)} files were not looked into: too many"
        total += 0 if file.oid in wanted else size
        wanted[file.oid] = None
    return list(wanted), None


def _worth_reading(path: str, size: int) -> bool:
    """Files that can name something, and files so small that they may stand for another one."""
    if size > CONTENT_LIMIT:
        return False
    return size < POINTER_LIMIT or concerns(path) or posixpath.basename(path) in (ATTRIBUTES, MODULES)


def _contents(git: GitProgram, folder: Path, oids: Sequence[str]) -> dict[str, bytes]:
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    limit = READ_BUDGET + CONTENT_LIMIT + 100 * len(oids)
    answer = git.output(["cat-file", "--batch", "--buffer"], folder=folder, stdin=asked, limit=limit) if oids else b""
    found: dict[str, bytes] = {}
    position = 0
    while (end := answer.find(b"\n", position)) >= 0:
        oid, _kind, size = answer[position:end].split()
        start = end + 1
        found[oid.decode()] = answer[start : start + int(size)]
        position = start + int(size) + 1
    return found


def _large(git: GitProgram, url: str, login: GitLogin | None, snapshot: _Snapshot, scratch: Path) -> tuple[LargeFile, ...]:
    """The files above the limit, the largest first. Those that were left out are measured, a few of them."""
    left_out = list(dict.fromkeys(file.oid for file in snapshot.files if file.size is None))[:MEASURED_MOST]
    measure = partial(_measure, git, url, login)
    measured = dict(zip(left_out, together([partial(measure, oid, scratch / oid) for oid in left_out]), strict=True))
    found = [
        LargeFile(file.path, file.size if file.size is not None else measured.get(file.oid))
        for file in snapshot.files
        if file.size is None or file.size > CONTENT_LIMIT
    ]
    return tuple(sorted(found, key=lambda large: (-(large.size or 0), large.path))[:NAMES_MOST])


def _measure(git: GitProgram, url: str, login: GitLogin | None, oid: str, folder: Path) -> int | None:
    """The size of one object at ``url``; None when the server does not give it away alone."""
    packfile = folder.with_suffix(".pack")
    try:
        git.run(["init", "--quiet", "--bare", str(folder)])
        git.output(
            ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth", "1", "--", url, oid],
            login=login, folder=folder, timeout=CONTENT_TIMEOUT, packfile=packfile,
            enough=lambda: _beginning(packfile) is not None,
        )  # fmt: skip
    except GitError:
        # A size is a detail: that it could not be learnt is told as such.
        pass
    return _beginning(packfile)


def _beginning(packfile: Path) -> int | None:
    """The size of the one object in a pack that is still arriving, if its beginning is there."""
    try:
        with packfile.open("rb") as file:
            return object_size(file.read(_PACK_HEAD + _SIZE_MOST))
    except FileNotFoundError:
        return None


def object_size(pack: bytes) -> int | None:
    """The inflated size of the first object of a pack, from its beginning; None when it is cut off or no whole blob."""
    head = pack[_PACK_HEAD:]
    if not pack.startswith(b"PACK") or not head or (head[0] >> 4) & 7 != _BLOB:
        return None
    size, shift = head[0] & 15, 4
    for before, byte in pairwise(head):
        if not before & 0x80:
            return size
        size |= (byte & 0x7F) << shift
        shift += 7
    return None if head[-1] & 0x80 else size


def _judged(revision: str, snapshot: _Snapshot, large: tuple[LargeFile, ...]) -> SourceContent:
    charts = {posixpath.dirname(file.path) for file in snapshot.files if posixpath.basename(file.path) in CHARTS}
    found: list[Link] = []
    unreadable: list[Unreadable] = []
    pointers: list[str] = []
    rules: list[LfsRule] = []
    modules = b""
    for path, content in _pairs(snapshot):
        if pointer(content):
            pointers.append(path)
        elif posixpath.basename(path) == ATTRIBUTES:
            rules += lfs_rules(path, content)
        elif path == MODULES:
            modules = content
        elif concerns(path):
            try:
                found += links(path, content, in_chart=_in_chart(path, charts))
            except UnreadableError as error:
                unreadable.append(Unreadable(path, str(error)))
    omitted = snapshot.omitted
    if omitted is None and len(found) > LINKS_MOST:
        omitted = f"{len(found) - LINKS_MOST} of {len(found)} things that files name were left out: too many"
    return SourceContent(
        revision,
        stored=snapshot.stored,
        files=len(snapshot.files),
        links=tuple(found[:LINKS_MOST]),
        unreadable=tuple(unreadable[:NAMES_MOST]),
        large=large,
        lfs_files=tuple(pointers[:NAMES_MOST]),
        lfs_rules=tuple(rules[:NAMES_MOST]),
        submodules=tuple(submodules(modules, snapshot.commits)[:NAMES_MOST]),
        omitted=omitted,
    )


def _pairs(snapshot: _Snapshot) -> Iterator[tuple[str, bytes]]:
    for file in snapshot.files:
        content = snapshot.content.get(file.oid)
        if content is not None:
            yield file.path, content


def _in_chart(path: str, charts: set[str]) -> bool:
    """Whether a chart's folder is above this file: its values and templates hold what is filled in."""
    folder = posixpath.dirname(path)
    while True:
        if folder in charts:
            return True
        if not folder:
            return False
        folder = posixpath.dirname(folder)
