"""Fills an empty account with what the scenario says is there already, under the ids that the scenario gives."""

from __future__ import annotations

import json

from moto.codecommit.models import codecommit_backends

from wizard.sandbox.aws.images import seed_image
from wizard.sandbox.aws.network import seed_network
from wizard.sandbox.aws.routes import seed_routes
from wizard.sandbox.aws.services.codecommit import SandboxCodeCommit
from wizard.sandbox.aws.services.ec2 import SandboxEc2
from wizard.sandbox.aws.services.iam import SandboxIam
from wizard.sandbox.aws.views import Credential
from wizard.sandbox.aws.world import World


def seed(world: World) -> Credential:
    """Fill the account; gives the operator's credential."""
    seed_identities(world)
    ec2: SandboxEc2 = world.ec2
    for image in world.scenario.images:
        seed_image(ec2, image)
    for vpc in world.scenario.vpcs:
        seed_network(ec2, vpc)
    seed_routes(ec2, world.scenario)
    repositories: SandboxCodeCommit = codecommit_backends[world.scenario.account_id][world.scenario.region]
    for repository in world.scenario.codecommit.repositories:
        repositories.create(repository.name, repository.description, repository.kms_key_id or "", repository.tags)
    return world.issue(world.scenario.operator_arn, world.scenario.operator.session_seconds)


def seed_identities(world: World) -> None:
    """Alias, OIDC providers, policies, the operator's role, and the other roles and users."""
    scenario, iam = world.scenario, world.iam
    if not isinstance(iam, SandboxIam):
        raise TypeError("the sandbox's services are not installed")
    if scenario.alias:
        iam.create_account_alias(scenario.alias)
    for provider in scenario.iam.oidc_providers:
        iam.create_open_id_connect_provider(provider.url, list(provider.thumbprints), list(provider.audiences), [])
    for policy in scenario.iam.policies:
        iam.create_policy("", policy.path, json.dumps(policy.document), policy.name, [])
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:{scenario.partition}:iam::{scenario.account_id}:saml-provider/sso"},
                "Action": "sts:AssumeRoleWithSAML",
            }
        ],
    }
    operator = iam.create_role(scenario.operator.role, json.dumps(trust), "/", None, "", [], "43200")
    for name, document in scenario.operator.policies.items():
        operator.put_policy(name, json.dumps(document))
    for role in scenario.iam.roles:
        made = iam.create_role(
            role.name, json.dumps(role.trust), role.path, role.permissions_boundary, "", _pairs(role.tags), "3600"
        )
        for name, document in role.policies.items():
            made.put_policy(name, json.dumps(document))
    for user in scenario.iam.users:
        person = iam.create_user(scenario.region, user.name, user.path, _pairs(user.tags))
        for name, document in user.policies.items():
            person.put_policy(name, json.dumps(document))


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
