"""A small world in memory: scripted facts, resources that stand in a dictionary, a clock that only moves when told.

It implements the protocols of ``strategies.ports`` and nothing of it touches a network, a disk or the time of day.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from strategies.answers import Answers
from strategies.base import (
    Action,
    Card,
    Change,
    Check,
    FieldDiff,
    Group,
    Json,
    Observed,
    Output,
    Owner,
    Question,
    Ref,
    Remedy,
    Resource,
    Situation,
    Status,
    Verdict,
)
from strategies.common import effective
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    AWS_ACCOUNT_ALIAS,
    AWS_CLOCK,
    AWS_DRY_RUNS,
    AWS_ENDPOINT_SERVICES,
    AWS_ENDPOINTS,
    AWS_IDENTITY,
    AWS_INSTANCES,
    AWS_MANAGED_INSTANCES,
    AWS_NETWORK_ACLS,
    AWS_OIDC_PROVIDERS,
    AWS_PERMISSIONS,
    AWS_PERMISSIONS_BOUNDARY,
    AWS_PRIVATE_ZONES,
    AWS_PROFILES,
    AWS_PROXY_AGENT,
    AWS_QUOTAS,
    AWS_REPOSITORY,
    AWS_ROUTING,
    AWS_SECURITY_GROUPS,
    AWS_TAKEN_ADDRESSES,
    AWS_VPCS,
    CLUSTER_GITOPS,
    CLUSTER_INFO,
    CLUSTER_PROBE,
    CLUSTER_RIGHTS,
    GIT_PROGRAM,
    KUBE_CONTEXTS,
    MIRROR_SPACE,
    PROXIES,
    PROXY_HOST,
    SERVER,
    SERVER_ADDRESSES,
    SERVER_AUTHORITY,
    SERVER_CALLER,
    SERVER_CHAIN,
    SERVER_CREDENTIALS,
    SERVER_HOST_KEYS,
    SERVER_REPOSITORIES,
    SERVER_REPOSITORY,
    SERVER_SIGNED_IN,
    SOURCE,
    SOURCE_CONTENT,
    SOURCE_TREE,
    AccountAlias,
    AclRule,
    ArgoDestination,
    ArgoInstance,
    ArgoProject,
    AwsClock,
    AwsIdentity,
    AwsProfile,
    AwsProfiles,
    AwsQuotas,
    Caller,
    Certificate,
    CloneAnswer,
    ClusterInfo,
    CodeCommitRepository,
    Configuration,
    DryRun,
    DryRuns,
    Endpoint,
    EndpointServices,
    FactError,
    GitOps,
    GitProgram,
    HostView,
    Ingress,
    Instance,
    KubeContext,
    KubeContexts,
    ManagedInstance,
    ManagedInstances,
    MirrorSpace,
    NetworkAcl,
    OidcProviders,
    OperatorSubscription,
    Peering,
    PermissionsBoundary,
    Probe,
    ProbeState,
    ProfileKind,
    ProxyHost,
    ProxySettings,
    ProxyView,
    Rights,
    Route,
    RouteTable,
    Routing,
    SecurityGroup,
    ServerAddresses,
    ServerInfo,
    ServerKind,
    ServerRepository,
    SimulatedPermissions,
    SourceContent,
    SourceRepository,
    SourceTree,
    Subnet,
    Tried,
    TrustChain,
    Trusted,
    Usage,
    Vpc,
)
from strategies.ports import Execution, FactFailureError, Handler, Reader, ResourceError, Site, SyncReport
from wizard.engine.lock import place_name

START = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
OPERATOR_ROLE = "arn:aws:iam::123456789012:role/PlatformEngineer"
SOURCE_URL = "https://github.com/acme/cluster-config.git"
ZONES = ("us-east-2a", "us-east-2b", "us-east-2c")
TOOLS_IMAGE = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + "5" * 64
STS_FROM_INSIDE = HostView("sts.us-east-2.amazonaws.com", ("10.0.0.4", "10.0.16.4", "10.0.32.4"), status=302)

EGRESS_VPC = "vpc-0e1b2c3d4e5f60718"
EGRESS_SUBNET = "subnet-0e0e0e0e0e0e0e0e0"
PUBLIC_SUBNET = "subnet-0e0e0e0e0e0e0e0e1"
PEERING = "pcx-0e1b2c3d4e5f60718"
PROXY_MACHINE = "i-0c1b2c3d4e5f60010"
PROXY_GROUP = "sg-0e5e5e5e5e5e5e5e5"
ANY_TRAFFIC = tuple(AclRule(100, True, outbound, "0.0.0.0/0", 0, 65535) for outbound in (False, True))
"""What a VPC's default network ACL holds."""


@dataclass
class FakeClock:
    """The time of day of a test. ``sleep`` moves it on at once; as an engine's ``Pause`` it also tells of a stop."""

    at: datetime = START
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        """The present time."""
        with self._lock:
            return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self.at += timedelta(seconds=seconds)

    def pause(self, seconds: float, stop: threading.Event) -> None:
        """Let time pass, unless a stop is asked for."""
        if not stop.is_set():
            self.sleep(seconds)


def egress_vpc() -> Vpc:
    """The VPC beside the cluster's that has a way out: a public subnet with a NAT gateway, a private one with a machine."""
    nat, internet = "nat-0e1b2c3d4e5f60718", "igw-0e1b2c3d4e5f60718"
    tables = ("rtb-0e0e0e0e0e0e0e0e0", "rtb-0e0e0e0e0e0e0e0e1")
    public = Subnet(
        PUBLIC_SUBNET, ZONES[0], "10.1.0.0/24", 250, "egress-public-us-east-2a", True, route_table=tables[0], way_out=internet
    )
    private = Subnet(
        EGRESS_SUBNET, ZONES[0], "10.1.1.0/24", 250, "egress-private-us-east-2a", True, route_table=tables[1], way_out=nat
    )
    return Vpc(EGRESS_VPC, "egress-vpc", ("10.1.0.0/16",), True, True, (public, private), internet, (nat,))


def healthy_routing(home: str, subnets: tuple[str, ...]) -> Routing:
    """The cluster's VPC and the one with a way out, peered, each with a route to the other and back."""
    there, back = Route("10.1.0.0/16", PEERING), Route("10.0.0.0/16", PEERING)
    inside, outside = Route("10.0.0.0/16", "local"), Route("10.1.0.0/16", "local")
    nat, internet = Route("0.0.0.0/0", "nat-0e1b2c3d4e5f60718"), Route("0.0.0.0/0", "igw-0e1b2c3d4e5f60718")
    return Routing(
        (
            RouteTable("rtb-0a1b2c3d4e5f60718", home, subnets, (inside, there)),
            RouteTable("rtb-0e0e0e0e0e0e0e0e0", EGRESS_VPC, (PUBLIC_SUBNET,), (outside, back, internet)),
            RouteTable("rtb-0e0e0e0e0e0e0e0e1", EGRESS_VPC, (EGRESS_SUBNET,), (outside, back, nat)),
        ),
        (Peering(PEERING, "active", (home, EGRESS_VPC)),),
    )


SERVER_URL = "https://gitlab.acme.example/platform/cluster-config.git"
SERVER_ADDRESS = "10.0.3.20"


def healthy_server() -> dict[str, object]:
    """What the readers find of a GitLab in the cluster's own VPC, with an administrator's token."""
    info = ServerInfo(
        ServerKind.GITLAB,
        "https://gitlab.acme.example",
        "gitlab.acme.example",
        443,
        clone=CloneAnswer(SERVER_URL, 401, True, ("Basic",)),
        signs=("header X-Gitlab-Meta",),
    )
    ends = START + timedelta(days=200)
    ca = Certificate("CN=Acme Root", "CN=Acme Root", "CA:" * 31 + "CA", START, ends + timedelta(days=900), (), True, True)
    leaf = Certificate("CN=gitlab", "CN=Acme Root", "AB:" * 31 + "AB", START, ends, ("gitlab.acme.example",))
    repository = ServerRepository(
        "platform/cluster-config", id="7", default_branch="main", empty=False, https_url=SERVER_URL, private=True
    )
    return {
        SERVER.id: info,
        SERVER_SIGNED_IN.id: replace(info, version="18.5.1", edition="Enterprise", support_ends=(START.date().replace(day=28))),
        SERVER_ADDRESSES.id: ServerAddresses("gitlab.acme.example", (SERVER_ADDRESS,)),
        SERVER_AUTHORITY.id: None,
        SERVER_CHAIN.id: TrustChain("gitlab.acme.example", 443, (leaf, ca), Trusted.SYSTEM, protocol="TLSv1.3"),
        SERVER_HOST_KEYS.id: None,
        SERVER_CALLER.id: Caller("root", ("api",), ends, True),
        SERVER_REPOSITORIES.id: (repository,),
        SERVER_REPOSITORY.id: repository,
        SERVER_CREDENTIALS.id: (),
    }


def healthy_facts() -> dict[str, object]:
    """What the readers find where everything is well: the ``healthy`` scenario's names. Replace any by a ``FactError``."""
    subnets = tuple(
        Subnet(
            f"subnet-0{letter * 16}",
            zone,
            cidr,
            4000,
            f"prod-east-{zone[-2:]}",
            False,
            "prod-east-x7k2p",
            route_table="rtb-0a1b2c3d4e5f60718",
        )
        for letter, zone, cidr in zip("abc", ZONES, ("10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"), strict=True)
    )
    ids = tuple(s.id for s in subnets)
    vpc = Vpc("vpc-0a1b2c3d4e5f60718", "prod-east-vpc", ("10.0.0.0/16",), True, True, subnets)
    group = ("sg-0e0e0e0e0e0e0e0e0",)
    service = "com.amazonaws.us-east-2."
    open_to_all = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    workers = "sg-0d0d0d0d0d0d0d0d0"
    nodes = tuple(
        Instance(f"i-0a1b2c3d4e5f6000{n}", f"workers-{n}", vpc.id, s.id, address, (workers,), ("prod-east-x7k2p",), "prod-east")
        for n, (s, address) in enumerate(zip(subnets, ("10.0.1.17", "10.0.17.42", "10.0.33.8"), strict=True), start=1)
    )
    bastion = Instance("i-0b1b2c3d4e5f60009", "bastion", vpc.id, ids[0], "10.0.2.5", ("sg-0ba5ba5ba5ba5ba5b",))
    proxy = Instance(PROXY_MACHINE, "egress-proxy", EGRESS_VPC, EGRESS_SUBNET, "10.1.1.10", (PROXY_GROUP,), type="t4g.nano")
    everything_out = (Ingress("0.0.0.0/0", 0, 65535),)
    return {
        GIT_PROGRAM.id: GitProgram("/usr/bin/git", (2, 39, 5)),
        MIRROR_SPACE.id: MirrorSpace("/home/operator/.cache/ezgitops/mirrors", 80 * 1024**3),
        PROXIES.id: ProxySettings(),
        AWS_PROFILES.id: AwsProfiles(
            ("prod-east", "staging"),
            "prod-east",
            "us-east-2",
            ("us-east-1", "us-east-2"),
            (AwsProfile("prod-east", ProfileKind.SESSION_KEYS), AwsProfile("staging", ProfileKind.SSO, "210987654321")),
        ),
        KUBE_CONTEXTS.id: KubeContexts((KubeContext("prod-east", "https://127.0.0.1:6443", "operator"),), "prod-east"),
        AWS_IDENTITY.id: AwsIdentity(
            "123456789012",
            "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator",
            "aws",
            START + timedelta(hours=3, minutes=10),
        ),
        AWS_CLOCK.id: AwsClock(0.4),
        AWS_ACCOUNT_ALIAS.id: AccountAlias("acme-prod"),
        AWS_PERMISSIONS.id: SimulatedPermissions(OPERATOR_ROLE, 52),
        AWS_DRY_RUNS.id: DryRuns(
            tuple(DryRun(action, Tried.ALLOWED) for action in ("ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint"))
        ),
        AWS_QUOTAS.id: AwsQuotas(50, Usage(120, 1000), Usage(4, 5000)),
        AWS_PERMISSIONS_BOUNDARY.id: PermissionsBoundary(None),
        AWS_VPCS.id: (vpc, egress_vpc()),
        AWS_ENDPOINTS.id: (
            Endpoint("vpce-0f0f0f0f0f0f0f0f0", vpc.id, service + "s3", "Gateway", "available", False, (), ()),
            *(
                Endpoint(
                    f"vpce-{n:017x}", vpc.id, service + name, "Interface", "available", True, ids, group, None, open_to_all
                )
                for n, name in enumerate(("sts", "ecr.api", "ecr.dkr"), start=1)
            ),
        ),
        AWS_ENDPOINT_SERVICES.id: EndpointServices(
            {service + name: ZONES for name in ("sts", "git-codecommit", "codecommit", "git-codecommit-fips")}
        ),
        AWS_SECURITY_GROUPS.id: (
            SecurityGroup(*group, "prod-east-endpoints", vpc.id, (Ingress("10.0.0.0/16", 443, 443),)),
            SecurityGroup(workers, "prod-east-x7k2p-default-sg", vpc.id, (), ("prod-east-x7k2p",), everything_out),
            SecurityGroup("sg-0ba5ba5ba5ba5ba5b", "bastion", vpc.id, (), (), everything_out),
            SecurityGroup(PROXY_GROUP, "egress-proxy", EGRESS_VPC, (), (), everything_out),
        ),
        AWS_INSTANCES.id: (*nodes, bastion, proxy),
        AWS_MANAGED_INSTANCES.id: ManagedInstances(dict.fromkeys((bastion.id, proxy.id), "Amazon Linux 2023")),
        AWS_PROXY_AGENT.id: ManagedInstance(proxy.id, "Online", "Amazon Linux 2023", "Linux", "3.3.2299.0"),
        AWS_ROUTING.id: healthy_routing(vpc.id, ids),
        AWS_NETWORK_ACLS.id: (
            NetworkAcl("acl-0a1b2c3d4e5f60718", ids, ANY_TRAFFIC),
            NetworkAcl("acl-0e1b2c3d4e5f60718", (EGRESS_SUBNET, PUBLIC_SUBNET), ANY_TRAFFIC),
        ),
        AWS_TAKEN_ADDRESSES.id: frozenset({proxy.address}),
        PROXY_HOST.id: ProxyHost(
            proxy.id,
            "Amazon Linux 2023",
            "6.13",
            "6.13",
            configuration=Configuration.PACKAGED,
            direct=200,
        ),
        AWS_PRIVATE_ZONES.id: (),
        AWS_OIDC_PROVIDERS.id: OidcProviders(
            {ISSUER: (f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}", ("openshift", "sts.amazonaws.com"))},
            {ISSUER: ("917e732d330f9a12404f73d8bea36948b929dffc",)},
        ),
        AWS_REPOSITORY.id: CodeCommitRepository("prod-east-cluster-config", False),
        CLUSTER_INFO.id: ClusterInfo(
            "prod-east",
            "https://127.0.0.1:6443",
            "4.19.8",
            "prod-east-x7k2p",
            "us-east-2",
            "External",
            ISSUER,
            ("10.0.0.0/16",),
            ("10.128.0.0/14",),
            ("172.30.0.0/16",),
            None,
            TOOLS_IMAGE,
        ),
        CLUSTER_GITOPS.id: GitOps(
            "openshift-gitops-operator.v1.21.0",
            "1.21.0",
            "Succeeded",
            (ArgoInstance("openshift-gitops", "openshift-gitops", "Available"),),
            subscription=OperatorSubscription(
                "openshift-gitops-operator", "openshift-gitops-operator", "latest", "redhat-operators", "AtLatestKnown"
            ),
        ),
        ARGOCD_SECRETS.id: (),
        ARGOCD_APPLICATIONS.id: (),
        ARGOCD_PROJECTS.id: (ArgoProject("default", ("*",), (ArgoDestination("*", "", "*"),)),),
        ARGOCD_CERTIFICATES.id: (),
        CLUSTER_RIGHTS.id: Rights({}),
        CLUSTER_PROBE.id: Probe(
            ProbeState.DONE,
            TOOLS_IMAGE,
            sts=STS_FROM_INSIDE,
            proxy=ProxyView("http://10.1.1.10:3128", unreached="Connection refused"),
        ),
        SOURCE.id: SourceRepository(
            SOURCE_URL,
            "main",
            {"main": "3f2c9d1" + "0" * 33, "staging": "a" * 40, "develop": "b" * 40},
            {"v1.0.0": "c" * 40, "v1.1.0": "d" * 40},
            1,
        ),
        SOURCE_TREE.id: SourceTree(
            "main", ("README.md", "clusters/prod-east/kustomization.yaml", "clusters/prod-east/web.yaml")
        ),
        SOURCE_CONTENT.id: SourceContent("main", stored=4_000, files=3),
        **healthy_server(),
    }


@dataclass
class FakeReader:
    """One scripted reading. While ``gate`` is set to an unset event, the reading does not end."""

    world: FakeWorld
    fact_id: str
    inputs: Callable[[Situation], Hashable | None]
    timeout: float

    def reader(self) -> Reader:
        """The reader, as the engine wants it."""
        return Reader(self.fact_id, self.inputs, self.read, self.timeout)

    def read(self, situation: Situation) -> object:
        """Count, wait at the gate, and answer what the script says."""
        with self.world.lock:
            self.world.reads.append((self.fact_id, self.inputs(situation)))
        gate = self.world.gates.get(self.fact_id)
        if gate is not None:
            gate.wait(10)
        value = self.world.facts[self.fact_id]
        if callable(value):
            value = value(situation)
        if isinstance(value, FactError):
            raise FactFailureError(value)
        return value


def _aws(situation: Situation) -> Hashable | None:
    aws = situation.answers.aws
    return None if aws.region is None else (aws.profile, aws.region)


def _cluster(situation: Situation) -> Hashable | None:
    return situation.answers.cluster.context


def _argocd(situation: Situation) -> Hashable | None:
    context, namespace = _cluster(situation), effective.argocd_namespace(situation)
    return None if context is None or namespace is None else (context, namespace)


def _repository(situation: Situation) -> Hashable | None:
    name, where = situation.answers.codecommit.repository.name, _aws(situation)
    return None if name is None or where is None else (where, name)


_WAYS = frozenset({AWS_ROUTING.id, AWS_NETWORK_ACLS.id, AWS_TAKEN_ADDRESSES.id})
PROXIED = frozenset({*_WAYS, AWS_PROXY_AGENT.id, PROXY_HOST.id})
"""Facts that the codecommit strategy does not ask for."""
SERVED = frozenset(healthy_server())
"""Facts that only the private-server strategy asks for."""


def _ways(situation: Situation) -> Hashable | None:
    """What only strategies ask for whose checks judge ways inside AWS."""
    return _aws(situation) if situation.answers.strategy in ("bastion-proxy", "private-server") else None


def _proxied(situation: Situation) -> Hashable | None:
    """What only the bastion-proxy strategy asks for."""
    return _aws(situation) if situation.answers.strategy == "bastion-proxy" else None


def _served(situation: Situation) -> Hashable | None:
    """What only the private-server strategy asks for, once the repository's URL is answered."""
    asked = situation.answers.private_server
    wanted = situation.answers.strategy == "private-server" and asked.repository.url is not None
    return (asked.repository.url, asked.server.admin_token) if wanted else None


INPUTS: Mapping[str, Callable[[Situation], Hashable | None]] = {
    GIT_PROGRAM.id: lambda _: "",
    MIRROR_SPACE.id: lambda _: "",
    PROXIES.id: lambda _: "",
    AWS_PROFILES.id: lambda _: "",
    KUBE_CONTEXTS.id: lambda _: "",
    AWS_IDENTITY.id: _aws,
    AWS_CLOCK.id: _aws,
    AWS_ACCOUNT_ALIAS.id: _aws,
    AWS_PERMISSIONS.id: _aws,
    AWS_DRY_RUNS.id: _aws,
    AWS_QUOTAS.id: _aws,
    AWS_PERMISSIONS_BOUNDARY.id: _aws,
    AWS_VPCS.id: _aws,
    AWS_ENDPOINTS.id: _aws,
    AWS_ENDPOINT_SERVICES.id: _aws,
    AWS_OIDC_PROVIDERS.id: _aws,
    AWS_SECURITY_GROUPS.id: _aws,
    AWS_INSTANCES.id: _aws,
    AWS_MANAGED_INSTANCES.id: _aws,
    AWS_PRIVATE_ZONES.id: _aws,
    AWS_REPOSITORY.id: _repository,
    **dict.fromkeys(PROXIED, _proxied),
    **dict.fromkeys(_WAYS, _ways),
    **dict.fromkeys(SERVED, _served),
    CLUSTER_INFO.id: _cluster,
    CLUSTER_GITOPS.id: _cluster,
    CLUSTER_RIGHTS.id: _cluster,
    CLUSTER_PROBE.id: _cluster,
    ARGOCD_SECRETS.id: _argocd,
    ARGOCD_APPLICATIONS.id: _argocd,
    ARGOCD_PROJECTS.id: _argocd,
    ARGOCD_CERTIFICATES.id: _argocd,
    SOURCE.id: lambda s: s.answers.source.url,
    SOURCE_TREE.id: lambda s: (s.answers.source.url, s.answers.source.revision) if s.facts.known(SOURCE.id) else None,
    SOURCE_CONTENT.id: lambda s: (s.answers.source.url, s.answers.source.revision) if s.facts.known(SOURCE.id) else None,
}


@dataclass(frozen=True, kw_only=True)
class FakeResource(Resource):
    """A thing with a value, made by ``calls`` mutating calls. ``kind`` names its handler; ``uses`` is an output it needs."""

    kind: str = "thing"
    value: str = "a"
    calls: tuple[str, ...] = ("fake:Create",)
    uses: Ref | None = None


class FakeHandler(Handler[FakeResource]):
    """Keeps things of one kind in the world's dictionary."""

    def __init__(self, world: FakeWorld, kind: str, rank: int) -> None:
        self.world, self.kind, self.rank = world, kind, rank
        self.group, self.noun, self.found_as = Group.AWS, "", None

    def read(self, resource: FakeResource) -> Observed | None:
        """What stands at the address, made by as many calls as a whole one needs."""
        with self.world.lock:
            self.world.looked.append(resource.address)
        self.world.meet("read", resource.address)
        self.world.stumble("read", resource.address)
        thing = self.world.things.get(resource.address)
        return None if thing is None else thing.observed()

    def plan(self, resource: FakeResource, observed: Observed | None) -> Change:
        """Compare the value and the number of calls made."""
        diff: tuple[FieldDiff, ...] = (FieldDiff("value", None, resource.value),)
        action, reason, conflict = Action.CREATE, "does not exist", None
        if observed is not None:
            wanted: dict[str, Json] = {"value": resource.value, "calls": len(resource.calls)}
            diff = tuple(FieldDiff(k, observed.fields.get(k), v) for k, v in wanted.items() if observed.fields.get(k) != v)
            changed = Action.REPLACE if resource.address in self.world.replaced else Action.UPDATE
            action, reason = (changed, "differs") if diff else (Action.NONE, "as asked")
            if observed.owner is None and diff:
                conflict = f"{resource.title} exists, is not ours and differs"
        return Change(
            address=resource.address,
            kind=self.kind,
            title=resource.title,
            group=resource.group,
            action=action,
            reason=reason,
            diff=diff,
            depends_on=resource.depends_on,
            provider_id=None if observed is None else observed.provider_id,
            conflict=conflict,
            resource=resource,
        )

    def create(self, resource: FakeResource, run: Execution) -> Mapping[str, str]:
        """Make the calls that are still missing; each leaves its trace at once, as a cloud does."""
        self.world.meet("create", resource.address)
        self.world.stumble("create", resource.address)
        self.world.wait(resource.address, run)
        if resource.uses is not None:
            assert run.output(resource.uses)
        thing = self.world.things.get(resource.address)
        done = 0 if thing is None else thing.calls
        for number, call in enumerate(resource.calls[done:], start=done + 1):
            arguments: dict[str, Json] = {"Address": resource.address, "Value": resource.value}
            with run.mutation(call, arguments), self.world.lock:
                self.world.calls.append((call, resource.address))
                self.world.things[resource.address] = Thing(resource, run.owner, number)
        return self.world.things[resource.address].observed().outputs

    def update(self, resource: FakeResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Finish what a killed run began, then set the value."""
        self.create(resource, run)
        with run.mutation("fake:Update", {"Address": resource.address, "Value": resource.value}), self.world.lock:
            self.world.calls.append(("fake:Update", resource.address))
            self.world.things[resource.address] = Thing(resource, observed.owner, len(resource.calls))
        return self.world.things[resource.address].observed().outputs

    def delete(self, observed: Observed, run: Execution) -> None:
        """Remove it."""
        address = observed.provider_id.removeprefix("id:")
        self.world.stumble("delete", address)
        with run.mutation("fake:Delete", {"Address": address}), self.world.lock:
            self.world.calls.append(("fake:Delete", address))
            self.world.things.pop(address, None)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Everything of this kind that the owner made."""
        self.world.stumble("owned", self.kind)
        return [t.observed() for t in self.world.things.values() if t.owner == owner and t.resource.kind == self.kind]


@dataclass(frozen=True)
class Thing:
    """A fake resource as it stands in the world; ``calls`` of its creation have been made. ``stays``: why it cannot go."""

    resource: FakeResource
    owner: Owner | None
    calls: int
    filled: bool = False
    stays: str | None = None
    told: Mapping[str, Json] = field(default_factory=dict)
    """More fields of what is observed."""

    def observed(self) -> Observed:
        """The thing as a handler sees it."""
        one = self.resource
        seen: dict[str, Json] = {"value": one.value, "calls": self.calls, "name": one.title}
        seen |= {"stays": self.stays} if self.stays is not None else {}
        seen |= self.told
        return Observed(f"id:{one.address}", seen, self.owner, {"id": f"id:{one.address}"}, self.filled)


SYNCED = SyncReport("Synced", "Healthy", "3f2c9d1" + "0" * 33, (), "Succeeded", "successfully synced")


@dataclass
class FakeWorld:
    """``ports.World`` and ``ports.Site`` in one: change ``facts``, ``things``, ``errors``, ``gates`` and ``syncs`` at will."""

    facts: dict[str, object] = field(default_factory=healthy_facts)
    clock: FakeClock = field(default_factory=FakeClock)
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """Fact id -> event that its reading waits for."""
    timeout: float = 20.0
    intrusive: frozenset[str] = frozenset()
    """Ids of the facts whose readers leave something in the world while they read."""
    things: dict[str, Thing] = field(default_factory=dict)
    errors: dict[tuple[str, str], list[Exception]] = field(default_factory=dict)
    """(read|create|delete|owned, address or kind) -> errors to raise, one each time, until none is left."""
    barriers: dict[tuple[str, str], threading.Barrier] = field(default_factory=dict)
    """(read|create, address) -> barrier that is passed only when all its parties run at the same time."""
    waits: dict[str, float] = field(default_factory=dict)
    """Address -> seconds that its creation waits, with progress."""
    replaced: set[str] = field(default_factory=set)
    """Addresses of what cannot be changed: another value makes it anew."""
    ranks: dict[str, int] = field(default_factory=lambda: {"thing": 10})
    syncs: list[SyncReport | None] = field(default_factory=lambda: [SYNCED])
    """What Argo CD says, one each time it is asked; the last stays."""
    secrets: dict[str, str] = field(default_factory=dict)
    server: str = "https://127.0.0.1:6443"
    reads: list[tuple[str, Hashable | None]] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    mended: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)
    refreshes: int = 0
    sites: list[Answers] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def lock_file(self, directory: Path, account: str | None = None, region: str | None = None) -> Path:
        """The lock of an instance, whose folder is ``directory``, in this world."""
        return directory / place_name((account, region, self.server)) / "lock"

    def readers(self) -> Sequence[Reader]:
        """A reader for each scripted fact."""
        made = [FakeReader(self, fact_id, INPUTS[fact_id], self.timeout).reader() for fact_id in self.facts]
        return [replace(one, intrusive=one.fact_id in self.intrusive) for one in made]

    def site(self, answers: Answers) -> Site:
        """The world is its only site."""
        self.sites.append(answers)
        return self

    def handler(self, resource: Resource) -> Handler[Resource]:
        """The handler of the resource's kind."""
        assert isinstance(resource, FakeResource)
        return self.handlers()[resource.kind]

    def handlers(self) -> Mapping[str, Handler[Resource]]:
        """A handler for each kind in ``ranks``."""
        return {kind: cast("Handler[Resource]", FakeHandler(self, kind, rank)) for kind, rank in self.ranks.items()}

    def cluster_address(self) -> str:
        """The API server's URL."""
        return self.server

    def resolve_secret(self, reference: str) -> str:
        """The scripted secret. Raises ResourceError when there is none."""
        if reference not in self.secrets:
            raise ResourceError(f"Secret {reference}", "it is not set", "Set it, then run again.")
        return self.secrets[reference]

    def mend(self, operation: str, arguments: Mapping[str, Json], run: Execution) -> None:
        """Journal it and note it down; the fact it is about changes when the test says so."""
        with run.mutation(operation, arguments):
            self.stumble("mend", operation)
            self.mended.append((operation, dict(arguments)))

    def hard_refresh(self, namespace: str, application: str) -> None:
        """Count the request."""
        self.refreshes += 1

    def sync_report(self, namespace: str, application: str) -> SyncReport | None:
        """The next scripted word of Argo CD."""
        return self.syncs.pop(0) if len(self.syncs) > 1 else self.syncs[0]

    def stumble(self, what: str, address: str) -> None:
        """Raise the next scripted error, if there is one."""
        with self.lock:
            script = self.errors.get((what, address))
            error = script.pop(0) if script else None
        if error is not None:
            raise error

    def meet(self, what: str, address: str) -> None:
        """Wait for the other parties of a scripted barrier. Raises BrokenBarrierError when they do not come."""
        barrier = self.barriers.get((what, address))
        if barrier is not None:
            barrier.wait(10)

    def wait(self, address: str, run: Execution) -> None:
        """Wait as scripted, telling how far it is."""
        seconds = self.waits.get(address, 0.0)
        for step in range(int(seconds)):
            run.progress("pending, usually 2 minutes", step / seconds)
            run.sleep(1.0)

    def foreign(self, resource: FakeResource, owner: Owner | None = None) -> None:
        """Put a whole thing in the world that somebody else made."""
        self.things[resource.address] = Thing(resource, owner, len(resource.calls))

    def fill(self, address: str) -> None:
        """Put commits into a repository."""
        self.things[address] = replace(self.things[address], filled=True)

    def state(self) -> dict[str, tuple[object, ...]]:
        """The end state, to compare two worlds by."""
        return {
            address: (t.owner, t.calls, *(getattr(t.resource, f.name) for f in fields(t.resource)))
            for address, t in self.things.items()
        }


def thing(address: str, *after: str, instance: str = "prod-east", group: Group = Group.AWS, **more: object) -> FakeResource:
    """A fake resource of an instance that depends on other addresses."""
    made = FakeResource(
        address=address,
        title=address.rpartition(".")[2],
        group=group,
        owner=Owner(instance),
        depends_on=after,
        explain="needed",
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields are the test's to choose


def passing(check_id: str, *needs: str, status: Status = Status.PASS, **more: object) -> Check:
    """A check that ends with ``status`` once its facts are there."""
    remedy = None if status is Status.PASS else Remedy("Mend it.", "aws mend --now")
    made = Check(
        check_id, f"Title of {check_id}", "It matters.", lambda _: Verdict(status, f"seen by {check_id}", remedy), needs
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields are the test's to choose


@dataclass
class FakeStrategy:
    """A strategy with scripted questions, checks and resources."""

    id: str = "codecommit"
    title: str = "AWS CodeCommit"
    asked: Sequence[Question] = ()
    judged: Sequence[Check] = ()
    made: Callable[[Answers], Sequence[Resource]] = lambda _answers: ()

    def card(self, situation: Situation) -> Card:
        """A plain card."""
        return Card(self.title, "Git inside AWS", (), "about $22 a month", "makes 4 things", True)

    def questions(self) -> Sequence[Question]:
        """The scripted questions."""
        return self.asked

    def checks(self) -> Sequence[Check]:
        """The scripted checks."""
        return self.judged

    def resources(self, answers: Answers) -> Sequence[Resource]:
        """The scripted resources."""
        return self.made(answers)

    def outputs(self, answers: Answers) -> Sequence[Output]:
        """A clone URL and a Terraform variable."""
        url = f"https://git-codecommit.us-east-2.amazonaws.com/v1/repos/{answers.codecommit.repository.name}"
        return (Output("clone-url", "Clone URL", url), Output("gitops_git_repo_url", "Terraform", url))

    def state(self, answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Sequence[Output]:
        """Nothing beside what has drifted."""
        return ()

    def renewer(self, answers: Answers) -> str | None:
        """A refresher."""
        return f"{answers.argocd.namespace}/{answers.codecommit.credentials.service_account}"
