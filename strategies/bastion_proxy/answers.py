"""What the bastion-proxy strategy asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from strategies import forms
from strategies.section import Arn, DnsLabel, Form, IamName, IamPath, ImageDigest, SecretRef, Section

MOST_HOSTS = 500
"""More hosts than that are no allow list any more; Squid itself takes as many as there is memory for."""

ProxyUrl = Annotated[
    str,
    Form(
        r"^http://[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?:[0-9]{1,5}$",
        "http://HOST:PORT, without user name, password and path",
        example="http://10.1.1.10:3128",
        complaint=forms.proxy_url,
    ),
]
"""curl(1) and Go's net/http speak to an HTTP proxy in clear; what passes through it is TLS from end to end."""
InstanceId = Annotated[str, Form(r"^i-[0-9a-f]{8,17}$", "i- and 8 to 17 hexadecimal digits", example="i-0c1b2c3d4e5f60010")]
GroupId = Annotated[str, Form(r"^sg-[0-9a-f]{8,17}$", "sg- and 8 to 17 hexadecimal digits", example="sg-0d0d0d0d0d0d0d0d0")]
SubnetId = Annotated[
    str, Form(r"^subnet-[0-9a-f]{8,17}$", "subnet- and 8 to 17 hexadecimal digits", example="subnet-0e0e0e0e0e0e0e0e0")
]
VpcId = Annotated[str, Form(r"^vpc-[0-9a-f]{8,17}$", "vpc- and 8 to 17 hexadecimal digits", example="vpc-0e1b2c3d4e5f60718")]
ALLOWED_HOST = Form(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$",
    "a whole host name in lower case, without scheme, port and wildcard",
    example="github.com",
    longest=253,
    complaint=forms.allowed_host,
)
AllowedHost = Annotated[str, ALLOWED_HOST]
"""RFC 1123, section 2.1. One host each: a domain with everything below it would let more out than is asked for."""
HELM_URL = Form(
    r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/%+-]{0,1024})?$",
    "the HTTPS URL of a Helm repository: letters, digits and . _ ~ / % + -",
    example="https://acme.github.io/charts",
    complaint=forms.helm_url,
)
HelmUrl = Annotated[str, HELM_URL]
ParameterName = Annotated[
    str,
    Form(
        r"^/aws/service/[A-Za-z0-9/._-]{1,200}$",
        "a public parameter of Systems Manager that names a machine image",
        example="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    ),
]
InstanceType = Annotated[str, Form(r"^[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}$", "an EC2 instance type", example="t4g.nano")]
Number = Annotated[str, Form(r"^[0-9]{1,18}$", "digits alone, in quotes", example="'123456'")]
FilePath = Annotated[str, Form(r"^[^\x00-\x1f]{1,512}$", "a path on this machine", example="corporate-ca.pem")]
NoProxyEntry = Annotated[
    str,
    Form(
        r"^[A-Za-z0-9.:/_-]{1,253}$",
        "a host, .DOMAIN, an address or a network, without spaces and commas",
        example=".cluster.local",
    ),
]


class Proxy(Section):
    """The proxy as Argo CD knows it."""

    method: Literal["instance", "existing", "new"] = "instance"
    """``instance``: Squid on a machine that Systems Manager reaches; ``new``: the same on one that is made; ``existing``: a
    proxy that somebody runs already, which is used as it is."""
    url: ProxyUrl | None = None
    """URL of the proxy as the cluster reaches it, without credentials."""
    username: (
        Annotated[str, Form(r"^[^\x00-\x20:@/]{1,256}$", "a user name without spaces and without : @ /", example="argocd")]
        | None
    ) = None
    """User name for an existing proxy that asks for one."""
    password: SecretRef | None = None
    """Where the password for that proxy is found: a reference, never the value."""
    ca_file: FilePath | None = None
    """PEM file of the CA with which the proxy signs the certificates it makes, where it inspects TLS. Argo CD trusts it for the
    allowed hosts."""


class Instance(Section):
    """The machine that Squid runs on."""

    id: InstanceId | None = None
    """Id of the machine (``instance``)."""
    vpc_id: VpcId | None = None
    """VPC in which the machine is made (``new``): one with a way out, reachable from the cluster's."""
    subnet_id: SubnetId | None = None
    """Subnet in which the machine is made (``new``): its default route leads out."""
    type: InstanceType = "t4g.nano"
    """Instance type of the machine that is made."""
    image_parameter: ParameterName = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    """Public parameter of Systems Manager that names the machine image."""
    role_name: IamName | None = None
    """Name of the IAM role and instance profile of the machine that is made: Systems Manager, and nothing else."""
    role_path: IamPath = "/"
    """IAM path of that role."""
    permissions_boundary: Arn | None = None
    """ARN of the permissions boundary, where the account demands one."""


class Network(Section):
    """The rules between the nodes and the proxy."""

    proxy_rule: Literal["add", "leave"] = "add"
    """Let the nodes in at the proxy's port, with a rule of our own in its security group."""
    proxy_group_id: GroupId | None = None
    """Security group of the machine to which that rule is added (``instance``)."""
    worker_rule: Literal["add", "leave"] = "add"
    """Let the nodes out to the proxy, with a rule of our own in their security group, where that restricts them."""
    worker_group_id: GroupId | None = None
    """Security group of the nodes to which that rule is added; none where it lets everything out."""


class Squid(Section):
    """Squid on that machine."""

    foreign_configuration: Literal["keep", "replace"] = "keep"
    """What happens to a Squid configuration that somebody else wrote: ``keep`` stops the apply, ``replace`` puts it aside."""


class Allow(Section):
    """What the proxy lets through: CONNECT to port 443 of these hosts, and nothing else."""

    hosts: Annotated[list[AllowedHost], Field(max_length=MOST_HOSTS)] | None = None
    """The hosts, each by its whole name."""


class Repositories(Section):
    """What Argo CD reaches through the proxy besides the source repository."""

    helm: Annotated[list[HelmUrl], Field(max_length=100)] | None = None
    """Helm repositories: each gets a repository Secret with the proxy in it."""


class GitHubApp(Section):
    """A GitHub App by which Argo CD logs in to the source repository, in the place of a password."""

    id: Number | None = None
    """Id of the App."""
    installation_id: Number | None = None
    """Id of its installation in the organisation."""
    private_key: SecretRef | None = None
    """Where its private key (PEM) is found: a reference, never the key."""


class RepoServer(Section):
    """The environment of Argo CD's repo-server, for what no repository Secret is for."""

    proxy: bool = False
    """Also give the proxy to everything that the repo-server starts, through the ArgoCD resource."""


class BastionProxyAnswers(Section):
    """The bastion-proxy strategy's own branch of the answers."""

    proxy: Proxy = Field(default_factory=Proxy)
    instance: Instance = Field(default_factory=Instance)
    network: Network = Field(default_factory=Network)
    squid: Squid = Field(default_factory=Squid)
    allow: Allow = Field(default_factory=Allow)
    repositories: Repositories = Field(default_factory=Repositories)
    github_app: GitHubApp = Field(default_factory=GitHubApp)
    repo_server: RepoServer = Field(default_factory=RepoServer)
    no_proxy: Annotated[list[NoProxyEntry], Field(max_length=200)] | None = None
    """What is reached without the proxy: the cluster, the VPC, AWS."""
    secret_name: DnsLabel | None = None
    """Name of the Argo CD repository Secret of the source."""
    probe_image: ImageDigest | None = None
    """Image, by digest, for the look from inside the cluster; without one it is the cluster's own tools image."""
