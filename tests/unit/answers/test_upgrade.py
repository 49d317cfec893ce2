"""Older answers files: each fixture is read as what it meant, and faults name the keys that stand in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.answers.texts import faults
from wizard.answers import document
from wizard.answers.upgrade import upgrade

FIXTURES = Path(__file__).parents[2] / "fixtures" / "answers"
OLD = "apiVersion: ezgitops.dev/v1alpha1\n"


def test_v1alpha1() -> None:
    path = FIXTURES / "v1alpha1" / "codecommit.yaml"
    before = path.read_bytes()
    read = document.load(path)
    answers = read.draft().answers()
    assert read.version == "ezgitops.dev/v1alpha1"
    assert answers.name == "prod-east"
    assert answers.cluster.context == "prod-east"
    assert answers.aws.vpc_id == "vpc-0a1b2c3d4e5f60718"
    assert answers.aws.subnet_ids == ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"]
    assert answers.source.revision == "staging"
    assert answers.application.sync_policy.automated is False
    assert answers.strategy == "codecommit"
    assert answers.codecommit.repository.name == "prod-east-cluster-config"
    assert answers.codecommit.credentials.method == "git-credentials"
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.yaml")), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_old_file_is_still_read(path: Path) -> None:
    assert document.load(path).draft().faults() == ()


def test_faults_name_the_old_key_and_its_line() -> None:
    [fault] = faults(OLD + "codecommit:\n  repositoryName: x.git\n")
    assert (fault.key, fault.line) == ("codecommit.repositoryName", 3)
    [fault] = faults(OLD + "aws:\n  subnets:\n    - subnet-0aaaaaaa\n    - nonsense\n")
    assert (fault.key, fault.line) == ("aws.subnets[1]", 5)


def test_old_and_new_name_together_are_refused() -> None:
    [fault] = faults(OLD + "source: {branch: a, revision: b}\n")
    assert fault.key == "source.branch"


def test_old_names_mean_nothing_in_a_new_file() -> None:
    [fault] = faults("apiVersion: ezgitops.dev/v1\nsource: {branch: a}\n")
    assert fault.key == "source.branch"


def test_the_given_data_is_not_changed() -> None:
    data = {"apiVersion": "ezgitops.dev/v1alpha1", "cluster": {"name": "x"}}
    assert upgrade(data).data == {"apiVersion": "ezgitops.dev/v1", "name": "x"}
    assert data == {"apiVersion": "ezgitops.dev/v1alpha1", "cluster": {"name": "x"}}
