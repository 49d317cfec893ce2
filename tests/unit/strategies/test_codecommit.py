"""What the CodeCommit strategy describes for complete answers, and what it suggests in the healthy world."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter

import pytest

from strategies.answers import Answers
from strategies.base import Resource
from strategies.codecommit import addresses, policies, urls
from strategies.codecommit.questions import suggested_subnets
from strategies.common import COMMON_QUESTIONS
from strategies.facts import AWS_ENDPOINT_SERVICES, EndpointServices
from strategies.kinds import IamRoleResource, VpcEndpointResource
from strategies.registry import STRATEGIES
from tests.unit.strategies.test_checks import GIT, situation

STRATEGY = STRATEGIES["codecommit"]
ARN = "arn:aws:codecommit:us-east-2:123456789012:prod-east-cluster-config"


def complete(**changes: object) -> Answers:
    """Complete answers of the healthy world; keys with ``__`` for dots."""
    return situation(answers={key.replace("__", "."): value for key, value in changes.items()}).answers


def described(answers: Answers) -> dict[str, Resource]:
    return {one.address: one for one in STRATEGY.resources(answers)}


@pytest.mark.parametrize("method", ["iam-role", "git-credentials"])
@pytest.mark.parametrize("keep", ["by-hand", "github-actions", "gitlab-ci"])
@pytest.mark.parametrize("sts", ["when-missing", "never"])
def test_every_shape_can_be_ordered_and_names_only_what_it_holds(method: str, keep: str, sts: str) -> None:
    found = described(
        complete(codecommit__credentials__method=method, codecommit__mirror__keep=keep, codecommit__network__stsEndpoint=sts)
    )
    order = list(TopologicalSorter({address: one.depends_on for address, one in found.items()}).static_order())

    assert set(order) == set(found)
    assert order.index(addresses.SECURITY_GROUP) < order.index(addresses.GIT_ENDPOINT)
    assert order.index(addresses.MIRROR) < order.index(addresses.APPLICATION)
    assert (addresses.READER_ROLE in found) == (method == "iam-role")
    assert (addresses.GIT_CREDENTIAL in found) == (method == "git-credentials")
    assert (addresses.MIRROR_ROLE in found) == (keep != "by-hand")
    assert (addresses.STS_ENDPOINT in found) == (method == "iam-role" and sts == "when-missing")


def test_what_does_not_need_each_other_begins_together() -> None:
    found = described(complete())
    at_once = {address for address, one in found.items() if not one.depends_on}
    assert {addresses.REPOSITORY, addresses.SECURITY_GROUP, addresses.READER_ROLE, addresses.SERVICE_ACCOUNT} <= at_once


def test_the_reader_role_trusts_one_service_account_and_pulls_from_one_repository() -> None:
    role = described(complete())[addresses.READER_ROLE]
    assert isinstance(role, IamRoleResource)
    issuer = "oidc.os1.devshift.org/2kq4hv7m1c9f3t8r5w6x0z2b4n7d1s3j"
    assert json.loads(json.dumps(role.trust_policy))["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{issuer}:sub": "system:serviceaccount:openshift-gitops:ezgitops-refresher-prod-east",
                    f"{issuer}:aud": "openshift",
                }
            },
        }
    ]
    assert role.policy["Statement"] == [{"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": ARN}]


@pytest.mark.parametrize(
    ("keep", "url", "subject", "issuer"),
    [
        ("github-actions", "https://github.com/acme/x.git", "repo:acme/x:ref:refs/heads/main", policies.GITHUB_ISSUER),
        ("gitlab-ci", "https://gitlab.com/a/b/x.git", "project_path:a/b/x:ref_type:branch:ref:main", "gitlab.com"),
        ("gitlab-ci", "https://git.acme.com/x/y", "project_path:x/y:ref_type:branch:ref:main", "git.acme.com"),
    ],
)
def test_the_mirror_role_trusts_one_pipeline(keep: str, url: str, subject: str, issuer: str) -> None:
    answers = complete(codecommit__mirror__keep=keep, source__url=url)
    role = described(answers)[addresses.MIRROR_ROLE]
    assert isinstance(role, IamRoleResource)
    text = json.dumps(role.trust_policy)
    assert f'"{issuer}:sub": "{subject}"' in text
    assert f'"{issuer}:aud": "sts.amazonaws.com"' in text
    assert "codecommit:GitPush" in json.dumps(role.policy)


def test_the_endpoint_policy_is_for_this_repository_or_for_all() -> None:
    held = described(complete())[addresses.GIT_ENDPOINT]
    free = described(complete(codecommit__network__endpointPolicy="full-access"))[addresses.GIT_ENDPOINT]
    assert isinstance(held, VpcEndpointResource)
    assert isinstance(free, VpcEndpointResource)
    assert ARN in json.dumps(held.policy)
    assert "GitPush" not in json.dumps(held.policy)
    assert free.policy is None


def test_fips_changes_endpoint_and_url_together() -> None:
    answers = complete(codecommit__network__fips=True)
    endpoint = described(answers)[addresses.GIT_ENDPOINT]
    assert isinstance(endpoint, VpcEndpointResource)
    assert endpoint.service_name == "com.amazonaws.us-east-2.git-codecommit-fips"
    assert urls.repository_url(answers).startswith("https://git-codecommit-fips.us-east-2.amazonaws.com/v1/repos/")


def test_the_operator_policy_fits_into_a_managed_policy_and_grants_no_everything() -> None:
    for method in ("iam-role", "git-credentials"):
        answers = complete(codecommit__credentials__method=method, codecommit__mirror__keep="github-actions")
        document = json.dumps(policies.operator_policy(answers), separators=(",", ":"))
        assert len(document) <= 6144, "IAM quotas: characters of a managed policy, white space apart"
        assert '"Action":"*"' not in document


def test_outputs_name_the_terraform_variables() -> None:
    found = {one.name: one.value for one in STRATEGY.outputs(complete())}
    assert found["gitops_git_repo_url"] == found["clone-url"]
    assert found["gitops_git_target_revision"] == "main"
    assert found["repository-arn"] == ARN
    assert not found["clone-url"].endswith((".git", "/"))


def test_nothing_but_the_source_has_to_be_typed() -> None:
    answers = complete()
    data = answers.model_dump(mode="json", by_alias=True)
    for question in (*COMMON_QUESTIONS, *STRATEGY.questions()):
        if question.required and question.relevant(answers):
            value: object = data
            for part in question.key.split("."):
                assert isinstance(value, dict)
                value = value[part]
            assert value, question.key


def test_subnets_in_zones_that_the_service_lacks_are_left_out() -> None:
    services = EndpointServices({GIT: ("us-east-2a", "us-east-2b"), "com.amazonaws.us-east-2.sts": ("us-east-2b",)})
    assert suggested_subnets(situation({AWS_ENDPOINT_SERVICES.id: services})) == ["subnet-0bbbbbbbbbbbbbbbb"]


@pytest.mark.parametrize(
    ("region", "host", "arn"),
    [
        ("us-east-2", "git-codecommit.us-east-2.amazonaws.com", "arn:aws:codecommit:us-east-2:1:r"),
        ("us-gov-west-1", "git-codecommit.us-gov-west-1.amazonaws.com", "arn:aws-us-gov:codecommit:us-gov-west-1:1:r"),
        ("cn-north-1", "git-codecommit.cn-north-1.amazonaws.com.cn", "arn:aws-cn:codecommit:cn-north-1:1:r"),
    ],
)
def test_names_follow_the_partition(region: str, host: str, arn: str) -> None:
    assert urls.git_host(region) == host
    assert urls.repository_arn(region, "1", "r") == arn


def test_the_card_speaks_of_this_environment() -> None:
    card = STRATEGY.card(situation())
    assert card.recommended
    assert card.cost == "about $22 a month (3 AZs)"
    assert not STRATEGY.card(situation({AWS_ENDPOINT_SERVICES.id: EndpointServices({})})).recommended
