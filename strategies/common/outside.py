"""What the cluster would have to fetch from outside to render a path of the source repository. Pure.

From the path on, what it names in the repository itself is followed: kustomize bases, Applications that render another folder
of the same repository. What nothing reachable names is not looked at.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from strategies.common import folders
from strategies.facts import Link, LinkKind, SourceContent, SourceTree

_SHORTHANDS = ("git::", "gh:", "git@")
_HOST_FIRST = re.compile(r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?/")
_NEAR = re.compile(
    r"""^( [a-z0-9.-]+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?  # ECR: every egress-zero cluster has its endpoint
        | ([a-z0-9.-]+\.)?s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?      # buckets: the S3 gateway endpoint
        | .+\.(svc|internal)(\.cluster\.local)? )$""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Links that lead out of reach, and files that are reached and could not be parsed, both in the order of the walk."""

    links: tuple[Link, ...]
    unreadable: tuple[str, ...]
    looked_into: int


def host_of(target: str) -> str:
    """The host of a URL or of a shorthand (kustomize: ``github.com/org/repo//path``, ``git@host:path``); empty for a path."""
    bare = target.removeprefix("git::")
    if bare.startswith("gh:"):
        return "github.com"
    if "://" in bare:
        try:
            return urlsplit(bare).hostname or ""
        except ValueError:
            return ""
    if bare.startswith("git@"):
        return re.split(r"[:/]", bare.removeprefix("git@"), maxsplit=1)[0]
    return bare.partition("/")[0].partition(":")[0].lower() if _HOST_FIRST.match(bare) else ""


def remote(target: str, *, present: bool) -> bool:
    """Whether a kustomize entry names something outside. ``present``: it is also a file or folder of the repository."""
    if target.startswith("file://"):
        return False
    return "://" in target or target.startswith(_SHORTHANDS) or (bool(_HOST_FIRST.match(target)) and not present)


def within_reach(host: str) -> bool:
    """Whether an egress-zero cluster gets to this host by itself: its own services, private addresses, ECR and S3."""
    if not host or "." not in host:
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return _NEAR.match(host.lower()) is not None


def same_repository(one: str, other: str) -> bool:
    """Whether two URLs name one repository, compared as Argo CD does (``util/git/git.go``, ``NormalizeGitURL``)."""
    return _normal(one) == _normal(other)


def look(path: str, tree: SourceTree, content: SourceContent, clone_url: str) -> Outside:
    """Everything from outside that rendering ``path`` needs, where Argo CD syncs from ``clone_url``."""
    return _Walk(tree, content, clone_url).from_folder(path)


class _Walk:
    """One walk through a repository. Each folder and file is looked at once, so that circles end."""

    def __init__(self, tree: SourceTree, content: SourceContent, clone_url: str) -> None:
        self._own = clone_url
        self._files = frozenset(tree.files)
        self._folders = folders.contents(tree.files)
        self._links: dict[str, list[Link]] = {}
        for link in content.links:
            self._links.setdefault(link.file, []).append(link)
        self._broken = {one.file: one.why for one in content.unreadable}
        self._ahead: deque[str] = deque()
        self._seen: set[str] = set()

    def from_folder(self, path: str) -> Outside:
        """Walk from this folder on."""
        found: list[Link] = []
        broken: list[str] = []
        looked_into = 0
        self._go(posixpath.normpath(path))
        while self._ahead:
            file = self._ahead.popleft()
            looked_into += 1
            if file in self._broken:
                broken.append(f"{file} ({self._broken[file]})")
            found += [link for link in self._links.get(file, ()) if self._leads_out(link)]
        return Outside(tuple(found), tuple(broken), looked_into)

    def _go(self, place: str) -> None:
        """Put a file, or the files of a folder that its tool reads, before us."""
        if place in self._seen:
            return
        self._seen.add(place)
        if place in self._files:
            self._ahead.append(place)
        elif place in self._folders:
            for file in self._read_in(place):
                if file not in self._seen:
                    self._seen.add(file)
                    self._ahead.append(file)

    def _read_in(self, folder: str) -> Iterator[str]:
        names = self._folders[folder]
        if folders.CHARTS.intersection(names):
            yield from (_join(folder, name) for name in sorted(names) if name.endswith(folders.MANIFESTS))
            below = _join(folder, "templates") + "/"
            yield from sorted(file for file in self._files if file.startswith(below))
            return
        kustomizations = [name for name in sorted(names) if name in folders.KUSTOMIZATIONS]
        chosen = kustomizations[:1] or [name for name in sorted(names) if name.endswith(folders.MANIFESTS)]
        yield from (_join(folder, name) for name in chosen)

    def _leads_out(self, link: Link) -> bool:
        """Whether this link needs something from outside; what it names in the repository is walked to."""
        here = posixpath.dirname(link.file)
        if link.kind in (LinkKind.KUSTOMIZE, LinkKind.KUSTOMIZE_CHART):
            place = _join(here, link.target)
            if not remote(link.target, present=place in self._files or place in self._folders):
                self._go(place)
                return False
        elif link.kind is LinkKind.DEPENDENCY:
            return self._dependency(here, link)
        elif link.kind in (LinkKind.APPLICATION, LinkKind.GENERATOR, LinkKind.TEXT):
            if same_repository(link.target, self._own):
                if link.path:
                    self._go(posixpath.normpath(link.path))
                return False
            # Another repository of CodeCommit is near, but Argo CD has no login for it: only this one is prepared.
            if host_of(link.target) == host_of(self._own):
                return True
        return not within_reach(host_of(link.target))

    def _dependency(self, here: str, link: Link) -> bool:
        if link.target.startswith("file://"):
            self._go(_join(here, link.target.removeprefix("file://")))
            return False
        if link.target.startswith(("@", "alias:")):
            return False
        beside = _join(here, "charts")
        archives = (name for name in self._folders.get(beside, ()) if name.endswith(".tgz"))
        if f"{beside}/{link.name}/Chart.yaml" in self._files or any(name.startswith(f"{link.name}-") for name in archives):
            return False
        return not within_reach(host_of(link.target))


def hosts(links: Sequence[Link]) -> list[str]:
    """The hosts that these links lead to, each once."""
    return list(dict.fromkeys(host_of(link.target) or link.target for link in links))


def _join(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))


def _normal(url: str) -> str:
    return url.strip().lower().removesuffix("/").removesuffix(".git")
