"""What the private-server strategy asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from strategies import forms
from strategies.private_server.own_answers import OwnServer
from strategies.section import DnsLabel, Form, ImageDigest, SecretRef, Section

RepositoryUrl = Annotated[
    str,
    Form(
        r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/%+-]{1,1024}"
        r"|ssh://[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/%+-]{1,1024})$",
        "a clone URL: https://HOST/PATH or ssh://USER@HOST/PATH, of letters, digits and . _ ~ / % + -",
        example="https://gitlab.acme.example/platform/cluster-config.git",
        complaint=forms.repository_url,
    ),
]
UrlPrefix = Annotated[
    str,
    Form(
        r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+-]{0,1024})?"
        r"|ssh://[A-Za-z0-9._-]{1,64}@[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+-]{0,1024})?)$",
        "the beginning of clone URLs, as they begin",
        example="https://gitlab.acme.example/platform",
    ),
]
ServerUrl = Annotated[
    str,
    Form(
        r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+-]{0,255})?$",
        "the HTTPS URL of the server, without a slash at its end",
        example="https://gitlab.acme.example",
    ),
]
CertificateFingerprint = Annotated[
    str,
    Form(
        r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$",
        "a SHA-256 fingerprint: 32 pairs of hexadecimal digits in capitals, with colons",
        example=":".join(["AB"] * 32),
    ),
]
"""As ``openssl x509 -fingerprint -sha256`` prints it."""
KeyFingerprint = Annotated[
    str,
    Form(
        r"^SHA256:[A-Za-z0-9+/]{43}$",
        "a fingerprint as OpenSSH prints it",
        example="SHA256:" + 43 * "A",
    ),
]
"""ssh-keygen(1), ``-l``."""
UserName = Annotated[str, Form(r"^[^\x00-\x20:@/]{1,256}$", "a user name without spaces and without : @ /", example="argocd")]
Days = Annotated[str, Form(r"^[1-9][0-9]{0,3}$", "a number of days, in quotes", example="'90'")]
FilePath = Annotated[str, Form(r"^[^\x00-\x1f]{1,512}$", "a path on this machine", example="acme-ca.pem")]


class Server(Section):
    """The Git server."""

    kind: Literal["gitlab", "bitbucket", "gitea", "forgejo", "ghes", "plain"] | None = None
    """The product: found by looking at it, where it can be reached from here."""
    base_url: ServerUrl | None = None
    """Where the product's API begins: scheme, host, port and context path. Found with the product."""
    ca_file: FilePath | None = None
    """PEM file of the CA that signed the server's certificate, where this machine or Argo CD does not know it."""
    ca_fingerprint: CertificateFingerprint | None = None
    """Fingerprint of the CA among the certificates that the server shows: confirmed, it is believed as if it came in a file."""
    host_keys: Annotated[list[KeyFingerprint], Field(max_length=10)] | None = None
    """Fingerprints of the server's SSH host keys, confirmed."""
    admin_username: UserName | None = None
    """User name of the administrator's token, where the server wants one beside it."""
    admin_token: SecretRef | None = None
    """Where an administrator's token is found, with which the repository and its credential are made. It is used for that and
    never kept."""


class Repository(Section):
    """The repository that Argo CD syncs from."""

    url: RepositoryUrl | None = None
    """Its clone URL, exactly as Argo CD gets it."""
    mode: Literal["existing", "create"] = "existing"
    """``existing``: it is there; ``create``: it is made where it is not, private."""
    fill: Literal["none", "mirror"] = "none"
    """``mirror``: the branches and tags of the source repository are copied into it, from this machine."""


class Credentials(Section):
    """How Argo CD logs in to it."""

    method: Literal["make", "token", "bearer", "ssh-key", "none"] = "make"
    """``make``: the least credential that the product has, made with the administrator's token; ``token``, ``bearer``,
    ``ssh-key``: one that is there, by reference; ``none``: anybody may read the repository."""
    username: UserName | None = None
    """User name that goes with a token."""
    secret: SecretRef | None = None
    """Where the token or the private key is found: a reference, never the value."""
    expires_days: Days = "90"
    """Days for which a credential that is made holds, where the product lets it end. ``ezgitops renew`` makes another."""
    prefix: UrlPrefix | None = None
    """Give the credential to every repository whose URL begins so (a group), by a ``repo-creds`` Secret."""


class PrivateServerAnswers(Section):
    """The private-server strategy's own branch of the answers."""

    server: Server = Field(default_factory=Server)
    repository: Repository = Field(default_factory=Repository)
    credentials: Credentials = Field(default_factory=Credentials)
    own: OwnServer = Field(default_factory=OwnServer)
    secret_name: DnsLabel | None = None
    """Name of the Argo CD repository Secret."""
    probe_image: ImageDigest | None = None
    """Image that looks from inside the cluster, by digest; the cluster's own ``tools`` image when absent."""
