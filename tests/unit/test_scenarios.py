"""Scenario files: names, paths, what extends what."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.sandbox import scenario

ABOUT = "description: Another world\n"


def written(path: Path, text: str) -> str:
    """A scenario file; its path."""
    file = path / "other.yaml"
    file.write_text(ABOUT + text, encoding="utf-8")
    return str(file)


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    healthy = scenario.load("healthy")
    text = "extends: healthy\naws: {operator: {session_seconds: 60}}\nworld: {images: [a/b]}\n"
    found = scenario.load(written(tmp_path, text))
    assert (found.name, found.description) == ("other", "Another world")
    assert found.aws["operator"] == {
        "profile": "prod-east",
        "role": "PlatformEngineer",
        "session": "operator",
        "session_seconds": 60,
    }
    assert found.aws["vpcs"] == healthy.aws["vpcs"]
    assert found.world.images == ("a/b",)
    assert (found.cluster, found.github) == (healthy.cluster, healthy.github)


def test_entries_of_lists_are_known_by_their_id_or_name(tmp_path: Path) -> None:
    text = (
        "extends: healthy\n"
        "aws: {vpcs: [{id: vpc-0a1b2c3d4e5f60718, dns_support: false, "
        "endpoints: [{id: vpce-05700000000000002, absent: true}]}]}\n"
        "github: {repositories: [{name: cluster-config, tags: {replace: [v1]}}, {name: another}]}\n"
    )
    found = scenario.load(written(tmp_path, text))
    vpc, _ = found.aws["vpcs"]  # type: ignore[misc]
    assert (vpc["dns_support"], len(vpc["subnets"])) == (False, 3)
    assert [e["service"] for e in vpc["endpoints"]] == ["s3", "ecr.api", "ecr.dkr"]
    assert [(r.name, len(r.tags)) for r in found.github.repositories] == [
        ("cluster-config", 1),
        ("private-config", 0),
        ("another", 0),
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("extends: nowhere\n", "no scenario 'nowhere'"),
        ("extends: [healthy]\n", "no scenario"),
        ("extends: ../healthy\n", "no scenario"),
        ("extends: healthy\naws: missing.yaml\n", "missing.yaml"),
        ("extends: healthy\nunknown: 1\n", "unknown"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(scenario.ScenarioError, match=r"other\.yaml|missing\.yaml") as caught:
        scenario.load(written(tmp_path, text))
    assert word in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(scenario.ScenarioError, match=r"gone\.yaml"):
        scenario.load(str(tmp_path / "gone.yaml"))


@pytest.mark.parametrize(("name", "meant"), [("helthy", "healthy"), ("gitlab", "gitlab-in-maintenance"), ("zzz", None)])
def test_an_unknown_name_gets_a_near_one(name: str, meant: str | None) -> None:
    with pytest.raises(scenario.ScenarioError, match=rf"there is no scenario '{name}'.*`ezgitops sandbox --list`") as caught:
        scenario.load(name)
    assert ("did you mean" in str(caught.value)) == (meant is not None)
    assert (meant or "") in str(caught.value)
