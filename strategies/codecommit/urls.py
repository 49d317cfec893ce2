"""Names that AWS derives from a region: partitions, host names, service names, clone URLs and ARNs. Pure text."""

from __future__ import annotations

from strategies.answers import Answers

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def partition(region: str) -> str:
    """The partition of a region, as it stands in ARNs (AWS IAM user guide, "Amazon Resource Names")."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def dns_suffix(region: str) -> str:
    """The domain under which the region's service hosts stand."""
    return "amazonaws.com.cn" if partition(region) == "aws-cn" else "amazonaws.com"


def git_host(region: str, fips: bool = False) -> str:
    """The host that serves Git over HTTPS (CodeCommit user guide, "Regions and Git connection endpoints")."""
    return f"git-codecommit{'-fips' if fips else ''}.{region}.{dns_suffix(region)}"


def sts_host(region: str) -> str:
    """The regional STS host: the global one does not resolve to an interface endpoint (IAM user guide, "STS VPC endpoint")."""
    return f"sts.{region}.{dns_suffix(region)}"


def clone_url(region: str, name: str, fips: bool = False) -> str:
    """The clone URL: no ``.git``, no slash at its end; the Git password is signed for exactly this path."""
    return f"https://{git_host(region, fips)}{clone_path(name)}"


def clone_path(name: str) -> str:
    """The path of the clone URL, which is what the Git password is signed for."""
    return f"/v1/repos/{name}"


def endpoint_service(region: str, service: str) -> str:
    """The service name of an interface endpoint (``sts``, ``git-codecommit``, ``codecommit``, ``git-codecommit-fips``)."""
    return f"com.amazonaws.{region}.{service}"


def repository_arn(region: str, account: str, name: str) -> str:
    """ARN of a CodeCommit repository."""
    return f"arn:{partition(region)}:codecommit:{region}:{account}:{name}"


def role_arn(region: str, account: str, path: str, name: str) -> str:
    """ARN of an IAM role; ``path`` begins and ends with a slash."""
    return f"arn:{partition(region)}:iam::{account}:role{path}{name}"


def user_arn(region: str, account: str, path: str, name: str) -> str:
    """ARN of an IAM user; ``path`` begins and ends with a slash."""
    return f"arn:{partition(region)}:iam::{account}:user{path}{name}"


def oidc_provider_arn(region: str, account: str, issuer: str) -> str:
    """ARN of the IAM OIDC provider for an issuer (given without ``https://``)."""
    return f"arn:{partition(region)}:iam::{account}:oidc-provider/{issuer}"


def repository_url(answers: Answers) -> str:
    """The clone URL of the repository that complete answers describe."""
    codecommit = answers.codecommit
    return clone_url(answers.aws.region or "", codecommit.repository.name or "", codecommit.network.fips)


def reader_role_arn(answers: Answers) -> str:
    """ARN of the role that the refresher assumes, for complete answers."""
    credentials = answers.codecommit.credentials
    return role_arn(answers.aws.region or "", answers.aws.account or "", credentials.path, credentials.role_name or "")


def mirror_role_arn(answers: Answers) -> str:
    """ARN of the role that the mirror pipeline assumes, for complete answers."""
    codecommit = answers.codecommit
    path = codecommit.credentials.path
    return role_arn(answers.aws.region or "", answers.aws.account or "", path, codecommit.mirror.role_name or "")
