"""Addresses of the bastion-proxy strategy's resources: stable between runs, and what ``depends_on`` names."""

from __future__ import annotations

from typing import Final

SECURITY_GROUP: Final = "aws.security-group.proxy"
ROLE: Final = "aws.iam-role.proxy"
INSTANCE_PROFILE: Final = "aws.instance-profile.proxy"
INSTANCE: Final = "aws.instance.proxy"
SQUID: Final = "aws.squid.proxy"
WORKER_RULE: Final = "aws.security-group-rule.workers"

SECRET: Final = "cluster.secret.source"
APPLICATION: Final = "cluster.application.main"
REPO_SERVER: Final = "cluster.repo-server.environment"


def proxy_rule(cidr: str) -> str:
    """The rule that lets nodes of this range in."""
    return f"aws.security-group-rule.proxy.{cidr}"


def helm_secret(name: str) -> str:
    """The Secret of a Helm repository."""
    return f"cluster.secret.helm.{name}"


def certificate(host: str) -> str:
    """The CA by which Argo CD believes a host."""
    return f"cluster.certificate.{host}"
