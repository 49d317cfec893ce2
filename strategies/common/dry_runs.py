"""Calls to EC2 that are tried before anything is made (EC2 API reference, "DryRun"). Pure: the strategies say which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.manifests import owner


@dataclass(frozen=True, slots=True)
class Trial:
    """One call, in EC2's words.

    ``image_parameter`` is the public parameter that names the image of a launch. ``organization_alone``: only what a policy of
    the organization says against it counts, since the account's policies ask for what is not there before an apply.
    """

    action: str
    parameters: Mapping[str, Json] = field(hash=False)
    image_parameter: str | None = None
    organization_alone: bool = False


def make_group(answers: Answers, vpc: str) -> Trial:
    """A security group in a VPC, with this instance's tags."""
    return Trial(
        "ec2:CreateSecurityGroup",
        {
            "GroupName": "ezgitops-dry-run",
            "Description": "Never made: a dry run",
            "VpcId": vpc,
            "TagSpecifications": [tagged(answers, "security-group")],
        },
    )


def tagged(answers: Answers, kind: str) -> dict[str, Json]:
    """The tag specification that gives what is made this instance's tags."""
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in owner(answers).tags.items()]}
