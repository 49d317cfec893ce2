"""Answers of the bastion proxy that cannot hold together, each told at its key."""

from __future__ import annotations

import pytest

from strategies.contradictions import contradictions
from tests.unit.bastion_proxy.bastion_answers import complete, new


def keys(**changes: object) -> list[str]:
    return [one.key for one in contradictions(complete(**changes))]


def test_good_answers_have_none() -> None:
    assert contradictions(complete()) == ()
    assert contradictions(new()) == ()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"bastion_proxy__proxy": {"method": "existing", "url": "http://p.example:3128", "username": "a"}}, "proxy.password"),
        (
            {"bastion_proxy__proxy": {"method": "existing", "url": "http://p.example:3128", "password": "env:P"}},
            "proxy.username",
        ),
        ({"bastion_proxy__proxy": {"url": "http://10.1.1.10:3128", "ca_file": "ca.pem"}}, "proxy.caFile"),
        ({"bastion_proxy__proxy": {"url": "http://proxy.acme.example:3128"}}, "proxy.url"),
        ({"bastion_proxy__github_app": {"installation_id": "1"}}, "githubApp.installationId"),
        ({"bastion_proxy__allow": {"hosts": ["github.com", "github.com"]}}, "allow.hosts[1]"),
        ({"bastion_proxy__allow": {"hosts": []}}, "allow.hosts"),
    ],
)
def test_each_is_told_at_its_key(changes: dict[str, object], key: str) -> None:
    assert keys(**changes) == [f"bastionProxy.{key}"]


def test_a_proxy_with_a_login_is_not_given_to_the_whole_repo_server() -> None:
    proxy = {"method": "existing", "url": "http://p.example:3128", "username": "a", "password": "env:P"}
    assert keys(bastion_proxy__proxy=proxy, bastion_proxy__repo_server={"proxy": True}) == ["bastionProxy.repoServer.proxy"]


def test_image_and_instance_type_are_of_one_architecture() -> None:
    intel = contradictions(new(bastion_proxy__instance__type="t3.nano"))
    assert [one.key for one in intel] == ["bastionProxy.instance.imageParameter"]
    assert "x86_64" in intel[0].message
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert contradictions(new(bastion_proxy__instance__type="t3.nano", bastion_proxy__instance__image_parameter=image)) == ()


def test_those_of_another_strategy_are_not_looked_at() -> None:
    assert contradictions(complete(strategy="codecommit", bastion_proxy__github_app={"installation_id": "1"})) == ()
