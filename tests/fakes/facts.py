"""What is read of a healthy world."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
from tests.fakes.clock import START

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
