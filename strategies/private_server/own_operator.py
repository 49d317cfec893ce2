"""What the operator needs in AWS for a GitLab of one's own: statements of the policy, and the same for the simulator. Pure.

Action names and what they can be held to: AWS service authorization reference, pages of EC2, IAM, Route 53, Secrets Manager and
Systems Manager.
"""

from __future__ import annotations

from collections.abc import Iterator

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG, Json
from strategies.common import aws_names
from strategies.common.iam import ROLE_ACTIONS, Document, allow
from strategies.facts import Permission
from strategies.kinds import HOLDS_TAG
from strategies.private_server import own_names, own_policies

DOCUMENT = "AWS-RunShellScript"
SEEN = (
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNetworkInterfaces",
    "route53:ListHostedZonesByVPC",
    "ssm:GetCommandInvocation",
)
"""What is read besides, where a server is made. How a command ended is told by its id alone."""

_PROFILE = (
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:DeleteInstanceProfile",
    "iam:GetInstanceProfile",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
)
_GROUP = (
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:DeleteSecurityGroup",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
)
_MACHINE = ("ec2:RunInstances", "ec2:StartInstances", "ec2:TerminateInstances")
"""Launching is held to our own group: of what it takes, nothing else has our tag."""
_VOLUME = ("ec2:AttachVolume", "ec2:DeleteVolume", "ec2:ModifyVolume")
_SECRET = (
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:RestoreSecret",
    "secretsmanager:TagResource",
)
_ZONE = (
    "route53:ChangeTagsForResource",
    "route53:DeleteHostedZone",
    "route53:GetHostedZone",
    "route53:ListResourceRecordSets",
)


def statements(answers: Answers) -> list[Json]:
    """Everything that making, changing and removing the server takes. What is made carries this instance's tag from the first
    moment, where AWS lets it; what is changed or deleted must have it."""
    return [*_made(answers), *_identity(answers), *_name(answers), *_secrets(answers), *_commands(answers)]


def permissions(answers: Answers) -> Iterator[Permission]:
    """Every action that apply makes, on the resources that it makes it on, with what the request then says."""
    own, instance = answers.private_server.own, answers.name or ""
    asked, ours = (f"aws:RequestTag/{INSTANCE_TAG}", instance), (f"aws:ResourceTag/{INSTANCE_TAG}", instance)
    group, volume = (_ec2(answers, "security-group/*"),), (_ec2(answers, "volume/*"),)
    machine = (_ec2(answers, "instance/*"),)
    yield Permission(("ec2:CreateSecurityGroup", "ec2:CreateTags"), group, (asked, ("ec2:CreateAction", "CreateSecurityGroup")))
    yield Permission(("ec2:CreateSecurityGroup",), (_ec2(answers, f"vpc/{answers.aws.vpc_id}"),))
    yield Permission(_GROUP, group, (ours,))
    boundary = own.permissions_boundary
    bounded = (("iam:PermissionsBoundary", boundary),) if boundary is not None else ()
    yield Permission(
        tuple(one for one in ROLE_ACTIONS if "Delete" not in one), (own_policies.role_arn(answers),), (*bounded, asked)
    )
    yield Permission(_PROFILE, (own_policies.profile_arn(answers),))
    passed = (("iam:PassedToService", own_policies.ec2_principal(answers)),)
    yield Permission(("iam:PassRole",), (own_policies.role_arn(answers),), passed)
    yield Permission(("ec2:RunInstances",), (image_arn(answers),))
    made = (
        asked,
        ("ec2:InstanceType", own.instance_type),
        ("ec2:MetadataHttpTokens", "required"),
        ("ec2:InstanceProfile", own_policies.profile_arn(answers)),
    )
    yield Permission(("ec2:RunInstances",), machine, made)
    yield Permission(("ec2:RunInstances",), (_ec2(answers, f"subnet/{own.subnet_id}"), _ec2(answers, "network-interface/*")))
    yield Permission(("ec2:RunInstances",), group, (ours,))
    yield Permission(("ec2:CreateTags",), machine, (asked, ("ec2:CreateAction", "RunInstances")))
    yield Permission(("ec2:CreateVolume", "ec2:RunInstances"), volume, (asked, ("ec2:Encrypted", "true")))
    yield Permission(("ec2:CreateTags",), volume, (asked, ("ec2:CreateAction", "CreateVolume")))
    yield Permission(("ec2:AttachVolume",), (*volume, *machine), (ours,))
    yield Permission(("ec2:CreateTags",), volume, (ours, ("aws:TagKeys", HOLDS_TAG)))
    yield Permission(("route53:CreateHostedZone",), ("*",))
    yield Permission((*_ZONE, "route53:ChangeResourceRecordSets"), (_zones(answers),))
    yield Permission(("route53:GetChange",), (_zone_changes(answers),))
    secrets = tuple(own_policies.secret_arn(answers, which) for which in own_names.secrets(answers))
    yield Permission(("secretsmanager:CreateSecret", "secretsmanager:TagResource"), secrets, (asked,))
    yield Permission(("secretsmanager:DescribeSecret",), secrets)
    certificate = own_policies.secret_arn(answers, "certificate")
    yield Permission(("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"), (certificate,))
    yield Permission(("secretsmanager:GetSecretValue",), (own_policies.secret_arn(answers, "administrator-token"),))
    yield Permission(("ssm:SendCommand",), (_shell(answers),))
    yield Permission(("ssm:SendCommand",), machine, ((f"ssm:resourceTag/{INSTANCE_TAG}", instance),))


def image_arn(answers: Answers) -> str:
    """ARN of the image: images are named without an account."""
    region = answers.aws.region or ""
    return f"arn:{aws_names.partition(region)}:ec2:{region}::image/{answers.private_server.own.image_id}"


def _made(answers: Answers) -> list[Json]:
    """Machine, disks and security group.

    RunInstances is decided for everything that it takes and makes (EC2 user guide, "Example policies to control access the
    Amazon EC2 API"). Where one statement has several kinds of resource, each action knows some of them alone.
    """
    own = answers.private_server.own
    narrow: Json = {
        "StringEquals": {
            f"aws:RequestTag/{INSTANCE_TAG}": answers.name or "",
            "ec2:InstanceType": own.instance_type,
            "ec2:MetadataHttpTokens": "required",
        },
        "ArnEquals": {"ec2:InstanceProfile": own_policies.profile_arn(answers)},
    }
    kinds = ("security-group", "instance", "volume", "network-interface")
    group, machine, volume, interface = (_ec2(answers, f"{kind}/*") for kind in kinds)
    subnet, vpc = _ec2(answers, f"subnet/{own.subnet_id}"), _ec2(answers, f"vpc/{answers.aws.vpc_id}")
    return [
        allow("ec2:RunInstances", image_arn(answers), sid="FromThisImage"),
        allow("ec2:RunInstances", machine, narrow, sid="MakeMachine"),
        allow(["ec2:CreateVolume", "ec2:RunInstances"], volume, _encrypted(answers), sid="MakeDisks"),
        allow("ec2:CreateSecurityGroup", group, _asked(answers), sid="MakeGroup"),
        allow(["ec2:CreateSecurityGroup", "ec2:RunInstances"], [vpc, subnet, interface], sid="InThisPlace"),
        allow("ec2:CreateTags", [group, machine, volume, interface], _while_made(answers), sid="TagWhatIsMade"),
        allow([*_GROUP, *_MACHINE, *_VOLUME], [group, machine, volume], _ours(answers), sid="ChangeOurs"),
        allow("ec2:CreateTags", volume, _marking(answers), sid="MarkThatItHoldsData"),
    ]


def _identity(answers: Answers) -> list[Json]:
    role, profile = own_policies.role_arn(answers), own_policies.profile_arn(answers)
    passed: Json = {"StringEquals": {"iam:PassedToService": own_policies.ec2_principal(answers)}}
    return [
        allow([*ROLE_ACTIONS, *_PROFILE], [role, profile], sid="Role"),
        allow("iam:PassRole", role, passed, sid="GiveItTheRole"),
    ]


def _name(answers: Answers) -> list[Json]:
    """Route 53 knows neither tags in conditions nor a zone before it is made: what can be held, is held to this one name."""
    zone, name = _zones(answers), answers.private_server.own.zone or ""
    here: Json = {"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": [name]}}
    vpc = f"VPCId={answers.aws.vpc_id},VPCRegion={answers.aws.region}"
    tied: Json = {"ForAllValues:StringEquals": {"route53:VPCs": [vpc]}}
    return [
        allow("route53:CreateHostedZone", "*", tied, sid="MakeZone"),
        allow("route53:ChangeResourceRecordSets", zone, here, sid="SetThisName"),
        allow([*_ZONE, "route53:GetChange"], [zone, _zone_changes(answers)], sid="Zone"),
    ]


def _secrets(answers: Answers) -> list[Json]:
    every: list[Json] = [own_policies.secret_arn(answers, which) for which in own_names.secrets(answers)]
    certificate = own_policies.secret_arn(answers, "certificate")
    read: list[Json] = [certificate, own_policies.secret_arn(answers, "administrator-token")]
    return [
        allow("secretsmanager:CreateSecret", every, _asked(answers), sid="MakeSecrets"),
        allow(list(_SECRET), every, sid="Secrets"),
        # Neither root's password nor the keys: they are nothing that this program reads.
        allow("secretsmanager:GetSecretValue", read, sid="ReadCertificateAndToken"),
        allow("secretsmanager:PutSecretValue", certificate, sid="WriteCertificate"),
    ]


def _commands(answers: Answers) -> list[Json]:
    """Scripts on this machine alone (SSM user guide, "Restricting Run Command access based on tags")."""
    ours: Json = {"StringEquals": {f"ssm:resourceTag/{INSTANCE_TAG}": answers.name or ""}}
    return [
        allow("ssm:SendCommand", _shell(answers), sid="RunScripts"),
        allow("ssm:SendCommand", _ec2(answers, "instance/*"), ours, sid="OnThisMachine"),
    ]


def _shell(answers: Answers) -> str:
    region = answers.aws.region or ""
    return f"arn:{aws_names.partition(region)}:ssm:{region}::document/{DOCUMENT}"


def _zones(answers: Answers) -> str:
    return f"arn:{aws_names.partition(answers.aws.region or '')}:route53:::hostedzone/*"


def _zone_changes(answers: Answers) -> str:
    return _zones(answers).replace("hostedzone/", "change/")


def _ec2(answers: Answers, what: str) -> str:
    region = answers.aws.region or ""
    return f"arn:{aws_names.partition(region)}:ec2:{region}:{answers.aws.account}:{what}"


def _asked(answers: Answers) -> Document:
    return {"StringEquals": {f"aws:RequestTag/{INSTANCE_TAG}": answers.name or ""}}


def _ours(answers: Answers) -> Document:
    return {"StringEquals": {f"aws:ResourceTag/{INSTANCE_TAG}": answers.name or ""}}


def _encrypted(answers: Answers) -> Document:
    return {**_asked(answers), "Bool": {"ec2:Encrypted": "true"}}


def _while_made(answers: Answers) -> Document:
    calls: Json = ["CreateSecurityGroup", "CreateVolume", "RunInstances"]
    return {"StringEquals": {"ec2:CreateAction": calls, f"aws:RequestTag/{INSTANCE_TAG}": answers.name or ""}}


def _marking(answers: Answers) -> Document:
    return {"ForAllValues:StringEquals": {"aws:TagKeys": [HOLDS_TAG]}, **_ours(answers)}
