"""The ``aws:`` part of a scenario file: what the account holds when the sandbox starts, and how its services behave."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from wizard.sandbox.machines.spec import MachineSpec

JsonObject = dict[str, object]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]

ADMINISTRATOR: JsonObject = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class Section(BaseModel):
    """A part of the scenario; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Operator(Section):
    """Who runs the program: a session of an IAM role, as SSO gives it."""

    profile: str = "prod-east"
    role: str = "PlatformEngineer"
    session: str = "operator"
    session_seconds: int | None = None
    """Lifetime of the session from the start of the sandbox; None: it does not end; 0: it is over already."""
    policies: dict[str, JsonObject] = Field(default_factory=lambda: {"AdministratorAccess": ADMINISTRATOR})
    """The role's inline policies, by name."""


class OidcProvider(Section):
    """An IAM OIDC identity provider."""

    url: str
    audiences: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()


class ManagedPolicy(Section):
    """A customer managed policy (a permissions boundary, for instance)."""

    name: str
    path: str = "/"
    document: JsonObject


class Role(Section):
    """An IAM role that is there already."""

    name: str
    path: str = "/"
    trust: JsonObject
    policies: dict[str, JsonObject] = Field(default_factory=dict)
    permissions_boundary: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class User(Section):
    """An IAM user that is there already."""

    name: str
    path: str = "/"
    policies: dict[str, JsonObject] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)


class Iam(Section):
    """Identities of the account."""

    oidc_providers: tuple[OidcProvider, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()
    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()


class Subnet(Section):
    """A subnet; ``zone`` is the name of its availability zone, ``route_table`` None: the VPC's main table.

    ``interfaces`` is how many addresses other things in it have taken.
    """

    id: str
    name: str
    zone: str
    cidr: str
    route_table: str | None = None
    interfaces: int = 0
    tags: dict[str, str] = Field(default_factory=dict)


class RouteTable(Section):
    """A route table besides the main one; ``default`` is the NAT or internet gateway that its default route leads to.

    ``routes`` are the others: IPv4 range to the id of an internet, NAT or transit gateway or of a peering connection.
    """

    id: str
    default: str | None = None
    routes: dict[str, str] = Field(default_factory=dict)


class NatGateway(Section):
    """A public NAT gateway in a subnet that has a way to the internet gateway."""

    id: str
    subnet: str


class Instance(Section):
    """An EC2 instance. ``platform`` is what Systems Manager says of it; None: it is not managed.

    ``ssm`` says whether its agent is heard: ``lost`` is shown as ``ConnectionLost``, as for a machine that is stopped, and
    ``none`` was never heard. ``machine`` is what is on it.
    """

    id: str
    name: str
    subnet: str
    address: str
    security_groups: tuple[str, ...]
    state: Literal["running", "stopped"] = "running"
    type: str = "m5.xlarge"
    platform: tuple[str, str] | None = None
    ssm: Literal["online", "lost", "none"] = "online"
    machine: MachineSpec = Field(default_factory=MachineSpec)
    tags: dict[str, str] = Field(default_factory=dict)


class Image(Section):
    """A machine image of this account. ``state`` is EC2's word."""

    id: str
    name: str
    description: str = ""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    machine: MachineSpec = Field(default_factory=MachineSpec)
    """What is on a machine that is made from it."""
    state: Literal["available", "pending", "failed", "deregistered", "disabled"] = "available"


class TcpRule(Section):
    """TCP to ``port``, between the group's members and ``cidr``, or whoever has the group ``group``."""

    cidr: str | None = None
    group: str | None = None
    port: int

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.cidr is None) == (self.group is None):
            raise ValueError("a rule has either cidr or group")
        return self


class SecurityGroup(Section):
    """A security group. ``egress`` true: the default rule, which lets everything out; false: none; or these rules."""

    id: str
    name: str
    description: str
    ingress: tuple[TcpRule, ...] = ()
    egress: bool | tuple[TcpRule, ...] = True
    tags: dict[str, str] = Field(default_factory=dict)


class Endpoint(Section):
    """A VPC endpoint that is there already; ``service`` is the short name (``sts``).

    ``failed``: AWS gave up making it. It is listed in that state, and serves nobody, until it is deleted.
    """

    id: str
    service: str
    type: Literal["Interface", "Gateway"] = "Interface"
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    private_dns: bool = True
    failed: bool = False
    policy: JsonObject | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class AclEntry(Section):
    """One entry of a network ACL: the lowest ``number`` that matches decides. ``ports`` is for TCP and UDP, inclusive."""

    number: int
    outbound: bool = False
    action: Literal["allow", "deny"]
    protocol: Literal["tcp", "udp", "all"] = "all"
    cidr: str = "0.0.0.0/0"
    ports: tuple[int, int] = (0, 65535)


class NetworkAcl(Section):
    """A network ACL in the place of the default one for ``subnets``. After its entries everything is denied."""

    id: str
    subnets: tuple[str, ...]
    entries: tuple[AclEntry, ...] = ()


class PrivateZone(Section):
    """A private hosted zone of Route 53 that answers for ``name`` in the VPC."""

    name: str


class Vpc(Section):
    """A VPC with a main route table. ``internet_gateway`` adds a gateway, and a default route to it in the main table.

    ``main_routes`` are further routes of the main table, as in ``RouteTable.routes``. The DNS attributes are what they are now:
    the endpoints with private DNS were made while both were on.
    """

    id: str
    name: str
    cidr: str
    main_route_table: str
    main_routes: dict[str, str] = Field(default_factory=dict)
    dns_support: bool = True
    dns_hostnames: bool = True
    internet_gateway: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    route_tables: tuple[RouteTable, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    private_zones: tuple[PrivateZone, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    instances: tuple[Instance, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


class Peering(Section):
    """A VPC peering connection between two VPCs of this account: the requester's and the accepter's."""

    id: str
    vpcs: tuple[str, str]
    state: Literal["active", "pending-acceptance", "rejected", "deleted"] = "active"
    tags: dict[str, str] = Field(default_factory=dict)


class TransitGateway(Section):
    """A transit gateway that carries between the VPCs attached to it.

    ``beyond`` are the IPv4 ranges of the company's own network that it leads to, by VPN or Direct Connect.
    """

    id: str
    vpcs: tuple[str, ...]
    beyond: tuple[str, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)


class EndpointService(Section):
    """An AWS service that offers VPC endpoints; ``zones`` None: all zones of the account."""

    name: str
    types: tuple[Literal["Interface", "Gateway"], ...] = ("Interface",)
    zones: tuple[str, ...] | None = None


class EndpointServices(Section):
    """What can be connected to, and how long a new interface endpoint stays ``pending`` (and ``deleting``), in seconds."""

    zones: tuple[str, ...]
    pending_seconds: float = 2.0
    deleting_seconds: float = 1.0
    services: tuple[EndpointService, ...]


class Repository(Section):
    """A CodeCommit repository that is there already, with an empty Git repository behind it."""

    name: str
    description: str = ""
    kms_key_id: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class Organization(Section):
    """AWS Organizations: the service control policies above this account, by name. None: nothing is above it."""

    policies: dict[str, JsonObject] = Field(default_factory=dict)


class Quotas(Section):
    """How much the account may have (VPC user guide, "Amazon VPC quotas"; IAM user guide, "IAM and AWS STS quotas")."""

    interface_endpoints_per_vpc: int = 50
    roles: int = 1000
    users: int = 5000


class CodeCommit(Section):
    """CodeCommit in this account. ``open_to_account`` false: creating is refused, as for accounts it was closed to.

    ``offered`` false: the region has no CodeCommit, so that its host name leads nowhere. ``kms_keys`` are the customer
    managed keys that may encrypt a repository: alias (``alias/NAME``) to key id.
    """

    offered: bool = True
    open_to_account: bool = True
    kms_keys: dict[str, str] = Field(default_factory=dict)
    repositories: tuple[Repository, ...] = ()


class AwsScenario(Section):
    """One AWS account in one region."""

    account_id: AccountId = "123456789012"
    alias: str | None = None
    partition: str = "aws"
    region: str = "us-east-2"
    operator: Operator = Field(default_factory=Operator)
    iam: Iam = Field(default_factory=Iam)
    vpcs: tuple[Vpc, ...] = ()
    images: tuple[Image, ...] = ()
    peerings: tuple[Peering, ...] = ()
    transit_gateways: tuple[TransitGateway, ...] = ()
    endpoint_services: EndpointServices
    codecommit: CodeCommit = Field(default_factory=CodeCommit)
    organization: Organization = Field(default_factory=Organization)
    quotas: Quotas = Field(default_factory=Quotas)
    clock_offset_seconds: float = 0.0
    """How far AWS's clock is ahead of this machine's."""
    delays: dict[str, float] = Field(default_factory=dict)
    """Seconds that each call of a service takes longer, by its signing name (``iam``)."""

    @property
    def operator_arn(self) -> str:
        """What GetCallerIdentity shows for the operator."""
        return f"arn:{self.partition}:sts::{self.account_id}:assumed-role/{self.operator.role}/{self.operator.session}"
