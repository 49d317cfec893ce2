"""Launching a machine: one call, repeated while EC2 has not heard of its profile or its address is being freed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from strategies.base import Json
from strategies.kinds import Ec2InstanceResource
from strategies.ports import Execution, ResourceError
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.errors import code
from strategies.resources.aws.tags import ec2_tags, told

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import InstanceTypeType, ResourceTypeType
    from mypy_boto3_ec2.type_defs import ImageTypeDef, RunInstancesRequestTypeDef, TagSpecificationTypeDef

_TAGGED: tuple[ResourceTypeType, ...] = ("instance", "volume", "network-interface")
_SMALLEST_DISK = 8
"""Gibibytes; what Amazon Linux 2023 comes with (AL2023 user guide, "AMIs")."""
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_NO_IMAGE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")
_IN_USE = "InvalidIPAddress.InUse"


class Launcher:
    """Makes machines."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def launch(self, resource: Ec2InstanceResource, group: str, run: Execution) -> str | None:
        """The id of the machine; None where its address is in use and stays so. Raises ResourceError."""
        what = f"make machine {resource.name}"
        image = self._image(resource)
        request = _request(resource, group, image, str(uuid.uuid4()))
        arguments = _told(resource, group, image)
        for pause in (*_PAUSES, None):
            with self._clients.working(what, "ec2"), run.mutation("ec2:RunInstances", arguments):
                try:
                    made = self._clients.ec2.run_instances(**request)["Instances"]
                    return made[0].get("InstanceId", "")
                except ClientError as error:
                    waits = _waits_for(error)
                    if waits is None or (pause is None and code(error) != _IN_USE):
                        raise
            if pause is None:
                return None
            run.progress(waits)
            run.sleep(pause)
        return None

    def _image(self, resource: Ec2InstanceResource) -> ImageTypeDef:
        """The image that is named, or that the public parameter names now (SSM user guide, "Calling AMI public parameters")."""
        parameter = resource.image_parameter or ""
        if resource.image_id is not None:
            return self._described(f"find image {resource.image_id}", resource.image_id, "Answer another image.")
        what = f"find the image that {parameter} names"
        with self._clients.working(what, "ssm"):
            try:
                image = self._clients.ssm.get_parameter(Name=parameter)["Parameter"].get("Value", "")
            except ClientError as error:
                if code(error) != "ParameterNotFound":
                    raise
                remedy = "Answer bastionProxy.instance.imageParameter with one of Amazon Linux 2023, as the default is."
                raise ResourceError(what, "there is no such parameter in this region", remedy) from error
        return self._described(what, image, "Answer another image parameter.")

    def _described(self, what: str, image: str, remedy: str) -> ImageTypeDef:
        with self._clients.working(what, "ec2"):
            try:
                found = self._clients.ec2.describe_images(ImageIds=[image])["Images"]
            except ClientError as error:
                if code(error) not in _NO_IMAGE:
                    raise
                found = []
        if not found:
            raise ResourceError(what, f"{image} is not to be seen in this region", remedy)
        return found[0]


def _waits_for(error: ClientError) -> str | None:
    """What a refusal is waited out for, in words; None for one that stays.

    IAM user guide, "Changes that I make are not always immediately visible": a profile just made is an unknown name to EC2.
    """
    if code(error) == _IN_USE:
        return "waits until its address is free"
    if code(error) == "InvalidParameterValue" and "IAM Instance Profile" in str(error):
        return "waits until EC2 knows the instance profile, usually some seconds"
    return None


def _request(resource: Ec2InstanceResource, group: str, image: ImageTypeDef, token: str) -> RunInstancesRequestTypeDef:
    tags = ec2_tags({**resource.owner.tags, "Name": resource.name})
    tagged: list[TagSpecificationTypeDef] = [{"ResourceType": kind, "Tags": tags} for kind in _TAGGED]
    return {
        "ClientToken": token,
        "ImageId": image.get("ImageId", ""),
        "InstanceType": cast("InstanceTypeType", resource.instance_type),
        "MinCount": 1,
        "MaxCount": 1,
        "NetworkInterfaces": [
            {
                "DeviceIndex": 0,
                "SubnetId": resource.subnet_id,
                "PrivateIpAddress": resource.private_address,
                "Groups": [group],
                "AssociatePublicIpAddress": False,
                "DeleteOnTermination": True,
            }
        ],
        "IamInstanceProfile": {"Name": resource.profile_name},
        # One hop: nothing that is passed on through the machine reaches its credentials.
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        "BlockDeviceMappings": [
            {
                "DeviceName": _root(image),
                "Ebs": {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": _size(image), "DeleteOnTermination": True},
            }
        ],
        "TagSpecifications": tagged,
    }


def _told(resource: Ec2InstanceResource, group: str, image: ImageTypeDef) -> dict[str, Json]:
    """The same for the journal, and so for the equivalent command."""
    request = _request(resource, group, image, "")
    tags = told({**resource.owner.tags, "Name": resource.name})
    kept = {name: value for name, value in request.items() if name not in ("ClientToken", "MinCount", "MaxCount")}
    specifications: Json = [{"ResourceType": kind, "Tags": tags} for kind in _TAGGED]
    return {**cast("dict[str, Json]", kept), "Count": 1, "TagSpecifications": specifications}


def _root(image: ImageTypeDef) -> str:
    return image.get("RootDeviceName") or "/dev/xvda"


def _size(image: ImageTypeDef) -> int:
    """As large as the image asks for."""
    disks = [one for one in image.get("BlockDeviceMappings", ()) if one.get("DeviceName") == _root(image)]
    return max([_SMALLEST_DISK, *(one.get("Ebs", {}).get("VolumeSize", 0) for one in disks)])
