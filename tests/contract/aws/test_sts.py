"""STS as its API reference describes it; tokens as RFC 7515 and RFC 7519 do."""

from __future__ import annotations

import json

import pytest

ISSUER = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
ROLE = "arn:aws:iam::123456789012:role/gitops/refresher"
SUBJECT = "system:serviceaccount:openshift-gitops:ezgitops-refresher"
PULL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "arn:aws:codecommit:us-east-2:123456789012:config"}
    ],
}


def trust(subject: str = SUBJECT, audience: str = "openshift") -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": PROVIDER},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": audience}},
            }
        ],
    }


@pytest.fixture(scope="module")
def sts(account):
    iam = account.client("iam")
    iam.create_role(RoleName="refresher", Path="/gitops/", AssumeRolePolicyDocument=json.dumps(trust()))
    iam.put_role_policy(RoleName="refresher", PolicyName="pull", PolicyDocument=json.dumps(PULL))
    return account.client("sts")


def test_the_operator_is_a_session_of_a_role(sts):
    """API_GetCallerIdentity."""
    seen = sts.get_caller_identity()
    assert (seen["Account"], seen["Arn"]) == (
        "123456789012",
        "arn:aws:sts::123456789012:assumed-role/PlatformEngineer/operator",
    )
    assert seen["UserId"].endswith(":operator")


def test_a_good_token_gives_credentials_that_work_until_they_expire(account, sts, refusal):
    """API_AssumeRoleWithWebIdentity."""
    answer = sts.assume_role_with_web_identity(
        RoleArn=ROLE,
        RoleSessionName="refresher",
        WebIdentityToken=account.issuer.token(sub=SUBJECT),
        DurationSeconds=900,
    )
    key = answer["Credentials"]["AccessKeyId"]
    credential = account.server.credential(key)
    assert credential.secret_access_key == answer["Credentials"]["SecretAccessKey"]
    assert credential.session_token == answer["Credentials"]["SessionToken"]
    assert credential.expires_at == answer["Credentials"]["Expiration"]
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    mine = account.client("sts", credential)
    arn = "arn:aws:sts::123456789012:assumed-role/refresher/refresher"
    assert mine.get_caller_identity()["Arn"] == arn
    assert account.server.allowed(arn, "codecommit:GitPull", "arn:aws:codecommit:us-east-2:123456789012:config")
    assert not account.server.allowed(arn, "codecommit:GitPush", "arn:aws:codecommit:us-east-2:123456789012:config")
    assert not account.server.allowed(arn, "codecommit:GitPull", "arn:aws:codecommit:us-east-2:123456789012:other")
    account.clock.advance(900)
    assert refusal(mine.get_caller_identity) == "ExpiredToken"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"sub": "system:serviceaccount:default:someone"}, "AccessDenied"),
        ({"aud": ["sts.amazonaws.com"]}, "AccessDenied"),
        ({"aud": ["kubernetes"]}, "InvalidIdentityToken"),
        ({"iss": "https://somewhere.else"}, "InvalidIdentityToken"),
        ({"key_id": "rotated-away"}, "InvalidIdentityToken"),
        ({"exp": 1}, "ExpiredTokenException"),
        ({"exp": None}, "InvalidIdentityToken"),
        ({"nbf": 4102444800, "exp": 4102448400}, "InvalidIdentityToken"),
    ],
)
def test_tokens_that_are_refused(account, sts, refusal, claims, code):
    """API_AssumeRoleWithWebIdentity, "Errors"; the conditions of the trust policy on ``sub`` and ``aud``."""
    token = account.issuer.token(**{"sub": SUBJECT} | claims)
    ask = {"RoleArn": ROLE, "RoleSessionName": "refresher", "WebIdentityToken": token}
    assert refusal(sts.assume_role_with_web_identity, **ask) == code


def test_a_token_that_somebody_else_signed_is_refused(account, sts, refusal):
    """RFC 7515, section 5.2: the signature covers header and payload."""
    good = account.issuer.token(sub=SUBJECT)
    header, _, signature = good.split(".")
    forged = f"{header}.{account.issuer.token(sub=SUBJECT, extra='x').split('.')[1]}.{signature}"
    for token in (forged, "not-a-token", "a.b.c"):
        ask = {"RoleArn": ROLE, "RoleSessionName": "refresher", "WebIdentityToken": token}
        assert refusal(sts.assume_role_with_web_identity, **ask) == "InvalidIdentityToken"


def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(account, sts, refusal):
    """IAM user guide, "Troubleshoot IAM roles"."""
    ask = {"RoleSessionName": "refresher", "WebIdentityToken": account.issuer.token(sub=SUBJECT)}
    nobody = "arn:aws:iam::123456789012:role/nobody"
    without_path = "arn:aws:iam::123456789012:role/refresher"
    engineer = "arn:aws:iam::123456789012:role/PlatformEngineer"
    for role in (nobody, without_path, engineer):
        assert refusal(sts.assume_role_with_web_identity, RoleArn=role, **ask) == "AccessDenied"


def test_a_longer_session_than_the_role_allows_is_refused(account, sts, refusal):
    """API_AssumeRoleWithWebIdentity, "DurationSeconds"."""
    token = account.issuer.token(sub=SUBJECT)
    ask = {"RoleArn": ROLE, "RoleSessionName": "refresher", "WebIdentityToken": token}
    assert refusal(sts.assume_role_with_web_identity, **ask, DurationSeconds=7200) == "ValidationError"


def test_assume_role_needs_trust(account, sts, refusal):
    """API_AssumeRole: the trust policy must name the caller or its account."""
    iam = account.client("iam")
    mine = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}],
    }
    made = iam.create_role(RoleName="assumable", AssumeRolePolicyDocument=json.dumps(mine))["Role"]["Arn"]
    answer = sts.assume_role(RoleArn=made, RoleSessionName="me-again")
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/assumable/me-again"
    assert refusal(sts.assume_role, RoleArn=ROLE, RoleSessionName="me-again") == "AccessDenied"
