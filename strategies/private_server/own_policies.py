"""The IAM policies of the machine with a GitLab of one's own. Pure, for complete answers.

Action names and what they can be held to: AWS service authorization reference, pages of EC2, S3, Secrets Manager and Systems
Manager.
"""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common import aws_names
from strategies.common.iam import MESSAGES, Document, allow, document
from strategies.private_server import own_configuration, own_names

_ANY_SUFFIX = "-??????"
"""Secrets Manager adds a hyphen and six characters to each name (user guide, "What's in a secret")."""


def machine_trust(answers: Answers) -> Document:
    """Trusts EC2, which gives the role to the machine (IAM user guide, "Using an IAM role to grant permissions to applications
    running on Amazon EC2 instances")."""
    principal: Json = {"Service": ec2_principal(answers)}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def machine(answers: Answers) -> Document:
    """Run Command; the certificate's secret to be read, the others to be written and never read; backups to be written."""
    statements: list[Json] = [
        allow(["ssm:UpdateInstanceInformation", *MESSAGES], "*", sid="RunCommand"),
        allow("secretsmanager:GetSecretValue", secret_arn(answers, "certificate"), sid="ReadCertificate"),
        # DescribeSecret tells whether there is a value, and not the value.
        allow(
            ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"],
            [secret_arn(answers, which) for which in own_names.secrets(answers) if which != "certificate"],
            sid="WriteSecrets",
        ),
    ]
    backups = backups_arn(answers)
    if backups is not None:
        statements.append(allow(["s3:AbortMultipartUpload", "s3:PutObject"], backups, sid="WriteBackups"))
    return document(*statements)


def ec2_principal(answers: Answers) -> str:
    """EC2 as a service that is given a role (IAM user guide, "AWS service principals")."""
    return f"ec2.{aws_names.dns_suffix(answers.aws.region or '')}"


def role_arn(answers: Answers) -> str:
    """ARN of the machine's role."""
    own = answers.private_server.own
    return aws_names.role_arn(answers.aws.region or "", answers.aws.account or "", own.role_path, own.role_name or "")


def profile_arn(answers: Answers) -> str:
    """ARN of its instance profile, which has the role's name and path."""
    return role_arn(answers).replace(":role/", ":instance-profile/", 1)


def secret_arn(answers: Answers, which: str) -> str:
    """ARN of one of the server's secrets, whatever suffix it was given."""
    region = answers.aws.region or ""
    name = own_names.secret(answers.name or "", which)
    return f"arn:{aws_names.partition(region)}:secretsmanager:{region}:{answers.aws.account}:secret:{name}{_ANY_SUFFIX}"


def backups_arn(answers: Answers) -> str | None:
    """ARN of everything below the folder of the backups; None where none are made."""
    bucket, folder = answers.private_server.own.backup_bucket, own_configuration.folder(answers)
    return None if folder is None else f"arn:{aws_names.partition(answers.aws.region or '')}:s3:::{bucket}/{folder}/*"
