"""The IAM policies of the bastion proxy: what its machine may do, and what the operator needs. Pure, for complete answers.

Action names and what they can be held to: AWS service authorization reference, pages of EC2, IAM and Systems Manager.
"""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import INSTANCE_TAG, Json
from strategies.common import aws_names
from strategies.common.iam import MESSAGES, ROLE_ACTIONS, SEE, SEEN, Document, allow, document, finding, foresight
from strategies.kinds import SQUID_TAG

DOCUMENT = "AWS-RunShellScript"

_SEEN = (
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeVpcPeeringConnections",
)
"""What lies between the nodes and the proxy."""

_SEEN_OF_COMMANDS = ("ssm:GetCommandInvocation",)
"""How a command ended is told by its id alone."""

_SEEN_TO_MAKE = ("ec2:DescribeImages", "ec2:DescribeNetworkInterfaces", "iam:GetAccountSummary")

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
_MACHINE = (
    "ec2:ModifyInstanceMetadataOptions",
    "ec2:RunInstances",
    "ec2:StartInstances",
    "ec2:TerminateInstances",
)
"""Launching is held to our own group, changing to our own machine: of what these act on, nothing else has our tag."""


def machine_trust(answers: Answers) -> Document:
    """Trusts EC2, which gives the role to the machine (IAM user guide, "Using an IAM role to grant permissions to applications
    running on Amazon EC2 instances")."""
    principal: Json = {"Service": ec2_principal(answers)}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def machine(_answers: Answers) -> Document:
    """What Run Command needs of its agent, and nothing else: no documents, parameters, inventory, patches or sessions, all of
    which AmazonSSMManagedInstanceCore has. The agent says who it is, hears of commands and answers them."""
    return document(allow(["ssm:UpdateInstanceInformation", *MESSAGES], "*"))


def operator_policy(answers: Answers) -> Document:
    """The least that the operator needs to plan, apply, look at and destroy this instance.

    A proxy that somebody runs already needs nothing but looks. What is made must carry this instance's tag from the first
    moment; what is changed or deleted must have it.
    """
    region, account, asked = answers.aws.region or "", answers.aws.account or "", answers.bastion_proxy
    made = asked.proxy.method == "new"
    more = (*_SEEN, *(_SEEN_OF_COMMANDS if asked.proxy.method != "existing" else ()), *(_SEEN_TO_MAKE if made else ()))
    statements: list[Json] = [
        allow([*SEEN, *more], "*", sid=SEE),
        *foresight(region, account, asked.instance.permissions_boundary if made else None),
        *finding(region, account),
    ]
    if asked.proxy.method != "existing":
        statements += [*_commands(answers), *_foreign_rules(answers)]
    if made:
        statements += [
            *_machine(answers),
            allow([*ROLE_ACTIONS, *_PROFILE], [role_arn(answers), profile_arn(answers)], sid="Role"),
        ]
    statements += _tags(answers)
    return document(*statements)


def ec2_principal(answers: Answers) -> str:
    """EC2 as a service that is given a role (IAM user guide, "AWS service principals")."""
    return f"ec2.{aws_names.dns_suffix(answers.aws.region or '')}"


def role_arn(answers: Answers) -> str:
    """ARN of the role of the machine that is made."""
    asked = answers.bastion_proxy.instance
    return aws_names.role_arn(answers.aws.region or "", answers.aws.account or "", asked.role_path, asked.role_name or "")


def profile_arn(answers: Answers) -> str:
    """ARN of its instance profile, which has the role's name and path."""
    return role_arn(answers).replace(":role/", ":instance-profile/", 1)


def command_targets(answers: Answers) -> tuple[str, str]:
    """What a command is sent with and to: the ARNs of the document, and of the machine (those of the region, for a new one)."""
    region = answers.aws.region or ""
    asked = answers.bastion_proxy
    shell = f"arn:{aws_names.partition(region)}:ssm:{region}::document/{DOCUMENT}"
    return shell, _ec2(answers, f"instance/{'*' if asked.proxy.method == 'new' else asked.instance.id}")


def foreign_groups(answers: Answers) -> dict[str, str]:
    """The groups of others that get a rule of ours: id to the call that adds it."""
    asked, found = answers.bastion_proxy, dict[str, str]()
    network = asked.network
    if asked.proxy.method == "instance" and network.proxy_rule == "add" and network.proxy_group_id is not None:
        found[network.proxy_group_id] = "AuthorizeSecurityGroupIngress"
    if asked.proxy.method != "existing" and network.worker_rule == "add" and network.worker_group_id is not None:
        found[network.worker_group_id] = "AuthorizeSecurityGroupEgress"
    return found


def _commands(answers: Answers) -> list[Json]:
    """Scripts on this machine alone, and Squid's mark on it.

    SSM user guide, "Restricting Run Command access based on tags".
    """
    shell, target = command_targets(answers)
    made = answers.bastion_proxy.proxy.method == "new"
    ours: Json = {"StringEquals": {f"ssm:resourceTag/{INSTANCE_TAG}": answers.name or ""}} if made else None
    # DeleteTags without tags takes all of them, and a request without keys would pass the first test alone.
    mark: Document = {"ForAllValues:StringEquals": {"aws:TagKeys": [SQUID_TAG]}, "Null": {"aws:TagKeys": "false"}}
    if made:
        mark["StringEquals"] = {f"aws:ResourceTag/{INSTANCE_TAG}": answers.name or ""}
    return [
        # One statement for what is Systems Manager's own: each of the two actions knows one of the two resources alone.
        allow(["ssm:GetParameter", "ssm:SendCommand"], [parameter_arn(answers), shell], sid="FindImageAndRunScripts")
        if made
        else allow("ssm:SendCommand", shell, sid="RunScripts"),
        allow("ssm:SendCommand", target, ours, sid="OnThisMachine"),
        allow(["ec2:CreateTags", "ec2:DeleteTags"], target, mark, sid="MarkTheMachine"),
    ]


def _foreign_rules(answers: Answers) -> list[Json]:
    """Rules in these groups of others: each that is added carries our tag from the first moment.

    Taking a rule away is decided for its group alone, and knows no tags of rules (service authorization reference, EC2).
    """
    calls = foreign_groups(answers)
    if not calls:
        return []
    found: list[Json] = []
    for call in sorted(set(calls.values())):
        groups: list[Json] = [_ec2(answers, f"security-group/{group}") for group, one in calls.items() if one == call]
        both: list[Json] = [f"ec2:{call}", f"ec2:{call.replace('Authorize', 'Revoke', 1)}"]
        found.append(allow(both, groups, sid=f"RulesFor{call.removeprefix('AuthorizeSecurityGroup')}"))
    adding: list[Json] = [f"ec2:{call}" for call in sorted(set(calls.values()))]
    return [*found, allow(adding, _ec2(answers, "security-group-rule/*"), _asked(answers), sid="TagTheRules")]


def _machine(answers: Answers) -> list[Json]:
    """One machine of this type, in this subnet, with this profile, from an image of Amazon's, and its security group.

    RunInstances is decided for everything that it takes and makes (EC2 user guide, "Example policies to control access the
    Amazon EC2 API").
    """
    asked = answers.bastion_proxy.instance
    region, instance = answers.aws.region or "", answers.name or ""
    narrow: Json = {
        "StringEquals": {
            f"aws:RequestTag/{INSTANCE_TAG}": instance,
            "ec2:InstanceType": asked.type,
            "ec2:MetadataHttpTokens": "required",
        },
        "ArnEquals": {"ec2:InstanceProfile": profile_arn(answers)},
    }
    encrypted: Json = {"StringEquals": {f"aws:RequestTag/{INSTANCE_TAG}": instance}, "Bool": {"ec2:Encrypted": "true"}}
    image = f"arn:{aws_names.partition(region)}:ec2:{region}::image/*"
    passed: Json = {"StringEquals": {"iam:PassedToService": ec2_principal(answers)}}
    machine, group = (_ec2(answers, f"{kind}/*") for kind in ("instance", "security-group"))
    interface = _ec2(answers, "network-interface/*")
    place: list[Json] = [_ec2(answers, f"vpc/{asked.vpc_id}"), _ec2(answers, f"subnet/{asked.subnet_id}"), interface]
    return [
        allow("ec2:RunInstances", image, {"StringEquals": {"ec2:Owner": "amazon"}}, sid="FromAmazonsImage"),
        allow("ec2:RunInstances", machine, narrow, sid="MakeMachine"),
        allow("ec2:RunInstances", _ec2(answers, "volume/*"), encrypted, sid="WithItsDisk"),
        allow("ec2:CreateSecurityGroup", group, _asked(answers), sid="MakeGroup"),
        allow(["ec2:CreateSecurityGroup", "ec2:RunInstances"], place, sid="InThisPlace"),
        allow([*_GROUP, *_MACHINE], _ec2(answers, "*/*"), _ours(answers), sid="ChangeOurs"),
        allow("iam:PassRole", role_arn(answers), passed, sid="GiveItTheRole"),
    ]


def _tags(answers: Answers) -> list[Json]:
    """Tags for what is being made, and for nothing that is there (EC2 user guide, "Grant permission to tag resources during
    creation")."""
    calls = sorted(set(foreign_groups(answers).values()))
    if answers.bastion_proxy.proxy.method == "new":
        calls += ["CreateSecurityGroup", "RunInstances"]
    if not calls:
        return []
    names: Json = [*calls]
    condition: Json = {"StringEquals": {"ec2:CreateAction": names, f"aws:RequestTag/{INSTANCE_TAG}": answers.name or ""}}
    return [allow("ec2:CreateTags", _ec2(answers, "*/*"), condition, sid="TagWhatIsMade")]


def parameter_arn(answers: Answers) -> str:
    """ARN of the public parameter that names the image: public ones belong to no account."""
    region = answers.aws.region or ""
    name = answers.bastion_proxy.instance.image_parameter
    return f"arn:{aws_names.partition(region)}:ssm:{region}::parameter{name}"


def _ec2(answers: Answers, what: str) -> str:
    region = answers.aws.region or ""
    return f"arn:{aws_names.partition(region)}:ec2:{region}:{answers.aws.account}:{what}"


def _asked(answers: Answers) -> Document:
    return {"StringEquals": {f"aws:RequestTag/{INSTANCE_TAG}": answers.name or ""}}


def _ours(answers: Answers) -> Document:
    return {"StringEquals": {f"aws:ResourceTag/{INSTANCE_TAG}": answers.name or ""}}
