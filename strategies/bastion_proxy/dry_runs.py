"""What of the bastion proxy EC2 is asked to try, and to make nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from strategies.answers import Answers
from strategies.base import Json
from strategies.bastion_proxy import policies
from strategies.common.dry_runs import Trial, make_group, tagged

_DISK: Json = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeType": "gp3", "VolumeSize": 8}}


def trials(answers: Answers) -> tuple[Trial, ...] | None:
    """The rules in groups of others; of a machine that is made, its group and the launch. None while an answer is missing."""
    asked = answers.bastion_proxy
    if asked.proxy.method == "existing":
        return ()
    place = urlsplit(asked.proxy.url or "")
    if answers.name is None or place.hostname is None or place.port is None:
        return None
    found = list(_rules(answers, place.hostname, place.port))
    if asked.proxy.method != "new":
        return tuple(found)
    if asked.instance.vpc_id is None or asked.instance.subnet_id is None:
        return None
    return (make_group(answers, asked.instance.vpc_id), *found, _launch(answers))


def _rules(answers: Answers, address: str, port: int) -> Iterator[Trial]:
    for group, call in policies.foreign_groups(answers).items():
        inward = call == "AuthorizeSecurityGroupIngress"
        cidrs = answers.cluster.machine_cidrs or () if inward else (f"{address}/32",)
        ranges: list[Json] = [{"CidrIp": cidr} for cidr in cidrs]
        if not ranges:
            continue
        rule: Json = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
        yield Trial(
            f"ec2:{call}",
            {"GroupId": group, "IpPermissions": [rule], "TagSpecifications": [tagged(answers, "security-group-rule")]},
        )


def _launch(answers: Answers) -> Trial:
    """A machine as it is made, without what is made before it: its security group, its profile, its address."""
    asked = answers.bastion_proxy.instance
    return Trial(
        "ec2:RunInstances",
        {
            "InstanceType": asked.type,
            "MinCount": 1,
            "MaxCount": 1,
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": asked.subnet_id, "AssociatePublicIpAddress": False}],
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [_DISK],
            "TagSpecifications": [tagged(answers, kind) for kind in ("instance", "volume", "network-interface")],
        },
        image_parameter=asked.image_parameter,
        organization_alone=True,
    )
