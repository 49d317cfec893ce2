"""IAM as its API reference and user guide describe it."""

from __future__ import annotations

import json

import pytest

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
BOUNDARY = "arn:aws:iam::123456789012:policy/workload-boundary"
REPOSITORY = "arn:aws:codecommit:us-east-2:123456789012:cluster-config"


@pytest.fixture(scope="module")
def iam(account):
    return account.client("iam")


def trust(**changes: object) -> str:
    """A trust policy that AWS takes, with changes to its one statement (None: without the field)."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
    } | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


def pull(**changes: object) -> str:
    """An identity policy that AWS takes, with changes to its one statement."""
    statement = {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": REPOSITORY} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}),
        json.dumps({"Version": "2012-10-17"}),
        trust(Effect="allow"),
        trust(Principal=None),
        trust(Action=None),
        trust(Action="s3:GetObject"),
        trust(Resource="*"),
        trust(Principal={"Federated": "oidc.example.com"}),
        trust(Principal={"AWS": "PlatformEngineer"}),
        trust(Principal={"AWS": "arn:aws:iam::123456789012:role/nobody"}),
        trust(Principal={"Service": "ec2"}),
        trust(Principal={"Robot": "r2d2"}),
        trust(Condition={"StringMatches": {"a": "b"}}),
        trust(Sids="x"),
    ],
)
def test_malformed_trust_policies_are_refused(iam, refusal, document):
    """API_CreateRole: MalformedPolicyDocument; user guide, "AWS JSON policy elements: Principal"."""
    code = refusal(iam.create_role, RoleName="refused", AssumeRolePolicyDocument=document)
    assert code == "MalformedPolicyDocument"
    assert refusal(iam.get_role, RoleName="refused") == "NoSuchEntity"


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"Federated": "arn:aws:iam::123456789012:oidc-provider/not.there"},
        {"Federated": "accounts.google.com"},
        {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/PlatformEngineer"]},
        {"Service": "ec2.amazonaws.com"},
    ],
)
def test_trust_policies_that_aws_takes(iam, principal):
    """User guide, "AWS JSON policy elements: Principal": a federated provider need not exist."""
    iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust(Principal=principal))
    iam.update_assume_role_policy(RoleName="taken", PolicyDocument=trust())
    assert iam.get_role(RoleName="taken")["Role"]["AssumeRolePolicyDocument"] == json.loads(trust())
    iam.delete_role(RoleName="taken")


@pytest.mark.parametrize(
    "document",
    [
        "{",
        pull(Resource=None),
        pull(Resource="cluster-config"),
        pull(Action="GitPull"),
        pull(Action=None),
        pull(Principal="*"),
        pull(Effect="Maybe"),
    ],
)
def test_malformed_identity_policies_are_refused(iam, refusal, document):
    """API_PutRolePolicy and API_PutUserPolicy: MalformedPolicyDocument."""
    role = {"RoleName": "PlatformEngineer", "PolicyName": "x", "PolicyDocument": document}
    assert refusal(iam.put_role_policy, **role) == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"RoleName": "has space"}, "ValidationError"),
        ({"RoleName": "x" * 63 + "é"}, "ValidationError"),
        ({"Path": "no-slash"}, "ValidationError"),
        ({"PermissionsBoundary": "arn:aws:iam::123456789012:policy/none"}, "NoSuchEntity"),
        ({"RoleName": "PlatformEngineer"}, "EntityAlreadyExists"),
    ],
)
def test_what_create_role_refuses(iam, refusal, changes, code):
    """API_CreateRole."""
    assert refusal(iam.create_role, **{"RoleName": "new", "AssumeRolePolicyDocument": trust()} | changes) == code


def test_a_role_keeps_path_boundary_and_tags(iam, refusal):
    """API_GetRole, API_ListRoleTags; API_DeleteRole: DeleteConflict while a policy is there."""
    tags = [{"Key": "ezgitops.dev/owner", "Value": "ezgitops"}]
    made = iam.create_role(
        RoleName="reader", Path="/gitops/", AssumeRolePolicyDocument=trust(), PermissionsBoundary=BOUNDARY, Tags=tags
    )["Role"]
    assert made["Arn"] == "arn:aws:iam::123456789012:role/gitops/reader"
    seen = iam.get_role(RoleName="reader")["Role"]
    assert seen["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert iam.list_role_tags(RoleName="reader")["Tags"] == tags
    assert "reader" in [r["RoleName"] for r in iam.list_roles(PathPrefix="/gitops/")["Roles"]]
    iam.put_role_policy(RoleName="reader", PolicyName="pull", PolicyDocument=pull())
    assert refusal(iam.delete_role, RoleName="reader") == "DeleteConflict"
    iam.delete_role_policy(RoleName="reader", PolicyName="pull")
    iam.delete_role(RoleName="reader")


def test_two_service_specific_credentials_and_no_more(account, iam, refusal):
    """API_CreateServiceSpecificCredential: LimitExceeded, NotSupportedService; user guide, "Use IAM with CodeCommit"."""
    iam.create_user(UserName="git-reader")
    ask = {"UserName": "git-reader", "ServiceName": "codecommit.amazonaws.com"}
    first, second = (iam.create_service_specific_credential(**ask)["ServiceSpecificCredential"] for _ in range(2))
    names = [first["ServiceUserName"], second["ServiceUserName"]]
    assert names == ["git-reader-at-123456789012", "git-reader+1-at-123456789012"]
    assert refusal(iam.create_service_specific_credential, **ask) == "LimitExceeded"
    other = {"UserName": "git-reader", "ServiceName": "s3.amazonaws.com"}
    assert refusal(iam.create_service_specific_credential, **other) == "NotSupportedService"
    assert refusal(iam.create_service_specific_credential, **(ask | {"UserName": "nobody"})) == "NoSuchEntity"
    listed = iam.list_service_specific_credentials(UserName="git-reader")["ServiceSpecificCredentials"]
    assert ["ServicePassword" in c for c in listed] == [False, False]
    user = "arn:aws:iam::123456789012:user/git-reader"
    assert account.server.service_password(names[0]) == (first["ServicePassword"], user)


def test_a_service_specific_credential_is_switched_off_reset_and_deleted(account, iam, refusal):
    """API_UpdateServiceSpecificCredential, API_Reset..., API_Delete...; API_DeleteUser: DeleteConflict."""
    iam.create_user(UserName="robot")
    ask = {"UserName": "robot", "ServiceName": "codecommit.amazonaws.com"}
    made = iam.create_service_specific_credential(**ask)["ServiceSpecificCredential"]
    this = {"UserName": "robot", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    iam.update_service_specific_credential(**this, Status="Inactive")
    assert account.server.service_password(made["ServiceUserName"]) is None
    iam.update_service_specific_credential(**this, Status="Active")
    again = iam.reset_service_specific_credential(**this)["ServiceSpecificCredential"]
    assert again["ServiceUserName"] == made["ServiceUserName"]
    assert again["ServicePassword"] != made["ServicePassword"]
    assert refusal(iam.delete_user, UserName="robot") == "DeleteConflict"
    iam.delete_service_specific_credential(**this)
    assert refusal(iam.delete_service_specific_credential, **this) == "NoSuchEntity"
    iam.delete_user(UserName="robot")
    assert refusal(iam.list_service_specific_credentials, UserName="robot") == "NoSuchEntity"


def test_a_user_keeps_its_boundary(account, iam, refusal):
    """API_CreateUser, API_PutUserPermissionsBoundary; user guide, "Permissions boundaries"."""
    iam.create_user(UserName="bounded", PermissionsBoundary=BOUNDARY)
    everything = pull(Action="*", Resource="*")
    iam.put_user_policy(UserName="bounded", PolicyName="all", PolicyDocument=everything)
    arn = "arn:aws:iam::123456789012:user/bounded"
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    assert account.server.allowed(arn, "codecommit:GitPull", REPOSITORY)
    assert not account.server.allowed(arn, "iam:CreateUser", "*")
    iam.delete_user_permissions_boundary(UserName="bounded")
    assert account.server.allowed(arn, "iam:CreateUser", "*")
    unknown = "arn:aws:iam::123456789012:policy/none"
    assert refusal(iam.create_user, UserName="unbounded", PermissionsBoundary=unknown) == "NoSuchEntity"
    assert refusal(iam.get_user, UserName="unbounded") == "NoSuchEntity"


def test_a_simulation_tells_allowed_from_denied(iam, refusal):
    """API_SimulatePrincipalPolicy, API_EvaluationResult."""
    iam.create_role(RoleName="simulated", AssumeRolePolicyDocument=trust())
    iam.put_role_policy(RoleName="simulated", PolicyName="pull", PolicyDocument=pull())
    iam.put_role_policy(RoleName="simulated", PolicyName="no", PolicyDocument=pull(Effect="Deny", Action="codecommit:Del*"))
    results = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/simulated",
        ActionNames=["codecommit:GitPull", "codecommit:GitPush", "codecommit:DeleteRepository"],
        ResourceArns=[REPOSITORY],
    )["EvaluationResults"]
    assert [r["EvalDecision"] for r in results] == ["allowed", "implicitDeny", "explicitDeny"]
    simulate = iam.simulate_principal_policy
    session = "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator"
    nobody = "arn:aws:iam::123456789012:role/nobody"
    assert refusal(simulate, PolicySourceArn=session, ActionNames=["s3:GetObject"]) == "InvalidInput"
    assert refusal(simulate, PolicySourceArn=nobody, ActionNames=["s3:GetObject"]) == "NoSuchEntity"


def test_the_cluster_s_provider_lists_its_audiences(iam):
    """API_GetOpenIDConnectProvider: the URL without its scheme."""
    seen = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert seen["Url"] == PROVIDER.partition("oidc-provider/")[2]
    assert seen["ClientIDList"] == ["openshift", "sts.amazonaws.com"]
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-prod"]


def test_an_audience_is_added_once(account, refusal):
    """API_AddClientIDToOpenIDConnectProvider: "This operation is idempotent"; a provider that is not there is NoSuchEntity."""
    iam = account.client("iam")
    arn = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    before = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="another")
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == [*before, "another"]
    add = iam.add_client_id_to_open_id_connect_provider
    assert refusal(add, OpenIDConnectProviderArn=arn + "x", ClientID="another") == "NoSuchEntity"
