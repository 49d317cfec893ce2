"""The world as a whole: a reader for each fact, a handler for each kind, clients made once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from strategies import facts, kinds
from strategies.base import Resource, Situation
from strategies.facts import FactKey, Facts
from strategies.ports import ResourceError
from strategies.registry import STRATEGIES
from strategies.resources.aws.clients import AwsSessions
from strategies.resources.git.codecommit import CodeCommit
from strategies.resources.world import KINDS, AwsAndClusterWorld
from tests.recording import RecordingRun
from tests.unit.codecommit.answers import complete


@pytest.fixture
def world(tmp_path: Path) -> AwsAndClusterWorld:
    """A world in an empty environment."""
    return AwsAndClusterWorld({"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, cache=tmp_path / "cache")


def test_every_fact_has_one_reader(world: AwsAndClusterWorld) -> None:
    declared = sorted(value.id for value in vars(facts).values() if isinstance(value, FactKey))
    assert sorted(reader.fact_id for reader in world.readers()) == declared


def test_every_kind_of_resource_has_a_handler() -> None:
    declared = {value for value in vars(kinds).values() if isinstance(value, type) and issubclass(value, Resource)}
    assert set(KINDS) == declared - {Resource}


def test_the_strategys_resources_find_their_handlers_and_their_kinds_agree(world: AwsAndClusterWorld) -> None:
    site = world.site(complete())
    for one in STRATEGIES["codecommit"].resources(complete(aws__subnet_ids=["subnet-0aaaaaaaaaaaaaaaa"])):
        handler = site.handler(one)
        assert site.handlers()[KINDS[type(one)]] is handler


def test_the_same_place_is_the_same_site(world: AwsAndClusterWorld) -> None:
    assert world.site(complete()) is world.site(complete(name="other"))
    assert world.site(complete()) is not world.site(complete(cluster__context="staging"))
    assert world.site(complete()) is not world.site(complete(aws__region="eu-west-1"))


@pytest.mark.parametrize(
    "order",
    [
        ("server-repository", "read-credential", "cluster-object", "gitlab-server", "ec2-instance", "security-group"),
        ("cluster-object", "trusted-certificate", "gitlab-server"),
        ("gitlab-server", "ec2-instance", "private-name", "data-volume", "stored-secret"),
        ("ec2-instance", "instance-profile", "iam-role"),
    ],
)
def test_what_stands_on_something_goes_before_it(world: AwsAndClusterWorld, order: tuple[str, ...]) -> None:
    handlers = world.site(complete()).handlers()
    ranks = [handlers[kind].rank for kind in order]
    assert ranks == sorted(set(ranks), reverse=True)


def test_nothing_is_read_before_anything_is_known(world: AwsAndClusterWorld) -> None:
    empty = Situation(complete().model_validate({}), Facts())
    waiting = {reader.fact_id for reader in world.readers() if reader.inputs(empty) is None}
    assert waiting == {value.id for value in vars(facts).values() if isinstance(value, FactKey)} - {
        facts.GIT_PROGRAM.id,
        facts.AWS_PROFILES.id,
        facts.KUBE_CONTEXTS.id,
        facts.MIRROR_SPACE.id,
        facts.PROXIES.id,
    }


def test_a_git_password_needs_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    clients = AwsSessions({"HOME": str(tmp_path)}).clients(None, "us-east-2")
    host = CodeCommit(clients, RecordingRun().now)
    with pytest.raises(ResourceError, match="no AWS credentials were found"):
        host.login("https://git-codecommit.us-east-2.amazonaws.com/v1/repos/x")


def test_a_git_password_is_signed_with_the_environments_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    run = replace(RecordingRun(), at=RecordingRun().at.replace(year=2025, month=1, day=2, hour=3, minute=4, second=5))
    login = CodeCommit(AwsSessions().clients(None, "eu-west-1"), run.now).login(
        "https://git-codecommit.us-east-2.amazonaws.com/v1/repos/cluster-config"
    )
    assert login.username == "AKIDEXAMPLE"
    assert login.password == "20250102T030405Z2182d77b2f7f0b99fafd7bd154e95cb006086414d20a01c18fd62c186d3488db"
