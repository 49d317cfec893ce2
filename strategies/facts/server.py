"""What can be read from a private Git server. Data only; the readers are in ``strategies.resources``.

No secret is ever part of a fact: of a credential it is told whose it is, what it may do and how long, never its value.
What a server wrote is untrusted: it is bounded and stripped of control characters before it is put here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from strategies.facts.base import FactError, FactKey


class ServerKind(StrEnum):
    """Which product answers. ``PLAIN`` is Git over HTTPS or SSH without an API that is known here."""

    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    GITEA = "gitea"
    FORGEJO = "forgejo"
    GHES = "ghes"
    PLAIN = "plain"

    @property
    def product(self) -> str:
        """The product's own name."""
        return _PRODUCTS[self]


_PRODUCTS = {
    ServerKind.GITLAB: "GitLab",
    ServerKind.BITBUCKET: "Bitbucket Data Center",
    ServerKind.GITEA: "Gitea",
    ServerKind.FORGEJO: "Forgejo",
    ServerKind.GHES: "GitHub Enterprise Server",
    ServerKind.PLAIN: "a Git server",
}


class Transport(StrEnum):
    """How a repository is cloned."""

    HTTPS = "https"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Unlearnt:
    """Something that a look from outside could not show (``what``), and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class CloneAnswer:
    """What the server says to the first request of ``git clone`` without a login (``GET URL/info/refs``).

    ``status`` 200: anybody may read; 401: it asks for a login by ``schemes`` (``Basic``, ``Bearer``); None: it was not asked.
    ``redirect`` is where it sends to instead: Argo CD does not follow (argo-cd ``docs/operator-manual/declarative-setup.md``).
    ``renamed`` is True where the same is asked there: what is redirected to is a repository then, and no page to log in.
    ``git`` is True where the answer has the form that the Git protocol prescribes (gitprotocol-http(5)).
    """

    url: str
    status: int | None = None
    git: bool = False
    schemes: tuple[str, ...] = ()
    redirect: str | None = None
    renamed: bool = False


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A Git server, as a look from outside shows it.

    ``base_url`` is the address that paths of the API are joined to: scheme, host, port and context path, without a slash at
    the end; empty for a server that only SSH reaches. ``sure`` is False where signs speak for the kind and none proves it.
    ``state`` is the product's own word (``RUNNING``, ``MAINTENANCE``), empty where it says none; ``ready`` is what that word
    means for cloning, None where it is not known. ``writable`` False: it takes no changes now, even where it can be cloned
    (GitLab's Maintenance Mode). ``support_ends`` is the first day without fixes from the maker, where version and the maker's
    calendar tell; ``support_source`` says by which page. ``signs`` are what it was recognised by.
    """

    kind: ServerKind
    base_url: str
    host: str
    port: int
    context_path: str = ""
    sure: bool = True
    version: str | None = None
    edition: str = ""
    state: str = ""
    ready: bool | None = None
    writable: bool | None = None
    support_ends: date | None = None
    support_source: str = ""
    clone: CloneAnswer | None = None
    signs: tuple[str, ...] = ()
    unlearnt: tuple[Unlearnt, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a chain. ``sha256`` is its fingerprint, pairs of hex digits with colons; ``names`` the DNS names and
    addresses it is for (RFC 5280, subjectAltName; the common name counts for nothing). ``pem`` is public and not shown.
    """

    subject: str
    issuer: str
    sha256: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    authority: bool = False
    """It may sign others (basicConstraints CA)."""
    self_signed: bool = False
    pem: str = field(default="", repr=False)


class Trusted(StrEnum):
    """By what a chain is believed."""

    SYSTEM = "system"
    """The CAs of this machine (or SSL_CERT_FILE). Those of the cluster may be others."""
    GIVEN = "given"
    """The CA that the operator supplied, and no other: as Argo CD does for a host of ``argocd-tls-certs-cm``."""
    NOT = "not"


class TrustFault(StrEnum):
    """Why a chain is not believed. The value is how it is said in evidence."""

    UNKNOWN_ISSUER = "its issuer is not known"
    SELF_SIGNED = "it is signed by itself"
    INCOMPLETE = "the server leaves out the certificates between its own and the CA"
    EXPIRED = "it has expired"
    NOT_YET_VALID = "it is not valid yet"
    WRONG_NAME = "it is for other names"
    NO_TLS = "the port does not speak TLS"
    OTHER = "it is not believed"


@dataclass(frozen=True, slots=True)
class TrustChain:
    """The certificates that a server showed, its own first, and whether they are believed.

    ``fault`` and ``why`` (OpenSSL's words) are of the first trust that was tried where none believes.
    """

    host: str
    port: int
    certificates: tuple[Certificate, ...]
    trusted: Trusted
    fault: TrustFault | None = None
    why: str = ""
    protocol: str = ""

    @property
    def leaf(self) -> Certificate | None:
        """The server's own certificate."""
        return self.certificates[0] if self.certificates else None

    @property
    def anchor(self) -> Certificate | None:
        """The highest certificate shown: the one to confirm by its fingerprint as the CA."""
        return self.certificates[-1] if self.certificates else None

    def by_fingerprint(self, sha256: str) -> Certificate | None:
        """The certificate that the operator confirmed, among those shown; colons and case do not count."""
        wanted = sha256.replace(":", "").upper()
        return next((one for one in self.certificates if one.sha256.replace(":", "") == wanted), None)

    @property
    def expires_at(self) -> datetime | None:
        """When the first certificate of the chain runs out."""
        return min((one.not_after for one in self.certificates), default=None)


@dataclass(frozen=True, slots=True)
class SshHostKey:
    """One host key: its type (``ssh-ed25519``), the fingerprint as OpenSSH shows it (``SHA256:...``), the key in base64."""

    type: str
    fingerprint: str
    key: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class SshHostKeys:
    """What an SSH server shows of itself. ``banner`` is its version string (RFC 4253, section 4.2)."""

    host: str
    port: int
    keys: tuple[SshHostKey, ...]
    banner: str = ""

    @property
    def known_hosts(self) -> str:
        """Lines as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", and Argo CD's ``ssh_known_hosts`` have them."""
        name = self.host if self.port == 22 else f"[{self.host}]:{self.port}"
        return "".join(f"{name} {one.type} {one.key}\n" for one in self.keys)


@dataclass(frozen=True, slots=True)
class ServerRepository:
    """One repository of a server. ``path`` as the server spells it (``group/name``, ``KEY/slug``), or as asked when it does
    not ``exist``. ``empty`` None: not looked at. ``instance`` is that of this program that made it. ``https_url`` and
    ``ssh_url`` are the clone URLs that the server gives: their host may be another than the one it is reached by.
    ``private`` False: anybody who reaches the server may read it. ``administered`` False: this login may make no credential.
    ``refused``: why the login is not let in at all; nothing else is known then.
    """

    path: str
    exists: bool = True
    id: str = ""
    default_branch: str | None = None
    empty: bool | None = None
    https_url: str = ""
    ssh_url: str = ""
    private: bool | None = None
    archived: bool = False
    administered: bool | None = None
    instance: str | None = None
    refused: FactError | None = None


class CredentialKind(StrEnum):
    """What lets Argo CD read one repository."""

    DEPLOY_TOKEN = "deploy-token"
    """User name and token (GitLab)."""
    ACCESS_TOKEN = "access-token"
    """A token that goes as Bearer only (Bitbucket): Argo CD 3.0 or newer."""
    DEPLOY_KEY = "deploy-key"
    """An SSH key that may read this one repository."""


@dataclass(frozen=True, slots=True)
class ReadCredential:
    """One credential that is registered with the server. ``instance`` is that of this program that made it.

    ``read_only`` None: the server does not say. ``active`` False: revoked or expired.
    """

    kind: CredentialKind
    id: str
    name: str
    username: str = ""
    scopes: tuple[str, ...] = ()
    created_at: datetime | None = None
    expires_at: datetime | None = None
    read_only: bool | None = None
    active: bool = True
    fingerprint: str = ""
    """Of a key."""
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is. ``name`` is empty and ``scopes`` None where the server does not say them.

    ``refused`` says why the server does not take the token, or why there is none to be found; None: it is taken.
    """

    name: str
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    administrator: bool | None = None
    refused: FactError | None = None


@dataclass(frozen=True, slots=True)
class ServerAddresses:
    """What the server's name means to this machine: ``addresses``, or ``why`` there are none."""

    host: str
    addresses: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ServerAuthority:
    """The CA that the answers name for the server: PEM text as it goes to Argo CD (public), and what is in it."""

    pem: str = field(repr=False)
    certificates: tuple[Certificate, ...] = ()


SERVER: FactKey[ServerInfo] = FactKey("server.info", "private Git server")
SERVER_SIGNED_IN: FactKey[ServerInfo] = FactKey("server.signed-in", "the Git server, as a token sees it")
SERVER_ADDRESSES: FactKey[ServerAddresses] = FactKey("server.addresses", "addresses of the Git server from here")
SERVER_AUTHORITY: FactKey[ServerAuthority] = FactKey("server.authority", "CA of the Git server")
SERVER_CHAIN: FactKey[TrustChain] = FactKey("server.chain", "certificates of the Git server")
SERVER_HOST_KEYS: FactKey[SshHostKeys] = FactKey("server.host-keys", "SSH host keys of the Git server")
SERVER_CALLER: FactKey[Caller] = FactKey("server.caller", "owner of the Git server's token")
SERVER_REPOSITORIES: FactKey[tuple[ServerRepository, ...]] = FactKey("server.repositories", "repositories of the Git server")
SERVER_REPOSITORY: FactKey[ServerRepository] = FactKey("server.repository", "the repository on the Git server")
SERVER_CREDENTIALS: FactKey[tuple[ReadCredential, ...]] = FactKey("server.credentials", "read credentials of the repository")
