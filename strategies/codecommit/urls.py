"""Names of CodeCommit: its Git host, clone URLs, ARNs. Pure text."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.common import aws_names


def git_host(region: str, fips: bool = False) -> str:
    """The host that serves Git over HTTPS (CodeCommit user guide, "Regions and Git connection endpoints")."""
    return f"git-codecommit{'-fips' if fips else ''}.{region}.{aws_names.dns_suffix(region)}"


def clone_url(region: str, name: str, fips: bool = False) -> str:
    """The clone URL: no ``.git``, no slash at its end; the Git password is signed for exactly this path."""
    return f"https://{git_host(region, fips)}{clone_path(name)}"


def clone_path(name: str) -> str:
    """The path of the clone URL, which is what the Git password is signed for."""
    return f"/v1/repos/{name}"


def repository_arn(region: str, account: str, name: str) -> str:
    """ARN of a CodeCommit repository."""
    return f"arn:{aws_names.partition(region)}:codecommit:{region}:{account}:{name}"


def repository_url(answers: Answers) -> str:
    """The clone URL of the repository that complete answers describe."""
    codecommit = answers.codecommit
    return clone_url(answers.aws.region or "", codecommit.repository.name or "", codecommit.network.fips)


def reader_role_arn(answers: Answers) -> str:
    """ARN of the role that the refresher assumes, for complete answers."""
    credentials = answers.codecommit.credentials
    return aws_names.role_arn(
        answers.aws.region or "", answers.aws.account or "", credentials.path, credentials.role_name or ""
    )


def mirror_role_arn(answers: Answers) -> str:
    """ARN of the role that the mirror pipeline assumes, for complete answers."""
    codecommit = answers.codecommit
    path = codecommit.credentials.path
    return aws_names.role_arn(answers.aws.region or "", answers.aws.account or "", path, codecommit.mirror.role_name or "")
