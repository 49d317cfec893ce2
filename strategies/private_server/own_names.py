"""Names and plan addresses of what a GitLab of one's own consists of: the names grow from the name of the instance. Pure."""

from __future__ import annotations

from typing import Final

from strategies.answers import Answers
from strategies.base import Situation
from strategies.common import effective

SECURITY_GROUP: Final = "aws.security-group.server"
ROLE: Final = "aws.iam-role.server"
INSTANCE_PROFILE: Final = "aws.instance-profile.server"
INSTANCE: Final = "aws.instance.server"
VOLUME: Final = "aws.data-volume.server"
NAME: Final = "aws.private-name.server"
CERTIFICATE_SECRET: Final = "aws.stored-secret.certificate"
PASSWORD_SECRET: Final = "aws.stored-secret.root-password"
TOKEN_SECRET: Final = "aws.stored-secret.administrator-token"
KEYS_SECRET: Final = "aws.stored-secret.keys"
SERVER: Final = "aws.gitlab-server.main"


def machine(instance: str) -> str:
    """Name of the machine, of its security group and of its data volume."""
    return f"ezgitops-{instance}-gitlab"


def secret(instance: str, which: str) -> str:
    """Name in AWS Secrets Manager of its ``certificate``, ``root-password``, ``administrator-token`` or ``keys``."""
    return f"ezgitops/{instance}/gitlab/{which}"


def secrets(answers: Answers) -> tuple[str, ...]:
    """Every secret of this server, by what it is. The keys are kept apart only where there are backups to read with them."""
    kept = ("keys",) if answers.private_server.own.backup_bucket is not None else ()
    return ("certificate", "root-password", "administrator-token", *kept)


def suggested_role(situation: Situation) -> str | None:
    """Name of the machine's role and instance profile."""
    instance = effective.instance(situation)
    return None if instance is None else f"{instance}-gitlab"


def suggested_token(situation: Situation) -> str | None:
    """Where the administrator's token is that the machine makes; None where no server is made."""
    instance = effective.instance(situation)
    if instance is None or not situation.answers.private_server.own.make:
        return None
    return f"aws-secretsmanager:{secret(instance, 'administrator-token')}"
