"""A private Git server as the mirror needs it: who pushes and where to, which branch is the default one, when it was mirrored.

A product is pushed to over HTTPS with the administrator's token, also where Argo CD will clone over SSH: so no key that may
write is ever made. A server without an API is pushed to as its URL says, with what was answered for it.

When it was mirrored last stands in the repository itself, as the subject of an empty commit at ``NOTE``: every server keeps
that, a description would have to be ours, and Argo CD's Secret may not be there yet. Nobody fetches it without naming it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from strategies.common.servers.address import clone_url
from strategies.facts import ServerKind
from strategies.kinds import ServerAccess
from strategies.ports import Execution, ResourceError
from strategies.resources.git.codecommit import Hosted
from strategies.resources.git.errors import Trouble, resource_error, trouble
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.servers.desk import ServerDesk, server_info

NOTE: Final = "refs/notes/ezgitops-mirror"
_NOTED = re.compile(r"Mirrored at (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_USERNAMES = {ServerKind.GITLAB: "oauth2", ServerKind.GHES: "x-access-token"}
"""User names that go with a token alone (GitLab, "Personal access tokens"; GitHub, "Managing your personal access tokens").
Gitea and Forgejo take any; Bitbucket wants a token as Bearer."""
_ANYBODY = "ezgitops"
_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----"
_IDENTITY = ("-c", "user.name=ezgitops", "-c", "user.email=ezgitops@localhost")


class ServerHost:
    """``GitHost`` for one repository of one server. Every method raises ResourceError.

    With ``reading``, a login that may read the repository, it is only looked at, by Git alone.
    """

    def __init__(
        self, desk: ServerDesk, git: GitProgram, access: ServerAccess, path: str, target_url: str,
        reading: GitLogin | None = None,
    ) -> None:  # fmt: skip
        self._reading = reading
        self._desk = desk
        self._git = git
        self._access = access
        self._path = path
        info = server_info(access)
        self._kind = info.kind
        self._has_api = info.kind is not ServerKind.PLAIN and reading is None
        self.url = clone_url(info, path) if self._has_api else target_url
        self._ca: str | None = None
        self._ca_known = False
        self._known_hosts: dict[str, str | None] = {}

    def prepare(self, run: Execution) -> None:
        """See to it that there is a login to push with, before anything is pushed."""
        if self._has_api:
            self._desk.working_api(self._access, run)

    def login(self, url: str) -> GitLogin | None:
        """The administrator's token as Git takes it, and the CA that is believed. The token is looked up each time."""
        if self._reading is not None:
            return self._reading
        if url.startswith("ssh://"):
            return self._by_ssh(url)
        ca = self._authority()
        if self._access.token is None:
            return GitLogin(url, "", "", ca=ca) if ca is not None else None
        token = self._desk.secret(self._access.token)
        username = self._access.username
        if self._kind is ServerKind.BITBUCKET and username is None:
            return GitLogin(url, "", token, scheme="Bearer", ca=ca)
        return GitLogin(url, username or _USERNAMES.get(self._kind, _ANYBODY), token, ca=ca)

    def _by_ssh(self, url: str) -> GitLogin | None:
        """The key that was answered, else the operator's own; the host keys that were confirmed, else this machine's."""
        token = self._desk.secret(self._access.token) if self._access.token is not None else ""
        key, hosts = token if _KEY in token else None, self._hosts(url)
        return GitLogin(url, "", "", ssh_key=key, known_hosts=hosts) if key is not None or hosts is not None else None

    def _hosts(self, url: str) -> str | None:
        """Looked at once: git is run several times, and none of them believes anything else."""
        if url not in self._known_hosts:
            self._known_hosts[url] = self._desk.known_hosts(self._access, url)
        return self._known_hosts[url]

    def repository(self, name: str, *, history: bool = True) -> Hosted | None:
        """By the server's API; where it has none, by what Git lists."""
        if self._has_api:
            found = self._desk.api(self._access).repository(name)
            if not found.exists:
                return None
            # The branch that a server names before it has been pushed is no branch yet.
            default = None if found.empty else found.default_branch
        else:
            try:
                default = list_remote(self._git, self.url, self.login(self.url)).default_branch
            except GitError as error:
                if trouble(error) is Trouble.NOT_FOUND:
                    return None
                raise target_error(f"Cannot list {self.url}", error, self.url) from error
        return Hosted(self.url, default, self._noted() if history else None, fixed_default=not self._has_api)

    def set_default_branch(self, name: str, branch: str) -> None:
        """By the server's API."""
        self._desk.api(self._access).set_default_branch(name, branch)

    def note_mirrored(self, arn: str, at: str) -> None:
        """As the commit at ``NOTE``."""
        with self._scratch() as folder:
            try:
                tree = self._git.output(["hash-object", "-w", "-t", "tree", "--stdin"], folder=folder).decode().strip()
                commit = self._git.run([*_IDENTITY, "commit-tree", tree, "-m", f"Mirrored at {at}"], folder=folder).strip()
                self._git.run(["push", "--quiet", "--", arn, f"+{commit}:{NOTE}"], login=self.login(arn), folder=folder)
            except GitError as error:
                raise target_error(f"Cannot note in {arn} when it was mirrored", error, arn) from error

    def _noted(self) -> str | None:
        """When it was mirrored last; None where that is not told, and where it cannot be read: nothing depends on it."""
        with self._scratch() as folder:
            try:
                fetch = ["fetch", "--quiet", "--depth", "1", "--no-tags", "--", self.url, NOTE]
                self._git.run(fetch, login=self.login(self.url), folder=folder)
                said = self._git.run(["log", "-1", "--format=%s", "FETCH_HEAD"], folder=folder)
            except GitError:
                return None
        found = _NOTED.match(said)
        return found[1] if found else None

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="ezgitops-note-") as name:
            folder = Path(name)
            try:
                self._git.run(["init", "--quiet", "--bare", "."], folder=folder)
            except GitError as error:
                raise resource_error("Cannot make a repository on this machine", error, self.url) from error
            yield folder

    def _authority(self) -> str | None:
        if not self._ca_known:
            if self._access.base_url or self._access.ca_file is not None:
                self._ca = self._desk.ca(self._access)
            elif self._access.ca_fingerprint is not None:
                raise ResourceError(
                    f"Cannot trust {self.url}", "the address of the server was not answered", "Answer server.baseUrl."
                )
            self._ca_known = True
        return self._ca


def target_error(what: str, error: GitError, url: str) -> ResourceError:
    """Why git failed at a private server that is written to, where a login is at fault; else as everywhere."""
    if trouble(error) not in (Trouble.DENIED, Trouble.FORBIDDEN):
        return resource_error(what, error, url)
    if url.startswith("ssh://"):
        return ResourceError(
            what, f"{urlsplit(url).hostname or url} does not let this SSH key read and write this repository",
            "Add a key that may write, and answer privateServer.server.adminToken with where its private half is.",
        )  # fmt: skip
    return ResourceError(
        what, f"{urlsplit(url).hostname or url} does not let the administrator's login read and write this repository",
        "Look at privateServer.server.adminToken (and adminUsername): it takes the right to push (GitLab: the scope api or "
        "write_repository; Bitbucket: Repository write; Gitea: write:repository; GitHub: repo).",
    )  # fmt: skip
