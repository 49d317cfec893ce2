"""What EC2 is asked to try before a GitLab of one's own is made."""

from __future__ import annotations

from strategies.private_server.dry_runs import trials
from tests.unit.private_server.own_complete import complete


def test_the_group_and_the_launch_of_a_machine_that_is_made() -> None:
    group, launch = trials(complete()) or ()
    assert (group.action, group.parameters["VpcId"]) == ("ec2:CreateSecurityGroup", "vpc-0a1b2c3d4e5f60718")
    assert (launch.action, launch.parameters["ImageId"]) == ("ec2:RunInstances", "ami-0917ab0000000000a")
    assert launch.organization_alone


def test_nothing_for_a_server_that_is_there() -> None:
    assert trials(complete(make=False)) == ()


def test_not_before_image_and_subnet_are_answered() -> None:
    assert trials(complete(image_id=None)) is None
    assert trials(complete(subnet_id=None)) is None
