"""The answers: everything the operator decided. ``wizard.answers`` reads and writes them as a YAML file.

They stand here and not beside the file because strategies describe the world from them, and arrows run from the wizard to the
strategies. Every field that a fact or a default can fill is optional: the model says what is *valid*; what is *missing* is
said by the questions (``Question.required``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from strategies import forms
from strategies.bastion_proxy.answers import BastionProxyAnswers
from strategies.codecommit.answers import CodeCommitAnswers
from strategies.private_server.answers import PrivateServerAnswers
from strategies.section import INSTANCE, DnsLabel, Form, SecretRef, Section

API_VERSION = "ezgitops.dev/v1"

StrategyId = Literal["codecommit", "bastion-proxy", "private-server"]
BRANCHES: Mapping[StrategyId, str] = {
    "codecommit": "codecommit",
    "bastion-proxy": "bastionProxy",
    "private-server": "privateServer",
}
"""The section of the file that each strategy has for itself."""
Cidr = Annotated[
    str,
    Form(
        r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$",
        "an IPv4 network",
        example="10.0.0.0/16",
        complaint=forms.cidr,
    ),
]
Revision = Annotated[
    str,
    Form(
        r"^(?!-)(?!.*(\.\.|@\{|//|[\x00-\x20~^:?*\[\\\x7f]))[^/].{0,254}$",
        "a branch, a tag or a commit, without spaces and without ~ ^ : ? * [ \\",
        example="main",
        complaint=forms.revision,
    ),
]
"""A branch, tag or commit: what ``git check-ref-format`` lets pass."""
RepoPath = Annotated[
    str,
    Form(
        r"^(?!/)(?!.*(^|/)\.\.(/|$))[^\x00-\x1f\\]{1,512}$",
        "a folder of the repository, with / between its parts (. is the root)",
        example="clusters/prod-east",
        complaint=forms.repository_path,
    ),
]
GitUrl = Annotated[
    str,
    Form(
        r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/%+-]{1,1024}$",
        "an HTTPS clone URL of letters, digits and . _ ~ / % + -",
        example="https://github.com/acme/cluster-config.git",
        complaint=forms.git_url,
    ),
]
CheckId = Annotated[
    str, Form(r"^[a-z0-9.-]{1,64}$", "the id of a check, as ``ezgitops check`` shows it", example="aws.identity")
]


class Aws(Section):
    """The AWS side of the environment."""

    profile: (
        Annotated[str, Form(r"^[^\x00-\x1f\[\]]{1,128}$", "1 to 128 characters without [ and ]", example="prod-east")] | None
    ) = None
    """Profile of the AWS configuration files; the standard credential chain when absent."""
    account: Annotated[str, Form(r"^[0-9]{12}$", "12 digits, in quotes", example="123456789012")] | None = None
    """Account that the credentials must belong to."""
    region: (
        Annotated[
            str,
            Form(r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$", "a region such as us-east-2", example="us-east-2", complaint=forms.region),
        ]
        | None
    ) = None
    """Region of the cluster."""
    vpc_id: (
        Annotated[str, Form(r"^vpc-[0-9a-f]{8,17}$", "vpc- and 8 to 17 hexadecimal digits", example="vpc-0a1b2c3d4e5f60718")]
        | None
    ) = None
    """VPC of the cluster."""
    subnet_ids: (
        list[
            Annotated[
                str,
                Form(r"^subnet-[0-9a-f]{8,17}$", "subnet- and 8 to 17 hexadecimal digits", example="subnet-0aaaaaaaaaaaaaaaa"),
            ]
        ]
        | None
    ) = None
    """Private subnets of the cluster, one per availability zone, in which endpoints are made."""


class Cluster(Section):
    """The OpenShift side of the environment."""

    context: Annotated[str, Form(r"^[^\x00-\x1f]{1,512}$", "1 to 512 characters", example="prod-east")] | None = None
    """Context of the kubeconfig; the current one when absent."""
    infrastructure_name: DnsLabel | None = None
    """Infrastructure name that the cluster must have: the guard against applying to the wrong cluster."""
    machine_cidrs: list[Cidr] | None = None
    """Addresses of the nodes: who may reach the endpoints."""
    oidc_issuer: (
        Annotated[
            str,
            Form(
                r"^[A-Za-z0-9.-]+(/[A-Za-z0-9._/-]*)?$",
                "host and path of the issuer's URL, without https://",
                example="oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j",
            ),
        ]
        | None
    ) = None
    """Service account issuer of the cluster, without ``https://``."""


class ArgoCd(Section):
    """The Argo CD instance that shall sync."""

    namespace: DnsLabel | None = None
    """Namespace of the ``ArgoCD`` resource."""
    name: DnsLabel | None = None
    """Name of the ``ArgoCD`` resource."""


class Source(Section):
    """The repository where the cluster's configuration is written today."""

    url: GitUrl | None = None
    """HTTPS URL of the source repository, without credentials."""
    revision: Revision | None = None
    """Branch or tag that Argo CD follows; the source's default branch when absent."""
    path: RepoPath = "."
    """Folder of the repository that Argo CD renders."""
    username: (
        Annotated[str, Form(r"^[^\x00-\x20:@/]{1,256}$", "a user name without spaces and without : @ /", example="acme-bot")]
        | None
    ) = None
    """User name for a private source repository."""
    password: SecretRef | None = None
    """Where the password or token for a private source repository is found: a reference, never the value."""


class SyncPolicy(Section):
    """How Argo CD applies what it finds."""

    automated: bool = True
    """Sync without being asked."""
    prune: bool = False
    """Delete from the cluster what was deleted from the repository."""
    self_heal: bool = True
    """Undo changes made in the cluster by hand."""


class Application(Section):
    """The Argo CD Application that is made."""

    name: DnsLabel | None = None
    """Name of the Application."""
    project: DnsLabel = "default"
    """AppProject of the Application."""
    layout: Literal["single", "app-of-apps"] = "single"
    """``single``: the path holds the manifests; ``app-of-apps``: it holds further Applications, made in Argo CD's namespace."""
    destination_namespace: DnsLabel | None = None
    """Namespace for manifests that name none."""
    sync_policy: SyncPolicy = Field(default_factory=SyncPolicy)


class Answers(Section):
    """Everything the operator decided, for one instance."""

    api_version: Literal["ezgitops.dev/v1"] = "ezgitops.dev/v1"
    """Version of the file's form."""
    kind: Literal["Answers"] = "Answers"
    """What the file holds, for programs that read many kinds of file."""
    name: (
        Annotated[
            str,
            Form(
                INSTANCE,
                "1 to 30 lower-case letters, digits and hyphens; it begins with a letter and does not end with a hyphen",
                example="prod-east",
            ),
        ]
        | None
    ) = None
    """Name of this instance: it stands in names, tags and labels of everything that is made."""
    aws: Aws = Field(default_factory=Aws)
    cluster: Cluster = Field(default_factory=Cluster)
    argocd: ArgoCd = Field(default_factory=ArgoCd)
    source: Source = Field(default_factory=Source)
    application: Application = Field(default_factory=Application)
    strategy: StrategyId | None = None
    """How Argo CD reaches Git."""
    codecommit: CodeCommitAnswers = Field(default_factory=CodeCommitAnswers)
    """Answers of the ``codecommit`` strategy; written only when it is chosen."""
    bastion_proxy: BastionProxyAnswers = Field(default_factory=BastionProxyAnswers)
    """Answers of the ``bastion-proxy`` strategy; written only when it is chosen."""
    private_server: PrivateServerAnswers = Field(default_factory=PrivateServerAnswers)
    """Answers of the ``private-server`` strategy; written only when it is chosen."""
    cluster_probe: bool = True
    """Look from inside the cluster when checks are asked for: a Job of some seconds in Argo CD's namespace, then removed."""
    accept_warnings: list[CheckId] = Field(default_factory=list)
    """Ids of checks whose warning is accepted."""
