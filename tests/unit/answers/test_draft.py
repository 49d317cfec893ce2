"""Drafts: nothing typed is lost, nothing secret is kept on the disk, and nothing that goes wrong there stops the operator."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers import keys
from wizard.answers.draft import Draft, DraftStore

MARKER = "s3cr3t-M4rker-value-9f2c"


def test_invalid_values_are_kept_and_left_out_of_the_answers() -> None:
    draft = Draft({"name": "prod-east", "aws": {"region": "us-east-2"}})
    draft.set("aws.region", "us-east-")
    assert draft.get("aws.region") == "us-east-"
    assert draft.answers().aws.region is None
    assert draft.answers().name == "prod-east"
    assert [f.key for f in draft.faults()] == ["aws.region"]
    draft.set("aws.region", "us-east-1")
    assert draft.faults() == ()
    assert draft.answers().aws.region == "us-east-1"


def test_one_bad_item_leaves_the_list_out() -> None:
    draft = Draft({"aws": {"subnetIds": ["subnet-0aaaaaaa", "x"]}})
    assert draft.answers().aws.subnet_ids is None
    assert [f.key for f in draft.faults()] == ["aws.subnetIds[1]"]


def test_unset_takes_empty_sections_along() -> None:
    draft = Draft()
    draft.set("codecommit.repository.name", "x")
    assert draft.get("codecommit.repository.name") == "x"
    draft.unset("codecommit.repository.name")
    draft.unset("codecommit.repository.name")
    assert draft == Draft()


def test_data_is_a_copy() -> None:
    given_data: dict[str, dict[str, str]] = {"aws": {"region": "us-east-2"}}
    draft = Draft(given_data)
    given_data["aws"]["region"] = "changed"
    copied = draft.copy()
    copied.set("aws.region", "eu-west-1")
    assert draft.get("aws.region") == "us-east-2"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@given(st.lists(st.tuples(st.sampled_from(sorted(keys.keys())), values), max_size=6))
def test_no_edit_raises_and_the_last_one_stands(edits: list[tuple[str, object]]) -> None:
    draft = Draft()
    for key, value in edits:
        draft.set(key, value)  # type: ignore[arg-type]  # any JSON at all
        assert draft.get(key) == value
        draft.answers()
        draft.faults()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> DraftStore:
    return DraftStore(tmp_path / "drafts", warn=said.append)


def files(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "drafts").iterdir())


@pytest.mark.parametrize("name", ["prod-east", "", ".", "..", "a/../../b", "%00", "ü x", "a\0b"])
def test_saved_and_loaded(name: str, store: DraftStore, said: list[str], tmp_path: Path) -> None:
    draft = Draft({"name": "prod-east", "aws": {"region": "not yet"}})
    store.save(name, draft)
    assert store.load(name) == draft
    [file] = (tmp_path / "drafts").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "drafts").stat().st_mode) == 0o700
    assert len(store.list()) == 1
    store.discard(name)
    store.discard(name)
    assert store.load(name) is None
    assert store.list() == []
    assert said == []


def test_the_newest_draft_comes_first(store: DraftStore, tmp_path: Path) -> None:
    for age, name in enumerate(("old", "new")):
        store.save(name, Draft())
        os.utime(tmp_path / "drafts" / f"{name}.json", (1000 + age, 1000 + age))
    assert [name for name, _ in store.list()] == ["new", "old"]
    assert store.list()[0][1].timestamp() == 1001


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b'{"version": 1}',
        b'{"version": 99, "answers": {}}',
        b'{"version": 1, "answers": {"apiVersion": "ezgitops.dev/v9"}}',
        b"[" * 100_000,
        b" " * 1_100_000,
    ],
)
def test_a_damaged_draft_is_set_aside_and_told(content: bytes, store: DraftStore, said: list[str], tmp_path: Path) -> None:
    store.save("a", Draft())
    (tmp_path / "drafts" / "a.json").write_bytes(content)
    assert store.load("a") is None
    assert files(tmp_path) == ["a.damaged"]
    assert (tmp_path / "drafts" / "a.damaged").read_bytes() == content
    [message] = said
    assert "set aside" in message


def test_a_kill_between_write_and_rename_leaves_the_old_draft(store: DraftStore, tmp_path: Path) -> None:
    store.save("a", Draft({"name": "kept"}))
    (tmp_path / "drafts" / ".a.json.0123456789abcdef").write_text('{"version": 1, "ans')
    loaded = store.load("a")
    assert loaded is not None
    assert loaded.get("name") == "kept"
    assert [name for name, _ in store.list()] == ["a"]


def test_an_older_draft_is_brought_to_the_present_form(store: DraftStore, tmp_path: Path) -> None:
    store.save("a", Draft())
    old = {"apiVersion": "ezgitops.dev/v1alpha1", "strategy": {"type": "codecommit"}, "source": {"branch": "main"}}
    (tmp_path / "drafts" / "a.json").write_text(json.dumps({"version": 1, "name": "a", "answers": old}))
    loaded = store.load("a")
    assert loaded is not None
    assert loaded.get("source.revision") == "main"


def test_nowhere_to_write_is_told_and_not_raised(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").write_text("")
    store = DraftStore(tmp_path / "file" / "drafts", warn=said.append)
    store.save("a", Draft())
    assert len(said) == 1
    assert store.list() == []
    store.load("a")
    store.discard("a")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source.password", MARKER),
        ("source.password", [MARKER]),
        ("source.url", f"https://bot:{MARKER}@github.com/a/b"),
        ("source.username", "ghp_" + "a1B2" * 9),
        ("aws.subnetIds", ["ghp_" + "a1B2" * 9]),
    ],
)
def test_what_may_be_a_secret_never_reaches_the_disk(key: str, value: object, store: DraftStore, tmp_path: Path) -> None:
    draft = Draft({"name": "prod-east"})
    draft.set(key, value)  # type: ignore[arg-type]  # text or a list
    store.save("a", draft)
    content = (tmp_path / "drafts" / "a.json").read_text()
    assert MARKER not in content
    assert "ghp_" not in content
    assert "prod-east" in content
    assert draft.get(key) == value


def test_a_good_reference_is_kept(store: DraftStore) -> None:
    store.save("a", Draft({"source": {"password": "env:TOKEN"}}))
    loaded = store.load("a")
    assert loaded is not None
    assert loaded.get("source.password") == "env:TOKEN"
