"""The kinds of resource in AWS, and what is set up on its machines: data only."""

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

    ``egress`` are pairs of an IPv4 range, or the name of an AWS-managed prefix list, and a TCP port. ``more_ports`` are let in
    from the same ranges.
    """

    name: str
    vpc_id: str
    description: str
    ingress_cidrs: tuple[str, ...]
    port: int = 443
    egress: tuple[tuple[str, int], ...] = ()
    more_ports: tuple[int, ...] = ()


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
    parameter of Systems Manager; a newer image is no reason to replace the machine. ``image_id`` is an image itself, in its
    place: another one is. ``security_group`` is the address of the group in the plan, ``profile_name`` the instance profile's
    name. Made when Systems Manager says that it is online.
    """

    name: str
    vpc_id: str
    subnet_id: str
    private_address: str
    instance_type: str
    image_parameter: str | None = None
    image_id: str | None = None
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


@dataclass(frozen=True, kw_only=True)
class DataVolumeResource(Resource):
    """An encrypted gp3 volume of ``size_gib``, attached as ``device`` to the machine at ``private_address`` of ``vpc_id``.

    It stands in the zone of ``subnet_id``. One of this name that carries our tags is used again, and grows when more is asked
    for; a volume never shrinks. ``destroy`` keeps it once it may hold data, and says how it is deleted. ``made_of`` are the
    image, the instance type and the instance profile of the machine: one of others is about to be made anew, and then attached
    anew.
    """

    name: str
    vpc_id: str
    subnet_id: str
    private_address: str
    size_gib: int
    made_of: tuple[str, str, str]
    device: str = "/dev/sdf"


@dataclass(frozen=True, kw_only=True)
class PrivateNameResource(Resource):
    """A private hosted zone that is exactly ``name``, tied to ``vpc_id``, in which the name leads to ``target`` (IPv4).

    A zone of this name that is there already is used as it is when the name leads there, and is a conflict when it does not.
    """

    name: str
    vpc_id: str
    target: str


@dataclass(frozen=True, kw_only=True)
class StoredSecretResource(Resource):
    """A secret of AWS Secrets Manager. ``values`` are its JSON keys, by reference; with none, somebody else writes its value.

    ``after`` says what ``destroy`` does: ``gone`` at once, ``recoverable`` for 30 days, or ``kept`` while it has a value,
    saying how it is deleted.
    """

    name: str
    description: str
    values: Mapping[str, SecretRef]
    after: str


@dataclass(frozen=True, kw_only=True)
class GitLabServerResource(Resource):
    """GitLab with this ``configuration`` (``gitlab.rb``) on the machine at ``private_address``, its data on ``volume_name``.

    The secrets are names in AWS Secrets Manager: the machine reads ``certificate_secret`` and writes the others - root's first
    password, an administrator's token that holds for a day, and with backups the keys without which none can be read.
    ``backup_folder`` None: no backups. ``certificate`` is what that secret shall hold, by reference: another one is set up
    again. ``made_of`` as in ``DataVolumeResource``.
    """

    host: str
    region: str
    vpc_id: str
    private_address: str
    volume_name: str
    made_of: tuple[str, str, str]
    configuration: str
    certificate: SecretRef
    certificate_secret: str
    password_secret: str
    token_secret: str
    keys_secret: str | None
    backup_folder: str | None
