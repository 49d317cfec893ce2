"""What needs what in an apply of the CodeCommit strategy, and why: the data behind ``chain.longest``.

Names are ``PHASE/CALL`` as ``record.steps`` gives them. Whatever the answers file holds already (VPC, account, names) makes no
dependency, and neither does an order that the program chose by itself.
"""

from __future__ import annotations

from tests.benchmarks.chain import Rule

PENDING = "world/endpoint pending"
TRANSFER = "world/git transfer"
POD_START = "world/pod starting"
POD_READY = "world/pod becoming ready"
PROBE_START = "world/probe's pod starting"
ARGOCD = "world/Argo CD reconciling"

RULES: tuple[Rule, ...] = (
    # Reading
    Rule(
        "read/codecommit:ListTagsForResource",
        ("read/codecommit:ListRepositories",),
        "which repositories carry our tags is asked of each repository in the list",
    ),
    Rule("read/iam:ListRoleTags", ("read/iam:ListRoles",), "ListRoles gives no tags: asked of each role in the list"),
    Rule("read/iam:ListUserTags", ("read/iam:ListUsers",), "ListUsers gives no tags: asked of each user in the list"),
    Rule(
        "read/iam:GetOpenIDConnectProvider",
        ("read/iam:ListOpenIDConnectProviders",),
        "audiences are asked of each provider in the list",
    ),
    Rule(
        "read/iam:SimulatePrincipalPolicy",
        ("read/sts:GetCallerIdentity",),
        "the simulator is asked about the caller's role, by its ARN",
    ),
    # Looking from inside the cluster
    Rule(PROBE_START, ("read/kube:create jobs.batch",), "the pod starts when its Job is there"),
    Rule("read/sts:GET /", (PROBE_START,), "asked by the probe's pod"),
    Rule("read/kube:get pods/log", ("read/sts:GET /",), "the log is whole when the probe has looked"),
    Rule("read/kube:delete jobs.batch", ("read/kube:get pods/log",), "the log goes with the Job"),
    # Making
    Rule("do/*", ("read/*",), "nothing is touched before the whole plan stands and no check blocks"),
    Rule("do/ec2:*SecurityGroup*", ("do/ec2:CreateSecurityGroup",), "needs the group's id"),
    Rule("do/ec2:CreateVpcEndpoint", ("do/ec2:CreateSecurityGroup",), "needs the group's id"),
    Rule(PENDING, ("do/ec2:CreateVpcEndpoint",), "AWS makes the network interfaces of that endpoint"),
    Rule("do/ec2:DescribeVpcEndpoints", (PENDING,), "says that the endpoint is available, which nothing else does"),
    Rule("do/iam:PutRolePolicy", ("do/iam:CreateRole",), "an inline policy is put into a role that exists"),
    Rule("do/codecommit:*", ("do/codecommit:CreateRepository",), "needs the repository"),
    Rule(TRANSFER, ("do/codecommit:CreateRepository",), "the push needs the repository"),
    Rule("do/codecommit:UpdateDefaultBranch", (TRANSFER,), "the branch has to be there"),
    Rule("do/codecommit:TagResource", (TRANSFER,), "notes when the push was done"),
    Rule(
        "do/kube:apply rolebindings.*",
        ("do/kube:apply roles.*",),
        "the API server looks the role up, to see that its author may grant it",
    ),
    # The refresher
    Rule(
        POD_START,
        ("do/kube:apply deployments.apps", "do/kube:apply serviceaccounts", "do/kube:apply configmaps"),
        "a pod starts when its Deployment, its service account and the script that it mounts are there",
    ),
    Rule("do/sts:AssumeRoleWithWebIdentity", (POD_START,), "the refresher's first call"),
    Rule("do/sts:AssumeRoleWithWebIdentity", ("do/iam:CreateRole",), "needs the role and its trust policy"),
    Rule("do/refresher:patch secrets", ("do/sts:AssumeRoleWithWebIdentity",), "the password is signed with the role's keys"),
    Rule(
        "do/refresher:patch secrets",
        ("do/kube:apply secrets", "do/kube:apply rolebindings.*"),
        "needs Secret and right",
    ),
    Rule(POD_READY, ("do/refresher:patch secrets",), "the pod is ready when its password stands in the Secret"),
    Rule("do/kube:get deployments.apps", (POD_READY,), "says that the refresher works"),
    # Argo CD
    Rule(
        "do/kube:apply applications.*",
        ("do/ec2:DescribeVpcEndpoints", TRANSFER, "do/refresher:patch secrets"),
        "Argo CD compares a new Application at once and comes back to one that failed only after minutes: the way, the content "
        "and the password have to be there before it",
    ),
    Rule(
        ARGOCD,
        ("do/kube:apply applications.*", "do/kube:refresh applications.*"),
        "Argo CD looks at an Application that is new, or when it is asked to",
    ),
    Rule("do/kube:get applications.*", (ARGOCD,), "says Synced and Healthy, which nothing else does"),
)
