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
    """A security group in ``vpc_id`` that lets TCP 443 in from ``ingress_cidrs`` and nothing out."""

    name: str
    vpc_id: str
    description: str
    ingress_cidrs: tuple[str, ...]
    port: int = 443


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
