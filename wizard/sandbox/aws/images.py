"""Fills an account with the machine images of a scenario."""

from __future__ import annotations

from moto.ec2.models.amis import Ami

from wizard.sandbox.aws.scenario import Image
from wizard.sandbox.aws.services.ec2 import SandboxEc2


def seed_image(ec2: SandboxEc2, image: Image) -> None:
    """An image of this account, under the id that the scenario gives."""
    made = Ami(
        ec2,
        image.id,
        name=image.name,
        description=image.description,
        architecture=image.architecture,
        state=image.state,
        virtualization_type="hvm",
        root_device_type="ebs",
        region_name=f"{ec2.region_name}a",
    )
    made.add_tags({"Name": image.name})
    ec2.amis[image.id] = made
