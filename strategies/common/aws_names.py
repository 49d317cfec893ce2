"""Names that AWS derives from a region: partitions, host names, service names and ARNs. Pure text."""

from __future__ import annotations

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def partition(region: str) -> str:
    """The partition of a region, as it stands in ARNs (AWS IAM user guide, "Amazon Resource Names")."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def dns_suffix(region: str) -> str:
    """The domain under which the region's service hosts stand."""
    return "amazonaws.com.cn" if partition(region) == "aws-cn" else "amazonaws.com"


def sts_host(region: str) -> str:
    """The regional STS host: the global one does not resolve to an interface endpoint (IAM user guide, "STS VPC endpoint")."""
    return f"sts.{region}.{dns_suffix(region)}"


def endpoint_service(region: str, service: str) -> str:
    """The service name of an interface endpoint (``sts``, ``git-codecommit``, ``codecommit``, ``git-codecommit-fips``)."""
    return f"com.amazonaws.{region}.{service}"


def role_arn(region: str, account: str, path: str, name: str) -> str:
    """ARN of an IAM role; ``path`` begins and ends with a slash."""
    return f"arn:{partition(region)}:iam::{account}:role{path}{name}"


def user_arn(region: str, account: str, path: str, name: str) -> str:
    """ARN of an IAM user; ``path`` begins and ends with a slash."""
    return f"arn:{partition(region)}:iam::{account}:user{path}{name}"


def oidc_provider_arn(region: str, account: str, issuer: str) -> str:
    """ARN of the IAM OIDC provider for an issuer (given without ``https://``)."""
    return f"arn:{partition(region)}:iam::{account}:oidc-provider/{issuer}"
