"""The kinds of resource that strategies describe: data only. Each has one handler in ``strategies.resources``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.base import Json, Resource
from strategies.section import SecretRef


@dataclass(frozen=True, kw_only=True)
class CodeCommitRepositoryResource(Resource):
    """A CodeCommit repository. The mirror sets its default branch. ``destroy`` keeps it while it holds commits."""

    name: str
    description: str
    kms_key_id: str | None
    default_branch: str | None


@dataclass(frozen=True, kw_only=True)
class SecurityGroupResource(Resource):
    """A security group in ``vpc_id`` that lets TCP ``port`` in from ``ingress_cidrs`` and nothing out but ``egress``.

    ``egress`` are pairs of an IPv4 range and a TCP port.
    """

    name: str
    vpc_id: str
    description: str
    ingress_cidrs: tuple[str, ...]
    port: int = 443
    egress: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class VpcEndpointResource(Resource):
    """An interface endpoint with private DNS. ``security_group`` is the address of the group that is made for it.

    An endpoint for the service that is already in the VPC is adopted when it fits (private DNS, reachable on 443 from
    ``client_cidrs``, its policy lets ``calls`` through: pairs of action and ARN) and is a conflict when it does not.
    """

    service_name: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group: str
    client_cidrs: tuple[str, ...]
    policy: Mapping[str, Json] | None
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class IamRoleResource(Resource):
    """An IAM role with one inline policy."""

    name: str
    path: str
    description: str
    permissions_boundary: str | None
    trust_policy: Mapping[str, Json]
    policy_name: str
    policy: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class IamUserResource(Resource):
    """An IAM user with one inline policy and no console access."""

    name: str
    path: str
    permissions_boundary: str | None
    policy_name: str
    policy: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class GitCredentialResource(Resource):
    """A service-specific credential of an IAM user, kept only in the cluster's Secret.

    AWS shows the password once, so the credential and the Secret are one resource: when the Secret does not hold an active
    credential of the user, a new one is made (an unused one is deleted first: AWS allows two) and the Secret is applied.
    """

    user_name: str
    secret: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class SecurityGroupRuleResource(Resource):
    """One rule of ours in a security group that is somebody else's: TCP ``port`` between its members and ``cidr``.

    ``outbound`` says whether it lets out to that range or in from it. A rule that is there already and lets the same through is
    used as it is.
    """

    group_id: str
    outbound: bool
    port: int
    cidr: str
    description: str


@dataclass(frozen=True, kw_only=True)
class InstanceProfileResource(Resource):
    """An instance profile with one role in it; both have the same ``name``, which is that of the role in the plan."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Ec2InstanceResource(Resource):
    """A machine that Systems Manager reaches: IMDSv2 alone, an encrypted disk, no public address of its own and no SSH key.

    ``private_address`` is fixed, so that the machine keeps it when it is made anew. ``image_parameter`` names a public
    parameter of Systems Manager; a newer image is no reason to replace the machine. ``security_group`` is the address of the
    group in the plan, ``profile_name`` the instance profile's name. Made when Systems Manager says that it is online.
    """

    name: str
    vpc_id: str
    subnet_id: str
    private_address: str
    instance_type: str
    image_parameter: str
    security_group: str
    profile_name: str


SQUID_TAG = "ezgitops.dev/squid"
"""The tag of a machine that may be somebody else's and carries our Squid: its value is the instance."""


@dataclass(frozen=True, kw_only=True)
class SquidResource(Resource):
    """Squid with exactly ``configuration`` on a machine that Systems Manager reaches.

    ``instance_id`` is None for a machine of this plan, which is found by the owner's tags, ``vpc_id`` and ``private_address``.
    With ``replace_foreign`` a configuration that somebody else wrote is put aside; otherwise it is a conflict.
    """

    instance_id: str | None
    vpc_id: str | None
    private_address: str
    port: int
    configuration: str
    replace_foreign: bool


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text with a secret in it: ``before``, the secret behind ``reference``, ``after``.

    ``in_url`` says that the secret is percent-encoded, as in the user part of a URL (RFC 3986, section 3.2.1).
    """

    reference: SecretRef
    before: str = ""
    after: str = ""
    in_url: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretObjectResource(Resource):
    """A Kubernetes Secret, like ``ClusterObjectResource``, some of whose values are only known by reference.

    ``manifest`` holds the values that are no secret, in base64 below ``data``; ``values`` the others, by key. Their values are
    looked up when they are sent, and never shown, kept or told in a diff.
    """

    manifest: Mapping[str, Json]
    values: Mapping[str, SecretText]


@dataclass(frozen=True, kw_only=True)
class TrustedCertificateResource(Resource):
    """One entry of Argo CD's ``argocd-tls-certs-cm``: the CA by which Argo CD believes ``host``. Other entries are left alone.

    ``ca_file`` is a PEM file of this machine.
    """

    namespace: str
    host: str
    ca_file: str


@dataclass(frozen=True, kw_only=True)
class RepoServerEnvironmentResource(Resource):
    """Variables in ``spec.repo.env`` of an ``ArgoCD`` resource that is somebody else's. Other variables are left alone.

    A variable that is there with another value, and not set by us, is a conflict.
    """

    namespace: str
    name: str
    variables: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ClusterObjectResource(Resource):
    """One Kubernetes object, sent by server-side apply. ``manifest`` is exactly what we own, labels of the owner included.

    ``hidden`` are the dotted paths never shown in a diff; ``ready`` true when apply waits until the object says that it works
    (Deployment available, refresher's first password written).
    """

    manifest: Mapping[str, Json]
    hidden: tuple[str, ...] = ()
    ready: bool = False


@dataclass(frozen=True, kw_only=True)
class MirrorResource(Resource):
    """The branches and tags of ``source_url`` in the CodeCommit repository at ``target_url``: never pull-request refs.

    ``revision`` is the branch or tag that Argo CD follows (None: the default branch); the output ``revision`` is its commit.
    """

    source_url: str
    source_username: str | None
    source_password: SecretRef | None
    target_url: str
    repository_name: str
    default_branch: str
    revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class PipelineFileResource(Resource):
    """A pipeline definition (GitHub Actions or GitLab CI) written to a file of this machine, 0644, never over a foreign one."""

    path: str
    content: str
