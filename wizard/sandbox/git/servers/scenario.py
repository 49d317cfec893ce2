"""The ``servers:`` part of a scenario: private Git servers, who may do what on them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from wizard.sandbox.scenario import GitHubRepository

Kind = Literal["gitlab", "bitbucket", "gitea", "forgejo", "ghes", "plain"]
Level = Literal["read", "write", "admin"]
Vantage = Literal["workstation", "cluster"]
Hostility = Literal[
    "endless-body",
    "huge-header",
    "many-headers",
    "redirect-loop",
    "redirect-to-metadata",
    "redirect-to-plain-http",
    "wrong-content-type",
    "html-for-json",
    "broken-json",
    "slow-drip",
    "silence",
    "control-characters",
]

_HOST = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
_LOGIN = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
_VARIABLE = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
_SPACE = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9~][A-Za-z0-9._~/-]{0,199}$")]
_MODEL = ConfigDict(extra="forbid", frozen=True)
_SSH_PORTS = {"bitbucket": 7999}
"""Bitbucket's own SSH server listens there (Administer Bitbucket, "Enable SSH access to Git repositories"); elsewhere it is 22.
"""


class TlsSection(BaseModel):
    """The certificate that a server shows.

    ``private`` is signed by the organisation's own CA, the same one in each sandbox; ``public`` by the CA that the workstation
    and every image of the cluster know; ``self-signed`` by nobody but itself.
    """

    model_config = _MODEL

    ca: Literal["private", "public", "self-signed"] = "private"
    expired: bool = False
    wrong_name: bool = False
    """It is for another host name."""
    expires_in_days: float | None = None
    """Two years, when not said."""
    chain: Literal["whole", "leaf", "with-root"] = "whole"
    """``leaf``: the server forgets to send the issuing CA's certificate; ``with-root``: it sends the root's as well."""


class SshSection(BaseModel):
    """The server's SSH door. ``host_key`` ``changed``: another one than the organisation has published."""

    model_config = _MODEL

    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    host_key: Literal["published", "changed"] = "published"


class UserSection(BaseModel):
    """An account. ``admin`` is the administrator of the whole server. Without ``password`` nobody logs in with one."""

    model_config = _MODEL

    name: _LOGIN
    admin: bool = False
    password: str | None = Field(default=None, repr=False)
    variable: _VARIABLE | None = None
    """The environment variable of the operator's machine that holds the password."""


class GroupSection(BaseModel):
    """A group (GitLab), a project (Bitbucket) or an organisation (the others), with its members and what they may do."""

    model_config = _MODEL

    name: _SPACE
    title: str = ""
    members: Mapping[str, Level] = Field(default_factory=dict)


class TokenSection(BaseModel):
    """A token that exists already.

    A user's personal one has ``user``; GitLab's deploy token has ``repository`` and ``username``; Bitbucket's HTTP access token
    of a repository has ``repository``, that of a project ``group``. ``scopes`` are in the words of the product.
    """

    model_config = _MODEL

    name: str
    value: str = Field(repr=False)
    user: str | None = None
    username: str | None = None
    repository: str | None = None
    group: str | None = None
    scopes: tuple[str, ...] = ()
    expires_in_days: float | None = None
    """Negative: it has expired."""
    revoked: bool = False
    variable: _VARIABLE | None = None
    """The environment variable of the operator's machine that holds the token."""

    @model_validator(mode="after")
    def _one_owner(self) -> TokenSection:
        if sum(owner is not None for owner in (self.user, self.repository, self.group)) != 1:
            raise ValueError("a token has either a user, a repository or a group")
        return self


class KeySection(BaseModel):
    """A deploy key that exists already."""

    model_config = _MODEL

    name: str
    repository: str
    key: str
    read_only: bool = True


class ServerRepository(GitHubRepository):
    """A repository in the group or of the user ``owner``. ``empty``: nothing was ever pushed."""

    owner: _SPACE
    private: bool = True
    empty: bool = False
    title: str = ""
    """What the product shows instead of the name, where it has such a thing: any text."""
    former_names: tuple[str, ...] = ()
    """``owner/name`` that it had before it was moved."""


class HostileSection(BaseModel):
    """What the server does instead of answering, to requests whose path starts with ``at``."""

    model_config = _MODEL

    kind: Hostility
    at: str = "/"


class ServerSection(BaseModel):
    """One private Git server.

    ``addresses`` are what its name resolves to from each vantage (an empty list: there is no such name; nothing said: a private
    address outside of the VPC), ``reachable_from`` where packets to it arrive. ``state`` is the product's own word: GitLab
    ``running``, ``maintenance``, ``starting``; Bitbucket ``RUNNING``, ``STARTING``, ``FIRST_RUN``, ``MAINTENANCE``, ``ERROR``;
    Gitea and GitHub Enterprise Server ``running``, ``maintenance``.
    """

    model_config = _MODEL

    name: _LOGIN
    kind: Kind
    host: _HOST
    version: str = ""
    """What it says that it is; ``current``, for a GitLab alone: the newest one of the day."""
    state: str = "running"
    scheme: Literal["https", "http"] = "https"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    context_path: Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._-]+)*$")] = ""
    addresses: Mapping[Vantage, tuple[str, ...]] = Field(default_factory=dict)
    reachable_from: tuple[Vantage, ...] = ("workstation", "cluster")
    tls: TlsSection = Field(default_factory=TlsSection)
    ssh: SshSection | None = Field(default_factory=SshSection)
    users: tuple[UserSection, ...] = ()
    groups: tuple[GroupSection, ...] = ()
    tokens: tuple[TokenSection, ...] = ()
    keys: tuple[KeySection, ...] = ()
    repositories: tuple[ServerRepository, ...] = ()
    redirects_to: str | None = None
    """Every request is answered with a redirect to the same path there."""
    login_required: bool = False
    """Nobody reads anything without having signed in (GHES: private mode; Gitea: REQUIRE_SIGNIN_VIEW)."""
    rate_limit: int | None = None
    """Requests an hour for each token (GHES, where it is off unless an administrator turns it on)."""
    tokens_by_token: bool = True
    """Whether tokens of projects and repositories are also made for whoever comes with a token himself.

    Bitbucket's documentation can be read both ways ("HTTP access tokens": no "changes on behalf of a user (for example, create
    new tokens ...)").
    """
    hostile: HostileSection | None = None

    @model_validator(mode="after")
    def _known_version(self) -> ServerSection:
        if self.version == "current" and self.kind != "gitlab":
            raise ValueError(f"{self.name}: the calendar of {self.kind} is not known: say which version it is")
        return self

    @model_validator(mode="after")
    def _known_names(self) -> ServerSection:
        users = {user.name.lower() for user in self.users}
        places = users | {group.name.lower() for group in self.groups}
        repositories = {f"{entry.owner}/{entry.name}".lower() for entry in self.repositories}
        named = [
            *(("user", token.user, users) for token in self.tokens),
            *(("group", token.group, places) for token in self.tokens),
            *(("repository", token.repository, repositories) for token in self.tokens),
            *(("repository", key.repository, repositories) for key in self.keys),
            *(("owner", entry.owner, places) for entry in self.repositories),
        ]
        wrong = [f"{what} {name!r}" for what, name, known in named if name is not None and name.lower() not in known]
        if wrong:
            raise ValueError(f"{self.name}: there is no {', no '.join(wrong)}")
        return self

    def addresses_from(self, vantage: Vantage) -> tuple[str, ...]:
        """What the name resolves to there."""
        return self.addresses.get(vantage, (f"10.20.0.{crc32(self.host.encode()) % 254 + 1}",))

    @property
    def web_port(self) -> int:
        """The port of its web address."""
        return self.port or (443 if self.scheme == "https" else 80)

    @property
    def ssh_port(self) -> int | None:
        """The port of its SSH address, when it has one."""
        return None if self.ssh is None else self.ssh.port or _SSH_PORTS.get(self.kind, 22)

    @property
    def web_url(self) -> str:
        """``https://HOST[:PORT][/CONTEXT]``, without a slash at the end."""
        usual = {"https": 443, "http": 80}[self.scheme]
        port = "" if self.web_port == usual else f":{self.web_port}"
        return f"{self.scheme}://{self.host}{port}{self.context_path}"
