"""IAM roles, users and Git credentials: read, plan, create, update, delete, owned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from strategies.base import Action, Group, Json, Owner
from strategies.kinds import IamRoleResource, IamUserResource
from strategies.ports import ResourceError
from strategies.resources.aws.iam_role import IamRoleHandler
from strategies.resources.aws.iam_user import IamUserHandler
from strategies.resources.aws.service_credentials import ServiceCredentials
from tests.contract.resources_aws.conftest import OWNER, CrashError, World

ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
BOUNDARY = "arn:aws:iam::123456789012:policy/workload-boundary"
ARN = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"


def trust(account: str) -> Mapping[str, Json]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{ISSUER}:sub": f"system:serviceaccount:ns:{account}", f"{ISSUER}:aud": "openshift"}
                },
            }
        ],
    }


def pull(arn: str = ARN) -> Mapping[str, Json]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": arn}]}


ROLE = IamRoleResource(
    address="aws.iam-role.reader",
    title="role",
    group=Group.AWS,
    owner=OWNER,
    name="prod-east-argocd-reader",
    path="/",
    description="reads",
    permissions_boundary=None,
    trust_policy=trust("refresher"),
    policy_name="git-pull",
    policy=pull(),
)
USER = IamUserResource(
    address="aws.iam-user.reader",
    title="user",
    group=Group.AWS,
    owner=OWNER,
    name="prod-east-argocd-reader",
    path="/",
    permissions_boundary=None,
    policy_name="git-pull",
    policy=pull(),
)


@pytest.fixture
def roles(world: World) -> IamRoleHandler:
    return IamRoleHandler(world.clients)


@pytest.fixture
def users(world: World) -> IamUserHandler:
    return IamUserHandler(world.clients)


def test_a_role_is_made_once_and_then_left_alone(world: World, roles: IamRoleHandler) -> None:
    assert roles.plan(ROLE, roles.read(ROLE)).action is Action.CREATE
    run = world.run()

    outputs = roles.create(ROLE, run)

    assert outputs["arn"] == "arn:aws:iam::123456789012:role/prod-east-argocd-reader"
    assert run.names == ["iam:CreateRole", "iam:PutRolePolicy"]
    found = roles.read(ROLE)
    assert found is not None
    assert found.owner == OWNER
    assert (roles.plan(ROLE, found).action, found.outputs) == (Action.NONE, outputs)


def test_a_role_whose_policy_is_missing_after_a_crash_is_completed(world: World, roles: IamRoleHandler) -> None:
    with pytest.raises(CrashError):
        roles.create(ROLE, world.run(crash_after="iam:CreateRole"))
    half = roles.read(ROLE)
    assert half is not None
    assert [one.path for one in roles.plan(ROLE, half).diff] == ["policy"]

    roles.create(ROLE, world.run())

    found = roles.read(ROLE)
    assert found is not None
    assert roles.plan(ROLE, found).action is Action.NONE


def test_a_role_is_changed_in_place(world: World, roles: IamRoleHandler) -> None:
    roles.create(ROLE, world.run())
    asked = replace(
        ROLE,
        trust_policy=trust("another"),
        policy=pull(f"{ARN}-2"),
        permissions_boundary=BOUNDARY,
        description="reads more",
    )
    found = roles.read(asked)
    assert found is not None
    change = roles.plan(asked, found)
    assert change.action is Action.UPDATE
    assert {one.path for one in change.diff} == {"trust policy", "policy", "permissions boundary", "description"}

    roles.update(asked, found, world.run())

    again = roles.read(asked)
    assert again is not None
    assert roles.plan(asked, again).action is Action.NONE
    unbounded = replace(asked, permissions_boundary=None)
    run = world.run()
    roles.update(unbounded, again, run)
    assert run.names == ["iam:DeleteRolePermissionsBoundary"]


def test_another_path_means_another_role(world: World, roles: IamRoleHandler) -> None:
    roles.create(ROLE, world.run())
    asked = replace(ROLE, path="/gitops/")
    found = roles.read(asked)
    assert found is not None

    change = roles.plan(asked, found)

    assert change.action is Action.REPLACE
    roles.delete(found, world.run())
    assert roles.create(asked, world.run())["arn"] == "arn:aws:iam::123456789012:role/gitops/prod-east-argocd-reader"


@pytest.mark.parametrize(
    ("account", "arn", "why"),
    [
        ("refresher", ARN, None),
        ("refresher", "*", None),
        ("somebody", ARN, "trusts somebody else"),
        ("refresher", f"{ARN}-2", "no inline policy"),
    ],
)
def test_a_role_that_somebody_prepared_is_used_when_it_fits(
    world: World, roles: IamRoleHandler, account: str, arn: str, why: str | None
) -> None:
    iam = world.clients.iam
    iam.create_role(RoleName=ROLE.name, AssumeRolePolicyDocument=json.dumps(trust(account)))
    iam.put_role_policy(RoleName=ROLE.name, PolicyName="theirs", PolicyDocument=json.dumps(pull(arn)))
    found = roles.read(ROLE)
    assert found is not None

    change = roles.plan(ROLE, found)

    assert change.action is Action.NONE
    if why is None:
        assert change.conflict is None
    else:
        assert change.conflict is not None
        assert why in change.conflict


def test_roles_are_found_by_tags_and_deleted_with_what_was_attached(world: World, roles: IamRoleHandler) -> None:
    roles.create(ROLE, world.run())
    roles.create(replace(ROLE, name="other", owner=Owner("other")), world.run())
    world.clients.iam.attach_role_policy(RoleName=ROLE.name, PolicyArn=BOUNDARY)
    owned = list(roles.owned(OWNER))
    assert [(one.provider_id, one.owner) for one in owned] == [(ROLE.name, OWNER)]

    roles.delete(owned[0], world.run())
    roles.delete(owned[0], world.run())

    assert roles.read(ROLE) is None


def test_a_refusal_names_the_boundary_that_does_not_exist(world: World, roles: IamRoleHandler) -> None:
    asked = replace(ROLE, permissions_boundary="arn:aws:iam::123456789012:policy/nowhere")

    with pytest.raises(ResourceError) as caught:
        roles.create(asked, world.run())

    assert caught.value.what == "make IAM role prod-east-argocd-reader"


def test_a_user_is_made_changed_found_and_deleted_with_its_credentials(world: World, users: IamUserHandler) -> None:
    assert users.plan(USER, users.read(USER)).action is Action.CREATE
    users.create(USER, world.run())
    found = users.read(USER)
    assert found is not None
    assert users.plan(USER, found).action is Action.NONE

    asked = replace(USER, policy=pull(f"{ARN}-2"), permissions_boundary=BOUNDARY)
    assert {one.path for one in users.plan(asked, found).diff} == {"policy", "permissions boundary"}
    users.update(asked, found, world.run())
    again = users.read(asked)
    assert again is not None
    assert users.plan(asked, again).action is Action.NONE

    ServiceCredentials(world.clients).create(USER.name, world.run())
    owned = list(users.owned(OWNER))
    assert [one.provider_id for one in owned] == [USER.name]
    users.delete(owned[0], world.run())
    users.delete(owned[0], world.run())
    assert users.read(USER) is None


def test_a_user_after_a_crash_is_completed(world: World, users: IamUserHandler) -> None:
    with pytest.raises(CrashError):
        users.create(USER, world.run(crash_after="iam:CreateUser"))

    users.create(USER, world.run())

    found = users.read(USER)
    assert found is not None
    assert users.plan(USER, found).action is Action.NONE


def test_a_user_that_is_not_ours_is_a_conflict(world: World, users: IamUserHandler) -> None:
    world.clients.iam.create_user(UserName=USER.name)
    found = users.read(USER)
    assert found is not None

    assert users.plan(USER, found).conflict is not None
    with pytest.raises(ResourceError):
        users.create(USER, world.run())


def test_git_credentials_are_listed_made_and_deleted_and_never_journalled(world: World, users: IamUserHandler) -> None:
    credentials = ServiceCredentials(world.clients)
    assert credentials.active(USER.name) == []
    users.create(USER, world.run())
    run = world.run()

    one, name, password = credentials.create(USER.name, run)

    assert credentials.active(USER.name) == [(one, name)]
    assert name.startswith("prod-east-argocd-reader-at-")
    assert password
    assert password not in repr(run.calls)
    world.clients.iam.update_service_specific_credential(UserName=USER.name, ServiceSpecificCredentialId=one, Status="Inactive")
    assert credentials.active(USER.name) == []
    assert credentials.every(USER.name) == [one]
    credentials.delete(USER.name, one, run)
    credentials.delete(USER.name, one, run)
    assert credentials.every(USER.name) == []


def test_a_third_credential_is_refused_in_plain_words(world: World, users: IamUserHandler) -> None:
    credentials = ServiceCredentials(world.clients)
    users.create(USER, world.run())
    for _ in range(2):
        credentials.create(USER.name, world.run())

    with pytest.raises(ResourceError) as caught:
        credentials.create(USER.name, world.run())

    assert "quota" in caught.value.remedy
