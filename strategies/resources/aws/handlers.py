"""Every AWS handler, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from strategies.base import Resource
from strategies.kinds import (
    CodeCommitRepositoryResource,
    Ec2InstanceResource,
    IamRoleResource,
    IamUserResource,
    InstanceProfileResource,
    SecurityGroupResource,
    SecurityGroupRuleResource,
    SquidResource,
    VpcEndpointResource,
)
from strategies.ports import Handler
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.iam_role import IamRoleHandler
from strategies.resources.aws.iam_user import IamUserHandler
from strategies.resources.aws.instance import Ec2InstanceHandler
from strategies.resources.aws.instance_profile import InstanceProfileHandler
from strategies.resources.aws.repository import CodeCommitRepositoryHandler
from strategies.resources.aws.security_group import SecurityGroupHandler
from strategies.resources.aws.security_group_rule import SecurityGroupRuleHandler
from strategies.resources.aws.squid import SquidHandler
from strategies.resources.aws.vpc_endpoint import VpcEndpointHandler

AWS_KINDS: Mapping[type[Resource], str] = {
    CodeCommitRepositoryResource: CodeCommitRepositoryHandler.kind,
    SecurityGroupResource: SecurityGroupHandler.kind,
    SecurityGroupRuleResource: SecurityGroupRuleHandler.kind,
    SquidResource: SquidHandler.kind,
    VpcEndpointResource: VpcEndpointHandler.kind,
    IamRoleResource: IamRoleHandler.kind,
    IamUserResource: IamUserHandler.kind,
    InstanceProfileResource: InstanceProfileHandler.kind,
    Ec2InstanceResource: Ec2InstanceHandler.kind,
}
"""The kind (``Change.kind``) of each AWS resource class."""


def aws_handlers(clients: AwsClients) -> Mapping[str, Handler[Resource]]:
    """One handler for each kind, over shared clients.

    A handler only ever gets resources of its own class: the kind that it is found by comes from that class.
    """
    handlers = (
        CodeCommitRepositoryHandler(clients),
        SecurityGroupHandler(clients),
        SecurityGroupRuleHandler(clients),
        SquidHandler(clients),
        VpcEndpointHandler(clients),
        IamRoleHandler(clients),
        IamUserHandler(clients),
        InstanceProfileHandler(clients),
        Ec2InstanceHandler(clients),
    )
    return {one.kind: cast("Handler[Resource]", one) for one in handlers}
