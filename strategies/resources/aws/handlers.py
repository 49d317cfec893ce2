"""Every AWS handler, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from strategies.base import Resource
from strategies.kinds import (
    CodeCommitRepositoryResource,
    DataVolumeResource,
    Ec2InstanceResource,
    GitLabServerResource,
    IamRoleResource,
    IamUserResource,
    InstanceProfileResource,
    PrivateNameResource,
    SecurityGroupResource,
    SecurityGroupRuleResource,
    SquidResource,
    StoredSecretResource,
    VpcEndpointResource,
)
from strategies.ports import Handler
from strategies.resources.aws.clients import AwsClients
from strategies.resources.aws.gitlab_server import GitLabServerHandler
from strategies.resources.aws.iam_role import IamRoleHandler
from strategies.resources.aws.iam_user import IamUserHandler
from strategies.resources.aws.instance import Ec2InstanceHandler
from strategies.resources.aws.instance_profile import InstanceProfileHandler
from strategies.resources.aws.private_zone import PrivateNameHandler
from strategies.resources.aws.repository import CodeCommitRepositoryHandler
from strategies.resources.aws.secret import StoredSecretHandler
from strategies.resources.aws.security_group import SecurityGroupHandler
from strategies.resources.aws.security_group_rule import SecurityGroupRuleHandler
from strategies.resources.aws.squid import SquidHandler
from strategies.resources.aws.volume import DataVolumeHandler
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
    DataVolumeResource: DataVolumeHandler.kind,
    PrivateNameResource: PrivateNameHandler.kind,
    StoredSecretResource: StoredSecretHandler.kind,
    GitLabServerResource: GitLabServerHandler.kind,
    Ec2InstanceResource: Ec2InstanceHandler.kind,
}
"""The kind (``Change.kind``) of each AWS resource class."""


def aws_handlers(clients: AwsClients, resolve: Callable[[str], str]) -> Mapping[str, Handler[Resource]]:
    """One handler for each kind, over shared clients. ``resolve`` gives the secret behind a reference, or raises ResourceError.

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
        DataVolumeHandler(clients),
        PrivateNameHandler(clients),
        StoredSecretHandler(clients, resolve),
        GitLabServerHandler(clients, resolve),
    )
    return {one.kind: cast("Handler[Resource]", one) for one in handlers}
