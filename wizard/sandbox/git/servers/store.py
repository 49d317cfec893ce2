"""What a private Git server holds: accounts, groups, tokens, repositories and deploy keys. One for each server, in memory.

The products differ in words and in what they tell; who may read and write what is the same thing everywhere, and stands here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from wizard.sandbox.git import seed
from wizard.sandbox.git.servers.holdings import DeployKey, Group, Repository, Token, User
from wizard.sandbox.git.servers.publickey import public_key
from wizard.sandbox.git.servers.scenario import Level, ServerRepository, ServerSection

_ORDER: dict[Level, int] = {"read": 1, "write": 2, "admin": 3}


class NameTakenError(Exception):
    """Something of that name exists."""


class Store:
    """The state of one server; every method is safe to call from any thread. ``now`` is the sandbox's clock."""

    def __init__(self, section: ServerSection, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self.now = now
        self._lock = threading.RLock()
        self._next = 0
        self._users: dict[str, User] = {}
        self._groups: dict[str, Group] = {}
        self._repositories: dict[str, Repository] = {}
        self._tokens: dict[int, Token] = {}
        self._keys: dict[int, DeployKey] = {}
        self._watchers: list[Callable[[], None]] = []
        for user in section.users:
            self._users[user.name.lower()] = User(self._number(), user.name, user.admin, user.password)
            self._groups[user.name.lower()] = Group(self._number(), user.name, user.name, {user.name: "admin"}, personal=True)
        for group in section.groups:
            self._groups[group.name.lower()] = Group(self._number(), group.name, group.title or group.name, dict(group.members))
        for repository in section.repositories:
            self._seed(repository)
        for token in section.tokens:
            self._add(
                Token(
                    id=self._number(),
                    name=token.name,
                    value=token.value,
                    scopes=token.scopes,
                    created=now() - timedelta(days=400),
                    expires=None if token.expires_in_days is None else now() + timedelta(days=token.expires_in_days),
                    revoked=token.revoked,
                    user=None if token.user is None else self._users[token.user.lower()],
                    repository=None if token.repository is None else self._repositories[token.repository.lower()],
                    group=None if token.group is None else self._groups[token.group.lower()],
                    username=token.username or "",
                )
            )
        for key in section.keys:
            self.add_key(self._repositories[key.repository.lower()], key.name, key.key, read_only=key.read_only)

    def watch_keys(self, watcher: Callable[[], None]) -> None:
        """Have ``watcher`` called now and after each change of the deploy keys."""
        with self._lock:
            self._watchers.append(watcher)
            watcher()

    # who

    def user(self, name: str) -> User | None:
        """The account of that name, in whatever case."""
        with self._lock:
            return self._users.get(name.lower())

    def set_password(self, name: str, password: str) -> None:
        """The account of that name logs in with this from now on. Raises KeyError where there is none."""
        with self._lock:
            self._users[name.lower()] = replace(self._users[name.lower()], password=password)

    def login(self, name: str, password: str) -> User | None:
        """The account that this name and password prove."""
        user = self.user(name)
        if user is None or user.password is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            return None
        return user

    def token(self, value: str) -> Token | None:
        """The token with this value: expired and revoked ones too."""
        with self._lock:
            return next((t for t in self._tokens.values() if secrets.compare_digest(t.value.encode(), value.encode())), None)

    def tokens(self, *, repository: Repository | None = None, group: Group | None = None) -> list[Token]:
        """Those of one repository, or of one group, oldest first; revoked ones are not told."""
        with self._lock:
            return [
                token
                for token in self._tokens.values()
                if not token.revoked and (token.repository, token.group) == (repository, group) and token.user is None
            ]

    def level(self, user: User | None, group: Group) -> int:
        """What a user may do in a group: 0 nothing, 1 read, 2 write, 3 administer. Nobody is None."""
        if user is None:
            return 0
        if user.admin:
            return 3
        names = _above(group.name)
        with self._lock:
            found = [self._groups[name].members.get(user.name) for name in names if name in self._groups]
        return max((_ORDER[level] for level in found if level is not None), default=0)

    # what

    def group(self, name: str) -> Group | None:
        """The group of that name, in whatever case, or with that number."""
        with self._lock:
            if name.isdigit():
                return next((group for group in self._groups.values() if group.id == int(name)), None)
            return self._groups.get(name.lower())

    def groups(self) -> list[Group]:
        """Every group that is no user's own."""
        with self._lock:
            return [group for group in self._groups.values() if not group.personal]

    def repository(self, name: str) -> Repository | None:
        """The repository ``owner/name``, in whatever case, or with that number."""
        with self._lock:
            if name.isdigit():
                return next((entry for entry in self._repositories.values() if entry.id == int(name)), None)
            return self._repositories.get(name.lower())

    def moved(self, name: str) -> Repository | None:
        """The repository that once was ``owner/name``."""
        with self._lock:
            return next((entry for entry in self._repositories.values() if name.lower() in entry.former), None)

    def repositories(self) -> list[Repository]:
        """All, oldest first."""
        with self._lock:
            return sorted(self._repositories.values(), key=lambda entry: entry.id)

    def deploy_keys(self, repository: Repository | None = None) -> list[DeployKey]:
        """The deploy keys, of one repository or all."""
        with self._lock:
            return [key for key in self._keys.values() if repository is None or key.repository is repository]

    # changes

    def add_group(self, name: str, title: str, owner: User) -> Group:
        """A new group that its maker administers. Raises NameTakenError."""
        with self._lock:
            if name.lower() in self._groups:
                raise NameTakenError(name)
            group = Group(self._number(), name, title, {owner.name: "admin"})
            self._groups[name.lower()] = group
            return group

    def add_repository(
        self,
        group: Group,
        name: str,
        *,
        private: bool = True,
        default_branch: str = "main",
        title: str = "",
        description: str = "",
    ) -> Repository:
        """A new one without a commit. Raises NameTakenError."""
        with self._lock:
            made = Repository(
                id=self._number(),
                group=group,
                name=name,
                path=self._folder / f"{self._next}.git",
                private=private,
                default_branch=default_branch,
                title=title or name,
                created=self.now(),
                description=description,
            )
            if made.full_name.lower() in self._repositories:
                raise NameTakenError(made.full_name)
            seed.empty(made.path, default_branch)
            self._repositories[made.full_name.lower()] = made
            return made

    def set_default_branch(self, repository: Repository, branch: str) -> None:
        """Let HEAD name this branch."""
        with self._lock:
            repository.default_branch = branch
            (repository.path / "HEAD").write_text(f"ref: refs/heads/{branch}\n", encoding="utf-8")

    def remove_repository(self, repository: Repository) -> None:
        """Forget it, with its tokens and keys."""
        with self._lock:
            self._repositories.pop(repository.full_name.lower(), None)
            self._tokens = {number: token for number, token in self._tokens.items() if token.repository is not repository}
            self._keys = {number: key for number, key in self._keys.items() if key.repository is not repository}
            self._changed()

    def add_token(
        self,
        name: str,
        value: str,
        scopes: Iterable[str],
        *,
        repository: Repository | None = None,
        group: Group | None = None,
        user: User | None = None,
        expires: datetime | None = None,
        username: str = "",
    ) -> Token:
        """A new token of a repository, a group or a user. ``{n}`` in the user name is its number."""
        with self._lock:
            number = self._number()
            made = Token(
                number, name, value, tuple(scopes), self.now(), expires, user=user, repository=repository,
                group=group, username=username.replace("{n}", str(number)),
            )  # fmt: skip
            self._add(made)
            return made

    def remove_token(self, token: Token) -> None:
        """It opens nothing any more."""
        with self._lock:
            self._tokens.pop(token.id, None)

    def add_key(self, repository: Repository, title: str, key: str, *, read_only: bool) -> DeployKey:
        """A new deploy key. Raises ValueError for what is no public key, NameTakenError when the key is in use already."""
        content = public_key(key)
        with self._lock:
            if any(other.key == content for other in self._keys.values()):
                raise NameTakenError(title)
            made = DeployKey(self._number(), title, content, read_only, repository, self.now())
            self._keys[made.id] = made
            self._changed()
            return made

    def remove_key(self, key: DeployKey) -> None:
        """It opens nothing any more."""
        with self._lock:
            self._keys.pop(key.id, None)
            self._changed()

    def _seed(self, wanted: ServerRepository) -> None:
        group = self._groups[wanted.owner.lower()]
        made = self.add_repository(
            group, wanted.name, private=wanted.private, default_branch=wanted.default_branch, title=wanted.title
        )
        made.former = tuple(name.lower() for name in wanted.former_names)
        if not wanted.empty:
            seed.fill(made.path, wanted)

    def _add(self, token: Token) -> None:
        self._tokens[token.id] = token

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()

    def _number(self) -> int:
        self._next += 1
        return self._next


def _above(name: str) -> list[str]:
    """A group's name and those of the groups around it, in lower case."""
    parts = name.lower().split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
