"""What the CodeCommit strategy asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from strategies import forms
from strategies.section import Arn, DnsLabel, DnsSubdomain, Form, IamName, IamPath, ImageDigest, Section

RepositoryName = Annotated[
    str,
    Form(
        r"^(?!.*\.git$)[A-Za-z0-9._-]{1,100}$",
        "1 to 100 letters, digits, dots, hyphens and underscores, and must not end with .git",
        example="prod-east-cluster-config",
    ),
]
"""CodeCommit user guide, "Quotas": 1-100 letters, digits, ``.``, ``-``, ``_``; not ending in ``.git``; case-sensitive."""


class Repository(Section):
    """The CodeCommit repository."""

    name: RepositoryName | None = None
    """Name of the repository, exactly as it will stand in the clone URL."""
    description: Annotated[str, Form(r"^[^\x00-\x1f]*$", "plain text", longest=1000)] = (
        "Cluster configuration, mirrored by ezgitops"
    )
    """Description shown in the AWS console."""
    kms_key_id: (
        Annotated[
            str,
            Form(
                r"^[A-Za-z0-9:/_-]{1,2048}$",
                "the id, alias/NAME or ARN of a KMS key",
                example="alias/codecommit",
            ),
        ]
        | None
    ) = None
    """KMS key (id, alias or ARN) that encrypts the repository; the AWS managed key when absent."""


class Network(Section):
    """The way from the cluster's VPC to CodeCommit."""

    fips: bool = False
    """Use the FIPS endpoint (``git-codecommit-fips``) and its host name."""
    api_endpoint: bool = False
    """Also make an endpoint for the CodeCommit API. Git does not need it."""
    sts_endpoint: Literal["when-missing", "never"] = "when-missing"
    """Make an STS endpoint when the VPC has none; the credential refresher cannot work without one."""
    endpoint_policy: Literal["this-repository", "full-access"] = "this-repository"
    """What the Git endpoint lets through: pulls from this repository alone, or everything IAM allows."""


class Credentials(Section):
    """How Argo CD proves who it is to CodeCommit."""

    method: Literal["iam-role", "git-credentials"] = "iam-role"
    """``iam-role``: a password renewed every five minutes; ``git-credentials``: an IAM user with a static password."""
    role_name: IamName | None = None
    """Name of the IAM role that the refresher assumes."""
    user_name: IamName | None = None
    """Name of the IAM user of the static password."""
    path: IamPath = "/"
    """IAM path of the role or user."""
    permissions_boundary: Arn | None = None
    """ARN of the permissions boundary, where the account demands one."""
    audience: Literal["openshift", "sts.amazonaws.com"] = "openshift"
    """Audience of the projected token; the IAM OIDC provider must list it."""
    service_account: DnsSubdomain | None = None
    """Service account of the refresher, in the Argo CD instance's namespace."""
    image: ImageDigest | None = None
    """Image that runs the refresher, by digest; the cluster's own ``tools`` image when absent."""


class Mirror(Section):
    """How the CodeCommit repository keeps up with the source repository."""

    keep: Literal["by-hand", "github-actions", "gitlab-ci"] = "by-hand"
    """``by-hand``: run ``ezgitops mirror``; otherwise a pipeline file is written and a role for it is made."""
    role_name: IamName | None = None
    """Name of the IAM role that the pipeline assumes to push."""
    subject: (
        Annotated[
            str,
            Form(
                r"^[\x21-\x7e]{1,512}$",
                "the sub claim of the pipeline's token, without spaces",
                example="repo:acme/cluster-config:ref:refs/heads/main",
                complaint=forms.pipeline_subject,
            ),
        ]
        | None
    ) = None
    """The ``sub`` claim of the pipeline's token (``repo:ORG/REPO:ref:refs/heads/main``)."""
    pipeline_file: (
        Annotated[str, Form(r"^[^\x00-\x1f]{1,512}$", "a path on this machine", example=".github/workflows/mirror.yaml")] | None
    ) = None
    """Where the pipeline file is written on this machine."""


class CodeCommitAnswers(Section):
    """The CodeCommit strategy's own branch of the answers."""

    repository: Repository = Field(default_factory=Repository)
    network: Network = Field(default_factory=Network)
    credentials: Credentials = Field(default_factory=Credentials)
    mirror: Mirror = Field(default_factory=Mirror)
    secret_name: DnsLabel | None = None
    """Name of the Argo CD repository Secret."""
