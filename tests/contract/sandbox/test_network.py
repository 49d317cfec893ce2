"""The way from the cluster to CodeCommit: open only through an endpoint that fits, for the identity that its token proves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from strategies.codecommit.sigv4 import AwsKeys, git_login
from tests.contract.sandbox.conftest import NAME, REGION, URL, Hands
from tests.contract.sandbox.test_argocd import make_secret, verdict
from wizard.sandbox.launch import Sandbox

ACCOUNT = "123456789012"
ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"


@pytest.mark.parametrize(
    ("obstacle", "told"),
    [("closed group", "context deadline exceeded"), ("policy", "authorization failed"), ("none", "")],
)
def test_an_endpoint_lets_through_what_it_should(sandbox: Sandbox, tmp_path: Path, obstacle: str, told: str) -> None:
    hands = Hands(sandbox)
    hands.aws("codecommit").create_repository(repositoryName=NAME)
    hands.mirror(tmp_path / "m")
    make_secret(hands, {"url": URL, **dict(zip(("username", "password"), hands.login(), strict=True))})
    if obstacle == "closed group":
        made = hands.aws("ec2").create_security_group(GroupName="closed", Description="none", VpcId="vpc-0a1b2c3d4e5f60718")
        hands.endpoint(group=made["GroupId"])
    elif obstacle == "policy":
        statement = {"Effect": "Allow", "Principal": "*", "Action": "codecommit:GitPush", "Resource": "*"}
        hands.endpoint(policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    else:
        hands.endpoint()
    conditions = verdict(hands).get("conditions", [])
    assert [told in condition["message"] for condition in conditions] == ([True] if told else [])


@pytest.fixture(scope="module")
def role(hands: Hands) -> str:
    """A role that trusts one service account, and may pull from one repository."""
    condition = {f"{ISSUER}:sub": "system:serviceaccount:demo-apps:default", f"{ISSUER}:aud": "openshift"}
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": condition},
    }
    pull = {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{NAME}"}
    iam = hands.aws("iam")
    document = lambda statement: json.dumps({"Version": "2012-10-17", "Statement": [statement]})  # noqa: E731
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="pull", PolicyDocument=document(pull))
    for name in (NAME, "another"):
        hands.aws("codecommit").create_repository(repositoryName=name)
    return str(arn)


def assume(hands: Hands, role: str, *, namespace: str = "demo-apps", audience: str = "openshift") -> AwsKeys:
    """A session of the role for a token of the namespace's default service account."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    spec = {"audiences": [audience], "expirationSeconds": 3600}
    token = hands.kube("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    answer = hands.aws("sts").assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="test", WebIdentityToken=token["status"]["token"]
    )
    keys = answer["Credentials"]
    return AwsKeys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def test_the_session_of_a_token_reads_its_repository_and_no_other(hands: Hands, role: str) -> None:
    keys = assume(hands, role)
    assert hands.git("ls-remote", URL, login=git_login(URL, keys, datetime.now(UTC))).returncode == 0
    other = URL.replace(NAME, "another")
    assert "403" in hands.git("ls-remote", other, login=git_login(other, keys, datetime.now(UTC))).stderr


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"namespace": "openshift-gitops"}, "AccessDenied"),
        ({"audience": "sts.amazonaws.com"}, "AccessDenied"),
        ({"audience": "somebody.else"}, "InvalidIdentityToken"),
    ],
    ids=["sub", "aud of the provider", "aud of nobody"],
)
def test_a_token_of_another_does_not(hands: Hands, role: str, wrong: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        assume(hands, role, **wrong)
    assert refused.value.response["Error"]["Code"] == code
