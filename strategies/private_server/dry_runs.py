"""What of a GitLab of one's own EC2 is asked to try, and to make nothing. Pure."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.base import Json
from strategies.common.dry_runs import Trial, make_group, tagged


def trials(answers: Answers) -> tuple[Trial, ...] | None:
    """The machine's group and its launch; nothing for a server that is there. None while an answer is missing."""
    own = answers.private_server.own
    if not own.make:
        return ()
    if answers.name is None or answers.aws.vpc_id is None or own.subnet_id is None or own.image_id is None:
        return None
    return make_group(answers, answers.aws.vpc_id), _launch(answers, own.subnet_id, own.image_id)


def _launch(answers: Answers, subnet: str, image: str) -> Trial:
    """The machine as it is made, without what is made before it: its security group, its profile, its address."""
    interface: Json = {"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": False}
    return Trial(
        "ec2:RunInstances",
        {
            "ImageId": image,
            "InstanceType": answers.private_server.own.instance_type,
            "MinCount": 1,
            "MaxCount": 1,
            "NetworkInterfaces": [interface],
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "TagSpecifications": [tagged(answers, kind) for kind in ("instance", "volume", "network-interface")],
        },
        organization_alone=True,
    )
