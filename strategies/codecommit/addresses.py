"""Addresses of the CodeCommit strategy's resources: stable between runs, and what ``depends_on`` names."""

from __future__ import annotations

from typing import Final

REPOSITORY: Final = "aws.codecommit-repository.main"
SECURITY_GROUP: Final = "aws.security-group.endpoints"
GIT_ENDPOINT: Final = "aws.vpc-endpoint.git"
API_ENDPOINT: Final = "aws.vpc-endpoint.api"
STS_ENDPOINT: Final = "aws.vpc-endpoint.sts"
READER_ROLE: Final = "aws.iam-role.reader"
READER_USER: Final = "aws.iam-user.reader"
MIRROR_ROLE: Final = "aws.iam-role.mirror"

SERVICE_ACCOUNT: Final = "cluster.service-account.refresher"
SCRIPT: Final = "cluster.config-map.refresher"
SECRET_ROLE: Final = "cluster.role.refresher"
SECRET_ROLE_BINDING: Final = "cluster.role-binding.refresher"
REFRESHER: Final = "cluster.deployment.refresher"
SECRET: Final = "cluster.secret.repository"
GIT_CREDENTIAL: Final = "cluster.git-credential.reader"
APPLICATION: Final = "cluster.application.main"

MIRROR: Final = "git.mirror.main"
PIPELINE_FILE: Final = "git.pipeline-file.mirror"
