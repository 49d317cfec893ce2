"""Policies as the IAM user guide's "Policy evaluation logic" and "IAM JSON policy elements" describe them."""

from __future__ import annotations

import pytest

from wizard.sandbox.aws.policy import Decision, decide

PULL = "codecommit:GitPull"
CONFIG = "arn:aws:codecommit:us-east-2:123456789012:config"
READER = "arn:aws:iam::123456789012:role/reader"


def statement(effect: str = "Allow", **fields: object) -> dict[str, object]:
    return {"Effect": effect, "Action": PULL, "Resource": CONFIG} | fields


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement()], Decision.ALLOWED),
        ([statement(Action="CODECOMMIT:gitpull")], Decision.ALLOWED),
        ([statement(Action="codecommit:Git*")], Decision.ALLOWED),
        ([statement(Action=["s3:*", "*"])], Decision.ALLOWED),
        ([statement(Action="codecommit:GitPush")], Decision.IMPLICIT_DENY),
        ([statement(Resource=CONFIG.upper())], Decision.IMPLICIT_DENY),
        ([statement(Resource="arn:aws:codecommit:*:123456789012:con?ig")], Decision.ALLOWED),
        ([statement(Resource=CONFIG + "2")], Decision.IMPLICIT_DENY),
        ([statement(), statement("Deny", Action="*")], Decision.EXPLICIT_DENY),
        ([statement("Deny", Resource="*"), statement()], Decision.EXPLICIT_DENY),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Decision.ALLOWED),
        ([{"Effect": "Allow", "NotAction": "codecommit:*", "Resource": "*"}], Decision.IMPLICIT_DENY),
        ([{"Effect": "Deny", "Action": "*", "NotResource": CONFIG}, statement()], Decision.ALLOWED),
    ],
)
def test_an_explicit_deny_wins_then_an_allow(statements, expected):
    """ "Policy evaluation logic"; actions ignore case, resources do not."""
    assert decide([{"Version": "2012-10-17", "Statement": statements}], PULL, CONFIG) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"issuer:sub": "me"}}, True),
        ({"StringEquals": {"ISSUER:SUB": ["you", "me"]}}, True),
        ({"StringEquals": {"issuer:sub": "ME"}}, False),
        ({"StringEqualsIgnoreCase": {"issuer:sub": "ME"}}, True),
        ({"StringLike": {"issuer:sub": "m*"}}, True),
        ({"StringNotEquals": {"issuer:sub": "me"}}, False),
        ({"StringNotEquals": {"issuer:sub": ["you", "them"]}}, True),
        ({"StringEquals": {"issuer:sub": "me", "issuer:aud": "x"}}, False),
        ({"StringEqualsIfExists": {"issuer:aud": "x"}}, True),
        ({"StringNotEquals": {"issuer:aud": "x"}}, True),
        ({"Null": {"issuer:aud": "true"}}, True),
        ({"Null": {"issuer:sub": True}}, False),
        ({"NoSuchOperator": {"issuer:sub": "me"}}, False),
    ],
)
def test_conditions_must_all_hold(condition, expected):
    """ "IAM JSON policy elements: Condition operators": keys ignore case; a missing key fails all but negated operators."""
    document = {"Version": "2012-10-17", "Statement": statement(Condition=condition)}
    found = decide([document], PULL, CONFIG, context={"issuer:sub": "me"})
    assert (found is Decision.ALLOWED) is expected


@pytest.mark.parametrize(
    ("condition", "keys", "expected"),
    [
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}, ("a",), True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, ("a", "b"), False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, None, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, ("a", "b"), True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, ("b",), False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, None, False),
        ({"ForAllValues:StringNotEquals": {"aws:TagKeys": ["a"]}}, ("a", "b"), False),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}, ("a", "b"), True),
        ({"Null": {"aws:TagKeys": "false"}}, ("a",), True),
        ({"Null": {"aws:TagKeys": "false"}}, None, False),
    ],
)
def test_keys_of_many_values(condition, keys, expected):
    """ "Set operators for multivalued context keys"."""
    document = {"Version": "2012-10-17", "Statement": statement(Condition=condition)}
    found = decide([document], PULL, CONFIG, context={} if keys is None else {"aws:TagKeys": keys})
    assert (found is Decision.ALLOWED) is expected


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:role/other", READER]}, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, False),
    ],
)
def test_a_principal_must_be_named(principal, expected):
    """ "AWS JSON policy elements: Principal"."""
    document = {"Version": "2012-10-17", "Statement": [statement(Principal=principal)]}
    assert (decide([document], PULL, CONFIG, principals=[READER]) is Decision.ALLOWED) is expected


def test_whether_there_may_be_a_resource():
    """What the front door asks before the service knows the resource."""
    narrow = {"Version": "2012-10-17", "Statement": [statement(), statement("Deny", Resource=CONFIG)]}
    closed = {"Version": "2012-10-17", "Statement": [statement(), statement("Deny", Resource="*")]}
    assert decide([narrow], PULL, None) is Decision.ALLOWED
    assert decide([closed], PULL, None) is Decision.EXPLICIT_DENY
