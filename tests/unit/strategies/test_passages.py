"""What an IAM policy document lets through, for a call that is signed and for one that is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from strategies.common.cidrs import apart, uncovered
from strategies.common.passages import Passage, passage, worst_passage

PULL = "codecommit:GitPull"
REPOSITORY = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"
ASSUME = "sts:AssumeRoleWithWebIdentity"
ROLE = "arn:aws:iam::123456789012:role/prod-east-argocd-reader"


def allow(**more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **more}


def deny(**more: object) -> dict[str, object]:
    return {**allow(**more), "Effect": "Deny"}


def ours(operator: str, key: str, value: object) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow()], Passage.OPEN),
        ([allow(Action=["codecommit:get*", "CodeCommit:git?ull"])], Passage.OPEN),
        ([allow(Action="codecommit:GitPush")], Passage.SHUT),
        ([allow(NotAction="codecommit:GitPush", Action=PULL)], Passage.OPEN),
        ([allow(Resource="arn:aws:codecommit:*:123456789012:prod-*")], Passage.OPEN),
        ([allow(Resource="arn:aws:codecommit:*:123456789012:PROD-*")], Passage.SHUT),
        ([{"Effect": "Allow", "Action": "*", "NotResource": REPOSITORY}], Passage.SHUT),
        ([allow(), deny(Action="codecommit:Git*")], Passage.SHUT),
        ([allow(), deny(Action="codecommit:GitPush")], Passage.OPEN),
        ([deny(Action="s3:*")], Passage.SHUT),
        ([allow(**ours("StringEquals", "aws:PrincipalAccount", "123456789012"))], Passage.OPEN),
        ([allow(**ours("StringEquals", "aws:PrincipalAccount", ["999999999999"]))], Passage.SHUT),
        ([allow(**ours("StringEquals", "aws:ResourceAccount", "123456789012"))], Passage.OPEN),
        ([allow(**ours("StringEquals", "aws:PrincipalOrgID", "o-acme"))], Passage.CONDITIONAL),
        ([allow(), deny(**ours("StringNotEquals", "aws:PrincipalOrgID", "o-acme"))], Passage.CONDITIONAL),
        ([deny(**ours("StringNotEquals", "aws:PrincipalOrgID", "o-acme"))], Passage.SHUT),
        ([allow(Principal={"AWS": "arn:aws:iam::123456789012:role/x"})], Passage.CONDITIONAL),
        ([allow(Principal={"AWS": ["*"]})], Passage.OPEN),
        ([{"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "*", "Resource": "*"}], Passage.CONDITIONAL),
    ],
)
def test_a_pull_by_one_of_the_accounts_principals(statements: list[dict[str, object]], expected: Passage) -> None:
    assert passage({"Statement": statements}, PULL, REPOSITORY) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(), Passage.OPEN),
        (allow(**ours("StringEquals", "aws:PrincipalOrgID", "o-acme")), Passage.SHUT),
        (allow(**ours("StringEquals", "aws:PrincipalAccount", "123456789012")), Passage.SHUT),
        (allow(**ours("StringEqualsIfExists", "aws:PrincipalOrgID", "o-acme")), Passage.OPEN),
        (allow(**ours("StringNotEquals", "aws:PrincipalOrgID", "o-other")), Passage.OPEN),
        (allow(**ours("Null", "aws:PrincipalOrgID", "true")), Passage.OPEN),
        (allow(**ours("Null", "aws:PrincipalOrgID", "false")), Passage.SHUT),
        (allow(**ours("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-acme/*")), Passage.CONDITIONAL),
        (allow(**ours("StringEquals", "aws:ResourceAccount", "123456789012")), Passage.OPEN),
        (allow(Principal={"AWS": "123456789012"}), Passage.SHUT),
    ],
)
def test_a_role_that_is_taken_with_a_token(statement: dict[str, object], expected: Passage) -> None:
    """Nobody has signed: a condition on who calls is not met, whoever the token is about."""
    assert passage({"Statement": statement}, ASSUME, ROLE) is expected


def test_everything_that_is_needed_has_to_pass() -> None:
    needed: Mapping[str, object] = {
        "Statement": {"Effect": "Allow", "Action": [PULL, "codecommit:GitPush"], "Resource": REPOSITORY}
    }
    assert worst_passage({"Statement": [allow(Action=PULL)]}, needed) is Passage.SHUT
    assert worst_passage({"Statement": [allow(Action="codecommit:*")]}, needed) is Passage.OPEN


def test_ranges_that_are_covered_by_neighbours_together() -> None:
    assert uncovered(["10.0.0.0/16"], ["10.0.0.0/17", "10.0.128.0/17", "sg-1", "::/0"]) == []
    assert uncovered(["10.0.0.0/16", "10.1.0.0/24"], ["10.0.0.0/17", "10.1.0.0/16"]) == ["10.0.0.0/16"]


def test_ranges_that_have_nothing_in_common() -> None:
    assert apart(["10.0.0.0/16", "172.16.0.0/12"], ["10.0.32.0/20"]) == ["172.16.0.0/12"]
