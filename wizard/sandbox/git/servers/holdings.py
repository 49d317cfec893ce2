"""What a private Git server holds, as data: accounts, groups, repositories, tokens, deploy keys."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wizard.sandbox.git.servers.scenario import Level


@dataclass(frozen=True, slots=True)
class User:
    """An account; ``id`` is the product's number for it."""

    id: int
    name: str
    admin: bool = False
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """A place for repositories: a group, project or organisation, or (``personal``) that of a user."""

    id: int
    name: str
    title: str
    members: dict[str, Level]
    personal: bool = False


@dataclass(slots=True)
class Repository:
    """A bare repository with its place. ``created`` is when it was made, in the sandbox's time."""

    id: int
    group: Group
    name: str
    path: Path
    private: bool
    default_branch: str
    title: str
    created: datetime
    former: tuple[str, ...] = ()
    description: str = ""

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.group.name}/{self.name}"

    def heads(self) -> dict[str, str]:
        """Every branch with its commit (gitrepository-layout(5): loose references count before packed ones)."""
        packed = self.path / "packed-refs"
        lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
        split = [line.partition(" refs/heads/") for line in lines]
        found = {name: commit for commit, mark, name in split if mark}
        heads = self.path / "refs" / "heads"
        for item in heads.rglob("*"):
            # A push may be under way: it renames its lock over the reference.
            if item.suffix != ".lock" and item.is_file():
                found[item.relative_to(heads).as_posix()] = item.read_text(encoding="utf-8").strip()
        return dict(sorted(found.items()))

    def branches(self) -> bool:
        """Whether anything was ever pushed."""
        return bool(self.heads())


@dataclass(slots=True)
class Token:
    """A token of a user, or one of a repository or group alone (``username`` is GitLab's, for deploy tokens)."""

    id: int
    name: str
    value: str = field(repr=False)
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None = None
    revoked: bool = False
    user: User | None = None
    repository: Repository | None = None
    group: Group | None = None
    username: str = ""

    def expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class DeployKey:
    """A public key that opens one repository; ``key`` is ``TYPE BASE64``, without a comment."""

    id: int
    title: str
    key: str
    read_only: bool
    repository: Repository
    created: datetime

    @property
    def fingerprint(self) -> str:
        """``SHA256:...``, as ssh-keygen(1) writes it."""
        digest = hashlib.sha256(base64.b64decode(self.key.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
