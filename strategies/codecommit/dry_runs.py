"""What of the CodeCommit strategy EC2 is asked to try, and to make nothing. Pure."""

from __future__ import annotations

from strategies.answers import Answers
from strategies.common import aws_names
from strategies.common.dry_runs import Trial, make_group, tagged


def trials(answers: Answers) -> tuple[Trial, ...] | None:
    """The security group and an endpoint. None while an answer is missing.

    A rule cannot be tried before its group exists: the group's tags are part of what is decided.
    """
    region, vpc, subnets = answers.aws.region, answers.aws.vpc_id, answers.aws.subnet_ids
    if region is None or vpc is None or not subnets or answers.name is None:
        return None
    service = "git-codecommit-fips" if answers.codecommit.network.fips else "git-codecommit"
    endpoint = Trial(
        "ec2:CreateVpcEndpoint",
        {
            "VpcEndpointType": "Interface",
            "VpcId": vpc,
            "ServiceName": aws_names.endpoint_service(region, service),
            "SubnetIds": list(subnets),
            "PrivateDnsEnabled": True,
            "TagSpecifications": [tagged(answers, "vpc-endpoint")],
        },
    )
    return make_group(answers, vpc), endpoint
