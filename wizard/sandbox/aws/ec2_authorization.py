"""What a request to EC2 has to be allowed, resource by resource.

Resource types, condition keys and dependent actions: service authorization reference, "Actions, resources, and condition keys
for Amazon EC2". Tags given while something is made need the right to tag as well: EC2 user guide, "Grant permission to tag
resources during creation". Launches: EC2 user guide, "Example policies to control access the Amazon EC2 API".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.sandbox.aws.demands import ANY, NEW, Demand, numbered, request_tags, resource_tags
from wizard.sandbox.aws.policy import Context
from wizard.sandbox.aws.world import World

Parameters = Mapping[str, str]

_GROUP = (("GroupId", "security-group"),)
_MACHINES = (("InstanceId", "instance"),)
_ATTACHED = (("VolumeId", "volume"), ("InstanceId", "instance"))
_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AuthorizeSecurityGroupEgress": _GROUP,
    "AuthorizeSecurityGroupIngress": _GROUP,
    "AttachVolume": _ATTACHED,
    "CreateSecurityGroup": (("VpcId", "vpc"),),
    "CreateVpcEndpoint": (("VpcId", "vpc"), ("SubnetId", "subnet"), ("SecurityGroupId", "security-group")),
    "CreateVolume": (),
    "DeleteSecurityGroup": _GROUP,
    "DeleteVolume": (("VolumeId", "volume"),),
    "DeleteVpcEndpoints": (("VpcEndpointId", "vpc-endpoint"),),
    "DetachVolume": _ATTACHED,
    "ModifyInstanceMetadataOptions": _MACHINES,
    "ModifyVolume": (("VolumeId", "volume"),),
    "ModifyVpcEndpoint": (
        ("VpcEndpointId", "vpc-endpoint"),
        ("AddSubnetId", "subnet"),
        ("RemoveSubnetId", "subnet"),
        ("AddSecurityGroupId", "security-group"),
        ("RemoveSecurityGroupId", "security-group"),
    ),
    # Taking a rule away is decided for its group alone, whatever tags the rule has.
    "RevokeSecurityGroupEgress": _GROUP,
    "RevokeSecurityGroupIngress": _GROUP,
    "RunInstances": (("NetworkInterface.1.SubnetId", "subnet"), ("SubnetId", "subnet")),
    "StartInstances": _MACHINES,
    "StopInstances": _MACHINES,
    "TerminateInstances": _MACHINES,
}
"""Operations held to resources that are there: parameter (or the start of a numbered one) and resource type."""

_MADE = {"CreateSecurityGroup": "security-group", "CreateVolume": "volume", "CreateVpcEndpoint": "vpc-endpoint"}
_TAGGED_RULES = ("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress")
_TAGGING = ("CreateTags", "DeleteTags")
_TAG_KIND = re.compile(r"^TagSpecification\.(\d+)\.ResourceType$")
_DISK = re.compile(r"^(BlockDeviceMapping\.\d+\.Ebs)\.")
_KINDS = {
    "ami": "image", "eni": "network-interface", "i": "instance", "rtb": "route-table", "sg": "security-group",
    "sgr": "security-group-rule", "subnet": "subnet", "vol": "volume", "vpc": "vpc", "vpce": "vpc-endpoint",
}  # fmt: skip
"""Resource types by what their ids begin with."""


def ec2_demands(world: World, operation: str, parameters: Parameters) -> Iterator[Demand]:
    """Everything that must be allowed for one operation."""
    return _Request(world, operation, parameters).demands()


class _Request:
    def __init__(self, world: World, operation: str, parameters: Parameters) -> None:
        self._world, self._operation, self._parameters = world, operation, parameters
        self._action = f"ec2:{operation}"
        scenario = world.scenario
        self._region = f"arn:{scenario.partition}:ec2:{scenario.region}"
        self._prefix = f"{self._region}:{scenario.account_id}"

    def demands(self) -> Iterator[Demand]:
        operation, named = self._operation, _NAMED.get(self._operation)
        if operation in _TAGGING:
            yield from self._tagging()
            return
        if named is None:
            yield Demand(self._action, ANY if operation.startswith("Describe") else None)
            return
        made = _MADE.get(operation)
        if made is not None:
            encrypted = {"ec2:Encrypted": self._parameters["Encrypted"]} if "Encrypted" in self._parameters else {}
            yield Demand(self._action, f"{self._prefix}:{made}/{NEW}", {**self._asked(made), **encrypted})
        for parameter, kind in named:
            for identifier in numbered(self._parameters, parameter):
                yield self._there(kind, identifier)
        if operation in _TAGGED_RULES and self._asked("security-group-rule"):
            rule = f"{self._prefix}:security-group-rule/{NEW}"
            yield Demand(self._action, rule, self._asked("security-group-rule"))
        if operation == "RunInstances":
            yield from self._launch()
        for kind in self._tagged():
            yield Demand("ec2:CreateTags", f"{self._prefix}:{kind}/{NEW}", {**self._asked(kind), "ec2:CreateAction": operation})
        if self._parameters.get("PrivateDnsEnabled") == "true":
            # EC2 ties the service's private zone to the VPC in the caller's name.
            yield Demand(
                "route53:AssociateVPCWithHostedZone", f"arn:{self._world.scenario.partition}:route53:::hostedzone/{NEW}"
            )

    def _launch(self) -> Iterator[Demand]:
        """An image, a machine, its disks and its interface, the groups; and the role that the machine is given."""
        given = self._parameters
        image = given.get("ImageId", "")
        yield Demand(self._action, f"{self._region}::image/{image}", self._image(image))
        yield Demand(self._action, f"{self._prefix}:instance/{NEW}", {**self._asked("instance"), **self._machine()})
        for disk in sorted({found[1] for name in given if (found := _DISK.match(name))}) or [""]:
            keys = {
                "ec2:Encrypted": given.get(f"{disk}.Encrypted", "false"),
                "ec2:VolumeType": given.get(f"{disk}.VolumeType", "gp2"),
            }
            yield Demand(self._action, f"{self._prefix}:volume/{NEW}", {**self._asked("volume"), **keys})
        interface = self._asked("network-interface")
        subnet = given.get("NetworkInterface.1.SubnetId", given.get("SubnetId", ""))
        public = given.get("NetworkInterface.1.AssociatePublicIpAddress")
        place = {"ec2:Subnet": f"{self._prefix}:subnet/{subnet}"} | (
            {} if public is None else {"ec2:AssociatePublicIpAddress": public}
        )
        yield Demand(self._action, f"{self._prefix}:network-interface/{NEW}", {**interface, **place})
        for parameter in ("NetworkInterface.1.SecurityGroupId", "SecurityGroupId"):
            for group in numbered(given, parameter):
                yield self._there("security-group", group)
        yield from self._passed_role()

    def _machine(self) -> dict[str, str]:
        """What is asked of the machine; a key that is not asked for is not in the request."""
        given = self._parameters
        keys = {
            "ec2:InstanceType": given.get("InstanceType"),
            "ec2:InstanceProfile": self._profile()[0],
            "ec2:MetadataHttpEndpoint": given.get("MetadataOptions.HttpEndpoint"),
            "ec2:MetadataHttpPutResponseHopLimit": given.get("MetadataOptions.HttpPutResponseHopLimit"),
            "ec2:MetadataHttpTokens": given.get("MetadataOptions.HttpTokens"),
        }
        return {key: value for key, value in keys.items() if value is not None}

    def _profile(self) -> tuple[str | None, tuple[str, ...]]:
        """The ARN of the instance profile that is asked for (None: of none), and those of the roles in it."""
        name = self._parameters.get("IamInstanceProfile.Name")
        arn = self._parameters.get("IamInstanceProfile.Arn")
        name = name or (arn.rpartition("/")[2] if arn else None)
        if name is None:
            return None, ()
        profile = self._world.iam.instance_profiles.get(name)
        if profile is None:
            scenario = self._world.scenario
            return arn or f"arn:{scenario.partition}:iam::{scenario.account_id}:instance-profile/{name}", ()
        return str(profile.arn), tuple(str(role.arn) for role in profile.roles)

    def _passed_role(self) -> Iterator[Demand]:
        for role in self._profile()[1]:
            yield passing(role)

    def _image(self, identifier: str) -> dict[str, str]:
        image = self._world.ec2.amis.get(identifier)
        if image is None:
            return {}
        # An image of Amazon's own has its alias for an owner (EC2 user guide, "Example policies").
        return {"ec2:Owner": str(image.owner_alias or image.owner_id), "ec2:ImageType": str(image.image_type)}

    def _tagging(self) -> Iterator[Demand]:
        """Tags of what is there. Without tags, DeleteTags is about all of them, and the request names none."""
        for identifier in numbered(self._parameters, "ResourceId"):
            there = self._there(_KINDS.get(identifier.partition("-")[0], ANY), identifier)
            yield Demand(self._action, there.resource, {**request_tags(self._parameters, "Tag."), **there.context})

    def _there(self, kind: str, identifier: str) -> Demand:
        """The operation's action on something that exists, with its tags."""
        tags = resource_tags(self._world.ec2.tags.get(identifier, {}), "aws:ResourceTag", "ec2:ResourceTag")
        return Demand(self._action, f"{self._prefix}:{kind}/{identifier}", tags)

    def _tagged(self) -> list[str]:
        """The resource types that are given tags while they are made."""
        kinds = [value for name, value in self._parameters.items() if _TAG_KIND.match(name)]
        return [kind for kind in dict.fromkeys(kinds) if self._asked(kind)]

    def _asked(self, kind: str) -> Context:
        """The tags that things of one type are given while they are made."""
        for name, value in self._parameters.items():
            found = _TAG_KIND.match(name)
            if found is not None and value == kind:
                return request_tags(self._parameters, f"TagSpecification.{found[1]}.Tag.")
        return {}


def passing(role_arn: str) -> Demand:
    """The right to hand a role to EC2 (IAM user guide, "Grant a user permissions to pass a role to an AWS service")."""
    return Demand("iam:PassRole", role_arn, {"iam:PassedToService": "ec2.amazonaws.com"})
